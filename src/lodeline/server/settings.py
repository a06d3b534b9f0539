"""Settings: one frozen object, made once in the composition root and passed down.

Sources in rising order of strength: the defaults below, a TOML file (`LODELINE_CONFIG` or ``--config``), environment
variables (`LODELINE_` and the field's name in upper case), flags of the command line. A value of the wrong form is
`Invalid` and names its source.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from lodeline.domain.account import ROLES
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.loopback import is_loopback

ENV_PREFIX = "LODELINE_"
OTHER_VARIABLES = frozenset(
    (
        "CAPTURE", "CONFIG", "DEBUG", "ENVIRONMENT", "EXIT_TIMEOUT_S", "EXPERIMENT", "FLUSH_ROOTS", "KEEP_ERRORS",
        "KEY", "MAX_CHARS", "MAX_DEPTH", "MODEL_ID", "SAMPLE_RATIO", "SERVICE", "SPOOL_DIR", "SPOOL_FSYNC",
        "SPOOL_MAX_MB", "TRACING", "URL",
    )
)  # fmt: skip
"""Variables of the commands and of the SDK, without the prefix: a server's environment may have them as well."""
MAX_WORKERS = 64
_MIB = 2**20


def _setting(default: Any, doc: str) -> Any:
    """Return the field of a setting; `doc` is for the reference."""
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set about a server. Sizes are bytes, times seconds, as the names say."""

    store: str = _setting(
        "./lodeline-data", "Where traces are kept: a directory (SQLite), `sqlite:DIR`, or `memory:` (lost at exit)."
    )
    host: str = _setting("127.0.0.1", "Address to listen on. Without `auth` only loopback addresses are accepted.")
    port: int = _setting(5000, "TCP port of HTTP: the API, OTLP/HTTP and the page.")
    grpc_port: int | None = _setting(4317, "TCP port of OTLP/gRPC, or `off`. A busy one never blocks the start.")
    workers: int = _setting(
        1, "Processes that serve, for stores that several may have open; more than one needs Linux, macOS or another "
        "POSIX system. Bounds on what is in flight are divided among them; refused logins are counted for all.",
    )  # fmt: skip
    auth: bool = _setting(False, "Ask everybody to sign in or to send an API key.")
    allowed_hosts: tuple[str, ...] = _setting(
        (), "Further names that a request's Host header may carry, such as `lodeline.example.org`; `*.example.org` "
        "admits every name below it. Loopback names and `host` are always admitted.",
    )  # fmt: skip
    cors_origins: tuple[str, ...] = _setting(
        (), "Origins whose pages may call the API from a browser, such as `https://app.example.org`. None by default."
    )
    secure_cookies: bool = _setting(
        False, "Mark login cookies `Secure`; set it when browsers reach the server through HTTPS."
    )
    forwarded_allow_ips: str = _setting(
        "127.0.0.1", "Addresses of reverse proxies whose `X-Forwarded-*` headers are believed, separated by commas."
    )
    max_body_bytes: int = _setting(64 * _MIB, "Largest OTLP request body, as sent.")
    max_decompressed_bytes: int = _setting(256 * _MIB, "Largest OTLP request body after decompression.")
    max_json_bytes: int = _setting(16 * _MIB, "Largest body of any other API call but uploads.")
    max_attachment_bytes: int = _setting(100 * _MIB, "Largest attachment of a trace, and largest artifact.")
    max_import_bytes: int = _setting(20 * 1024 * _MIB, "Largest file that an import takes.")
    ingest_bytes_in_flight: int = _setting(
        256 * _MIB, "OTLP bytes being read, decoded or written at one time; beyond it senders are told to wait."
    )
    ingest_requests_in_flight: int = _setting(256, "OTLP requests at one time; beyond it senders are told to wait.")
    body_timeout_s: float = _setting(
        60.0, "Longest time an OTLP request may take to arrive; a sender that stalls loses its place then."
    )
    ingest_threads: int = _setting(16, "Threads that decode OTLP requests and wait for their commit.")
    ingest_processes: int = _setting(
        2, "Processes beside the server's own that decode OTLP requests, started when several come at one time; "
        "0 for none. None with several `workers`, which decode side by side as it is, and none on Windows.",
    )  # fmt: skip
    search_deadline_s: float = _setting(10.0, "Longest time a search takes before it answers partially.")
    abandon_after_s: float = _setting(
        3600.0, "A trace in progress that is silent for this long becomes ABANDONED; a late root revives it."
    )
    job_interval_s: float = _setting(60.0, "Pause between two rounds of the background jobs.")
    shutdown_timeout_s: float = _setting(10.0, "Longest time that a stop waits for requests under way.")
    oidc_issuer: str = _setting(
        "", "URL of a provider of OpenID Connect by which people sign in, just as the provider writes it; empty for "
        "none. Needs `auth`, the extra `oidc`, and `https`, but on this machine."
    )  # fmt: skip
    oidc_client_id: str = _setting("", "What the provider calls this server.")
    oidc_client_secret_file: str = _setting(
        "", "File that holds the client's secret, for its owner alone; empty for a public client, which has none."
    )
    oidc_name: str = _setting("single sign-on", "What the page calls it: `Sign in with …`.")
    oidc_scopes: tuple[str, ...] = _setting(
        ("openid", "email", "profile"), "What the provider is asked for; `openid` has to be among it."
    )
    oidc_account_claim: str = _setting(
        "email", "Claim that names a new account. Of `email` the provider has to say that it is verified."
    )
    oidc_groups_claim: str = _setting("groups", "Claim that has somebody's groups.")
    oidc_roles: tuple[str, ...] = _setting(
        (), "Which group gives which role on the whole server, each as `GROUP=ROLE`; of several the strongest holds."
    )
    oidc_default_role: Literal["refuse", "none", "admin", "editor", "viewer", "reviewer"] = _setting(
        "refuse", "Role of who is in none of these groups. `refuse` lets in nobody but them and whom an admin has "
        "linked; `none` lets in whoever the provider does, and shows them nothing."
    )  # fmt: skip
    oidc_resync_roles: bool = _setting(
        True, "Set the role by `oidc_roles` at each sign-in, not at the first alone. Roles in experiments stay."
    )
    metrics: bool = _setting(
        False, "Show figures for Prometheus at `/metrics`, with `auth` to admins and to keys of scope `metrics`."
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "How much is logged: debug, info, warning or error. Never content."
    )


def load_settings(
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """Return the settings that the sources come to; flags that are None count as not given.

    Invalid names the source and the setting when a value has the wrong form, when the file has a key that is no
    setting, or when a bound makes no sense.
    """
    environ = environ or {}
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    if config is None and (named := environ.get(f"{ENV_PREFIX}CONFIG")):
        config = Path(named)
    if config is not None:
        values.update(_from_file(config))
        sources.update(dict.fromkeys(values, str(config)))
    for spec in dataclasses.fields(Settings):
        text = environ.get(ENV_PREFIX + spec.name.upper())
        if text is not None:
            sources[spec.name] = f"{ENV_PREFIX}{spec.name.upper()}"
            values[spec.name] = _parse(spec.name, spec.type, text, sources[spec.name])
    for name, value in (flags or {}).items():
        if value is not None:
            source = sources[name] = "--" + name.replace("_", "-")
            values[name] = _parse(name, _field_type(name, source), value, source)
    settings = Settings(**values)  # pyright: ignore[reportArgumentType] each value was parsed by its field's type
    _check(settings, sources)
    return settings


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a warning for each variable that is named like ours and that neither the server, a command nor the SDK
    reads, with the name that may have been meant."""
    known = OTHER_VARIABLES | {spec.name.upper() for spec in dataclasses.fields(Settings)}
    warnings: list[str] = []
    for name in sorted(environ):
        own = name.removeprefix(ENV_PREFIX)
        if own not in {name, *known}:
            near = difflib.get_close_matches(own, known, n=1)
            hint = f"did you mean {ENV_PREFIX}{near[0]}?" if near else "see docs/reference/settings.md."
            warnings.append(f"{shown(name)} is no setting and is ignored; {hint}")
    return warnings


def _from_file(path: Path) -> dict[str, object]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"settings file {path}: cannot be read ({error.strerror}); check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"settings file {path}: is not TOML: {error}.") from error
    return {name: _parse(name, _field_type(name, str(path)), value, str(path)) for name, value in data.items()}


def _field_type(name: str, source: str) -> object:
    types = {spec.name: spec.type for spec in dataclasses.fields(Settings)}
    if name not in types:
        near = difflib.get_close_matches(name, types, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "; see docs/reference/settings.md."
        raise Invalid(f"{source}: {name!r} is no setting{hint}", details={"field": name})
    return types[name]


def _parse(name: str, kind: object, value: object, source: str) -> object:
    text = value.strip() if isinstance(value, str) else None
    if kind == int | None:
        return None if text == "off" or value is False else _number(name, value, int, f"{source}, or 'off'")
    if kind is bool:
        return _boolean(name, value, source)
    if kind is int or kind is float:
        return _number(name, value, int if kind is int else float, source)
    if kind == tuple[str, ...]:
        items = text.split(",") if text is not None else value
        if not isinstance(items, list | tuple):
            raise Invalid.value(name, value, f"a list of texts ({source})")
        return tuple(str(item).strip() for item in items if str(item).strip())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if text is None:
        raise Invalid.value(name, value, f"a text ({source})")
    if get_origin(kind) is Literal and text not in get_args(kind):
        raise Invalid.value(name, value, f"one of {', '.join(get_args(kind))} ({source})")
    return text


def _boolean(name: str, value: object, source: str) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    found = words.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise Invalid.value(name, value, f"true or false ({source})")
    return found


def _number(name: str, value: object, kind: Callable[[str], int | float], source: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Invalid.value(name, value, f"a number ({source})")
    try:
        return kind(str(value).replace("_", ""))
    except ValueError:
        raise Invalid.value(name, value, f"a number ({source})") from None


def _check(settings: Settings, sources: Mapping[str, str]) -> None:
    def refused(name: str, value: object, expected: str) -> Invalid:
        source = sources.get(name)
        return Invalid.value(name, value, expected if source is None else f"{expected} ({source})")

    for name in ("port", "grpc_port"):
        port = getattr(settings, name)
        if port is not None and not 0 <= port <= 65_535:
            raise refused(name, port, "a port from 0 (any free one) to 65535")
    if not 1 <= settings.workers <= MAX_WORKERS:
        raise refused("workers", settings.workers, f"a number from 1 to {MAX_WORKERS}")
    if not 0 <= settings.ingest_processes <= MAX_WORKERS:
        raise refused("ingest_processes", settings.ingest_processes, f"a number from 0 to {MAX_WORKERS}")
    for spec in dataclasses.fields(Settings):
        value = getattr(settings, spec.name)
        bounded = spec.name.endswith(("_bytes", "_in_flight", "_threads", "_s"))
        if bounded and not 0 < value < float("inf"):
            raise refused(spec.name, value, "a number above 0")
    for origin in settings.cors_origins:
        if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:
            raise refused("cors_origins", origin, "an origin such as 'https://app.example.org', without a path")
    _check_oidc(settings, refused)


def is_secure(url: str) -> bool:
    """Tell whether a URL is one of https, or one of http that reaches this machine only."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return host != "" and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _check_oidc(settings: Settings, refused: Callable[[str, object, str], Invalid]) -> None:
    """Raise Invalid where the settings of single sign-on do not go together."""
    if not settings.oidc_issuer:
        for spec in dataclasses.fields(Settings):
            value = getattr(settings, spec.name)
            if spec.name.startswith("oidc_") and value != spec.default:
                raise refused(spec.name, value, "nothing while oidc_issuer is empty; set that too")
        return
    if not is_secure(settings.oidc_issuer) or set(settings.oidc_issuer) & set("?#@ "):
        raise refused("oidc_issuer", settings.oidc_issuer, "an https URL without ? and #, or an http one on loopback")
    if not settings.auth:
        raise refused("oidc_issuer", settings.oidc_issuer, "nothing while auth is off; set auth = true too")
    if not settings.oidc_client_id:
        raise refused("oidc_client_id", "", "the id that the provider gave this server")
    if "openid" not in settings.oidc_scopes or any(" " in scope for scope in settings.oidc_scopes):
        raise refused("oidc_scopes", settings.oidc_scopes, "single words, among them 'openid'")
    for name in ("oidc_name", "oidc_account_claim", "oidc_groups_claim"):
        if not getattr(settings, name):
            raise refused(name, "", "a text that is not empty")
    for pair in settings.oidc_roles:
        group, _, role = pair.rpartition("=")
        if not group or role not in ROLES:
            raise refused("oidc_roles", pair, f"GROUP=ROLE, the role one of {', '.join(ROLES)}")
