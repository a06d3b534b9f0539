"""A judge's model with all that stands around it: cache, budget, retries, and whoever watches the calls."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.budget import Budgeted, JudgeBudget
from lodeline.evals.judges.cache import AnswerCache, Cached
from lodeline.evals.judges.model import JudgeFailed, JudgeModel, JudgeReply, JudgeRequest
from lodeline.evals.judges.provider import DEFAULT_TIMEOUT_S, provider_model
from lodeline.evals.judges.retrying import Retrying


@dataclass(frozen=True, slots=True)
class JudgeCall:
    """One attempt at a call, as a watcher is told of it: the question, and the answer or the failure."""

    model: str
    request: JudgeRequest
    reply: JudgeReply | None
    failure: JudgeFailed | None
    start_ns: int
    end_ns: int


CallWatcher: TypeAlias = Callable[[JudgeCall], str | None]
"""Is told of each attempt, on the judges' own thread; must be quick. May return the id of the call's trace."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A model whose attempts are told to a watcher."""

    model: JudgeModel
    watch: CallWatcher

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its answers depend on."""
        return self.model.digest_params

    async def answer(self, request: JudgeRequest) -> JudgeReply:
        """Return its answer; raises `JudgeFailed`."""
        start_ns = time.time_ns()
        try:
            reply = await self.model.answer(request)
        except JudgeFailed as failure:
            self.watch(JudgeCall(self.name, request, failure.reply, failure, start_ns, time.time_ns()))
            raise
        trace_id = self.watch(JudgeCall(self.name, request, reply, None, start_ns, time.time_ns()))
        return reply if trace_id is None else replace(reply, trace_id=trace_id)


def open_model(
    model: str | JudgeModel,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    temperature: float | None = None,
    attempts: int = 4,
    budget: JudgeBudget | None = None,
    cache: AnswerCache | None = None,
    watch: CallWatcher | None = None,
) -> JudgeModel:
    """Return a model for judges: the one `model` names (see `provider_model`), or a `JudgeModel` of your own.

    It is asked at most `attempts` times, each of at most `timeout_s` seconds. Answers found in `cache` cost nothing
    and are not charged to `budget`.
    """
    if attempts < 1:
        raise Invalid.value("attempts", attempts, "at least 1")
    if isinstance(model, str):
        opened = provider_model(
            model, base_url=base_url, api_key=api_key, timeout_s=timeout_s, temperature=temperature
        )
    else:
        opened = model
    if watch is not None:
        opened = Watched(opened, watch)
    if budget is not None:
        opened = Budgeted(opened, budget)
    opened = Retrying(opened, attempts)
    return opened if cache is None else Cached(opened, cache)
