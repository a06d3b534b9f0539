"""What the evaluation engine asks of a scorer."""

from typing import Protocol

from lodeline.domain.scorer import Feedback, Sample, ScorerDefinition


class Scorer(Protocol):
    """Judges samples. Safe to call from several threads and tasks at once."""

    @property
    def name(self) -> str:
        """The name of its judgments, where they have none of their own."""
        ...

    @property
    def definition(self) -> ScorerDefinition:
        """What it is."""
        ...

    @property
    def blocking(self) -> bool:
        """Whether it is a synchronous function, which an event loop had better call in a thread."""
        ...

    async def score(self, sample: Sample) -> tuple[Feedback, ...]:
        """Return its judgments of a sample, each with name and source; empty when it does not apply.

        What the scorer raises is a judgment with an error. Only cancellation and the end of the program pass.
        """
        ...
