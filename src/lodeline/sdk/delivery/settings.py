"""What delivery is told: where to, as whom, and within which bounds."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from lodeline.domain.errors import Invalid

DEFAULT_SERVER = "http://127.0.0.1:5000"
TRACES_PATH = "/v1/traces"
MIB = 2**20
Compression = Literal["auto", "zstd", "gzip", "none"]
_COMPRESSIONS: dict[str, Compression] = {"auto": "auto", "zstd": "zstd", "gzip": "gzip", "none": "none"}
_SWITCHES = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """Settings of one delivery; every bound holds for one process.

    `endpoint` is the whole URL that spans are posted to. `headers` go with every request; their values are never
    written to disk or into a log. `experiment` (id or name) holds for all spans; None leaves it to each span's
    resource. `spool_dir` None keeps what is not sent yet in memory only. `flush_roots` makes the end of every root
    span wait until it is delivered, for programs that are frozen between two calls.
    """

    endpoint: str = DEFAULT_SERVER + TRACES_PATH
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    experiment: str | None = None
    spool_dir: Path | None = None
    max_spool_bytes: int = 512 * MIB
    max_memory_bytes: int = 64 * MIB
    max_dead_letter_bytes: int = 64 * MIB
    max_queue_spans: int = 20_000
    max_batch_spans: int = 2_000
    max_batch_bytes: int = 4 * MIB
    max_requests_in_flight: int = 3
    write_delay_s: float = 0.01
    send_delay_s: float = 0.5
    first_retry_s: float = 0.5
    max_retry_s: float = 30.0
    connect_timeout_s: float = 5.0
    request_timeout_s: float = 60.0
    exit_timeout_s: float = 5.0
    adopt_every_s: float = 30.0
    compression: Compression = "auto"
    flush_roots: bool = False
    fsync: bool = False

    def __post_init__(self) -> None:
        """Invalid when a value is out of its domain."""
        parts = urlsplit(self.endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Invalid.value("endpoint", _without_secret(self.endpoint), "a URL such as 'http://127.0.0.1:5000'")
        if parts.username is not None or parts.password is not None:
            raise Invalid("endpoint: a URL with a password in it; give the key by LODELINE_KEY or a header.")
        if not all(
            name.isascii() and value.isascii() and value.isprintable() for name, value in self.headers.items()
        ):
            raise Invalid("headers: names and values must be printable ASCII.")
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise Invalid.value(name, getattr(self, name), "a number from 1")
        for name in _TIMES:
            if not 0 <= getattr(self, name) <= 86_400:
                raise Invalid.value(name, getattr(self, name), "seconds from 0 to 86400")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "DeliverySettings":
        """Return the settings that the environment asks for; Invalid names the variable that cannot be used.

        `LODELINE_*` variables come before those of OpenTelemetry; what neither gives has its default.
        """
        env = os.environ if environ is None else environ
        return cls(
            endpoint=endpoint_of(env)[0],
            headers=_headers(env),
            experiment=env.get("LODELINE_EXPERIMENT", "").strip() or None,
            spool_dir=_spool_dir(env),
            max_spool_bytes=round(_number(env, "LODELINE_SPOOL_MAX_MB", 512, least=1) * MIB),
            request_timeout_s=_number(env, "OTEL_EXPORTER_OTLP_TIMEOUT", 60, least=0.001),
            exit_timeout_s=_number(env, "LODELINE_EXIT_TIMEOUT_S", 5),
            compression=_compression(env),
            flush_roots=_switch(env, "LODELINE_FLUSH_ROOTS", default="AWS_LAMBDA_FUNCTION_NAME" in env),
            fsync=_switch(env, "LODELINE_SPOOL_FSYNC", default=False),
        )


_COUNTS = (
    "max_spool_bytes", "max_memory_bytes", "max_dead_letter_bytes", "max_queue_spans", "max_batch_spans",
    "max_batch_bytes", "max_requests_in_flight",
)  # fmt: skip
_TIMES = (
    "write_delay_s", "send_delay_s", "first_retry_s", "max_retry_s", "connect_timeout_s", "request_timeout_s",
    "exit_timeout_s", "adopt_every_s",
)  # fmt: skip


def endpoint_of(env: Mapping[str, str]) -> tuple[str, str]:
    """Return the URL that spans are posted to, and the name of the variable that gave it ("" for the default)."""
    for name in ("LODELINE_URL", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        value = env.get(name, "").strip()
        if value:
            whole = name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
            return (value if whole else value.rstrip("/") + TRACES_PATH), name
    return DEFAULT_SERVER + TRACES_PATH, ""


def default_spool_dir(env: Mapping[str, str] | None = None) -> Path | None:
    """Return where this user's programs keep what is not sent yet; None when the user has no home."""
    environ = os.environ if env is None else env
    if sys.platform == "win32":
        base = environ.get("LOCALAPPDATA")
    else:
        base = environ.get("XDG_STATE_HOME")
    if base:
        return Path(base) / "lodeline" / "spool"
    try:
        return Path.home() / ".local" / "state" / "lodeline" / "spool"
    except RuntimeError:
        return None


def _spool_dir(env: Mapping[str, str]) -> Path | None:
    value = env.get("LODELINE_SPOOL_DIR", "").strip()
    if value.lower() in {"off", "none"}:
        return None
    return Path(value) if value else default_spool_dir(env)


def _headers(env: Mapping[str, str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name in ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"):
        for item in filter(str.strip, env.get(name, "").split(",")):
            key, sign, value = item.partition("=")
            if not sign or not key.strip():
                raise Invalid(f"{name}: expected 'name=value,…'; one of its items has no '='.")
            headers[key.strip().lower()] = unquote(value.strip())
    if key := env.get("LODELINE_KEY", "").strip():
        headers["authorization"] = f"Bearer {key}"
    return headers


def _number(env: Mapping[str, str], name: str, default: float, *, least: float = 0) -> float:
    text = env.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not least <= value <= 1e9:
        raise Invalid.value(name, text, f"a number from {least:g}")
    return value


def _switch(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if text and text not in _SWITCHES:
        raise Invalid.value(name, text, "1 or 0")
    return _SWITCHES.get(text, default)


def _compression(env: Mapping[str, str]) -> Compression:
    for name in ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"):
        text = env.get(name, "").strip().lower()
        if text:
            if text not in _COMPRESSIONS:
                raise Invalid.value(name, text, "gzip, zstd, none or auto")
            return _COMPRESSIONS[text]
    return "auto"


def _without_secret(url: str) -> str:
    return url.rpartition("@")[2]
