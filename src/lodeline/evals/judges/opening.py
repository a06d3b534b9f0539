"""A judge's model with all that stands around it: cache, budget, retries, and whoever watches the calls."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
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


_AROUND: ContextVar[CallWatcher | None] = ContextVar("lodeline-judge-watcher", default=None)


@contextmanager
def watching(watch: CallWatcher) -> Generator[None]:
    """Tell `watch` of each attempt of every judge that is called within the block, in tasks and threads of its
    context too, beside the watcher that the judge itself has."""
    token = _AROUND.set(watch)
    try:
        yield
    finally:
        _AROUND.reset(token)


@dataclass(frozen=True, slots=True)
class Watched:
    """A model whose attempts are told to its watcher and, unless `around` is false, to the one around the call
    (`watching`)."""

    model: JudgeModel
    watch: CallWatcher | None = None
    around: bool = True

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
        watchers = [watch for watch in (self.watch, _AROUND.get() if self.around else None) if watch is not None]
        start_ns = time.time_ns()
        try:
            reply = await self.model.answer(request)
        except JudgeFailed as failure:
            _tell(watchers, JudgeCall(self.name, request, failure.reply, failure, start_ns, time.time_ns()))
            raise
        trace_id = _tell(watchers, JudgeCall(self.name, request, reply, None, start_ns, time.time_ns()))
        return reply if trace_id is None else replace(reply, trace_id=trace_id)


def _tell(watchers: Sequence[CallWatcher], call: JudgeCall) -> str | None:
    ids = [watch(call) for watch in watchers]
    return next((trace_id for trace_id in ids if trace_id is not None), None)


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
    # A model that was opened before tells of its attempts itself: each is one call, however often it is wrapped.
    before = _is_opened(opened)
    if watch is not None or not before:
        opened = Watched(opened, watch, around=not before)
    if budget is not None:
        opened = Budgeted(opened, budget)
    opened = Retrying(opened, attempts)
    return opened if cache is None else Cached(opened, cache)


def _is_opened(model: JudgeModel) -> bool:
    found: object = model
    while isinstance(found, Cached | Retrying | Budgeted):
        found = found.model
    return isinstance(found, Watched)
