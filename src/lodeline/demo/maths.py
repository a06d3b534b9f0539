"""Maths: four models' recorded answers to the same questions, as four evaluations of one dataset.

Each answer is a trace. Its scores are the verdict that was published with it, and what our own `NumericMatch` makes
of it. The source recorded no times: they are made up here from the lengths of the texts alone.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

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
from lodeline.demo.sources import items, mapping, rows, text
from lodeline.domain.assessment import AssessmentSource
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import ModelId, RunId
from lodeline.domain.model import ModelDraft
from lodeline.domain.record import RecordDraft, RecordSource, prepare
from lodeline.domain.run import RunDraft
from lodeline.domain.span import AttributeValue
from lodeline.evals.scorers.numeric_match import NumericMatch
from lodeline.evals.scoring.bound import as_scorer

_FILE = "maths.jsonl.zst"
_SOURCE = "maths"
_UPSTREAM = "openai/grade-school-math@3101c7d"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
RECORDED, OWN = "correct", "numeric_match"
_DRAFT = ExperimentDraft(
    name="demo: maths, four models",
    description=(
        "900 questions of GSM8K, answered by GPT-3 with 6 and 175 billion parameters, fine-tuned alone or with a "
        "verifier that picks one of many answers: four models, one dataset, four evaluations. `correct` is the "
        "published verdict, `numeric_match` our own. Times are synthetic (the source has none)."
    ),
    tags={"lodeline.demo": "maths"},
    client_key="lodeline-demo-maths-1",
)
_FIRST_NS = 1_635_292_800 * 1_000_000_000
"""2021-10-27, the day of the publication."""
_BETWEEN_NS = 10 * 1_000_000_000
_MS = 1_000_000
_TRACES_A_REQUEST = 300
_VERDICT = AssessmentSource("CODE", _UPSTREAM)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One model's answer to one question, and the record of the question."""

    index: int
    model: str
    solution: str
    correct: bool
    record: RecordDraft

    @property
    def raw_trace_id(self) -> bytes:
        return hashed_trace_id(_SOURCE, self.model, str(self.index))


def maths_part() -> DemoPart:
    """Return the part; its file is read here."""
    records = [record for record, _ in _questions()]
    dataset = DemoDataset("gsm8k", f"Rows 0 to 899 of {_UPSTREAM}, example_model_solutions.jsonl.", records)
    return DemoPart(
        _DRAFT,
        _requests,
        sum(1 for model in MODELS for _ in _batches(model)),
        lambda: iter(()),
        0,
        models=[_model(model) for model in MODELS],
        dataset=dataset,
        evaluations=[DemoEvaluation(_evaluation(model), partial(_rows, model)) for model in MODELS],
    )


def model_id(model: str) -> ModelId:
    """Return the id of a model version of the part."""
    return ModelId(f"gsm8k-{model}")


def run_id(model: str) -> RunId:
    """Return the run of a model's evaluation."""
    return hashed_run_id(_SOURCE, model)


def _model(model: str) -> ModelDraft:
    size, method = model.split("_")
    return ModelDraft(
        name=model.replace("_", " "),
        status="READY",
        model_type="completion",
        params={"parameters": size, "method": method},
        reuse_key=f"lodeline-demo-{model}",
        model_id=model_id(model),
    )


def _evaluation(model: str) -> EvaluationDraft:
    bindings = Bindings(
        model_id=model_id(model),
        scorers={
            RECORDED: hashlib.sha256(_UPSTREAM.encode()).hexdigest(),
            OWN: as_scorer(NumericMatch()).definition.digest,
        },
        directions={RECORDED: "higher", OWN: "higher"},
    )
    run = RunDraft(name=model.replace("_", " "), run_id=run_id(model))
    return EvaluationDraft(run, bindings, rows_total=len(_questions()))


def _requests() -> Iterator[bytes]:
    for model in MODELS:
        resource: dict[str, AttributeValue] = {
            "service.name": "gsm8k",
            "lodeline.model_id": model_id(model),
            "lodeline.run_id": run_id(model),
            f"lodeline.tags.{SYNTHETIC_TIMES_TAG}": "true",
        }
        for batch in _batches(model):
            yield request([(resource, "lodeline.demo.maths", "1", [_span(answer) for answer in batch])])


def _batches(model: str) -> Iterator[Sequence[_Answer]]:
    answers = list(_answers(model))
    for start in range(0, len(answers), _TRACES_A_REQUEST):
        yield answers[start : start + _TRACES_A_REQUEST]


def _span(answer: _Answer) -> SpanDraft:
    start_ns = _FIRST_NS + answer.index * _BETWEEN_NS
    attributes: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": f"gpt-3-{answer.model}",
        "lodeline.inputs": orjson.dumps(answer.record.inputs).decode(),
        "lodeline.outputs": answer.solution,
    }
    end_ns = start_ns + (200 + 6 * len(answer.solution)) * _MS
    span_id = hashed_span_id(_SOURCE, answer.model, str(answer.index))
    return SpanDraft(answer.raw_trace_id, span_id, b"", "solve", start_ns, end_ns, attributes)


def _rows(model: str) -> Iterator[RowDraft]:
    match = NumericMatch()
    source = AssessmentSource("CODE", OWN, as_scorer(match).definition.digest)
    for answer in _answers(model):
        found = match(outputs=answer.solution, expectations=answer.record.expectations)
        yield RowDraft(
            row_key=str(answer.record.record_id),
            record_id=answer.record.record_id,
            content_hash=_hashes()[answer.index],
            trace_id=trace_id_text(answer.raw_trace_id),
            scores=(
                ScoreDraft(RECORDED, answer.correct, source=_VERDICT),
                ScoreDraft(OWN, found.value, rationale=found.rationale, source=source),
            ),
        )


def _answers(model: str) -> Iterator[_Answer]:
    for index, (record, answers) in enumerate(_questions()):
        solution, correct = answers[model]
        yield _Answer(index, model, solution, correct, record)


@cache
def _questions() -> Sequence[tuple[RecordDraft, Mapping[str, tuple[str, bool]]]]:
    """Return the records in their order, each with every model's solution and the verdict on it."""
    found: list[tuple[RecordDraft, Mapping[str, tuple[str, bool]]]] = []
    for row in rows(_FILE):
        number = text(row["index"])
        solution = text(row["solution"])
        record = RecordDraft(
            inputs={"question": row["question"]},
            expectations={"expected_response": solution.rpartition("A: ")[2].strip(), "solution": solution},
            external_id=f"gsm8k-{number}",
            source=RecordSource("IMPORT", f"{_UPSTREAM}#{number}"),
            record_id=hashed_record_id(_SOURCE, number),
        )
        answers = {name: items(answer) for name, answer in mapping(row["answers"]).items()}
        found.append((record, {name: (text(said), verdict is True) for name, (said, verdict) in answers.items()}))
    return found


@cache
def _hashes() -> Sequence[str]:
    return [prepare(record).content_hash for record, _ in _questions()]
