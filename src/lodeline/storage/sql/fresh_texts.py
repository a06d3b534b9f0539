"""Texts of chunks that have just been committed, kept in memory for the full-text index that follows.

They spare the index from unpacking the chunks again, and a search from unpacking those that the index has not
reached. What is not here both read from the chunks.
"""

import sys
import threading
from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile

MAX_BYTES = 32 * 2**20
"""How much text waits at most."""
CROWDED_SHARE = 0.5
"""From so much of it on the index should follow: reading a text from its chunk again costs as much as decoding it."""
MANY = 2_000
"""From so many texts on as well: a search looks at each."""


class FreshTexts:
    """Texts by chunk number. Thread-safe."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._bytes = 0
        self._lock = threading.Lock()
        self.wanted = False
        """Whether this process fills the index; another one's texts are not kept."""

    @property
    def crowded(self) -> bool:
        """Whether the index should take texts, lest there be no room for those that come next."""
        return self._bytes >= CROWDED_SHARE * MAX_BYTES or len(self._texts) >= MANY

    def offer(self, texts: Iterable[tuple[int, str]]) -> None:
        """Keep the texts of chunks, with growing numbers, as far as there is room."""
        if not self.wanted:
            return
        with self._lock:
            for number, text in texts:
                size_bytes = sys.getsizeof(text)
                if self._bytes + size_bytes <= MAX_BYTES:
                    self._texts[number] = text
                    self._bytes += size_bytes

    def take(self, number: int) -> str | None:
        """Return the text of a chunk and forget it; None when it is not here."""
        with self._lock:
            text = self._texts.pop(number, None)
            if text is not None:
                self._bytes -= sys.getsizeof(text)
        return text

    def forget(self, up_to: int) -> None:
        """Forget the texts of the chunks up to this number: those that were deleted before their turn."""
        with self._lock:
            for number in list(takewhile(lambda number: number <= up_to, self._texts)):
                self._bytes -= sys.getsizeof(self._texts.pop(number))

    def may_hold(self, number: int, needed: str) -> bool:
        """Tell whether a chunk may hold all of these tokens, given one a line, also within longer ones.

        True of a chunk whose text is not here.
        """
        text = self._texts.get(number)
        if text is None:
            return True
        # Lines of ASCII are as they were sent, others are folded: these may hold letters that lower() would change.
        lowered = text.lower()
        return all(token in lowered or token in text for token in _lines(needed))


@lru_cache(maxsize=256)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n"))
