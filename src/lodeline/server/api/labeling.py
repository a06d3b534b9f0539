"""Native routes of labeling sessions, for those who run them; reviewers have routes of their own (`reviews`)."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from lodeline.domain.ids import RunId
from lodeline.domain.labeling import (
    AssignmentMode,
    LabelingChange,
    LabelingDraft,
    LabelingProgress,
    LabelingSession,
    LabelingState,
    ReviewOrder,
    ReviewPolicy,
    ShownField,
)
from lodeline.domain.labeling_checks import (
    MAX_INSTRUCTIONS,
    MAX_LEASE_MINUTES,
    MAX_REVIEWER_NAME,
    MAX_REVIEWERS,
    MAX_REVIEWS,
    MAX_SESSION_SCHEMAS,
    MAX_WEIGHT,
)
from lodeline.domain.labeling_report import LabelingReport
from lodeline.domain.labeling_rules import MAX_RULES
from lodeline.domain.labeling_sources import ReviewLink
from lodeline.domain.page import Page
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body, Id
from lodeline.server.api.entry import native_router
from lodeline.server.api.labeling_rules import ItemRuleBody
from lodeline.server.api.listing import CursorParam, ExperimentsParam, LimitParam
from lodeline.server.api.runs import RunFields, RunPath

router = native_router("/labeling", "labeling")

_Reviewer = Annotated[str, Field(min_length=1, max_length=MAX_REVIEWER_NAME)]
_Reviewers = Annotated[list[_Reviewer], Field(max_length=MAX_REVIEWERS)]
_Schemas = Annotated[list[Id], Field(min_length=1, max_length=MAX_SESSION_SCHEMAS)]
_Reviews = Annotated[int, Field(ge=1, le=MAX_REVIEWS)]
_Rules = Annotated[list[ItemRuleBody], Field(max_length=MAX_RULES)]
_Weight = Annotated[float, Field(gt=0, le=MAX_WEIGHT)]
_Share = Annotated[float, Field(ge=0, le=1)]


class PolicyBody(Body):
    """How a session is reviewed."""

    reviews_required: _Reviews = 1
    mode: AssignmentMode = "open_pool"
    blind_reviewers: bool = True
    blind_judges: bool = True
    blind_model: bool = True
    order: ReviewOrder = "priority"
    overlap: _Share = 1.0
    min_agreement: _Share | None = None
    lease_minutes: Annotated[int, Field(ge=1, le=MAX_LEASE_MINUTES)] = 30
    allow_decline: bool = True
    max_declines: _Reviews | None = None
    require_all_answers: bool = True
    fields: Annotated[list[ShownField], Field(max_length=6)] = Field(
        default_factory=lambda: list[ShownField](["request", "response"])
    )
    weights: Annotated[dict[_Reviewer, _Weight], Field(max_length=MAX_REVIEWERS)] = Field(
        default_factory=dict[str, float]
    )

    def to_domain(self) -> ReviewPolicy:
        """Return the policy as the services take it."""
        return ReviewPolicy(**self.model_dump(exclude={"fields"}), fields=tuple(self.fields))


class LabelingBody(RunFields):
    """A new session of `experiment` (id or name) that asks with `schemas` (names or ids)."""

    schemas: _Schemas
    instructions: Annotated[str, Field(max_length=MAX_INSTRUCTIONS)] = ""
    reviewers: _Reviewers = Field(default_factory=list[str])
    policy: PolicyBody = PolicyBody()
    dataset_id: Id | None = None
    state: Literal["DRAFT", "OPEN"] = "DRAFT"
    rules: _Rules = Field(default_factory=list[ItemRuleBody])


class LabelingChangeBody(Body):
    """What to change of a session; what is left out stays, an empty `dataset_id` takes it away.

    `policy` takes the place of the whole policy. Items that are complete or in dispute stay so, unless
    `extend_completed`.
    """

    state: LabelingState | None = None
    name: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    instructions: Annotated[str | None, Field(max_length=MAX_INSTRUCTIONS)] = None
    schemas: _Schemas | None = None
    reviewers: _Reviewers | None = None
    policy: PolicyBody | None = None
    dataset_id: Annotated[str | None, Field(max_length=250)] = None
    rules: _Rules | None = None
    extend_completed: bool = False


@router.post("", **answer(LabelingSession, 404, 409, 413, status=201))
def create_labeling_session(actor: ActorDep, services: ServicesDep, body: LabelingBody) -> Json:
    """Create a labeling session: people review items and answer label schemas."""
    draft = LabelingDraft(
        body.to_run(), (), body.instructions, tuple(body.reviewers), body.policy.to_domain(), body.dataset_id,
        body.state, tuple(rule.to_rule() for rule in body.rules),
    )  # fmt: skip
    return Json(services.labeling.create(actor, body.experiment, draft, body.schemas), status_code=201)


@router.get("", **answer(Page[LabelingSession], 404))
def list_labeling_sessions(
    actor: ActorDep,
    services: ServicesDep,
    *,
    experiment: ExperimentsParam = None,
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List labeling sessions, newest first."""
    return Json(services.labeling.list(actor, experiment or (), limit=limit, cursor=cursor))


@router.get("/{run_id}", **answer(LabelingSession, 404))
def get_labeling_session(actor: ActorDep, services: ServicesDep, run_id: RunPath) -> Json:
    """Return a session: its run, state, schemas, reviewers, policy, and its items by state."""
    return Json(services.labeling.get(actor, RunId(run_id)))


@router.patch("/{run_id}", **answer(LabelingSession, 404, 409, 413))
def update_labeling_session(
    actor: ActorDep, services: ServicesDep, run_id: RunPath, body: LabelingChangeBody
) -> Json:
    """Change a session, or open, pause, close or archive it; its items are brought in line."""
    change = LabelingChange(
        state=body.state,
        name=body.name,
        instructions=body.instructions,
        reviewers=None if body.reviewers is None else tuple(body.reviewers),
        policy=None if body.policy is None else body.policy.to_domain(),
        dataset_id=body.dataset_id,
        rules=None if body.rules is None else tuple(rule.to_rule() for rule in body.rules),
        extend_completed=body.extend_completed,
    )
    return Json(services.labeling.update(actor, RunId(run_id), change, schemas=body.schemas))


@router.get("/{run_id}/progress", **answer(LabelingProgress, 404))
def get_labeling_progress(actor: ActorDep, services: ServicesDep, run_id: RunPath) -> Json:
    """Return how far a session is: items by state, reviews made and to be made, by reviewer."""
    return Json(services.labeling.progress(actor, RunId(run_id)))


@router.get("/{run_id}/report", **answer(LabelingReport, 404, 413))
def get_labeling_report(
    actor: ActorDep,
    services: ServicesDep,
    run_id: RunPath,
    level: Annotated[float, Query(gt=0, lt=1, description="The confidence of intervals.")] = 0.95,
) -> Json:
    """Return what the reviews come to: throughput, reviewers beside each other and beside gold answers, disputed
    items, agreement by schema, and judges of the same names."""
    return Json(services.labeling_reports.report(actor, RunId(run_id), level=level))


@router.get("/{run_id}/link", **answer(ReviewLink, 404))
def get_review_link(
    actor: ActorDep,
    services: ServicesDep,
    run_id: RunPath,
    reviewer: Annotated[
        str | None, Query(min_length=1, max_length=MAX_REVIEWER_NAME, description="To whom it is sent.")
    ] = None,
) -> Json:
    """Return the address to send to a reviewer. It gives no rights: where accounts are in use they sign in there."""
    return Json(services.labeling.link(actor, RunId(run_id), reviewer=reviewer))
