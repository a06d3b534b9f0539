"""Entering and leaving an OpenTelemetry context, wherever the leaving happens."""

from contextvars import Token
from types import TracebackType

from opentelemetry import context as otel_context
from opentelemetry.context import Context


def leave(token: Token[Context], entered: Context) -> None:
    """Undo the `attach` of `entered`, also from a task or thread other than the one that did it.

    There a token is worthless. What was current before is then made current again, if `entered` still is; a context
    that never was entered here stays as it is. Never raises, never logs.
    """
    try:
        token.var.reset(token)
    except (ValueError, RuntimeError, AttributeError):
        if otel_context.get_current() is entered:
            before = token.old_value
            otel_context.attach(before if isinstance(before, Context) else Context())


class Entered:
    """A context to be current within a ``with``."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._token: Token[Context] | None = None

    def __enter__(self) -> None:
        self._token = otel_context.attach(self._context)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            leave(token, self._context)
