"""A failure as a value: an error's code, its message, and a digest of where it was raised."""

import hashlib
from pathlib import PurePath
from traceback import walk_tb

from lodeline.domain.assessment import AssessmentError
from lodeline.domain.errors import LodelineError

MAX_MESSAGE = 2_000
_MAX_FRAMES = 50


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
