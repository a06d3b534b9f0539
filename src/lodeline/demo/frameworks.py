"""Live framework traces: real runs of eleven agent frameworks with their timings, usage, costs and judge scores.

The source is an observability product's export: attributes of the original OpenTelemetry spans are sent as they were;
content that the product had moved out of them comes back as ``lodeline.*`` and GenAI attributes.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache

from lodeline.demo.otlp import SpanDraft, hashed_span_id, hashed_trace_id, request, trace_id_text
from lodeline.demo.part import DemoPart
from lodeline.demo.sources import JsonObject, items, mapping, rows, text
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.span import AttributeValue, JsonValue

_FILE = "frameworks.jsonl.zst"
_SOURCE = "frameworks"
_DRAFT = ExperimentDraft(
    name="demo: framework traces",
    description=(
        "Live runs of agent frameworks (Agno, BeeAI, Claude Agent, CrewAI, Google ADK, LangGraph, LlamaIndex, OpenAI "
        "Agents, Pydantic AI, Vercel AI SDK, Vertex AI) with their recorded times, usage and LLM-judge scores."
    ),
    tags={"lodeline.demo": "frameworks"},
    client_key="lodeline-demo-frameworks-1",
)
_KINDS = {"GENERATION": "LLM", "TOOL": "TOOL", "AGENT": "AGENT", "CHAIN": "CHAIN", "RETRIEVER": "RETRIEVER"}
_INPUT_KEYS = ("input.value", "gen_ai.input.messages", "ai.prompt")
_OUTPUT_KEYS = ("output.value", "gen_ai.output.messages", "ai.response.text")
_USAGE_KEYS = ("llm.token_count.prompt", "gen_ai.usage.input_tokens", "ai.usage.promptTokens")
_MODEL_KEYS = ("llm.model_name", "gen_ai.request.model", "gen_ai.response.model", "ai.model.id")


def frameworks_part() -> DemoPart:
    """Return the part; its file is read here."""
    scores = sum(len(items(row["scores"])) for row in _rows())
    return DemoPart(_DRAFT, _requests, len(_rows()), _assessments, scores)


def _requests() -> Iterator[bytes]:
    for row in _rows():
        trace = mapping(row["trace"])
        trace_id = _trace_id(trace)
        groups = [
            (
                {**_plain(mapping(observation["resource"])), "lodeline.tags.framework": text(row["framework"])},
                text(mapping(observation["scope"]).get("name")),
                text(mapping(observation["scope"]).get("version")),
                [_span(trace_id, mapping(observation), trace)],
            )
            for observation in map(mapping, items(row["observations"]))
        ]
        yield request(groups)


def _span(trace_id: bytes, observation: JsonObject, trace: JsonObject) -> SpanDraft:
    parent = observation["parentObservationId"]
    attributes = _plain(mapping(observation["attributes"]))
    attributes |= _content(observation, attributes)
    attributes |= {f"metadata.{key}": _value(value) for key, value in mapping(observation["metadata"]).items()}
    if parent is None:
        attributes |= _trace_attributes(trace)
    start_ns = _epoch_ns(text(observation["startTime"]))
    return SpanDraft(
        trace_id=trace_id,
        span_id=_span_id(observation["id"]),
        parent_id=b"" if parent is None else _span_id(parent),
        name=text(observation["name"]),
        start_ns=start_ns,
        end_ns=_epoch_ns(text(observation["endTime"])) if observation["endTime"] else start_ns,
        attributes=attributes,
        error=text(observation["statusMessage"]) if observation["level"] == "ERROR" else None,
    )


def _content(observation: JsonObject, present: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Return what the export holds beside the attributes, as far as no attribute says it already."""
    added: dict[str, AttributeValue] = {}
    if kind := _KINDS.get(text(observation["type"])):
        added["lodeline.kind"] = kind
    if observation["input"] is not None and not any(key in present for key in _INPUT_KEYS):
        added["lodeline.inputs"] = text(observation["input"])
    if observation["output"] is not None and not any(key in present for key in _OUTPUT_KEYS):
        added["lodeline.outputs"] = text(observation["output"])
    if observation["model"] is not None and not any(key in present for key in _MODEL_KEYS):
        added["gen_ai.request.model"] = text(observation["model"])
    usage = mapping(observation["usageDetails"])
    if not any(key in present for key in _USAGE_KEYS):
        for source, target in (("input", "gen_ai.usage.input_tokens"), ("output", "gen_ai.usage.output_tokens")):
            if isinstance(count := usage.get(source), int):
                added[target] = count
    return added


def _trace_attributes(trace: JsonObject) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {"lodeline.trace_name": text(trace["name"])}
    for key, target in (("sessionId", "lodeline.session"), ("userId", "lodeline.user")):
        if trace[key] is not None:
            found[target] = text(trace[key])
    found |= {f"lodeline.tags.{text(tag)}": "true" for tag in items(trace["tags"])}
    found |= {f"lodeline.metadata.{key}": text(value) for key, value in mapping(trace["metadata"]).items()}
    return found


def _assessments() -> Iterator[AssessmentDraft]:
    for row in _rows():
        trace_id = trace_id_text(_trace_id(mapping(row["trace"])))
        for score in map(mapping, items(row["scores"])):
            yield AssessmentDraft(
                target=AssessmentTarget(trace_id=trace_id),
                name=text(score["name"]),
                kind="FEEDBACK",
                source=AssessmentSource("LLM_JUDGE", "langfuse-managed-evaluator"),
                value=score["value"],
                rationale=text(score["comment"]) or None,
                identifier=f"lodeline-demo-{text(score['id'])}",
                created_ms=_epoch_ns(text(score["timestamp"])) // 1_000_000,
            )


def _trace_id(trace: JsonObject) -> bytes:
    return hashed_trace_id(_SOURCE, text(trace["id"]))


def _span_id(observation_id: JsonValue) -> bytes:
    return hashed_span_id(_SOURCE, text(observation_id))


def _plain(attributes: JsonObject) -> dict[str, AttributeValue]:
    return {key: _value(value) for key, value in attributes.items()}


def _value(value: JsonValue) -> AttributeValue:
    """Return scalars as they are and structures as JSON text: attribute values were scalars when first sent."""
    return text(value) if isinstance(value, Mapping | list) else value


def _epoch_ns(text_time: str) -> int:
    moment = datetime.fromisoformat(text_time)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000


@cache
def _rows() -> tuple[JsonObject, ...]:
    return rows(_FILE)
