"""What tests of labeling sessions share: a session with items, and what reviewers do in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.label_schema import BUILT_IN, LabelInput, LabelSchema, LabelSchemaDraft, LabelSchemaId, schema_of
from lodeline.domain.labeling import (
    ItemDraft,
    ItemId,
    ItemsReport,
    LabelingChange,
    LabelingDraft,
    LabelingItem,
    LabelingSession,
    LabelingState,
    ReviewForm,
    ReviewPolicy,
    ReviewTarget,
)
from lodeline.domain.review_events import (
    Adjudicate,
    Claim,
    Decline,
    Release,
    Reopen,
    Reviewer,
    ReviewEvent,
    Save,
    Submit,
    Undo,
)
from lodeline.domain.run import RunDraft
from lodeline.domain.span import JsonValue
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, span, write

ZERO = ExperimentId("0")
MINUTE = 60_000


def schema(name: str, given: LabelInput, kind: str = "FEEDBACK") -> LabelSchema:
    draft = LabelSchemaDraft(name, kind, given, enable_comment=True)  # type: ignore[arg-type]
    return schema_of(draft, LabelSchemaId(f"ls-{name}"), ZERO, by=None, now_ms=T0_MS)


GOOD = schema("good", LabelInput("pass_fail"))
FACTS = schema_of(BUILT_IN["expected_facts"], LabelSchemaId("ls-facts"), ZERO, by=None, now_ms=T0_MS)


def by(name: str) -> Reviewer:
    return Reviewer(name, verified=True)


def form(good: bool = True, *facts: str, **more: object) -> ReviewForm:
    answers: dict[str, JsonValue] = {"good": good}
    if facts:
        answers["expected_facts"] = list(facts)
    return ReviewForm(answers, **more)  # type: ignore[arg-type]


@dataclass
class Desk:
    """One session of a store, at a time that moves on by a second a call."""

    stores: Stores
    session: LabelingSession
    now_ms: int = T0_MS

    def __post_init__(self) -> None:
        self._tokens = count(1)

    def token(self) -> str:
        return f"token-{next(self._tokens)}"

    def tick(self, ms: int = 1_000) -> int:
        self.now_ms += ms
        return self.now_ms

    def add(self, *targets: str | ItemDraft, experiment: str = ZERO, **more: object) -> ItemsReport:
        drafts = [
            each if isinstance(each, ItemDraft) else ItemDraft(traced(each), **more)  # type: ignore[arg-type]
            for each in targets
        ]
        for draft in drafts:
            for trace_id in (draft.target.trace_id, draft.target.other_trace_id):
                if trace_id is not None:
                    self.stores.traces.write([write(trace_id, span("answer", 1), experiment=experiment)])
        return self.stores.reviews.add_items(
            self.session.run.run_id, drafts, by="ann", now_ms=self.tick(), audit=audit("labeling.add_items")
        )

    def act(self, item_id: ItemId, event: ReviewEvent) -> LabelingItem:
        return self.stores.reviews.act(item_id, event, now_ms=self.tick(), audit=audit("review.act"))

    def next(self, name: str) -> LabelingItem | None:
        return self.stores.reviews.claim_next(
            self.session.run.run_id, by(name), self.token(), now_ms=self.tick(), audit=audit("review.claim")
        )

    def claim(self, item_id: ItemId, name: str) -> str:
        token = self.token()
        item = self.act(item_id, Claim(by(name), token))
        return next(a.token for a in item.assignments if (a.reviewer, a.state) == (name, "CLAIMED") if a.token)

    def submit(self, item_id: ItemId, name: str, given: ReviewForm | None = None, **more: object) -> LabelingItem:
        event = Submit(by(name), form() if given is None else given, self.token(), **more)  # type: ignore[arg-type]
        return self.act(item_id, event)

    def save(self, item_id: ItemId, name: str, token: str, given: ReviewForm) -> LabelingItem:
        return self.act(item_id, Save(by(name), token, given))

    def release(self, item_id: ItemId, name: str, token: str, *, requeue: bool = False) -> LabelingItem:
        return self.act(item_id, Release(by(name), token, requeue))

    def decline(self, item_id: ItemId, name: str, reason: str = "not my field") -> LabelingItem:
        return self.act(item_id, Decline(by(name), reason))

    def undo(self, item_id: ItemId, name: str) -> LabelingItem:
        return self.act(item_id, Undo(by(name), self.token()))

    def reopen(self, item_id: ItemId) -> LabelingItem:
        return self.act(item_id, Reopen())

    def adjudicate(self, item_id: ItemId, name: str, given: ReviewForm) -> LabelingItem:
        return self.act(item_id, Adjudicate(by(name), given))

    def change(self, **fields: object) -> LabelingSession:
        self.session = self.stores.labeling.change(
            self.session.run.run_id,
            LabelingChange(**fields),  # type: ignore[arg-type]
            now_ms=self.tick(),
            audit=audit("labeling.update"),
        )
        return self.session

    def policy(self, **fields: object) -> LabelingSession:
        return self.change(policy=replace(self.session.policy, **fields))

    def get(self, item_id: ItemId) -> LabelingItem:
        return self.stores.reviews.get(item_id)

    def item(self, target: str = "tr-1", **more: object) -> ItemId:
        return self.add(target, **more).item_ids[0]  # type: ignore[arg-type]


def traced(trace_id: str) -> ReviewTarget:
    return ReviewTarget("TRACE", trace_id=TraceId(trace_id))


def desk(
    stores: Stores,
    *,
    reviewers: Sequence[str] = (),
    state: LabelingState = "OPEN",
    schemas: Sequence[LabelSchema] = (GOOD, FACTS),
    experiment: str = ZERO,
    **policy: object,
) -> Desk:
    draft = LabelingDraft(
        RunDraft("labels"),
        tuple(schemas),
        "Read it twice.",
        tuple(reviewers),
        ReviewPolicy(**policy),  # type: ignore[arg-type]
        state="DRAFT" if state == "DRAFT" else "OPEN",
    )
    made = stores.labeling.create(
        ExperimentId(experiment), draft, now_ms=T0_MS, audit=audit("labeling.create", experiment=experiment)
    )
    return Desk(stores, made)


def states(item: LabelingItem) -> Mapping[str, int]:
    """The assignments of the present round by state."""
    counts: dict[str, int] = {}
    for each in item.assignments:
        if each.round == item.round:
            counts[each.state] = counts.get(each.state, 0) + 1
    return counts
