"""What the SDK is told: arguments of `lodeline.configure` > ``LODELINE_*`` > ``OTEL_*`` > defaults.

A wrong argument is an error of the caller's. A wrong variable of the environment is complained of and ignored: it
must not end a program that did not ask for tracing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

from lodeline.domain.errors import Invalid
from lodeline.domain.experiment import CaptureMode
from lodeline.domain.span import JsonValue
from lodeline.sdk.quiet import complain

DEFAULT_URL = "http://127.0.0.1:5000"
TRACES_PATH = "/v1/traces"

T = TypeVar("T")
Mask: TypeAlias = Callable[[str, JsonValue], JsonValue]
"""Called with the key of an attribute and its value; what it returns is kept in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SdkSettings:
    """Settings of the SDK.

    `url` is the server's address without a path; `traces_url` is where spans go, ``<url>/v1/traces`` unless the
    environment names it whole. `key` is an API key; `headers` are sent beside it. `experiment` is an id or a name,
    None for what the server has as its default. `sample_ratio` of the traces are sent, and with `keep_errors` also
    those in which a span fails. `capture` says how much of the content is sent. `max_depth` levels and about
    `max_chars` characters are kept of one value. At the program's end at most `exit_timeout_s` is spent on sending.
    """

    enabled: bool = True
    url: str = DEFAULT_URL
    traces_url: str = DEFAULT_URL + TRACES_PATH
    key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    experiment: str | None = None
    model_id: str | None = None
    service: str | None = None
    environment: str | None = None
    sample_ratio: float = 1.0
    keep_errors: bool = False
    capture: CaptureMode = "full"
    mask: Mask | None = None
    max_depth: int = 16
    max_chars: int = 262_144
    exit_timeout_s: float = 5.0

    @property
    def all_headers(self) -> dict[str, str]:
        """What every request carries, the API key included."""
        return {**self.headers, **({} if self.key is None else {"x-lodeline-key": self.key})}


EXPERIMENT_HEADER = "x-lodeline-experiment"


def resolve(environ: Mapping[str, str], arguments: Mapping[str, Any] | None = None) -> SdkSettings:
    """Return the settings that these arguments (None: not given) and this environment come to.

    Invalid for a wrong argument; a wrong variable is complained of and ignored.
    """
    found = _from_environment(environ)
    given = {name: value for name, value in (arguments or {}).items() if value is not None}
    for name, value in given.items():
        given[name] = _CHECKS[name](name, value)
    if "url" in given:
        given["traces_url"] = given["url"] + TRACES_PATH
    for values in (found, given):
        _take_experiment(values)
    return replace(SdkSettings(), **{**found, **given})


def _take_experiment(values: dict[str, Any]) -> None:
    """Turn a header that names the experiment into the setting: sent as a header it would win over every other."""
    headers: Mapping[str, str] = values.get("headers", {})
    named = {name: value for name, value in headers.items() if name.lower() == EXPERIMENT_HEADER}
    if named:
        values["headers"] = {name: value for name, value in headers.items() if name not in named}
        values.setdefault("experiment", next(iter(named.values())))


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def take(name: str, variable: str, read: Callable[[str, Any], Any], value: object = None) -> None:
        text = environ.get(variable, "").strip() if value is None else value
        if text == "" or name in found:
            return
        try:
            found[name] = read(variable, text)
        except Invalid as error:
            complain(f"{error.message} The variable is ignored.")

    for name, variable in _VARIABLES.items():
        take(name, variable, _CHECKS[name])
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        found.setdefault("enabled", False)
    take("service", "OTEL_SERVICE_NAME", _text)
    _from_otel_sampler(environ, take)
    if "url" not in found:
        _from_otel_endpoint(environ, found, take)
    found.setdefault("traces_url", found.get("url", DEFAULT_URL) + TRACES_PATH)
    for variable in ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"):
        take("headers", variable, _header_list)
    return found


def _from_otel_sampler(environ: Mapping[str, str], take: Callable[..., None]) -> None:
    sampler = environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
    if sampler.endswith("traceidratio"):
        take("sample_ratio", "OTEL_TRACES_SAMPLER_ARG", _ratio)
    elif sampler.endswith("always_off"):
        take("sample_ratio", "OTEL_TRACES_SAMPLER", _ratio, 0.0)


def _from_otel_endpoint(environ: Mapping[str, str], found: dict[str, Any], take: Callable[..., None]) -> None:
    take("traces_url", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", _url)
    take("url", "OTEL_EXPORTER_OTLP_ENDPOINT", _url)
    traces_url: str | None = found.get("traces_url")
    if traces_url is not None and "url" not in found:
        parts = urlsplit(traces_url)
        found["url"] = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix(TRACES_PATH)}"


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Invalid.value(name, value, "a text that is not empty")
    return value.strip()


def _url(name: str, value: object) -> str:
    text = _text(name, value).rstrip("/")
    try:
        parts = urlsplit(text)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise Invalid.value(name, value, f"an address such as {DEFAULT_URL}")
    return text


def _truth(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = value.lower() if isinstance(value, str) else ""
    if text not in _TRUTHS:
        raise Invalid.value(name, value, "true or false")
    return _TRUTHS[text]


_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def _ratio(name: str, value: object) -> float:
    number = _number(value)
    if number is None or not 0 <= number <= 1:
        raise Invalid.value(name, value, "a number from 0 to 1")
    return number


def _whole(name: str, value: object) -> int:
    number = _number(value)
    if number is None or number != int(number) or number < 1:
        raise Invalid.value(name, value, "a whole number from 1")
    return int(number)


def _seconds(name: str, value: object) -> float:
    number = _number(value)
    if number is None or not 0 <= number <= 86_400:
        raise Invalid.value(name, value, "seconds, from 0 to 86400")
    return number


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e15 else None


def _mode(name: str, value: object) -> CaptureMode:
    for mode in _MODES:
        if value == mode:
            return mode
    raise Invalid.value(name, value, f"one of {', '.join(_MODES)}")


_MODES: tuple[CaptureMode, ...] = ("full", "hashed", "structure", "none")


def _mask(name: str, value: object) -> object:
    if not callable(value):
        raise Invalid.value(name, value, "a function of a key and a value")
    return value


def _headers(name: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise Invalid.value(name, type(value).__name__, "a mapping of header names to values")
    return {_text(name, key).lower(): _text(name, content) for key, content in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - each is checked by _text


def _header_list(name: str, value: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in value.split(","):
        key, equals, content = pair.partition("=")
        if not key.strip() and not equals:
            continue
        if not equals or not key.strip():
            # The value may be a secret: it is not shown.
            raise Invalid.value(name, key.strip(), "a list such as name=value,name=value")
        found[unquote(key.strip()).lower()] = unquote(content.strip())
    return found


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "enabled": _truth,
    "url": _url,
    "key": _text,
    "headers": _headers,
    "experiment": _text,
    "model_id": _text,
    "service": _text,
    "environment": _text,
    "sample_ratio": _ratio,
    "keep_errors": _truth,
    "capture": _mode,
    "mask": _mask,
    "max_depth": _whole,
    "max_chars": _whole,
    "exit_timeout_s": _seconds,
}
ARGUMENTS = tuple(_CHECKS)
"""The settings that `lodeline.configure` takes."""

_VARIABLES = {
    "enabled": "LODELINE_TRACING",
    **{
        name: f"LODELINE_{name.upper()}"
        for name in (
            "url", "key", "experiment", "model_id", "service", "environment", "sample_ratio", "keep_errors",
            "capture", "max_depth", "max_chars", "exit_timeout_s",
        )
    },
}  # fmt: skip
VARIABLES: Mapping[str, str] = dict(_VARIABLES)
"""The variable of the environment that stands for each setting."""

assert {"traces_url", *ARGUMENTS} == {entry.name for entry in fields(SdkSettings)}  # noqa: S101 - one table, one class
