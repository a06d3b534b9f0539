"""Which failures are worth another try, after what pause; read off the error, whichever library raised it."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

TOO_MANY = 429
OVERLOADED = frozenset({TOO_MANY, 503, 529})
"""Status codes by which providers say that they want fewer calls (529: Anthropic's "overloaded")."""
TRANSIENT = OVERLOADED | {408, 409, 425, 500, 502, 504}
MAX_PAUSE_S = 60.0
_BASE_PAUSE_S = 0.5
_TRANSIENT_WORDS = ("timeout", "connecterror", "connectionerror", "ratelimit", "overloaded", "serviceunavailable")


class TookTooLongError(TimeoutError):
    """A call did not answer within the time that the run gives it; the same again would take as long."""


def status_code(error: BaseException) -> int | None:
    """Return the HTTP status that an error carries as `status_code`, `code` or on its `response`; else None."""
    for found in (
        getattr(error, "status_code", None),
        getattr(getattr(error, "response", None), "status_code", None),
        getattr(error, "code", None),
    ):
        if isinstance(found, int) and 100 <= found < 600:
            return found
    return None


def is_transient(error: BaseException) -> bool:
    """Tell whether the same call may well succeed later: time-outs, lost connections, and the status codes for it.

    A status code decides when there is one. Otherwise the type does: Python's own time-out and connection errors,
    and classes of client libraries that are named so.
    """
    code = status_code(error)
    if code is not None:
        return code in TRANSIENT
    if isinstance(error, TookTooLongError):
        return False
    if isinstance(error, TimeoutError | ConnectionError | asyncio.TimeoutError):
        return True
    names = "".join(kind.__name__ for kind in type(error).__mro__).lower()
    return any(word in names for word in _TRANSIENT_WORDS)


def is_overload(error: BaseException) -> bool:
    """Tell whether the provider asks for fewer calls."""
    code = status_code(error)
    return code in OVERLOADED if code is not None else "ratelimit" in type(error).__name__.lower()


def pause_s(error: BaseException, attempt: int) -> float:
    """Return how long to wait before try number `attempt` + 1, in seconds, at most `MAX_PAUSE_S`.

    What the provider asks for (`Retry-After` in seconds) counts; otherwise exponential back-off with full jitter
    from 0.5 s (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """
    asked = _retry_after_s(error)
    if asked is not None:
        return min(asked, MAX_PAUSE_S)
    most = min(MAX_PAUSE_S, _BASE_PAUSE_S * 2.0**attempt)
    # An own generator: a program that seeds the global one must not make its tries collide, nor lose its sequence.
    return _random.uniform(0, most)


_random = random.SystemRandom()


def _retry_after_s(error: BaseException) -> float | None:
    headers: Any = getattr(getattr(error, "response", None), "headers", None)
    if not isinstance(headers, Mapping):
        return None
    try:
        seconds = float(str(headers.get("retry-after", headers.get("Retry-After"))))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
