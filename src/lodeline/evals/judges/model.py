"""What a judge asks of a model, and what comes back: one small protocol behind which any provider stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from lodeline.domain.errors import LodelineError
from lodeline.domain.span import JsonValue


@dataclass(frozen=True, slots=True)
class DataBlock:
    """A piece of what is judged. Its text is data, whatever it says; `label` names it in the instructions."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class JudgeRequest:
    """One question to a judge.

    `instructions` come from whoever wrote the judge, `data` from traces. `schema` is the JSON Schema of the answer,
    an object whose properties are filled in their order. How data is set off from instructions is up to the model
    (`rendering`), so that equal questions are equal requests.
    """

    instructions: str
    data: tuple[DataBlock, ...]
    schema: Mapping[str, JsonValue]
    max_output_tokens: int = 2_000


@dataclass(frozen=True, slots=True)
class JudgeReply:
    """A model's answer. `answer` is JSON, not yet held against the schema. Tokens and latency are of all attempts
    that answered; `cost_usd` is None where the model has no known price. `trace_id` is the call's own trace."""

    answer: Mapping[str, JsonValue]
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    latency_ms: float = 0.0
    attempts: int = 1
    cached: bool = False
    trace_id: str | None = None


class JudgeFailed(LodelineError):
    """A judge gave no judgment.

    Codes: ``judge_timeout``, ``judge_unavailable``, ``judge_overloaded`` (worth another try: `transient`);
    ``judge_refused``, ``malformed_answer``, ``judge_rejected`` (the provider refuses the request),
    ``no_credentials``, ``budget_spent``. `retry_after_s` is what the provider asked for. The usage of an
    answer that cannot be used is in `reply`.
    """

    code = "judge_failed"
    http_status = 502

    def __init__(
        self,
        message: str,
        *,
        code: str,
        transient: bool = False,
        retry_after_s: float | None = None,
        reply: JudgeReply | None = None,
    ):
        super().__init__(message, code=code)
        self.transient = transient
        self.retry_after_s = retry_after_s
        self.reply = reply


class JudgeModel(Protocol):
    """A model that answers judges. Safe to call from several threads, tasks and event loops at once."""

    @property
    def name(self) -> str:
        """The provider and the model, as ``openai:gpt-4o``."""
        ...

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its answers depend on: the model's name and the parameters of its generation, never a key."""
        ...

    async def answer(self, request: JudgeRequest) -> JudgeReply:
        """Return its answer; raises `JudgeFailed`."""
        ...
