"""Cases out of what a program has: a list of mappings, a data frame, traces, or records of a dataset."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from lodeline.domain.alignment import TUNED_TAG, tuned_judges
from lodeline.domain.assessment import AssessmentSource
from lodeline.domain.errors import Invalid, LodelineError, shown
from lodeline.domain.evaluation_row import PERSON
from lodeline.domain.ids import TraceId
from lodeline.domain.record import Record, RecordDraft, prepare
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import Trace
from lodeline.evals.engine.rows import Case
from lodeline.sdk.rendering import Limits, to_plain

COLUMNS = frozenset({"inputs", "outputs", "expectations", "trace", "trace_id", "id", "cluster", "slices", "tags"})
"""What a row may hold; `tags` of a row are read as slices."""
_WHOLE = Limits(depth=64, chars=10_000_000)
"""What is compared is content as it is, not as a trace would show it."""
SPLIT = "split"
"""The slice that a record's split becomes, beside its tags."""
LoadContent = Callable[[TraceId], tuple[Any, Any]]
"""Gives the inputs and the outputs of a trace's root span."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are no dataset: they have a place, and their content tells which are the same in another run."""

    rows: Sequence[Mapping[str, Any]]

    def cases(self, load: LoadContent, *, predict: bool) -> Iterator[Case]:
        """Give the cases in order; with `predict` the outputs and traces that rows bring count nothing.

        Invalid names the row that cannot be one.
        """
        for index, row in enumerate(self.rows):
            _check_columns(index, row)
            case = _case(index, row, load, predict=predict)
            if not predict and case.trace_id is None and "outputs" not in row:
                raise Invalid(
                    f"data: row {index} has neither outputs nor a trace; give it one of them, or give a predict_fn."
                )
            yield case


def cases_of_records(records: Iterable[Record], *, predict: bool) -> Iterator[Case]:
    """Give the cases of a dataset's records; without `predict` their outputs are scored as they are.

    Invalid names the record that has none then.
    """
    for record in records:
        if not predict and record.outputs is None:
            raise Invalid(f"data: record {record.record_id} has no outputs; give a predict_fn that makes them.")
        yield Case(
            key=record.record_id,
            inputs=record.inputs,
            expectations=record.expectations,
            content_hash=record.content_hash,
            record_id=record.record_id,
            outputs=None if predict else record.outputs,
            slices={
                **{key: value for key, value in record.tags.items() if not key.startswith(TUNED_TAG)},
                **({} if record.split is None else {SPLIT: record.split}),
            },
            expected_by=_expected_by(record),
            tuned_for=tuned_judges(record.tags),
        )


_MADE = frozenset({"SYNTHETIC", "DOCUMENT", "IMPORT"})
"""Sources of records whose expectations no person gave."""


def _expected_by(record: Record) -> AssessmentSource:
    """Return who or what said what is expected: the record's author, or the kind of source that it was made from."""
    if record.source is not None and record.source.kind in _MADE:
        return AssessmentSource("CODE", record.source.source_id or record.source.kind.lower())
    return AssessmentSource("HUMAN", record.author) if record.author else PERSON


def table_of(data: object) -> Table:
    """Return rows of a list of mappings or traces, of any iterable of them, or of a data frame's rows.

    Invalid, which says what is expected, for anything else and for no rows at all.
    """
    rows = _rows(data)
    if not rows:
        raise Invalid("data: there are no rows to evaluate.")
    return Table(rows)


def _rows(data: object) -> list[Mapping[str, Any]]:
    named: Any = getattr(data, "iter_rows", None)
    if callable(named):  # Polars
        return [_present(row) for row in cast("Iterable[dict[str, Any]]", named(named=True))]
    records: Any = getattr(data, "to_dict", None)
    if callable(records) and hasattr(data, "columns"):  # pandas
        return [_present(row) for row in cast("list[dict[str, Any]]", records(orient="records"))]
    if isinstance(data, str | bytes | Mapping) or not isinstance(data, Iterable):
        raise Invalid.value(
            "data", cast("object", data), "a list of rows with 'inputs', a data frame, traces, or a dataset"
        )
    return [_row(index, item) for index, item in enumerate(cast("Iterable[object]", data))]


def _present(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A frame has no other way to say that a cell is empty than None or NaN."""
    return {key: value for key, value in row.items() if value is not None and not _is_nan(value)}


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _row(index: int, item: object) -> Mapping[str, Any]:
    if isinstance(item, Trace):
        return {"trace": item}
    if isinstance(item, Mapping):
        return cast("Mapping[str, Any]", item)
    raise Invalid(f"data: row {index} is {shown(item)}; expected a mapping with 'inputs', or a trace.")


def _check_columns(index: int, row: Mapping[str, Any]) -> None:
    unknown = sorted(set(row) - COLUMNS)
    if unknown:
        raise Invalid(
            f"data: row {index} holds {', '.join(map(repr, unknown))}; put what the application is given under "
            "'inputs', what is expected under 'expectations'.",
            details={"row": index, "unknown": unknown},
        )


def _case(index: int, row: Mapping[str, Any], load: LoadContent, *, predict: bool) -> Case:
    trace = row.get("trace")
    trace_id = row.get("trace_id") if trace is None else getattr(trace, "trace_id", None)
    inputs, outputs = row.get("inputs"), row.get("outputs")
    if trace_id is not None and (inputs is None or (not predict and "outputs" not in row)):
        found = load(TraceId(str(trace_id)))
        inputs = as_mapping(found[0]) if inputs is None else inputs
        outputs = found[1] if "outputs" not in row else outputs
    given = _mapping(index, "inputs", inputs)
    expected = _mapping(index, "expectations", row.get("expectations") or {})
    slices = _mapping(index, "slices", row.get("slices") or row.get("tags") or {})
    return Case(
        key=str(row.get("id", index)),
        inputs=given,
        expectations=expected,
        content_hash=_content_hash(index, given, expected),
        outputs=None if predict else outputs,
        trace_id=None if predict or trace_id is None else TraceId(str(trace_id)),
        predicted=not predict and trace_id is not None,
        cluster=None if row.get("cluster") is None else str(row["cluster"]),
        slices={str(key): str(value) for key, value in slices.items() if value is not None},
        tuned_for=tuned_judges(trace.tags) if isinstance(trace, Trace) else frozenset(),
    )


def _mapping(index: int, name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Invalid(f"data: row {index}: {name} is {shown(value)}; expected a mapping.")
    return cast("Mapping[str, Any]", value)


def _content_hash(index: int, inputs: Mapping[str, Any], expectations: Mapping[str, Any]) -> str:
    """The same as of a record of a dataset that holds these; Invalid names the row and the place in it."""
    plain: list[JsonValue] = [to_plain(part, _WHOLE) for part in (inputs, expectations)]
    draft = RecordDraft(cast("Mapping[str, JsonValue]", plain[0]), cast("Mapping[str, JsonValue]", plain[1]))
    try:
        return prepare(draft, index).content_hash
    except LodelineError as error:
        raise Invalid(f"data: row {index}: {error.message}", details=error.details) from error


def as_mapping(inputs: Any) -> Mapping[str, Any]:
    """Return the inputs of a trace as those of a case: what is no mapping is the input named "inputs"."""
    return cast("Mapping[str, Any]", inputs) if isinstance(inputs, Mapping) else {"inputs": inputs}
