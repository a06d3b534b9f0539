"""`autolog`: turn integrations on and off."""

import difflib
import logging
import threading

from opentelemetry.trace import TracerProvider

from lodeline.domain.errors import Conflict, Invalid, shown
from lodeline.sdk.autolog.integration import Integration, is_importable
from lodeline.sdk.autolog.integrations import INTEGRATIONS
from lodeline.sdk.provider import get_tracer_provider

_log = logging.getLogger("lodeline.autolog")
_lock = threading.RLock()
_on: dict[str, Integration] = {}


def autolog(*names: str, disable: bool = False, tracer_provider: TracerProvider | None = None) -> tuple[str, ...]:
    """Trace the calls of libraries, such as ``autolog("openai", "anthropic")``; return the names that are on by it.

    Without names: every library that is installed together with its instrumentation, which imports them all. What
    cannot be turned on is left off with a warning that says in one line what to install; the program goes on. With
    ``disable=True`` what autolog turned on is turned off, and the names that were are returned. Again is fine. Spans
    go to Lodeline, or to `tracer_provider`. Invalid for a name that is unknown.
    """
    wanted = [_integration(name) for name in names]
    with _lock:
        if disable:
            return tuple(item.name for item in (wanted or list(_on.values())) if _turn_off(item))
        chosen = wanted or [item for item in INTEGRATIONS.values() if _is_ready(item)]
        if not chosen:
            _log.warning("autolog: no library that it knows is installed with its instrumentation.")
        provider = get_tracer_provider() if tracer_provider is None else tracer_provider
        return tuple(item.name for item in chosen if _turn_on(item, provider))


def _integration(name: str) -> Integration:
    found = INTEGRATIONS.get(name.strip().lower().replace("_", "-"))
    if found is None:
        near = difflib.get_close_matches(name, INTEGRATIONS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise Invalid(
            f"autolog: there is no integration {shown(name)}.{hint} There are {', '.join(INTEGRATIONS)}.",
            details={"field": "autolog", "suggestion": near[0] if near else None},
        )
    return found


def _is_ready(item: Integration) -> bool:
    return is_importable(item.library) and item.missing() is None


def _turn_on(item: Integration, provider: TracerProvider) -> bool:
    if item.name in _on:
        return True
    if not is_importable(item.library):
        _log.warning("autolog: %s is not traced, as its library %s is not installed.", item.name, item.library)
        return False
    package = item.missing()
    if package is not None:
        _log.warning("autolog: %s is not traced; run pip install %s.", item.name, package)
        return False
    try:
        item.turn_on(provider)
    except Conflict as error:
        _log.warning("autolog: %s is not traced: %s", item.name, error.message)
        return False
    except Exception as error:
        _log.warning("autolog: %s is not traced, as its instrumentation failed: %r", item.name, error)
        return False
    _on[item.name] = item
    return True


def _turn_off(item: Integration) -> bool:
    if _on.pop(item.name, None) is None:
        return False
    try:
        item.turn_off()
    except Exception as error:
        _log.warning("autolog: %s may still be traced, as its instrumentation failed: %r", item.name, error)
    return True
