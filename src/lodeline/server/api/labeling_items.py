"""Native routes of the items of labeling sessions, for those who run the sessions."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.ids import DatasetId, RunId, TraceId
from lodeline.domain.labeling import (
    ItemDraft,
    ItemFilter,
    ItemId,
    ItemsReport,
    ItemState,
    LabelingItem,
    ReviewForm,
    ReviewTarget,
    TargetKind,
)
from lodeline.domain.labeling_checks import (
    MAX_ADDED,
    MAX_ASSERTION,
    MAX_ASSERTIONS,
    MAX_COMMENT,
    MAX_DURATION_MS,
    MAX_FLAG,
    MAX_FLAGS,
    MAX_PRIORITY,
    MAX_REVIEWER_NAME,
    MAX_REVIEWS,
    MAX_SESSION_SCHEMAS,
)
from lodeline.domain.labeling_sources import LOGGED, PastReview, PastReviewsReport, SyncReport
from lodeline.domain.page import Page
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api import bodies
from lodeline.server.api.bodies import Body, Id
from lodeline.server.api.entry import native_router
from lodeline.server.api.labeling_rules import ItemRuleBody
from lodeline.server.api.listing import MAX_FILTER, CursorParam, LimitParam
from lodeline.server.api.runs import RunPath
from lodeline.services.listing import ListQuery

router = native_router("/labeling", "labeling")

ItemPath = Annotated[str, Path(min_length=1, max_length=250, description="The item's id.")]
_Text500 = Annotated[str, Field(min_length=1, max_length=500)]
_Trace = Annotated[str, Field(min_length=1, max_length=50)]
_Priority = Annotated[int, Field(ge=-MAX_PRIORITY, le=MAX_PRIORITY)]
_Filter = Annotated[str, Field(max_length=MAX_FILTER)]
_Limit = Annotated[int, Field(ge=1, le=MAX_ADDED)]
_Comment = Annotated[str, Field(max_length=MAX_COMMENT)]
Reviewer = Annotated[str, Field(min_length=1, max_length=MAX_REVIEWER_NAME)]


class TargetBody(Body):
    """What is to be reviewed; which fields are given is said by `kind`."""

    kind: TargetKind
    trace_id: _Trace | None = None
    other_trace_id: _Trace | None = None
    session: _Text500 | None = None
    dataset_id: Id | None = None
    record_id: Id | None = None
    dataset_version: Annotated[int | None, Field(ge=1, le=2**53)] = None
    run_id: Id | None = None
    row_key: Id | None = None
    repetition: Annotated[int | None, Field(ge=0, le=1_000_000)] = None

    def to_domain(self) -> ReviewTarget:
        """Return the target as the services take it."""
        fields = self.model_dump(exclude={"trace_id", "other_trace_id", "run_id"})
        return ReviewTarget(
            **fields,
            trace_id=None if self.trace_id is None else TraceId(self.trace_id),
            other_trace_id=None if self.other_trace_id is None else TraceId(self.other_trace_id),
            run_id=None if self.run_id is None else RunId(self.run_id),
        )


class ItemBody(Body):
    """An item to be added. `gold` are known answers, which no reviewer is shown."""

    target: TargetBody
    priority: _Priority = 0
    gold: Annotated[dict[Id, bodies.Json], Field(max_length=MAX_SESSION_SCHEMAS)] = Field(
        default_factory=dict[str, bodies.Json]
    )
    reviews_required: Annotated[int | None, Field(ge=1, le=MAX_REVIEWS)] = None

    def to_domain(self) -> ItemDraft:
        """Return the item as the services take it."""
        return ItemDraft(self.target.to_domain(), self.priority, self.gold, self.reviews_required)


class ItemsBody(Body):
    """Items to be added."""

    items: Annotated[list[ItemBody], Field(max_length=MAX_ADDED)]


class ItemSearchBody(Body):
    """Traces of the session's experiment to be added: those that `filter` finds, newest first, at most `limit`."""

    filter: _Filter = ""
    order: Annotated[str, Field(max_length=1_000)] = ""
    limit: _Limit = 100
    priority: _Priority = 0


class ItemRecordsBody(Body):
    """Records of a dataset's version to be added: those that `filter` finds, at most `limit`."""

    dataset_id: Id
    version: Annotated[str, Field(min_length=1, max_length=100)] = "latest"
    filter: _Filter = ""
    limit: _Limit = MAX_ADDED


class FormBody(Body):
    """What a reviewer says of an item: answers and comments by schema name."""

    answers: Annotated[dict[Id, bodies.Json], Field(max_length=MAX_SESSION_SCHEMAS)] = Field(
        default_factory=dict[str, bodies.Json]
    )
    comments: Annotated[dict[Id, _Comment], Field(max_length=MAX_SESSION_SCHEMAS)] = Field(
        default_factory=dict[str, str]
    )
    comment: _Comment | None = None
    flags: Annotated[list[Annotated[str, Field(min_length=1, max_length=MAX_FLAG)]], Field(max_length=MAX_FLAGS)] = (
        Field(default_factory=list[str])
    )
    assertions: Annotated[
        dict[Id, Annotated[str, Field(min_length=1, max_length=MAX_ASSERTION)]], Field(max_length=MAX_ASSERTIONS)
    ] = Field(default_factory=dict[str, str])
    duration_ms: Annotated[int | None, Field(ge=0, le=MAX_DURATION_MS)] = None

    def to_form(self) -> ReviewForm:
        """Return the form as the services take it."""
        return ReviewForm(
            self.answers, self.comments, self.comment, tuple(self.flags), self.assertions, self.duration_ms
        )


class PastReviewBody(FormBody):
    """A review of item `item_id` that was made elsewhere by `reviewer`, at `made_ms` (epoch milliseconds)."""

    item_id: Id
    reviewer: Reviewer
    made_ms: Annotated[int | None, Field(ge=0, le=2**53)] = None
    key: Id = LOGGED

    def to_review(self) -> PastReview:
        """Return the review as the services take it."""
        return PastReview(ItemId(self.item_id), self.reviewer, self.to_form(), self.made_ms, self.key)


class PastReviewsBody(Body):
    """Reviews that were made elsewhere."""

    reviews: Annotated[list[PastReviewBody], Field(max_length=MAX_ADDED)]


class AdjudicationBody(FormBody):
    """How a dispute is decided; `reviewer` says by whom where nobody is signed in."""

    reviewer: Reviewer | None = None


class SyncBody(Body):
    """Where to carry what people expect; the session's own dataset when left out."""

    dataset_id: Id | None = None


@router.get("/items/{item_id}", **answer(LabelingItem, 404))
def get_labeling_item(actor: ActorDep, services: ServicesDep, item_id: ItemPath) -> Json:
    """Return an item with all of its reviews."""
    return Json(services.labeling_items.get(actor, ItemId(item_id)))


@router.delete("/items/{item_id}", **answer(LabelingItem, 404, 409))
def remove_labeling_item(actor: ActorDep, services: ServicesDep, item_id: ItemPath) -> Json:
    """Take an item out of its session; its reviews stay, and no search or rule adds it again."""
    return Json(services.labeling_items.remove(actor, ItemId(item_id)))


@router.post("/items/{item_id}/reopen", **answer(LabelingItem, 404, 409))
def reopen_labeling_item(actor: ActorDep, services: ServicesDep, item_id: ItemPath) -> Json:
    """Begin another round of reviews of an item that is done; what was submitted stays."""
    return Json(services.labeling_items.reopen(actor, ItemId(item_id)))


@router.post("/items/{item_id}/adjudicate", **answer(LabelingItem, 404, 409, 413))
def adjudicate_labeling_item(
    actor: ActorDep, services: ServicesDep, item_id: ItemPath, body: AdjudicationBody
) -> Json:
    """Decide a dispute; the answers become judgments in the name of who decides."""
    found = services.labeling_items.adjudicate(actor, ItemId(item_id), body.to_form(), reviewer=body.reviewer)
    return Json(found)


@router.post("/{run_id}/items", **answer(ItemsReport, 404, 409, 413))
def add_labeling_items(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: ItemsBody) -> Json:
    """Add items: traces, sessions, records, rows of evaluations, pairs of traces. Those that are there stay."""
    drafts = [item.to_domain() for item in body.items]
    return Json(services.labeling_items.add(actor, RunId(run_id), drafts))


@router.post("/{run_id}/items/search", **answer(ItemsReport, 404, 409, 413))
def add_labeling_traces(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: ItemSearchBody) -> Json:
    """Add the traces that a filter finds; those that a person removed stay removed."""
    query = ListQuery((), body.filter, body.order, body.limit)
    return Json(services.labeling_items.add_traces(actor, RunId(run_id), query, priority=body.priority))


@router.post("/{run_id}/items/records", **answer(ItemsReport, 404, 409, 413))
def add_labeling_records(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: ItemRecordsBody) -> Json:
    """Add records of a dataset, as a version has them; those that a person removed stay removed."""
    query = ListQuery((), body.filter, None, body.limit)
    report = services.labeling_items.add_records(
        actor, RunId(run_id), DatasetId(body.dataset_id), query, version=body.version
    )
    return Json(report)


@router.post("/{run_id}/items/rule", **answer(ItemsReport, 404, 409, 413))
def add_labeling_items_by_rule(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: ItemRuleBody) -> Json:
    """Add the traces that a rule chooses: a sample, low scores, or judges that disagree."""
    return Json(services.labeling_items.apply_rule(actor, RunId(run_id), body.to_rule()))


@router.post("/{run_id}/reviews", **answer(PastReviewsReport, 404, 409, 413))
def log_labeling_reviews(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: PastReviewsBody) -> Json:
    """Log reviews that were made elsewhere, in the names that they give; all or none. Again changes nothing."""
    reviews = [review.to_review() for review in body.reviews]
    return Json(services.labeling_items.log_reviews(actor, RunId(run_id), reviews))


@router.get("/{run_id}/items", **answer(Page[LabelingItem], 404))
def list_labeling_items(
    actor: ActorDep,
    services: ServicesDep,
    run_id: RunPath,
    *,
    state: Annotated[list[ItemState] | None, Query(description="Only items in this state. May be repeated.")] = None,
    trace: Annotated[str | None, Query(max_length=50, description="Only items about this trace.")] = None,
    removed: Annotated[bool, Query(description="Those that were removed, in place of the others.")] = False,
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List items in the order in which they were added, with all of their reviews."""
    which = ItemFilter(tuple(state or ()), None if trace is None else TraceId(trace), removed)
    return Json(services.labeling_items.list(actor, RunId(run_id), which, limit=limit, cursor=cursor))


@router.post("/{run_id}/sync", **answer(SyncReport, 404, 409, 413))
def sync_labeling_session(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: SyncBody) -> Json:
    """Carry what people expect into a dataset as a new version of it; the same again makes none."""
    dataset_id = None if body.dataset_id is None else DatasetId(body.dataset_id)
    return Json(services.labeling_items.sync(actor, RunId(run_id), dataset_id))
