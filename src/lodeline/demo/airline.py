"""Airline agent: conversations of a tool-calling agent with a simulated customer, four trials of each task.

The trials are one evaluation over the tasks, in four repetitions. A conversation is a session; each thing the
customer says, with the model calls and tool calls up to the agent's next answer, is one trace. The source recorded no
times: they are made up here from the lengths of the texts alone, and every trace says so by a tag.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import orjson

from lodeline.demo.otlp import SpanDraft, hashed_span_id, hashed_trace_id, request, trace_id_text
from lodeline.demo.part import (
    SYNTHETIC_TIMES_TAG,
    DemoDataset,
    DemoEvaluation,
    DemoPart,
    hashed_record_id,
    hashed_run_id,
)
from lodeline.demo.sources import JsonObject, integer, items, mapping, rows, text
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import ModelId, RunId, TraceId
from lodeline.domain.model import ModelDraft
from lodeline.domain.record import RecordDraft, RecordSource, prepare
from lodeline.domain.run import RunDraft
from lodeline.domain.span import AttributeValue, JsonValue

_FILE = "airline.jsonl.zst"
_SOURCE = "airline"
_MODEL = "gpt-4o"
_VERSION = ModelId(f"airline-agent-{_MODEL}")
_UPSTREAM = "sierra-research/tau-bench@59a200c"
_CHECK = AssessmentSource("CODE", "tau-bench")
_DRAFT = ExperimentDraft(
    name="demo: airline agent (tau-bench)",
    description=(
        "A GPT-4o customer-service agent on 35 tasks of tau-bench, four trials each; a session is one conversation. "
        "`reward` says whether the task was solved, and the evaluation of that name how often. Times are synthetic "
        "(the source has none)."
    ),
    tags={"lodeline.demo": "airline"},
    client_key="lodeline-demo-airline-1",
)
_FIRST_NS = 1_715_803_200 * 1_000_000_000
"""2024-05-15 20:00 UTC, the present that the agent's instructions tell it."""
_BETWEEN_NS = 20 * 60 * 1_000_000_000
_MS = 1_000_000
_FAILED_TOOL = "Error:"


@dataclass(frozen=True, slots=True)
class _Turn:
    """One thing the customer says and what follows: `messages` without it, up to the next thing they say."""

    said: str
    earlier: Sequence[JsonObject]
    messages: Sequence[JsonObject]
    number: int


def airline_part() -> DemoPart:
    """Return the part; its file is read here."""
    dataset = DemoDataset("tau-bench airline tasks", f"Tasks 0 to 34 of {_UPSTREAM}.", list(_tasks().values()))
    return DemoPart(
        _DRAFT, _requests, len(_rows()), _assessments, sum(1 for _ in _assessments()), models=[_model()],
        dataset=dataset, evaluations=[DemoEvaluation(_evaluation(), _scored)],
    )  # fmt: skip


def _requests() -> Iterator[bytes]:
    for index, row in enumerate(_rows()):
        yield request([(_resource(row), "lodeline.demo.airline", "1", _Conversation(row, index).spans())])


def _resource(row: JsonObject) -> dict[str, AttributeValue]:
    return {
        "service.name": "airline-agent",
        "deployment.environment.name": "benchmark",
        "lodeline.model_id": _VERSION,
        "lodeline.tags.task": text(row["task_id"]),
        "lodeline.tags.trial": text(row["trial"]),
        f"lodeline.tags.{SYNTHETIC_TIMES_TAG}": "true",
    }


class _Conversation:
    """Turns one recorded conversation into spans, with a clock that only the texts move."""

    def __init__(self, row: JsonObject, index: int) -> None:
        self._row = row
        self._session = _session(row)
        self._now_ns = _FIRST_NS + index * _BETWEEN_NS
        self._count = 0
        self._spans: list[SpanDraft] = []

    def spans(self) -> Sequence[SpanDraft]:
        """Return the spans of all turns, each turn's root after its children."""
        for turn in _turns(self._row):
            self._now_ns += (3_000 + 25 * len(turn.said)) * _MS
            if not turn.messages:
                self._append_farewell(turn.said)
                continue
            self._append_turn(turn)
        return self._spans

    def _append_turn(self, turn: _Turn) -> None:
        trace_id, root_id = _trace_id(self._session, turn.number), self._next_id()
        start_ns = self._now_ns
        answer = ""
        history = [*turn.earlier, {"role": "user", "content": turn.said}]
        for message in turn.messages:
            if message["role"] == "tool":
                self._append_tool(trace_id, root_id, message, history)
            else:
                answer = text(message["content"]) or answer
                self._append_model_call(trace_id, root_id, message, history)
            history.append(message)
        attributes: dict[str, AttributeValue] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "openai",
            "gen_ai.agent.name": "airline-agent",
            "gen_ai.conversation.id": self._session,
            "lodeline.session": self._session,
            "lodeline.user": text(self._row["user_id"]),
            "lodeline.inputs": turn.said,
            "lodeline.outputs": answer,
            "lodeline.metadata.instruction": text(self._row["instruction"]),
        }
        self._spans.append(SpanDraft(trace_id, root_id, b"", "airline-agent", start_ns, self._now_ns, attributes))

    def _append_model_call(
        self, trace_id: bytes, root_id: bytes, message: JsonObject, history: Sequence[JsonObject]
    ) -> None:
        calls = items(message.get("tool_calls"))
        reply = _message(message)
        finish = "tool_call" if calls else "stop"
        start_ns = self._spend((500 + 6 * len(orjson.dumps(reply))) * _MS)
        attributes: dict[str, AttributeValue] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": _MODEL,
            "gen_ai.system_instructions": _json([{"type": "text", "content": _system(self._row)}]),
            "gen_ai.input.messages": _json([_message(earlier) for earlier in history]),
            "gen_ai.output.messages": _json([{**reply, "finish_reason": finish}]),
            "gen_ai.response.finish_reasons": [finish],
        }
        self._spans.append(
            SpanDraft(trace_id, self._next_id(), root_id, f"chat {_MODEL}", start_ns, self._now_ns, attributes)
        )

    def _append_tool(
        self, trace_id: bytes, root_id: bytes, message: JsonObject, history: Sequence[JsonObject]
    ) -> None:
        name, result = text(message["name"]), text(message["content"])
        start_ns = self._spend((20 + len(result) // 10) * _MS)
        attributes: dict[str, AttributeValue] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": text(message["tool_call_id"]),
            "gen_ai.tool.call.arguments": _arguments(message["tool_call_id"], history),
            "gen_ai.tool.call.result": result,
        }
        error = result if result.startswith(_FAILED_TOOL) else None
        self._spans.append(
            SpanDraft(
                trace_id, self._next_id(), root_id, f"execute_tool {name}", start_ns, self._now_ns, attributes,
                error=error,
            )
        )  # fmt: skip

    def _append_farewell(self, said: str) -> None:
        """Keep the customer's last words, which nobody answered, as an event of the last turn."""
        if not self._spans:
            return
        root = self._spans[-1]
        event = ("conversation.end", root.end_ns, {"content": said})
        self._spans[-1] = SpanDraft(
            root.trace_id,
            root.span_id,
            root.parent_id,
            root.name,
            root.start_ns,
            root.end_ns,
            root.attributes,
            (event,),
        )

    def _spend(self, duration_ns: int) -> int:
        start_ns = self._now_ns
        self._now_ns += duration_ns
        return start_ns

    def _next_id(self) -> bytes:
        self._count += 1
        return hashed_span_id(_SOURCE, self._session, str(self._count))


def _assessments() -> Iterator[AssessmentDraft]:
    for index, row in enumerate(_rows()):
        session = _session(row)
        created_ms = (_FIRST_NS + (index + 1) * _BETWEEN_NS) // _MS
        yield AssessmentDraft(
            target=AssessmentTarget(session=session),
            name="reward",
            kind="FEEDBACK",
            source=_CHECK,
            value=row["reward"],
            rationale=_rationale(row),
            identifier="lodeline-demo",
            created_ms=created_ms,
        )
        yield AssessmentDraft(
            target=AssessmentTarget(session=session),
            name="expected_actions",
            kind="EXPECTATION",
            source=AssessmentSource("HUMAN", "tau-bench"),
            value=row["actions"],
            identifier="lodeline-demo",
            created_ms=created_ms,
        )


def _scored() -> Iterator[RowDraft]:
    """Yield the evaluation's rows: each is on the trace with which its conversation ends."""
    for row in _rows():
        record = _tasks()[integer(row["task_id"])]
        session = _session(row)
        last = max(turn.number for turn in _turns(row) if turn.messages)
        yield RowDraft(
            row_key=str(record.record_id),
            repetition=integer(row["trial"]),
            record_id=record.record_id,
            content_hash=prepare(record).content_hash,
            trace_id=_last_trace(session, last),
            scores=(ScoreDraft("reward", row["reward"], source=_CHECK, rationale=_rationale(row)),),
        )


def _evaluation() -> EvaluationDraft:
    bindings = Bindings(
        model_id=_VERSION,
        scorers={"reward": hashlib.sha256(_UPSTREAM.encode()).hexdigest()},
        directions={"reward": "higher"},
        repetitions=max(integer(row["trial"]) for row in _rows()) + 1,
    )
    return EvaluationDraft(RunDraft(name="reward", run_id=run_id()), bindings, rows_total=len(_rows()))


def run_id() -> RunId:
    """Return the run of the evaluation of all trials."""
    return hashed_run_id(_SOURCE, "reward")


def _model() -> ModelDraft:
    return ModelDraft(
        name="airline agent", status="READY", model_type="agent", params={"model": _MODEL},
        reuse_key="lodeline-demo-airline-agent", model_id=_VERSION,
    )  # fmt: skip


def _rationale(row: JsonObject) -> str:
    solved = "the task was solved" if row["reward"] else "the end state or the outputs differ from the task's"
    return f"tau-bench's check after the conversation: {solved}"


def _turns(row: JsonObject) -> Iterator[_Turn]:
    """Yield the turns of a conversation in order, numbered from 1."""
    messages = [mapping(message) for message in items(row["messages"])]
    starts = [at for at, message in enumerate(messages) if message["role"] == "user"]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(messages)], strict=True), 1):
        yield _Turn(text(messages[start]["content"]), messages[1:start], messages[start + 1 : end], number)


def _message(message: JsonObject) -> dict[str, JsonValue]:
    """Return an OpenAI chat message in the form of OpenTelemetry's GenAI conventions."""
    parts: list[JsonValue] = []
    if message["role"] == "tool":
        answer = {"type": "tool_call_response", "id": message["tool_call_id"], "response": message["content"]}
        return {"role": "tool", "parts": [answer]}
    if message.get("content"):
        parts.append({"type": "text", "content": message["content"]})
    for call in map(mapping, items(message.get("tool_calls"))):
        function = mapping(call["function"])
        arguments = orjson.loads(text(function["arguments"]))
        parts.append({"type": "tool_call", "id": call["id"], "name": function["name"], "arguments": arguments})
    return {"role": message["role"], "parts": parts}


def _arguments(call_id: JsonValue, history: Sequence[JsonObject]) -> str:
    for message in reversed(history):
        for call in map(mapping, items(message.get("tool_calls"))):
            if call["id"] == call_id:
                return text(mapping(call["function"])["arguments"])
    return ""


def _system(row: JsonObject) -> str:
    return text(mapping(items(row["messages"])[0])["content"])


def _session(row: JsonObject) -> str:
    return f"airline-task-{integer(row['task_id']):02d}-trial-{integer(row['trial'])}"


def _trace_id(session: str, turn: int) -> bytes:
    return hashed_trace_id(_SOURCE, session, str(turn))


def _last_trace(session: str, turn: int) -> TraceId:
    return trace_id_text(_trace_id(session, turn))


def _json(value: JsonValue) -> str:
    return orjson.dumps(value).decode()


@cache
def _tasks() -> Mapping[int, RecordDraft]:
    """Return the records by the numbers of their tasks."""
    return {
        integer(row["task_id"]): RecordDraft(
            inputs={"user_id": row["user_id"], "instruction": row["instruction"]},
            expectations={"actions": row["actions"], "outputs": row["outputs"]},
            external_id=f"airline-{row['task_id']}",
            source=RecordSource("IMPORT", f"{_UPSTREAM}#{row['task_id']}"),
            record_id=hashed_record_id(_SOURCE, text(row["task_id"])),
        )
        for row in _rows()
    }


@cache
def _rows() -> tuple[JsonObject, ...]:
    return rows(_FILE)
