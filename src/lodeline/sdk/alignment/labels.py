"""The labels of people in an experiment, as an alignment takes them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from lodeline.domain.agreement import Coefficient
from lodeline.domain.alignment import record_key
from lodeline.domain.assessment import Assessment
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import TraceId
from lodeline.domain.rating import Rating, rating_value
from lodeline.domain.scorer import Sample, ScoredTrace
from lodeline.domain.span import JsonValue
from lodeline.evals.alignment.labelled import Labelled
from lodeline.evals.judges.judge import Judge
from lodeline.evals.optional import load_optional
from lodeline.sdk.client.clients import LodelineClient

MAX_LABELS = 20_000
MAX_TRACES = 5_000
_READERS = 8


@dataclass(frozen=True, slots=True)
class Labels:
    """Labelled outputs, and how far those who labelled them agree; `left_out` traces could not be used: people are
    tied, or their value is none that the judge can give."""

    rows: tuple[Labelled, ...]
    people: Coefficient | None
    left_out: int


def labels_of(client: LodelineClient, judge: Judge, name: str, experiment: str | None, filter: str) -> Labels:
    """Return what people decided under `name` about traces of an experiment. Invalid without any, and for more than
    `MAX_TRACES` traces."""
    ratings: list[Rating] = []
    reasons: dict[tuple[str, JsonValue], str] = {}
    for found in _assessments(client, name, experiment, filter):
        value = rating_value(found.value)
        if value is not None and found.target.trace_id is not None and found.target.span_id is None:
            ratings.append(Rating(found.target.trace_id, found.source.source_id, value, at_ms=found.created_ms))
            if found.rationale:
                reasons.setdefault((found.target.trace_id, value), found.rationale)
    if not ratings:
        raise Invalid(f"labels: nobody judged {name!r} on a trace there; see `lodeline assessments list`.")
    decided, people = statistics().decide(ratings)
    traces = {str(item): value for item, value in decided.items()}
    if len(traces) > MAX_TRACES:
        raise Invalid.value("labels", f"{len(traces)} traces", f"at most {MAX_TRACES}; narrow the filter")
    rows = _rows(client, judge, traces, reasons)
    judged = len({rating.item for rating in ratings})
    return Labels(tuple(rows), people, judged - len(rows))


def statistics() -> Any:
    """Return the module that reports alignments, which needs NumPy and SciPy."""
    return load_optional(
        "lodeline.evals.statistics.alignment", install="lodeline[stats]", needed_for="Aligning a judge"
    )


def _assessments(client: LodelineClient, name: str, experiment: str | None, filter: str) -> Sequence[Assessment]:
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    wanted = f"name = '{quoted}' AND source = 'HUMAN' AND kind = 'FEEDBACK'"
    text = f"({filter}) AND {wanted}" if filter.strip() else wanted
    found = list(client.assessments.search(experiment=experiment, filter=text, limit=MAX_LABELS + 1))
    if len(found) > MAX_LABELS:
        raise Invalid.value("labels", f"over {MAX_LABELS}", f"at most {MAX_LABELS}; narrow the filter")
    return found


def _rows(
    client: LodelineClient, judge: Judge, decided: Mapping[str, Any], reasons: Mapping[tuple[str, JsonValue], str]
) -> list[Labelled]:
    usable: dict[str, Any] = {}
    for trace_id, value in decided.items():
        try:
            usable[trace_id] = judge.verdict.check(_form(judge, value))
        except Invalid:
            continue
    with ThreadPoolExecutor(_READERS, thread_name_prefix="lodeline-labels") as pool:
        samples = list(pool.map(partial(_sample, client), usable))
    return [
        Labelled(record_key(sample.inputs), sample, value, trace_id, reasons.get((trace_id, decided[trace_id]), ""))
        for (trace_id, value), sample in zip(usable.items(), samples, strict=True)
    ]


def _form(judge: Judge, value: Any) -> Any:
    """Numbers come back as floats, true and false as such; a judge of whole numbers takes 3.0 for 3."""
    return int(value) if judge.verdict.kind == "int" and isinstance(value, float) and value.is_integer() else value


def _sample(client: LodelineClient, trace_id: str) -> Sample:
    detail = client.traces.get(trace_id)
    trace = ScoredTrace(detail.trace, tuple(client.traces.spans(TraceId(trace_id))), tuple(detail.assessments))
    root = trace.root
    expected = {each.name: each.value for each in trace.assessments if each.kind == "EXPECTATION" and each.valid}
    inputs, outputs = (None, None) if root is None else (root.view.inputs, root.view.outputs)
    return Sample(inputs=inputs, outputs=outputs, expectations=expected, trace=trace)
