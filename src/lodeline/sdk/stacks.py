"""The stack of an exception as text, at a cost that does not grow with its depth.

It reads like Python's own, without markers below the lines and without the frames of tracing itself. An exception
passes through every traced call around it and is written down at each, so this must be cheap: of a long stack only
the ends are read.
"""

import linecache
from traceback import walk_tb
from types import FrameType

from lodeline.sdk.quiet import describe

_HERE = __file__.removesuffix("stacks.py")
_FIRST, _LAST = 5, 35
_MAX_CHAIN = 5
_MAX_PARTS = 10
_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def stack_text(error: BaseException) -> str:
    """Return the stack of an exception and of what led to it, the latest last."""
    text, current = _one(error), error
    for _ in range(_MAX_CHAIN):
        if current.__cause__ is not None:
            above, joint = current.__cause__, _CAUSE
        elif current.__context__ is not None and not current.__suppress_context__:
            above, joint = current.__context__, _CONTEXT
        else:
            break
        text, current = f"{_one(above)}{joint}{text}", above
    return text


def _one(error: BaseException) -> str:
    frames = [(frame, line) for frame, line in walk_tb(error.__traceback__) if not _is_ours(frame)]
    left_out = len(frames) - _FIRST - _LAST
    if left_out > 0:
        shown = [*map(_line, frames[:_FIRST]), f"  … {left_out:,} more frames\n", *map(_line, frames[-_LAST:])]
    else:
        shown = [_line(entry) for entry in frames]
    head = "Traceback (most recent call last):\n" if frames else ""
    within: tuple[BaseException, ...] = getattr(error, "exceptions", ()) if _is_group(error) else ()
    parts = "".join(f"  | {describe(part)}\n" for part in within[:_MAX_PARTS])
    return f"{head}{''.join(shown)}{describe(error)}\n{parts}"


def _is_group(error: BaseException) -> bool:
    return isinstance(error, BaseExceptionGroup)


def _line(entry: tuple[FrameType, int]) -> str:
    frame, number = entry
    code = frame.f_code
    source = linecache.getline(code.co_filename, number, frame.f_globals).strip()
    return f'  File "{code.co_filename}", line {number}, in {code.co_name}\n' + (f"    {source}\n" if source else "")


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_HERE)
