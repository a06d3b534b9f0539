"""A budget of tokens and dollars for judges."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.model import JudgeFailed, JudgeModel, JudgeReply, JudgeRequest


class JudgeBudget:
    """What judges may spend, shared by as many as one likes; safe to use from several threads.

    A call begins only while there is something left, and is charged when it ends: calls in flight at that moment may
    go over. A dollar budget needs known prices: after an answer without one, further calls fail, saying so.
    """

    def __init__(self, *, max_usd: float | None = None, max_tokens: int | None = None):
        for field, value in (("max_usd", max_usd), ("max_tokens", max_tokens)):
            if value is not None and not 0 <= value < float("inf"):
                raise Invalid.value(field, value, "a finite number that is not negative")
        self._max_usd, self._max_tokens = max_usd, max_tokens
        self._lock = threading.Lock()
        self._usd, self._tokens, self._calls = 0.0, 0, 0
        self._unpriced: str | None = None

    @property
    def spent_usd(self) -> float:
        """What the calls with a known price have cost, in US dollars."""
        return self._usd

    @property
    def spent_tokens(self) -> int:
        """The tokens of all calls, in and out."""
        return self._tokens

    @property
    def calls(self) -> int:
        """How many calls were charged."""
        return self._calls

    def check(self) -> None:
        """Raise `JudgeFailed` (``budget_spent``) when nothing is left."""
        with self._lock:
            if self._max_tokens is not None and self._tokens >= self._max_tokens:
                raise JudgeFailed(
                    f"the judges' budget of {self._max_tokens:,} tokens is spent ({self._tokens:,}).",
                    code="budget_spent",
                )
            if self._max_usd is None:
                return
            if self._unpriced is not None:
                raise JudgeFailed(
                    f"{self._unpriced} has no known price, so a budget in dollars cannot be kept; give max_tokens.",
                    code="budget_spent",
                )
            if self._usd >= self._max_usd:
                raise JudgeFailed(
                    f"the judges' budget of {self._max_usd:g} US dollars is spent ({self._usd:.6f}).",
                    code="budget_spent",
                )

    def charge(self, reply: JudgeReply) -> None:
        """Count a call."""
        with self._lock:
            self._calls += 1
            self._tokens += reply.input_tokens + reply.output_tokens
            if reply.cost_usd is None:
                self._unpriced = reply.model
            else:
                self._usd += reply.cost_usd


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A model whose calls are charged to a budget, also those whose answer could not be used."""

    model: JudgeModel
    budget: JudgeBudget

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its answers depend on."""
        return self.model.digest_params

    async def answer(self, request: JudgeRequest) -> JudgeReply:
        """Return its answer; raises `JudgeFailed`, also when the budget is spent."""
        self.budget.check()
        try:
            reply = await self.model.answer(request)
        except JudgeFailed as failure:
            if failure.reply is not None:
                self.budget.charge(failure.reply)
            raise
        self.budget.charge(reply)
        return reply
