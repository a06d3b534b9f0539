"""Another try after a failure that passes: with back-off, and never for one that stays."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from lodeline.domain.span import JsonValue
from lodeline.evals.judges.model import JudgeFailed, JudgeModel, JudgeReply, JudgeRequest

MAX_PAUSE_S = 60.0
_BASE_PAUSE_S = 0.5
_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Retrying:
    """A model asked at most `attempts` times, as long as its failures are transient.

    Between attempts it waits as long as the provider asks for, or else with exponential back-off and full jitter from
    0.5 s (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015); never longer than a minute.
    """

    model: JudgeModel
    attempts: int = 4
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its answers depend on."""
        return self.model.digest_params

    async def answer(self, request: JudgeRequest) -> JudgeReply:
        """Return the first answer; raises the last `JudgeFailed`."""
        attempt = 1
        while True:
            try:
                return replace(await self.model.answer(request), attempts=attempt)
            except JudgeFailed as failure:
                if not failure.transient or attempt >= self.attempts:
                    raise
                await self.pause(pause_s(failure, attempt))
            attempt += 1


def pause_s(failure: JudgeFailed, attempt: int) -> float:
    """Return how long to wait after attempt number `attempt`, in seconds."""
    if failure.retry_after_s is not None:
        return min(max(0.0, failure.retry_after_s), MAX_PAUSE_S)
    return _RANDOM.uniform(0, min(MAX_PAUSE_S, _BASE_PAUSE_S * 2.0 ** (attempt - 1)))
