"""What items of labeling sessions are about, in a line each."""

from collections.abc import Iterator, Mapping, Sequence

from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.labeling import LabelingItem, ReviewTarget
from lodeline.domain.trace import Trace
from lodeline.services.item_targets import traces_of
from lodeline.storage.base import Stores

MAX_TITLE = 120
_BATCH = 500


def titles_of(stores: Stores, experiment_id: ExperimentId, items: Sequence[LabelingItem]) -> Mapping[str, str]:
    """Return by item, of sessions of an experiment, what went into its trace, at most 120 characters of it, else the
    names of what it is about."""
    ids = list(dict.fromkeys(item.target.trace_id for item in items if item.target.trace_id is not None))
    traces: dict[TraceId, Trace] = {}
    for begin in range(0, len(ids), _BATCH):
        found = traces_of(stores, experiment_id, ids[begin : begin + _BATCH])
        traces |= {trace.trace_id: trace for trace in found}
    return {item.item_id: _title(item.target, traces.get(item.target.trace_id or TraceId(""))) for item in items}


def _title(target: ReviewTarget, trace: Trace | None) -> str:
    line = " ".join((trace.request or "").split()) if trace is not None else ""
    line = line or " and ".join(_names(target))
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1]}…"


def _names(target: ReviewTarget) -> Iterator[str]:
    for name in (target.session, target.record_id, target.row_key):
        if name is not None:
            yield name
    if target.row_key is None:
        yield from (each for each in (target.trace_id, target.other_trace_id) if each is not None)
