"""A clock that tests set."""


class SettableClock:
    """Stands still until told to go on. Begins on 2026-01-01."""

    def __init__(self, now_ms: int = 1_767_225_600_000):
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def now_ns(self) -> int:
        return self._now_ms * 1_000_000

    def advance(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1000)
