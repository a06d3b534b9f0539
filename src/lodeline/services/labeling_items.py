"""Items of labeling sessions: add, list, remove, reopen and decide them; carry what people expect into datasets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Invalid, NotFound, TooLarge
from lodeline.domain.ids import DatasetId, RunId, new_hex
from lodeline.domain.labeling import (
    ItemDraft,
    ItemFilter,
    ItemId,
    ItemsReport,
    LabelingItem,
    LabelingSession,
    ReviewForm,
    ReviewTarget,
)
from lodeline.domain.labeling_checks import checked_form, checked_items
from lodeline.domain.labeling_rules import ItemRule, check_rule
from lodeline.domain.labeling_sources import PastReview, PastReviewsReport, SyncReport, checked_reviews
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.domain.record import RecordDraft
from lodeline.domain.review_events import Adjudicate, Remove, Reopen, Reviewer, ReviewEvent, Submit
from lodeline.domain.span import JsonValue
from lodeline.services.audit import audit_entry
from lodeline.services.labeling import LabelingService
from lodeline.services.labeling_drafts import of_rule, of_trace, resolved
from lodeline.services.labeling_sync import expectations_of, record_draft
from lodeline.services.listing import Listing, ListQuery
from lodeline.services.masking import masked_form, masks_of
from lodeline.services.records import RecordService
from lodeline.services.review_texts import ReviewTexts, quoted_gold
from lodeline.services.reviewers import reviewer_of, without_tokens
from lodeline.storage.base import Stores

_SYNC_STEP = 1_000


class LabelingItemService:
    """Use cases of items, for those who run a session. What they are shown has no tokens of claims."""

    def __init__(
        self,
        stores: Stores,
        sessions: LabelingService,
        records: RecordService,
        listing: Listing,
        clock: Clock = system_clock,
    ) -> None:
        self._stores = stores
        self._sessions = sessions
        self._records = records
        self._listing = listing
        self._clock = clock

    def add(self, actor: Actor, run_id: RunId, drafts: Sequence[ItemDraft]) -> ItemsReport:
        """Add up to 1,000 items. One that is there stays as it is; one that was removed is put back.

        NotFound names a target that is not there; then none is added.
        """
        found = self._sessions.get(actor, run_id, "labeling.write")
        for dataset_id in {draft.target.dataset_id for draft in drafts} - {None}:
            self._sessions.check_dataset(actor, dataset_id)
        checked = [resolved(self._stores, found, each) for each in checked_items(drafts, found.schemas)]
        known = [
            replace(each, gold=quoted_gold(self._stores, found, each.target, ReviewForm(each.gold)).answers)
            for each in checked
        ]
        return self._add(actor, found, known, "hand")

    def add_traces(self, actor: Actor, run_id: RunId, query: ListQuery, *, priority: int = 0) -> ItemsReport:
        """Add the traces that a search of the session's experiment finds, at most its limit; those that a person
        removed stay removed."""
        found = self._sessions.get(actor, run_id, "labeling.write")
        query = replace(query, experiments=(found.run.experiment_id,))
        page = self._stores.traces.search(self._listing.search(actor, "trace.read", query, "trace"))
        drafts = [of_trace(trace, priority=priority, by_rule=False) for trace in page.items]
        return self._add(actor, found, checked_items(drafts, found.schemas), "search")

    def add_records(
        self, actor: Actor, run_id: RunId, dataset_id: DatasetId, query: ListQuery, *, version: str = "latest"
    ) -> ItemsReport:
        """Add the records of a dataset's version that match, at most the query's limit, as by a search."""
        found = self._sessions.get(actor, run_id, "labeling.write")
        page = self._records.search(actor, dataset_id, version, query)
        drafts = [
            ItemDraft(ReviewTarget("RECORD", dataset_id=dataset_id, record_id=record.record_id), source="search")
            for record in page.items
        ]
        checked = [resolved(self._stores, found, each) for each in checked_items(drafts, found.schemas)]
        return self._add(actor, found, checked, "search")

    def apply_rule(self, actor: Actor, run_id: RunId, rule: ItemRule) -> ItemsReport:
        """Add the traces that a rule chooses; those that a person removed stay removed."""
        found = self._sessions.get(actor, run_id, "labeling.write")
        check_rule(rule)
        query = ListQuery((found.run.experiment_id,), rule.filter)
        search = self._listing.search(actor, "trace.read", query, "trace")
        drafts = checked_items([*of_rule(self._stores, search, rule)], found.schemas)
        return self._add(actor, found, drafts, f"rule {rule.kind}")

    def remove(self, actor: Actor, item_id: ItemId) -> LabelingItem:
        """Take an item out of its session; its reviews stay, and no search or rule adds it again."""
        return self._act(actor, item_id, Remove(actor.author), "labeling.remove_item")

    def reopen(self, actor: Actor, item_id: ItemId) -> LabelingItem:
        """Begin another round of reviews of an item that is done; what was submitted stays."""
        return self._act(actor, item_id, Reopen(), "labeling.reopen")

    def adjudicate(
        self, actor: Actor, item_id: ItemId, form: ReviewForm, *, reviewer: str | None = None
    ) -> LabelingItem:
        """Decide a dispute: the answers given here become judgments, and count for the item from now on.

        Invalid when one of the answers that are in dispute is missing. `reviewer` is the name of somebody who is not
        signed in.
        """
        item, session = self._item(actor, item_id, "labeling.write")
        who = reviewer_of(actor, reviewer)
        form = masked_form(masks_of(self._stores.experiments.get(session.run.experiment_id)), form)
        checked = checked_form(form, session.schemas, whole=False)
        if item.state == "DISPUTED":
            checked = ReviewTexts(self._stores, session).quoted(item, checked).form
        return self._act(actor, item_id, Adjudicate(who, checked), "labeling.adjudicate")

    def log_reviews(self, actor: Actor, run_id: RunId, reviews: Sequence[PastReview]) -> PastReviewsReport:
        """Log up to 1,000 reviews that were made elsewhere, all or none. Sent again they change nothing.

        They are in the names that they give, unverified, and count like any others: each takes a place of its item,
        so Conflict when there is none left, and Forbidden when the session names other reviewers. Invalid names the
        review whose answers the schemas do not let in.
        """
        found = self._sessions.get(actor, run_id, "labeling.write")
        now_ms = self._clock.now_ms()
        by_item: dict[ItemId, list[Submit]] = {}
        texts = ReviewTexts(self._stores, found)
        masks = masks_of(self._stores.experiments.get(found.run.experiment_id))
        reviews = [replace(each, form=masked_form(masks, each.form)) for each in reviews]
        for each in checked_reviews(reviews, found, now_ms=now_ms):
            who = Reviewer(each.reviewer)
            event = Submit(who, each.form, new_hex(), key=each.key, made_ms=each.made_ms)
            try:
                event = texts.submitted(each.item_id, event)
            except (Invalid, TooLarge) as error:
                message = f"review of {each.reviewer!r} of item {each.item_id!r}: {error.message}"
                raise type(error)(message) from error
            by_item.setdefault(each.item_id, []).append(event)
        audit = audit_entry(
            actor, "labeling.log_reviews", run_id, at_ms=now_ms, experiment_id=found.run.experiment_id,
            details={"reviews": len(reviews)},
        )  # fmt: skip
        logged = self._stores.reviews.log(run_id, by_item, by=actor.author, now_ms=now_ms, audit=audit)
        return PastReviewsReport(logged, len(reviews) - logged)

    def list(
        self, actor: Actor, run_id: RunId, which: ItemFilter, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[LabelingItem]:
        """List items in the order in which they were added, with all of their reviews."""
        self._sessions.get(actor, run_id)
        page = self._stores.reviews.items(run_id, which, limit=check_limit(limit), cursor=cursor or None)
        return page.map(without_tokens)

    def get(self, actor: Actor, item_id: ItemId) -> LabelingItem:
        """Return one item with all of its reviews; NotFound when it is unknown or out of reach."""
        return without_tokens(self._item(actor, item_id, "labeling.read")[0])

    def sync(self, actor: Actor, run_id: RunId, dataset_id: DatasetId | None = None) -> SyncReport:
        """Carry what people expect into a dataset (the session's own by default), as one version of it.

        Each item whose reviews say something of that becomes a record, or is merged into the one of its inputs;
        disputed ones are left out. The same again makes no version. Invalid when no dataset is named.
        """
        found = self._sessions.get(actor, run_id, "labeling.write")
        into = dataset_id or (None if found.dataset_id is None else DatasetId(found.dataset_id))
        if into is None:
            raise Invalid(
                "dataset_id: the session has no dataset of its own; name one.", details={"field": "dataset"}
            )
        drafts: list[RecordDraft] = []
        skipped = 0
        for item, expected in self._expected(found):
            draft = None if item.state == "DISPUTED" else record_draft(self._stores, found, item, expected, into=into)
            if draft is None:
                skipped += 1
            else:
                drafts.append(draft)
        report = SyncReport(into, 0, len(drafts) + skipped, skipped, 0, 0, 0, 0)
        return self._written(actor, into, drafts, report, f"labeling session {found.run.name or run_id}"[:500])

    def _expected(self, session: LabelingSession) -> Iterator[tuple[LabelingItem, Mapping[str, JsonValue]]]:
        for item in self._stores.reviews.every(session.run.run_id):
            expected = {} if item.removed_ms is not None else expectations_of(session, item)
            if expected:
                yield item, expected

    def _written(
        self, actor: Actor, into: DatasetId, drafts: Sequence[RecordDraft], report: SyncReport, message: str
    ) -> SyncReport:
        """Merge records into a dataset as one version of it, however many there are."""
        whole = len(drafts) <= _SYNC_STEP
        version = 0
        for start in range(0, max(len(drafts), 1), _SYNC_STEP):
            batch = drafts[start : start + _SYNC_STEP]
            note = message if whole else ""
            wrote = self._records.write(actor, into, "merge", batch, draft=not whole, message=note)
            version = wrote.version or 0
            report = replace(
                report,
                inserted=report.inserted + wrote.inserted,
                updated=report.updated + wrote.updated,
                unchanged=report.unchanged + wrote.unchanged,
                rejected=report.rejected + len(wrote.rejected),
            )
        if not whole:
            version = self._records.publish(actor, into, message=message).version.version
        return replace(report, version=version)

    def _add(self, actor: Actor, session: LabelingSession, drafts: Sequence[ItemDraft], how: str) -> ItemsReport:
        now_ms = self._clock.now_ms()
        run_id = session.run.run_id
        audit = audit_entry(
            actor, "labeling.add_items", run_id, at_ms=now_ms, experiment_id=session.run.experiment_id,
            details={"items": len(drafts), "by": how},
        )  # fmt: skip
        return self._stores.reviews.add_items(run_id, drafts, by=actor.author, now_ms=now_ms, audit=audit)

    def _item(self, actor: Actor, item_id: ItemId, action: ExperimentAction) -> tuple[LabelingItem, LabelingSession]:
        permit_reach(actor, action)
        item = self._stores.reviews.get(item_id)
        try:
            return item, self._sessions.get(actor, item.run_id, action)
        except NotFound as error:
            raise NotFound.of("item", item_id) from error

    def _act(self, actor: Actor, item_id: ItemId, event: ReviewEvent, action: str) -> LabelingItem:
        _, session = self._item(actor, item_id, "labeling.write")
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, action, item_id, at_ms=now_ms, experiment_id=session.run.experiment_id,
            details={"session": session.run.run_id},
        )  # fmt: skip
        return without_tokens(self._stores.reviews.act(item_id, event, now_ms=now_ms, audit=audit))
