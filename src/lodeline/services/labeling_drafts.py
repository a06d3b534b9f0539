"""Drafts of items: from targets, searches and rules, each with a digest of what it holds now."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lodeline.domain.assessment import Assessment, numeric_value
from lodeline.domain.canonical import canonical_json, digest_text
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.labeling import ItemDraft, LabelingSession, ReviewTarget
from lodeline.domain.labeling_rules import MAX_EXAMINED, ItemRule
from lodeline.domain.page import MAX_LIMIT
from lodeline.domain.trace import Trace
from lodeline.query.ast import Search
from lodeline.services.item_targets import dataset_of, record_of, traces_of
from lodeline.services.record_sources import clean
from lodeline.services.review_views import turns_of
from lodeline.storage.base import Stores

_STEP = 200


def resolved(stores: Stores, session: LabelingSession, draft: ItemDraft) -> ItemDraft:
    """Return a draft with the trace of an evaluation's row, the version of a record, and the snapshot's digest.

    NotFound when the target is not there, or not in the session's experiment.
    """
    experiment_id = session.run.experiment_id
    target = draft.target
    if target.kind == "ROW":
        return _of_row(stores, experiment_id, draft)
    if target.kind == "RECORD":
        return _of_record(stores, experiment_id, draft)
    if target.session is not None:
        traces = turns_of(stores, experiment_id, target.session)
        if not traces:
            raise NotFound.of("session", target.session)
        return replace(draft, snapshot=_digest(traces))
    ids = [each for each in (target.trace_id, target.other_trace_id) if each is not None]
    return replace(draft, snapshot=_digest(_traces(stores, experiment_id, ids)))


def of_rule(stores: Stores, search: Search, rule: ItemRule) -> Iterator[ItemDraft]:
    """Yield the items that a rule chooses, newest trace first, at most its limit."""
    count = 0
    for traces in _batches(stores, search):
        judged: Mapping[TraceId, Sequence[Assessment]] = {}
        if rule.kind != "sample":
            judged = stores.assessments.of_traces([trace.trace_id for trace in traces])
        for trace in traces:
            if is_chosen(rule, trace, judged.get(trace.trace_id, ())):
                yield of_trace(trace, priority=rule.priority)
                count += 1
                if count == rule.limit:
                    return


def of_trace(trace: Trace, *, priority: int = 0, by_rule: bool = True) -> ItemDraft:
    """Return the item of a trace that a search or a rule found."""
    target = ReviewTarget("TRACE", trace_id=trace.trace_id)
    return ItemDraft(target, priority, snapshot=_digest([trace]), source="rule" if by_rule else "search")


def is_chosen(rule: ItemRule, trace: Trace, judged: Sequence[Assessment]) -> bool:
    """Tell whether a rule chooses a trace that was judged so."""
    if rule.kind == "sample":
        digest = hashlib.sha256(f"{rule.seed}:{trace.trace_id}".encode()).digest()
        return int.from_bytes(digest[:6], "big") < (rule.share or 0) * 2**48
    machine = [a for a in judged if a.name == rule.name and a.source.kind != "HUMAN" and a.error is None]
    if rule.kind == "low_score":
        numbers = (numeric_value(a.value) for a in machine if a.valid)
        return any(number is not None and number < (rule.below or 0) for number in numbers)
    # A verdict that a person overrode still tells that judges differed.
    values = {canonical_json(clean(a.value)) for a in machine if a.source.kind == "LLM_JUDGE"}
    return len(values) > 1


def _batches(stores: Stores, search: Search) -> Iterator[Sequence[Trace]]:
    seen = 0
    cursor: str | None = None
    while seen < MAX_EXAMINED:
        page = stores.traces.search(replace(search, limit=min(_STEP, MAX_LIMIT), cursor=cursor))
        yield page.items
        seen += len(page.items)
        cursor = page.cursor
        if cursor is None:
            return


def _of_row(stores: Stores, experiment_id: ExperimentId, draft: ItemDraft) -> ItemDraft:
    target = draft.target
    assert target.run_id is not None  # noqa: S101  # `check_target` was asked
    evaluation = stores.evaluations.get(target.run_id)
    if evaluation.run.experiment_id != experiment_id:
        raise NotFound.of("evaluation", target.run_id)
    row = stores.evaluations.row(target.run_id, target.row_key or "", target.repetition or 0)
    if row is None:
        raise NotFound.of("row", f"{target.row_key}/{target.repetition or 0}")
    held = _traces(stores, experiment_id, [row.trace_id]) if row.trace_id is not None else ()
    found = replace(target, trace_id=row.trace_id if held else None, repetition=row.repetition)
    return replace(draft, target=found, snapshot=row.content_hash if not held else _digest(held))


def _of_record(stores: Stores, experiment_id: ExperimentId, draft: ItemDraft) -> ItemDraft:
    target = draft.target
    missing = NotFound.of("record", target.record_id)
    dataset = dataset_of(stores, experiment_id, target.dataset_id or "")
    version = dataset.latest_version if target.dataset_version is None else target.dataset_version
    record = record_of(stores, dataset, target.record_id or "", version)
    if record is None:
        raise missing
    return replace(draft, target=replace(target, dataset_version=version), snapshot=record.content_hash)


def _traces(stores: Stores, experiment_id: ExperimentId, ids: Sequence[TraceId]) -> Sequence[Trace]:
    found = {trace.trace_id: trace for trace in traces_of(stores, experiment_id, ids)}
    for trace_id in ids:
        if trace_id not in found:
            raise NotFound.of("trace", trace_id)
    return [found[trace_id] for trace_id in ids]


def _digest(traces: Sequence[Trace]) -> str:
    """Return what of traces would show that they have changed since: counts and previews, not tags and judgments."""
    parts = [[t.trace_id, t.state, t.span_count, t.size_bytes, clean(t.request), clean(t.response)] for t in traces]
    return digest_text(canonical_json(parts))
