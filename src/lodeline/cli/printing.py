"""Which results of evaluations a program printed by itself, so that nobody prints them again."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from lodeline.sdk.evaluation.result import EvaluationResult


class _Listening:
    """Standard output, and the ids of the runs whose results went through it in one piece, as `print` writes them."""

    def __init__(self, stream: TextIO, results: "Sequence[EvaluationResult]") -> None:
        self._stream = stream
        self._results = results
        self.shown: set[str] = set()

    def write(self, text: str) -> int:
        for result in self._results:
            if result.run_id not in self.shown and result.run_id in text and str(result) in text:
                self.shown.add(result.run_id)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def printed(results: "Sequence[EvaluationResult]") -> Generator[set[str]]:
    """Give the ids of the runs whose results, of those that `results` has by then, are printed meanwhile."""
    stream = sys.stdout
    listening = _Listening(stream, results)
    sys.stdout = cast("TextIO", listening)
    try:
        yield listening.shown
    finally:
        sys.stdout = stream
