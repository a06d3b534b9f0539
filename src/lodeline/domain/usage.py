"""Token usage in disjoint buckets: the sum of the buckets is the total, whatever the provider's dialect."""

from typing import NamedTuple

from lodeline.domain.named_tuple import make

PICO = 1_000_000_000_000


class TokenUsage(NamedTuple):
    """Tokens of one call. Every token is counted in exactly one bucket.

    Providers whose "input" includes cached tokens, or whose "output" includes reasoning, are converted by the
    dialect's translator (`ingest.semconv`).
    """

    input_uncached: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output_text: int = 0
    output_reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0
    image: int = 0

    @property
    def input(self) -> int:
        """All tokens that went into the model, cached or not."""
        return (
            self.input_uncached + self.cache_read + self.cache_write_5m + self.cache_write_1h
            + self.audio_in + self.image
        )  # fmt: skip

    @property
    def output(self) -> int:
        """All tokens that came out of the model."""
        return self.output_text + self.output_reasoning + self.audio_out

    @property
    def total(self) -> int:
        """The sum of all buckets."""
        return sum(self)

    def plus(self, other: "TokenUsage") -> "TokenUsage":
        """Return the bucket-wise sum."""
        # Written out, it takes a third of the time; ingest does it for every model call.
        a0, a1, a2, a3, a4, a5, a6, a7, a8 = self
        b0, b1, b2, b3, b4, b5, b6, b7, b8 = other
        summed = (a0 + b0, a1 + b1, a2 + b2, a3 + b3, a4 + b4, a5 + b5, a6 + b6, a7 + b7, a8 + b8)
        return make(TokenUsage, summed)

    def minus(self, other: "TokenUsage") -> "TokenUsage":
        """Return the bucket-wise difference."""
        a0, a1, a2, a3, a4, a5, a6, a7, a8 = self
        b0, b1, b2, b3, b4, b5, b6, b7, b8 = other
        left = (a0 - b0, a1 - b1, a2 - b2, a3 - b3, a4 - b4, a5 - b5, a6 - b6, a7 - b7, a8 - b8)
        return make(TokenUsage, left)


NO_USAGE = TokenUsage()


def picousd_to_usd(cost: float | None) -> float | None:
    """Return a cost in 10⁻¹² US dollars as dollars."""
    return None if cost is None else cost / PICO


def usd_to_picousd(cost_usd: float) -> int:
    """Return a cost in dollars as the nearest integer of 10⁻¹² US dollars."""
    return round(cost_usd * PICO)
