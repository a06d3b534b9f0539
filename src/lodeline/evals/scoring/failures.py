"""A failure as a value: an error's code, its message, and a digest of where it was raised."""

import hashlib
from itertools import dropwhile
from pathlib import PurePath
from traceback import TracebackException, walk_tb
from types import TracebackType

from lodeline.domain.assessment import AssessmentError
from lodeline.domain.errors import LodelineError

MAX_MESSAGE = 2_000
MAX_STACK = 8_000
"""Characters of a traceback that are kept: its end."""
_MAX_FRAMES = 50
_SHOWN_FRAMES = 20
_OURS = frozenset({"lodeline", "asyncio", "concurrent", "threading", "contextvars"})
"""Packages whose frames lead to a scorer's function and say nothing of it."""


def failure_of(error: BaseException) -> AssessmentError:
    """Return what an exception comes to, also one that cannot be shown.

    The code is the class's name, or a Lodeline error's own. The message is cut at `MAX_MESSAGE` characters.
    """
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:  # a hostile __str__ must not lose the judgment
        text = ""
    code = error.error_code if isinstance(error, LodelineError) else kind
    return AssessmentError(code, (text or f"{kind} without a message")[:MAX_MESSAGE], stack_digest(error))


def stack_digest(error: BaseException) -> str:
    """Return 16 hex digits that are equal for errors of one class raised at the same place, on any machine.

    Folders and line numbers stay out: the same failure keeps its digest when files move or lines are added above it.
    """
    frames = [frame.f_code for frame, _ in walk_tb(error.__traceback__)][-_MAX_FRAMES:]
    places = [f"{PurePath(code.co_filename).name}:{code.co_qualname}" for code in frames]
    text = "\n".join([type(error).__qualname__, *places])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def stack_of(error: BaseException) -> str:
    """Return the traceback of an error from the user's function on, at most its last `MAX_STACK` characters.

    Of more than 20 frames the first are left out; empty for an error that cannot be shown.
    """
    try:
        shown = TracebackException(
            type(error), error, _theirs(error.__traceback__), limit=-_SHOWN_FRAMES, compact=True
        )
        return "".join(shown.format())[-MAX_STACK:]
    except Exception:  # as hostile as its __str__ may be, it must not lose the judgment
        return ""


def _theirs(stack: TracebackType | None) -> TracebackType | None:
    frames: list[TracebackType] = []
    while stack is not None:
        frames.append(stack)
        stack = stack.tb_next
    found = next(dropwhile(_is_ours, frames), None)
    return found or (frames[0] if frames else None)


def _is_ours(stack: TracebackType) -> bool:
    return str(stack.tb_frame.f_globals.get("__name__", "")).partition(".")[0] in _OURS
