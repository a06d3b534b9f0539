"""Cases out of lists, frames and traces."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.ids import ExperimentId, RecordId, TraceId
from lodeline.domain.record import RecordDraft, RecordSource, made, prepare
from lodeline.domain.trace import Trace
from lodeline.evals.engine.rows import Case
from lodeline.sdk.evaluation.data import cases_of_records, table_of

TRACE = TraceId("tr-" + "1" * 32)


def no_trace(trace_id: TraceId) -> tuple[Any, Any]:
    raise AssertionError(f"{trace_id} is not to be loaded")


def cases(data: object, *, predict: bool = True) -> list[Case]:
    return list(table_of(data).cases(no_trace, predict=predict))


ROWS = [
    {"inputs": {"q": "a"}, "expectations": {"answer": 1}, "slices": {"kind": "easy"}},
    {"inputs": {"q": "b"}, "expectations": {"answer": 2}, "cluster": "talk-1", "id": "b"},
]


def test_rows_of_a_list_are_cases() -> None:
    first, second = cases(ROWS)
    assert (first.key, first.inputs, first.expectations, first.slices) == (
        "0",
        {"q": "a"},
        {"answer": 1},
        {"kind": "easy"},
    )
    assert (second.key, second.cluster) == ("b", "talk-1")
    assert not first.predicted


def test_the_hash_is_that_of_the_same_record_in_a_dataset() -> None:
    (case,) = cases([{"inputs": {"q": "a", "k": 1.0}, "expectations": {"answer": "é"}}])
    record = prepare(RecordDraft({"k": 1, "q": "a"}, {"answer": "e\u0301"}))
    assert case.content_hash == record.content_hash


@pytest.mark.parametrize("frame", [pd.DataFrame(ROWS), pl.DataFrame(ROWS, strict=False)])
def test_frames_give_the_same_cases_as_lists(frame: Any) -> None:
    assert [(c.key, c.content_hash, c.cluster) for c in cases(frame)] == [
        (c.key, c.content_hash, c.cluster) for c in cases(ROWS)
    ]


def test_outputs_in_rows_are_scored_as_they_are_unless_there_is_something_to_call() -> None:
    data = [{"inputs": {"q": "a"}, "outputs": "x"}]
    assert cases(data, predict=False)[0].outputs == "x"
    assert cases(data, predict=True)[0].outputs is None


def test_traces_bring_inputs_and_outputs_of_their_root() -> None:
    trace = Trace(TRACE, ExperimentId("0"), "t", "OK", 0, 0, 0, 0)

    def load(trace_id: TraceId) -> tuple[Any, Any]:
        assert trace_id == TRACE
        return {"q": "a"}, "x"

    for data in ([trace], [{"trace": trace}], [{"trace_id": TRACE}]):
        (case,) = table_of(data).cases(load, predict=False)
        assert (case.inputs, case.outputs, case.trace_id, case.predicted) == ({"q": "a"}, "x", TRACE, True)


def test_any_iterable_of_rows_will_do() -> None:
    def streamed() -> Iterator[dict[str, Any]]:
        yield from ROWS

    assert len(cases(streamed())) == 2


REFUSED: list[tuple[object, str]] = [
    ([], "there are no rows"),
    ("rows.jsonl", "data: 'rows.jsonl' is not valid; expected a list of rows"),
    (7, "data: 7 is not valid"),
    ({"inputs": {}}, "expected a list of rows"),
    ([3], "row 0 is 3; expected a mapping"),
    ([{"question": "q"}], "row 0 holds 'question'; put what the application is given under 'inputs'"),
    ([{"inputs": "q"}], "row 0: inputs is 'q'; expected a mapping"),
    ([{"inputs": {}, "expectations": 3}], "row 0: expectations is 3"),
]


@pytest.mark.parametrize(("data", "said"), REFUSED)
def test_what_cannot_be_rows_is_refused_with_what_is_expected(data: object, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        cases(data)


def test_without_a_function_rows_need_outputs() -> None:
    with pytest.raises(Invalid, match="row 0 has neither outputs nor a trace"):
        cases([{"inputs": {"q": "a"}}], predict=False)


@pytest.mark.parametrize(
    ("source", "author", "said"),
    [
        (None, "ann", ("HUMAN", "ann")),
        (None, None, ("HUMAN", "default")),
        (RecordSource("TRACE", "tr-1"), "ann", ("HUMAN", "ann")),
        (RecordSource("SYNTHETIC"), "ann", ("CODE", "synthetic")),
        (RecordSource("IMPORT", "gsm8k"), None, ("CODE", "gsm8k")),
    ],
)
def test_expectations_are_those_of_the_author_or_of_what_made_the_record(
    source: RecordSource | None, author: str | None, said: tuple[str, str]
) -> None:
    prepared = prepare(RecordDraft({"q": "a"}, {"answer": 1}, source=source))
    record = made(prepared, RecordId("dr-1"), author=author, now_ms=0)
    (case,) = cases_of_records([record], predict=True)
    assert (case.expected_by.kind, case.expected_by.source_id) == said
