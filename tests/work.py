"""How much work something is, counted: the same on a fast machine, a slow one, and a busy one.

What a loop in C does inside one call is not counted: a test of that ends, or pytest's own timeout ends it.
"""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType


def calls(run: Callable[[], object]) -> int:
    """Return how many calls of functions, Python's and C's, `run` makes in this thread."""
    count = 0

    def on_event(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        if event in {"call", "c_call"}:
            count += 1

    # A collection of garbage would call finalizers of others.
    before = sys.getprofile()
    collects = gc.isenabled()
    gc.disable()
    sys.setprofile(on_event)
    try:
        run()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    return count


def peak_bytes(run: Callable[[], object]) -> int:
    """Return the most memory that `run` holds at one time, in bytes, of what Python's allocators give."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
