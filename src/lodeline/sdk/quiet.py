"""Failing without disturbing the program: tracing says once what went wrong, and goes on."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_logger = logging.getLogger("lodeline")
_MAX_SAID = 1_000
_said: set[str] = set()

FOREIGN_FAULTS: tuple[type[BaseException], ...] = (Exception, SystemExit, GeneratorExit)
"""What code of others that tracing calls (``__repr__``, masks, reducers) may raise without ending the program.

Not KeyboardInterrupt: that is most likely the user's.
"""


def complain(what: str, error: BaseException | None = None) -> None:
    """Log a warning, the first time that `what` goes wrong; later times are for the log level DEBUG."""
    level = logging.DEBUG
    if what not in _said and len(_said) < _MAX_SAID:
        _said.add(what)
        level = logging.WARNING
    if error is None:
        _logger.log(level, "%s", what)
    else:
        _logger.log(level, "%s: %s", what, describe(error), exc_info=error if level == logging.DEBUG else None)


def quietly(what: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function that returns nothing complain where it would raise."""

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                function(*args, **kwargs)
            except FOREIGN_FAULTS as error:
                complain(what, error)

        return guarded

    return decorate


def describe(error: BaseException) -> str:
    """Return an exception's type and message; the type alone when the message cannot be had."""
    try:
        text = str(error)
    except FOREIGN_FAULTS:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
