"""Texts of chunks that have just been committed, kept in memory for the full-text index that follows.

They spare the index from unpacking the chunks again. What is not here it reads from the chunks.
"""

import threading
from collections.abc import Iterable
from itertools import takewhile

MAX_CHARS = 24_000_000
"""How much text waits at most."""
CROWDED_SHARE = 0.5
"""From so much of it on the index should follow: reading a text from its chunk again costs as much as decoding it."""


class FreshTexts:
    """Texts by chunk number. Thread-safe."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._chars = 0
        self._lock = threading.Lock()
        self.wanted = False
        """Whether this process fills the index; another one's texts are not kept."""

    @property
    def crowded(self) -> bool:
        """Whether the index should take texts, lest there be no room for those that come next."""
        return self._chars >= CROWDED_SHARE * MAX_CHARS

    def offer(self, texts: Iterable[tuple[int, str]]) -> None:
        """Keep the texts of chunks, with growing numbers, as far as there is room."""
        if not self.wanted:
            return
        with self._lock:
            for number, text in texts:
                if self._chars + len(text) <= MAX_CHARS:
                    self._texts[number] = text
                    self._chars += len(text)

    def take(self, number: int) -> str | None:
        """Return the text of a chunk and forget it; None when it is not here."""
        with self._lock:
            text = self._texts.pop(number, None)
            if text is not None:
                self._chars -= len(text)
        return text

    def forget(self, up_to: int) -> None:
        """Forget the texts of the chunks up to this number: those that were deleted before their turn."""
        with self._lock:
            for number in list(takewhile(lambda number: number <= up_to, self._texts)):
                self._chars -= len(self._texts.pop(number))
