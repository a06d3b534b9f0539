"""Labeling session: a run of kind LABELING in which people review items, with its own state beside it.

A session has schemas (what is asked), reviewers, a policy and items. An item has assignments: places for one review
each, which are claimed by a reviewer under a lease and end SUBMITTED, RELEASED, EXPIRED or DECLINED. What each event
does to an item is in `domain.reviewing`; here is what there is.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType

from lodeline.domain.errors import Conflict, Invalid
from lodeline.domain.ids import AssessmentId, RunId, TraceId
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling_rules import ItemRule
from lodeline.domain.run import Run, RunDraft, RunStatus
from lodeline.domain.span import JsonValue

ItemId = NewType("ItemId", str)
"""``ri-`` and 32 hex digits, the same for the same target in the same session."""
AssignmentId = NewType("AssignmentId", str)
"""``as-`` and 32 hex digits, the same for the same item and slot."""

LabelingState = Literal["DRAFT", "OPEN", "PAUSED", "CLOSED", "ARCHIVED"]
ItemState = Literal["PENDING", "IN_REVIEW", "COMPLETE", "DISPUTED", "ADJUDICATED", "DECLINED", "UNAVAILABLE"]
AssignmentState = Literal["OPEN", "CLAIMED", "SUBMITTED", "RELEASED", "EXPIRED", "DECLINED"]
LABELING_STATES: tuple[LabelingState, ...] = ("DRAFT", "OPEN", "PAUSED", "CLOSED", "ARCHIVED")
ITEM_STATES: tuple[ItemState, ...] = (
    "PENDING", "IN_REVIEW", "COMPLETE", "DISPUTED", "ADJUDICATED", "DECLINED", "UNAVAILABLE",
)  # fmt: skip
ASSIGNMENT_STATES: tuple[AssignmentState, ...] = (
    "OPEN", "CLAIMED", "SUBMITTED", "RELEASED", "EXPIRED", "DECLINED",
)  # fmt: skip
TRANSITIONS: Mapping[LabelingState, frozenset[LabelingState]] = {
    "DRAFT": frozenset({"OPEN"}),
    "OPEN": frozenset({"PAUSED", "CLOSED"}),
    "PAUSED": frozenset({"OPEN", "CLOSED"}),
    "CLOSED": frozenset({"ARCHIVED"}),
    "ARCHIVED": frozenset(),
}
RUN_STATUS: Mapping[LabelingState, RunStatus] = {
    "DRAFT": "SCHEDULED",
    "OPEN": "RUNNING",
    "PAUSED": "RUNNING",
    "CLOSED": "FINISHED",
    "ARCHIVED": "FINISHED",
}
"""The status of the run in each state."""

TargetKind = Literal["TRACE", "SESSION", "RECORD", "ROW", "PAIR"]
AssignmentMode = Literal["open_pool", "named", "round_robin", "weighted"]
ReviewOrder = Literal["priority", "oldest", "random"]
ShownField = Literal["request", "response", "spans", "tags", "metadata", "expectations"]
ItemSource = Literal["hand", "search", "rule"]
AccountStanding = Literal["ready", "missing", "disabled", "no_role"]
"""Whether a reviewer can sign in: there is an account of the very name that may review, or none (yet), a disabled
one, or one without a role in the experiment."""


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """How a session is reviewed.

    Mode open_pool: whoever asks first, of the reviewers if there are any named. named: every reviewer reviews every
    item, and `reviews_required` does not count. round_robin: each item is given to `reviews_required` reviewers in
    turn. weighted: to as many, drawn in proportion to their `weights` (1 where none is given), by skill or
    by the time they have.

    `overlap` is the share of items that get `reviews_required` reviews; the others get one. With `min_agreement` an
    item whose answers agree less (`domain.review_places.agreement_of`) becomes DISPUTED rather than COMPLETE. A
    reviewer who does not save or submit for `lease_minutes` may lose the item to another one. An item that nobody
    reviewed is DECLINED when everybody who could review it declined, or `max_declines` reviewers did. `fields` are
    what reviewers are shown of an item; the blind switches hide other reviewers' answers, judges' verdicts, and which
    version of the application and which model made the output. With `require_all_answers` a review answers every
    schema of kind FEEDBACK; what the output should have been may be left out, but for sessions that ask for nothing
    else.
    """

    reviews_required: int = 1
    mode: AssignmentMode = "open_pool"
    blind_reviewers: bool = True
    blind_judges: bool = True
    blind_model: bool = True
    order: ReviewOrder = "priority"
    overlap: float = 1.0
    min_agreement: float | None = None
    lease_minutes: int = 30
    allow_decline: bool = True
    max_declines: int | None = None
    require_all_answers: bool = True
    fields: tuple[ShownField, ...] = ("request", "response")
    weights: Mapping[str, float] = field(default_factory=dict[str, float], hash=False)


@dataclass(frozen=True, slots=True)
class LabelingDraft:
    """What a new labeling session is made from; its run becomes one of kind LABELING."""

    run: RunDraft
    schemas: tuple[LabelSchema, ...]
    instructions: str = ""
    reviewers: tuple[str, ...] = ()
    policy: ReviewPolicy = ReviewPolicy()
    dataset_id: str | None = None
    state: Literal["DRAFT", "OPEN"] = "DRAFT"
    rules: tuple[ItemRule, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelingSession:
    """One labeling session. `dataset_id` is where `sync` writes unless it is told otherwise; by `rules` it takes
    traces by itself while it is OPEN.

    `schemas` are the versions that the session asks with, `former_schemas` those that it asked with before: answers
    that were given to them stay as they are. `counts` has the number of items by state, removed ones
    left out; states without items are missing.
    """

    run: Run
    state: LabelingState
    schemas: tuple[LabelSchema, ...]
    instructions: str = ""
    reviewers: tuple[str, ...] = ()
    policy: ReviewPolicy = ReviewPolicy()
    dataset_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    rules: tuple[ItemRule, ...] = ()
    former_schemas: tuple[LabelSchema, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelingChange:
    """A change of a session: None leaves a field; an empty `dataset_id` takes it away.

    Reviewers that are added get no items that are complete already. Where more reviews are required, items that are
    complete or in dispute stay so, unless `extend_completed`.
    """

    state: LabelingState | None = None
    name: str | None = None
    instructions: str | None = None
    schemas: tuple[LabelSchema, ...] | None = None
    reviewers: tuple[str, ...] | None = None
    policy: ReviewPolicy | None = None
    dataset_id: str | None = None
    rules: tuple[ItemRule, ...] | None = None
    extend_completed: bool = False


@dataclass(frozen=True, slots=True)
class SessionDump:
    """What a labeling session has beside its run and its items: as rows and exports keep it."""

    state: LabelingState
    schemas: tuple[LabelSchema, ...]
    instructions: str
    reviewers: tuple[str, ...]
    policy: ReviewPolicy
    dataset_id: str | None
    rules: tuple[ItemRule, ...] = ()
    former_schemas: tuple[LabelSchema, ...] = ()

    @classmethod
    def of(cls, session: LabelingSession) -> "SessionDump":
        """Return that of a session."""
        return cls(
            session.state, session.schemas, session.instructions, session.reviewers, session.policy,
            session.dataset_id, session.rules, session.former_schemas,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewTarget:
    """What is reviewed. Which fields are set is said by `kind`:

    - TRACE: `trace_id`;
    - SESSION: `session`, the name of a traced conversation;
    - RECORD: `dataset_id`, `record_id`, and `dataset_version` as of which it is shown;
    - ROW: `run_id`, `row_key`, `repetition` of an evaluation, and its `trace_id` when it has one;
    - PAIR: `trace_id` and `other_trace_id`, to be compared.
    """

    kind: TargetKind
    trace_id: TraceId | None = None
    other_trace_id: TraceId | None = None
    session: str | None = None
    dataset_id: str | None = None
    record_id: str | None = None
    dataset_version: int | None = None
    run_id: RunId | None = None
    row_key: str | None = None
    repetition: int | None = None


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item to be added. `snapshot` is the digest of what the target holds now.

    `gold` are known answers by schema, which nobody is shown: every reviewer gets the item, and what they answer
    tells how well they review. `reviews_required` overrules the policy's number.
    """

    target: ReviewTarget
    priority: int = 0
    gold: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    reviews_required: int | None = None
    snapshot: str | None = None
    source: ItemSource = "hand"


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """What a reviewer says of an item: answers and comments by schema name, and beside them a comment, flags, and
    assertions: short claims by key, each of which the output should satisfy. `duration_ms` is the time the reviewer
    spent, where the client measured it."""

    answers: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    comments: Mapping[str, str] = field(default_factory=dict[str, str])
    comment: str | None = None
    flags: tuple[str, ...] = ()
    assertions: Mapping[str, str] = field(default_factory=dict[str, str])
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that was handed in. `key` is the client's, by which it is known again. `assessments` are what the
    answers and assertions became, by name; none where the target takes no assessments (records).

    `duration_ms` is what the form says, else the time since the claim; None where neither is known. `text_lengths`
    says, of each schema whose answer are spans, how many Unicode code points the texts had that could be marked.
    """

    form: ReviewForm
    submitted_ms: int
    duration_ms: int | None
    key: str | None = None
    assessments: Mapping[str, AssessmentId] = field(default_factory=dict[str, AssessmentId])
    text_lengths: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Assignment:
    """A place for one review of an item. While it is OPEN, `reviewer` is for whom it is kept (None: anybody).

    `round` counts how often the item was opened: only assignments of its present round count. `verified` says that
    the reviewer was signed in. `token` is the claim's and is shown to nobody but its reviewer. `draft` is what was
    saved last. `requeued_ms` is set when the reviewer put the item to the end of their own order.
    """

    assignment_id: AssignmentId
    slot: int
    round: int
    state: AssignmentState
    reviewer: str | None = None
    verified: bool = False
    token: str | None = field(default=None, repr=False)
    claimed_ms: int | None = None
    lease_until_ms: int | None = None
    ended_ms: int | None = None
    requeued_ms: int | None = None
    draft: ReviewForm | None = None
    submission: Submission | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Adjudication:
    """How a dispute was decided: by whom, in which round, with which answers."""

    by: str
    verified: bool
    round: int
    at_ms: int
    form: ReviewForm
    assessments: Mapping[str, AssessmentId] = field(default_factory=dict[str, AssessmentId])


@dataclass(frozen=True, slots=True)
class LabelingItem:
    """One item with its assignments in order of their slots, those of earlier rounds included.

    `place` numbers the items of a session in the order in which they came. `required` is how many reviews it needs
    now. A removed item keeps its reviews, is in no list and in nobody's queue. `agreement` is that of the answers of
    a round that was complete.
    """

    item_id: ItemId
    run_id: RunId
    target: ReviewTarget
    place: int
    state: ItemState
    required: int
    added_ms: int
    priority: int = 0
    round: int = 1
    gold: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    reviews_required: int | None = None
    snapshot: str | None = None
    source: ItemSource = "hand"
    added_by: str | None = None
    removed_ms: int | None = None
    removed_by: str | None = None
    agreement: float | None = None
    assignments: tuple[Assignment, ...] = ()
    adjudications: tuple[Adjudication, ...] = ()

    @property
    def submissions(self) -> tuple[Assignment, ...]:
        """The assignments of the present round that are SUBMITTED, by slot."""
        return tuple(a for a in self.assignments if a.round == self.round and a.state == "SUBMITTED")

    @property
    def adjudication(self) -> Adjudication | None:
        """The decision of the present round."""
        return next((a for a in reversed(self.adjudications) if a.round == self.round), None)


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items of a session to list: in one of the states (empty: any), of this trace, removed ones or the
    others; in the order in which they were added, or `newest_first`."""

    states: tuple[ItemState, ...] = ()
    trace_id: TraceId | None = None
    removed: bool = False
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class ItemsReport:
    """What became of items to be added, in order: their ids, how many were new, how many had been removed by a
    person before and stay so, and how many were put back."""

    item_ids: tuple[ItemId, ...]
    added: int = 0
    known: int = 0
    left_removed: int = 0
    restored: int = 0


@dataclass(frozen=True, slots=True)
class ReviewerProgress:
    """How far one reviewer is: assignments by state; OPEN ones are kept for this reviewer. `account` says whether
    somebody can sign in and review under the name; None where nobody signs in."""

    reviewer: str
    verified: bool
    submitted: int = 0
    claimed: int = 0
    open: int = 0
    declined: int = 0
    released: int = 0
    expired: int = 0
    account: AccountStanding | None = None


@dataclass(frozen=True, slots=True)
class LabelingProgress:
    """How far a session is: items by state, reviews made and still to be made, reviewers in order of name.

    `reviews_open` are places that nobody has claimed, among them those whose lease has run out.
    """

    items: Mapping[str, int]
    reviews_submitted: int
    reviews_claimed: int
    reviews_open: int
    reviewers: tuple[ReviewerProgress, ...]


def check_transition(run_id: RunId, present: LabelingState, wanted: LabelingState) -> None:
    """Return when a session may go from one state to another; else Conflict, naming both."""
    if wanted not in TRANSITIONS[present]:
        allowed = ", ".join(sorted(TRANSITIONS[present])) or "nothing"
        raise Conflict(
            f"labeling session {run_id!r} is {present} and cannot become {wanted}; it can become {allowed}.",
            code="labeling_state",
            details={"state": present, "wanted": wanted},
        )


_TARGET_FIELDS: Mapping[TargetKind, tuple[frozenset[str], frozenset[str]]] = {
    "TRACE": (frozenset({"trace_id"}), frozenset()),
    "SESSION": (frozenset({"session"}), frozenset()),
    "RECORD": (frozenset({"dataset_id", "record_id"}), frozenset({"dataset_version"})),
    "ROW": (frozenset({"run_id", "row_key"}), frozenset({"repetition", "trace_id"})),
    "PAIR": (frozenset({"trace_id", "other_trace_id"}), frozenset()),
}
"""Which fields a target of each kind must have, and which it may have."""


def check_target(target: ReviewTarget) -> None:
    """Return when a target has the fields of its kind and no others; else Invalid, naming the field."""
    needed, allowed = _TARGET_FIELDS[target.kind]
    for noun in (
        "trace_id", "other_trace_id", "session", "dataset_id", "record_id", "dataset_version", "run_id", "row_key",
        "repetition",
    ):  # fmt: skip
        given = getattr(target, noun) is not None
        if given and noun not in needed | allowed:
            raise Invalid(f"target.{noun}: a {target.kind} has none; leave it out.", details={"field": noun})
        if not given and noun in needed:
            raise Invalid(f"target.{noun}: a {target.kind} needs one.", details={"field": noun})
    if target.kind == "PAIR" and target.trace_id == target.other_trace_id:
        raise Invalid("target.other_trace_id: a pair is of two traces; name another one.")


def item_id_of(run_id: RunId, target: ReviewTarget) -> ItemId:
    """Return the id of a target's item in a session: adding it again gives the same one."""
    parts = (
        run_id, target.kind, target.session, target.dataset_id, target.record_id, target.run_id, target.row_key,
        str(target.repetition or 0),
        None if target.kind == "ROW" else target.trace_id, target.other_trace_id,
    )  # fmt: skip
    text = "\x1f".join("" if part is None else part for part in parts)
    return ItemId("ri-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])


def assignment_id_of(item_id: ItemId, slot: int) -> AssignmentId:
    """Return the id of the assignment in a slot of an item."""
    return AssignmentId("as-" + hashlib.sha256(f"{item_id}:{slot}".encode()).hexdigest()[:32])
