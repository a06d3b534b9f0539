"""A small RAG application in two versions over the same sixty questions, judged by code against gold answers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lodeline.demo.captures import relabel
from lodeline.demo.otlp import trace_id_text
from lodeline.demo.part import DemoPart
from lodeline.demo.sources import JsonObject, items, json_rows, mapping, members, text
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import TraceId

_ARCHIVE = "rag.zip.zst"
_VERSIONS = ("bm25-top3", "overlap-top3")
_DOCUMENT = re.compile(r"retrieval\.documents\.[0-9]+\.document\.id")
_WORD = re.compile(r"[^\W_]+")
_JUDGMENTS = 3
_DRAFT = ExperimentDraft(
    name="demo: rag",
    description=(
        "Sixty questions of Natural Questions, answered by a retriever and an extractive reader in two versions: "
        "`model = 'bm25-top3'` and `model = 'overlap-top3'`. `gold_retrieved` says whether the passage with the "
        "answer was found, `correctness` whether the answer contains a gold answer."
    ),
    tags={"lodeline.demo": "rag"},
    client_key="lodeline-demo-rag-1",
)


@dataclass(frozen=True, slots=True)
class _Answered:
    """What one trace did: its question, the ids of the documents it retrieved, and its answer."""

    trace_id: TraceId
    question_id: str
    documents: frozenset[str]
    answer: str
    end_ms: int


def rag_part() -> DemoPart:
    """Return the part; its files are read here."""
    return DemoPart(_DRAFT, _requests, len(_VERSIONS), _assessments, _JUDGMENTS * len(_gold()) * len(_VERSIONS))


def _requests() -> Iterator[bytes]:
    for version in _VERSIONS:
        yield relabel(_files()[f"{version}.pb"], "rag", {"retriever": version.split("-", 1)[0]})


def _assessments() -> Iterator[AssessmentDraft]:
    for body in _requests():
        for answered in _answered(body):
            gold = _gold()[answered.question_id]
            answers = [text(answer) for answer in items(gold["answers"])]
            found = answered.question_id in answered.documents
            correct = any(_folded(answer) in _folded(answered.answer) for answer in answers)
            yield _judged(answered, "gold_retrieved", value=found, rationale=f"gold passage: {text(gold['title'])}")
            yield _judged(answered, "correctness", value=correct, rationale=f"gold answers: {'; '.join(answers)}")
            yield AssessmentDraft(
                target=AssessmentTarget(trace_id=answered.trace_id),
                name="expected_answers",
                kind="EXPECTATION",
                source=AssessmentSource("HUMAN", "natural-questions-annotators"),
                value=answers,
                identifier="lodeline-demo",
                created_ms=answered.end_ms,
            )


def _judged(answered: _Answered, name: str, *, value: bool, rationale: str) -> AssessmentDraft:
    return AssessmentDraft(
        target=AssessmentTarget(trace_id=answered.trace_id),
        name=name,
        kind="FEEDBACK",
        source=AssessmentSource("CODE", "lodeline.demo.rag"),
        value=value,
        rationale=rationale,
        identifier="lodeline-demo",
        created_ms=answered.end_ms,
    )


def _answered(body: bytes) -> list[_Answered]:
    """Return what each trace of a request did, in order of its trace ids."""
    question: dict[bytes, str] = {}
    answer: dict[bytes, str] = {}
    end_ns: dict[bytes, int] = {}
    documents: dict[bytes, set[str]] = {}
    for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                values = {attribute.key: attribute.value.string_value for attribute in span.attributes}
                found = {value for key, value in values.items() if _DOCUMENT.fullmatch(key)}
                documents.setdefault(span.trace_id, set()).update(found)
                end_ns[span.trace_id] = max(end_ns.get(span.trace_id, 0), span.end_time_unix_nano)
                if not span.parent_span_id:
                    metadata = mapping(orjson.loads(values["metadata"]))
                    question[span.trace_id] = text(metadata["question_id"])
                    answer[span.trace_id] = values.get("output.value", "")
    return [
        _Answered(trace_id_text(raw), question[raw], frozenset(documents[raw]), answer[raw], end_ns[raw] // 1_000_000)
        for raw in sorted(question)
    ]


def _folded(answer: str) -> str:
    """Return the words of a text, case-folded, between single spaces: whole words compare with whole words."""
    return f" {' '.join(_WORD.findall(answer.casefold()))} "


@cache
def _files() -> Mapping[str, bytes]:
    return members(_ARCHIVE)


@cache
def _gold() -> Mapping[str, JsonObject]:
    return {text(row["id"]): row for row in json_rows(_files()["gold.jsonl"])}
