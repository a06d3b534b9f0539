"""The Berkeley leaderboard's cases and results as a part that is loaded as those of the demonstration are."""

import hashlib
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import orjson

from lodeline.demo.otlp import SpanDraft, hashed_span_id, hashed_trace_id, request, trace_id_text
from lodeline.demo.part import DemoDataset, DemoEvaluation, DemoPart, hashed_record_id, hashed_run_id
from lodeline.domain.assessment import AssessmentSource
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import ModelId, RecordId, RunId
from lodeline.domain.model import ModelDraft
from lodeline.domain.record import RecordDraft, prepare
from lodeline.domain.run import RunDraft
from lodeline.domain.span import AttributeValue
from lodeline.evals.scoring.bound import as_scorer
from tests.evals.bfcl import MODELS, SCORER, cases, expected, given, results

RECORDED, OWN = "valid", SCORER.name
_T0_NS = 1_723_334_400 * 1_000_000_000
_UPSTREAM = "HuanzhiMao/BFCL-Result@b4adfc9"
_TRACES_A_REQUEST = 520


def bfcl_part() -> DemoPart:
    """Return the part: a dataset of the cases, and of each model a version, traces and an evaluation."""
    return DemoPart(
        ExperimentDraft("bfcl", tags={"lodeline.demo": "bfcl"}, client_key="bfcl"),
        _requests,
        sum(1 for _ in _requests()),
        lambda: iter(()),
        0,
        models=[ModelDraft(name, "READY", reuse_key=name, model_id=ModelId(name)) for name in MODELS],
        dataset=DemoDataset("bfcl", "1,040 cases", list(records().values())),
        evaluations=[DemoEvaluation(_evaluation(model), partial(_rows, model)) for model in MODELS],
    )


def run_id(model: str) -> RunId:
    """Return the run of a model's evaluation."""
    return hashed_run_id("bfcl", model)


@cache
def records() -> dict[str, RecordDraft]:
    """Return the records by the ids of their cases."""
    return {
        name: RecordDraft(
            inputs={"question": case["question"], "functions": case["functions"]},
            expectations={"expected_tool_calls": expected(case)},
            tags={"category": case["category"]},
            external_id=name,
            record_id=record_id(name),
        )
        for name, case in cases().items()
    }


def record_id(case: str) -> RecordId:
    """Return the id of a case's record."""
    return hashed_record_id("bfcl", case)


def _evaluation(model: str) -> EvaluationDraft:
    bindings = Bindings(
        model_id=ModelId(model),
        scorers={
            RECORDED: hashlib.sha256(_UPSTREAM.encode()).hexdigest(),
            OWN: as_scorer(SCORER).definition.digest,
        },
        directions={RECORDED: "higher", OWN: "higher"},
    )
    return EvaluationDraft(RunDraft(name=model, run_id=run_id(model)), bindings, rows_total=len(cases()))


def _requests() -> Iterator[bytes]:
    for model in MODELS:
        resource: dict[str, AttributeValue] = {
            "service.name": "bfcl",
            "lodeline.model_id": model,
            "lodeline.run_id": run_id(model),
        }
        spans = [_span(model, number, result) for number, result in enumerate(results(model))]
        for start in range(0, len(spans), _TRACES_A_REQUEST):
            yield request([(resource, "bfcl", "1", spans[start : start + _TRACES_A_REQUEST])])


def _span(model: str, number: int, result: dict[str, Any]) -> SpanDraft:
    start_ns = _T0_NS + number * 60_000_000_000
    attributes: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model.removesuffix("-Auto").removesuffix("-FC"),
        "gen_ai.usage.input_tokens": result["input_tokens"],
        "gen_ai.usage.output_tokens": result["output_tokens"],
        "lodeline.inputs": cases()[result["id"]]["question"],
        "lodeline.outputs": orjson.dumps(given(result["result"])).decode(),
        "lodeline.tags.category": result["category"],
    }
    return SpanDraft(
        _raw_trace(model, result["id"]), hashed_span_id(model, result["id"]), b"", "chat", start_ns,
        start_ns + round(result["latency_s"] * 1e9), attributes,
    )  # fmt: skip


def _rows(model: str) -> Iterator[RowDraft]:
    upstream = AssessmentSource("CODE", _UPSTREAM)
    own = AssessmentSource("CODE", OWN, as_scorer(SCORER).definition.digest)
    for result in results(model):
        record = records()[result["id"]]
        found = SCORER(outputs=given(result["result"]), expectations=record.expectations)
        why = None if result["error"] is None else f"{result['error_type']}: {' '.join(map(str, result['error']))}"
        yield RowDraft(
            row_key=result["id"],
            record_id=record.record_id,
            content_hash=_hash(result["id"]),
            slices={"category": result["category"]},
            trace_id=trace_id_text(_raw_trace(model, result["id"])),
            duration_ms=round(result["latency_s"] * 1e3),
            scores=(
                ScoreDraft(RECORDED, result["valid"], rationale=why, source=upstream),
                ScoreDraft(OWN, found.value, rationale=found.rationale, source=own, metadata=found.metadata),
            ),
        )


def _raw_trace(model: str, case: str) -> bytes:
    return hashed_trace_id("bfcl", model, case)


@cache
def _hash(case: str) -> str:
    return prepare(records()[case]).content_hash
