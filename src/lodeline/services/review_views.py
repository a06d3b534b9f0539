"""Rendering of items for reviewers: what the policy shows, and nothing that it hides."""

from collections.abc import Iterator, Mapping, Sequence

from lodeline.domain.assessment import Assessment
from lodeline.domain.ids import ExperimentId, ModelId, TraceId
from lodeline.domain.labeling import Assignment, LabelingItem, LabelingSession, ReviewTarget
from lodeline.domain.review_outputs import ITEM
from lodeline.domain.review_view import ReviewView, ShownContent, ShownJudgment, ShownReview, ShownSpan
from lodeline.domain.span import JsonValue, SpanKind, SpanSkeleton
from lodeline.domain.text_span import MarkableText, markable
from lodeline.domain.trace import Trace
from lodeline.query.ast import Compare, Search
from lodeline.query.fields import field
from lodeline.query.order import parse_order
from lodeline.services.blinding import Blinding, blinding_of
from lodeline.services.item_targets import dataset_of, record_of, traces_of
from lodeline.services.record_sources import clean, content_of
from lodeline.storage.base import Stores

MAX_TURNS = 200
"""Traces of a session that are shown, the first ones."""
MAX_SPANS = 500
"""Spans of a trace that are shown with their content, the first ones."""


def view_of(stores: Stores, session: LabelingSession, item: LabelingItem, reviewer: str) -> ReviewView | None:
    """Return an item as a reviewer sees it; None when what it is about is gone."""
    contents = tuple(contents_of(stores, session, item.target))
    if not contents:
        return None
    marks = any(schema.input.kind == "spans" for schema in session.schemas)
    return ReviewView(
        item_id=item.item_id,
        run_id=item.run_id,
        state=item.state,
        kind=item.target.kind,
        round=item.round,
        mine=_mine(item, reviewer),
        contents=contents,
        judgments=tuple(_judgments(stores, session, item)),
        reviews=() if session.policy.blind_reviewers else tuple(_reviews(item, reviewer)),
        texts=texts_in(item.target, contents) if marks else (),
    )


def _mine(item: LabelingItem, reviewer: str) -> Assignment | None:
    mine = [a for a in item.assignments if (a.round, a.reviewer) == (item.round, reviewer) and a.state != "OPEN"]
    return mine[-1] if mine else None


def _reviews(item: LabelingItem, reviewer: str) -> Iterator[ShownReview]:
    for each in item.assignments:
        if each.submission is not None and each.reviewer is not None and each.reviewer != reviewer:
            yield ShownReview(each.reviewer, each.submission.form)


def contents_of(stores: Stores, session: LabelingSession, target: ReviewTarget) -> Iterator[ShownContent]:
    """Yield what a session shows of a target, one a trace or record; nothing when it is gone,
    or is none of the session's experiment: an import may have brought such an item."""
    if target.kind == "PAIR":
        pair = [each for each in (target.trace_id, target.other_trace_id) if each is not None]
        traces = traces_of(stores, session.run.experiment_id, pair)
        if len(traces) == 2:
            yield from _of_traces(stores, session, traces, ("first", "second"))
    elif target.trace_id is not None:
        traces = traces_of(stores, session.run.experiment_id, [target.trace_id])
        yield from _of_traces(stores, session, traces, ("",) * len(traces))
    elif target.session is not None:
        turns = turns_of(stores, session.run.experiment_id, target.session)
        yield from _of_traces(stores, session, turns, [f"turn {number}" for number in range(1, len(turns) + 1)])
    elif target.dataset_id is not None and target.record_id is not None:
        yield from _of_record(stores, session, target)
    elif target.run_id is not None and target.row_key is not None:
        yield ShownContent(f"row {target.row_key}")


def texts_in(target: ReviewTarget, contents: Sequence[ShownContent]) -> tuple[MarkableText, ...]:
    """Return the texts of what is shown of a target in which spans can be marked."""
    ids = [each.trace_id or "" for each in contents] if target.kind == "SESSION" else ()
    return markable([{"request": each.request, "response": each.response} for each in contents], ids)


def turns_of(stores: Stores, experiment_id: ExperimentId, session: str) -> Sequence[Trace]:
    """Return the traces of a conversation, in the order in which they began."""
    search = Search(
        (experiment_id,), Compare(field("trace", "session"), "=", session), parse_order("start", "trace"), MAX_TURNS
    )
    return stores.traces.search(search).items


def _of_record(stores: Stores, session: LabelingSession, target: ReviewTarget) -> Iterator[ShownContent]:
    dataset = dataset_of(stores, session.run.experiment_id, target.dataset_id or "")
    record = record_of(stores, dataset, target.record_id or "", target.dataset_version)
    if record is None:
        return
    policy = session.policy
    shown = policy.fields
    # Nothing says which models made a record, so that every field is hidden that is named after one.
    blinding = Blinding(frozenset(), every=True) if policy.blind_model else None
    yield ShownContent(
        title="",
        request=_blinded(blinding, dict(record.inputs)) if "request" in shown else None,
        response=_blinded(blinding, record.outputs) if "response" in shown else None,
        expectations={
            name: _blinded(blinding, value) for name, value in record.expectations.items() if "expectations" in shown
        },
        tags=record.tags if "tags" in shown and not policy.blind_model else {},
    )


def _blinded(blinding: Blinding | None, value: JsonValue, kind: SpanKind = "UNKNOWN") -> JsonValue:
    return value if blinding is None else blinding.content(value, kind)


def _of_traces(
    stores: Stores, session: LabelingSession, traces: Sequence[Trace], titles: Sequence[str]
) -> Iterator[ShownContent]:
    skeletons = [stores.spans.skeleton(trace.trace_id) for trace in traces]
    blinding = None
    if session.policy.blind_model:
        # Of all traces of the item: one of a pair may name the model that made the other.
        blinding = blinding_of((span for spans in skeletons for span in spans), _versions(stores, traces))
    for trace, skeleton, title in zip(traces, skeletons, titles, strict=True):
        yield _of_trace(stores, session, trace, skeleton, title=title, blinding=blinding)


def _versions(stores: Stores, traces: Sequence[Trace]) -> Iterator[str]:
    """Yield ids and names of the versions of the program that made traces."""
    ids = dict.fromkeys(trace.model_id for trace in traces if trace.model_id is not None)
    yield from ids
    for model in stores.models.get([ModelId(each) for each in ids]):
        yield model.name


def _of_trace(
    stores: Stores, session: LabelingSession, trace: Trace, skeleton: Sequence[SpanSkeleton], *, title: str,
    blinding: Blinding | None,
) -> ShownContent:  # fmt: skip
    policy = session.policy
    inputs, outputs = content_of(stores, trace)
    open_ = blinding is None
    kind: SpanKind = skeleton[0].kind if skeleton else "UNKNOWN"
    expectations = ()
    if "expectations" in policy.fields:
        judged = stores.assessments.of_traces([trace.trace_id]).get(trace.trace_id, ())
        # Those that reviewers of this session gave are theirs to know alone.
        expectations = tuple(a for a in judged if a.kind == "EXPECTATION" and a.valid and ITEM not in a.metadata)
    return ShownContent(
        title=title,
        trace_id=trace.trace_id,
        request=_blinded(blinding, inputs, kind) if "request" in policy.fields else None,
        response=_blinded(blinding, outputs, kind) if "response" in policy.fields else None,
        expectations={a.name: _blinded(blinding, clean(a.value)) for a in expectations},
        spans=tuple(_spans(stores, trace.trace_id, skeleton, blinding)) if "spans" in policy.fields else (),
        # Tags and metadata may name the version that is to be hidden.
        tags=trace.tags if "tags" in policy.fields and open_ else {},
        metadata=trace.metadata if "metadata" in policy.fields and open_ else {},
        model_id=trace.model_id if open_ else None,
    )


def _spans(
    stores: Stores, trace_id: TraceId, skeleton: Sequence[SpanSkeleton], blinding: Blinding | None
) -> Iterator[ShownSpan]:
    shown = skeleton[:MAX_SPANS]
    depths = _depths(shown)
    for span in stores.spans.load(trace_id, [each.span_id for each in shown]):
        inputs, outputs = clean(span.view.inputs), clean(span.view.outputs)
        yield ShownSpan(
            name=span.name if blinding is None else blinding.title(span.name),
            kind=span.kind,
            depth=depths.get(span.span_id, 0),
            inputs=_blinded(blinding, inputs, span.kind),
            outputs=_blinded(blinding, outputs, span.kind),
            model=span.view.model if blinding is None else None,
        )


def _depths(skeleton: Sequence[SpanSkeleton]) -> Mapping[str, int]:
    """Return how deep each span lies; the skeleton has parents before their children."""
    depths: dict[str, int] = {}
    for span in skeleton:
        depths[span.span_id] = 0 if span.parent_id not in depths else depths[span.parent_id] + 1
    return depths


def _judgments(stores: Stores, session: LabelingSession, item: LabelingItem) -> Iterator[ShownJudgment]:
    """Yield what was judged before: by judges and code, and by people outside of the session, as far as shown."""
    policy = session.policy
    if policy.blind_judges and policy.blind_reviewers:
        return
    ids = [each for each in (item.target.trace_id, item.target.other_trace_id) if each is not None]
    judged = stores.assessments.of_traces(ids)
    for trace_id in ids:
        for each in judged.get(trace_id, ()):
            if each.valid and each.metadata.get(ITEM) != item.item_id and not _hidden(session, each):
                yield ShownJudgment(
                    each.name, each.source.kind, each.source.source_id, clean(each.value), each.rationale
                )


def _hidden(session: LabelingSession, judgment: Assessment) -> bool:
    if judgment.kind == "EXPECTATION":
        return True  # shown, if at all, with the content
    human = judgment.source.kind == "HUMAN"
    return session.policy.blind_reviewers if human else session.policy.blind_judges
