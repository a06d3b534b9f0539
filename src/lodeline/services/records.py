"""The records of datasets: write, publish, read by version, compare; splits, and records made from traces."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.dataset import MAX_MESSAGE, Dataset, Published, parse_version
from lodeline.domain.errors import Invalid, LodelineError, NotFound, TooLarge
from lodeline.domain.ids import DatasetId, RecordId, TraceId
from lodeline.domain.page import Page, check_limit
from lodeline.domain.record import (
    PreparedRecord,
    Record,
    RecordDifference,
    RecordDraft,
    RecordPlace,
    RecordRevision,
    RecordWrite,
    Rejection,
    Violation,
    WriteOperation,
    WriteReport,
    prepare,
    rejection,
)
from lodeline.domain.record_table import nothing_replaced
from lodeline.domain.trace import PINNED_TAG
from lodeline.query.ast import Search
from lodeline.services.audit import audit_entry
from lodeline.services.datasets import DatasetService
from lodeline.services.listing import Listing, ListQuery
from lodeline.services.record_schema import record_check
from lodeline.services.record_sources import drafts_of_traces
from lodeline.services.splits import assign, check_ratios
from lodeline.services.traces import TraceService
from lodeline.storage.base import Stores

MAX_WRITE = 5_000
MAX_FROM_TRACES = 1_000
MAX_PLACES = 1_000
_STEP = 1_000


class RecordService:
    """Use cases of records. A version is named by text, as `domain.dataset.parse_version` reads it, or "draft"."""

    def __init__(
        self,
        stores: Stores,
        datasets: DatasetService,
        traces: TraceService,
        listing: Listing,
        clock: Clock = system_clock,
    ) -> None:
        self._stores = stores
        self._datasets = datasets
        self._traces = traces
        self._listing = listing
        self._clock = clock

    def write(
        self,
        actor: Actor,
        dataset_id: DatasetId,
        operation: WriteOperation,
        drafts: Sequence[RecordDraft] = (),
        *,
        delete_ids: Sequence[str] = (),
        draft: bool = False,
        message: str = "",
        expected_version: int | None = None,
    ) -> WriteReport:
        """Write up to 5,000 records as `domain.record.RecordWrite` says; what is rejected says why in the report.

        It makes one version, or with `draft` changes the draft. Conflict when a draft is in the way, or when
        `expected_version` is not the latest.
        """
        dataset = self._datasets.get(actor, dataset_id, "dataset.write")
        if max(len(drafts), len(delete_ids)) > MAX_WRITE:
            raise TooLarge(f"records: more than {MAX_WRITE} in one call; write them to a draft in several.")
        _check_message(message)
        prepared, refused = _prepared(drafts)
        if refused and operation == "replace":
            raise nothing_replaced(refused)
        write = RecordWrite(
            operation, prepared, tuple(RecordId(each) for each in delete_ids), draft=draft, message=message,
            expected_version=expected_version, check=record_check(dataset),
        )  # fmt: skip
        report = self._store(actor, dataset, write)
        return _whole(report, len(drafts), prepared, refused)

    def publish(
        self, actor: Actor, dataset_id: DatasetId, *, message: str = "", expected_version: int | None = None
    ) -> Published:
        """Make a version of the draft; without changes none is made, and the latest is returned."""
        dataset = self._datasets.get(actor, dataset_id, "dataset.write")
        _check_message(message)
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "dataset.publish", dataset_id, at_ms=now_ms, experiment_id=dataset.experiment_id,
            details={"version": dataset.latest_version + 1},
        )  # fmt: skip
        return self._stores.records.publish(
            dataset_id, message=message, by=actor.author, now_ms=now_ms, audit=audit,
            expected_version=expected_version,
        )  # fmt: skip

    def discard(self, actor: Actor, dataset_id: DatasetId) -> int:
        """Undo the draft; return how many changed records it had."""
        dataset = self._datasets.get(actor, dataset_id, "dataset.write")
        audit = audit_entry(
            actor, "dataset.discard", dataset_id, at_ms=self._clock.now_ms(), experiment_id=dataset.experiment_id,
            details={"changes": dataset.draft_changes},
        )  # fmt: skip
        return self._stores.records.discard(dataset_id, audit=audit)

    def search(self, actor: Actor, dataset_id: DatasetId, version: str, query: ListQuery) -> Page[Record]:
        """List a version's records that match, in their order."""
        dataset = self._datasets.get(actor, dataset_id)
        if query.order:
            raise Invalid("order: records come in the order of the dataset; leave order out.")
        return self._stores.records.search(
            dataset_id, self._number(dataset, version), self._listing.unbound(query, "record")
        )

    def get(self, actor: Actor, dataset_id: DatasetId, record_id: str, version: str) -> Record:
        """Return a record as a version has it; NotFound when it has none of this id."""
        dataset = self._datasets.get(actor, dataset_id)
        found = self._stores.records.get(dataset_id, [RecordId(record_id)], self._number(dataset, version))
        if not found:
            raise NotFound.of("record", record_id)
        return found[0]

    def history(self, actor: Actor, dataset_id: DatasetId, record_id: str) -> Sequence[RecordRevision]:
        """Return every revision of a record, oldest first, draft included."""
        self._datasets.get(actor, dataset_id)
        return self._stores.records.history(dataset_id, RecordId(record_id))

    def diff(
        self,
        actor: Actor,
        dataset_id: DatasetId,
        before: str,
        after: str,
        *,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[RecordDifference]:
        """List the records that two versions do not have the same."""
        dataset = self._datasets.get(actor, dataset_id)
        numbers = self._number(dataset, before), self._number(dataset, after)
        return self._stores.records.diff(dataset_id, *numbers, limit=check_limit(limit), cursor=cursor or None)

    def violations(self, actor: Actor, dataset_id: DatasetId, version: str, query: ListQuery) -> Page[Violation]:
        """List those of one page of records that the dataset's schemas do not let in; its cursor is that page's."""
        page = self.search(actor, dataset_id, version, query)
        check = record_check(self._datasets.get(actor, dataset_id))
        found: list[Violation] = []
        for record in page.items:
            try:
                check(record)
            except Invalid as error:
                found.append(Violation(record.record_id, str(error.details.get("pointer", "")), error.message))
        return Page(tuple(found), page.cursor, page.partial)

    def of_trace(self, actor: Actor, trace_id: TraceId) -> Sequence[RecordPlace]:
        """Return the records made from a trace or a span of it, of the datasets that the actor may read."""
        self._traces.get(actor, trace_id)
        reach = permit_reach(actor, "dataset.read")
        places = self._stores.records.of_trace(trace_id, limit=MAX_PLACES)
        return [place for place in places if place.experiment_id in reach]

    def add_traces(
        self,
        actor: Actor,
        dataset_id: DatasetId,
        *,
        trace_ids: Sequence[str] = (),
        query: ListQuery | None = None,
        split: str | None = None,
        keep_source: bool = False,
        draft: bool = False,
        message: str = "",
    ) -> WriteReport:
        """Merge records made of traces: those of `trace_ids`, or the ones that `query` finds, at most 1,000.

        Inputs and outputs are the root span's (a value that is no object becomes ``{"input": value}``), expectations
        the trace's valid assessments of that kind by name, the source is the trace. NotFound names an unknown trace.
        With `keep_source` the traces are pinned, so that retention leaves them.
        """
        self._datasets.get(actor, dataset_id, "dataset.write")
        if len(trace_ids) > MAX_FROM_TRACES:
            raise TooLarge(f"trace_ids: {len(trace_ids)} are over the limit of {MAX_FROM_TRACES} in one call.")
        found = [self._traces.get(actor, TraceId(each)) for each in dict.fromkeys(trace_ids)]
        if query is not None:
            found += self._traces.search(actor, query).items
        if keep_source:
            self._traces.tag_many(actor, [trace.trace_id for trace in found], {PINNED_TAG: "true"})
        drafts = [replace(each, split=split) for each in drafts_of_traces(self._stores, found)]
        return self.write(actor, dataset_id, "merge", drafts, draft=draft, message=message)

    def assign_splits(
        self,
        actor: Actor,
        dataset_id: DatasetId,
        ratios: Mapping[str, float],
        *,
        seed: int = 0,
        stratify_by: str | None = None,
        draft: bool = False,
        message: str = "",
    ) -> WriteReport:
        """Give every record a split in these proportions; with `stratify_by` (a tag, or ``expectations.KEY``) also
        within each of its values.

        The same records, ratios and seed give the same splits on any machine. It makes one version, or with `draft`
        changes the draft; Conflict when a draft is in the way.
        """
        dataset = self._datasets.get(actor, dataset_id, "dataset.write")
        check_ratios(ratios)
        _check_message(message)
        if not draft and dataset.draft_changes:
            # An empty write meets the draft as any other does.
            self._store(actor, dataset, RecordWrite("merge"))
        version = dataset.latest_version + 1
        records = {record.record_id: record for record in self._all(dataset_id, version)}
        splits = assign(records.values(), ratios, seed=seed, stratify_by=stratify_by)
        moved = [(each, split) for each, split in splits.items() if records[each].split != split]
        total = WriteReport(unchanged=len(records) - len(moved), version=None if draft else dataset.latest_version)
        for start in range(0, len(moved), MAX_WRITE):
            part = dict(moved[start : start + MAX_WRITE])
            report = self._store(actor, dataset, RecordWrite("split", splits=part, draft=True))
            total = replace(total, updated=total.updated + report.updated, draft_changes=report.draft_changes)
        if draft or not moved:
            return total
        published = self.publish(actor, dataset_id, message=message or f"splits: {', '.join(ratios)}")
        return replace(total, version=published.version.version, draft_changes=0)

    def _all(self, dataset_id: DatasetId, version: int) -> list[Record]:
        found: list[Record] = []
        search = Search(limit=_STEP, deadline_s=60.0)
        while True:
            page = self._stores.records.search(dataset_id, version, search)
            found += page.items
            if page.cursor is None:
                return found
            search = replace(search, cursor=page.cursor)

    def _number(self, dataset: Dataset, version: str) -> int:
        ref = parse_version(version)
        if ref.kind == "draft":
            return dataset.latest_version + 1
        return self._stores.datasets.version(dataset.dataset_id, ref).version

    def _store(self, actor: Actor, dataset: Dataset, write: RecordWrite) -> WriteReport:
        now_ms = self._clock.now_ms()
        count = max(len(write.records), len(write.delete_ids), len(write.splits))
        audit = audit_entry(
            actor, f"record.{write.operation}", dataset.dataset_id, at_ms=now_ms, experiment_id=dataset.experiment_id,
            details={"records": count, "draft": "yes" if write.draft else None},
        )  # fmt: skip
        return self._stores.records.write(dataset.dataset_id, write, by=actor.author, now_ms=now_ms, audit=audit)


def _prepared(drafts: Sequence[RecordDraft]) -> tuple[list[PreparedRecord], list[Rejection]]:
    prepared: list[PreparedRecord] = []
    refused: list[Rejection] = []
    for index, draft in enumerate(drafts):
        try:
            prepared.append(prepare(draft, index))
        except LodelineError as error:
            refused.append(rejection(error, index))
    return prepared, refused


def _whole(
    report: WriteReport, count: int, prepared: Sequence[PreparedRecord], refused: Sequence[Rejection]
) -> WriteReport:
    """Return a report about everything that was sent, of which the store saw what is prepared."""
    ids: list[RecordId | None] = [None] * count
    for record, record_id in zip(prepared, report.record_ids, strict=True):
        ids[record.index] = record_id
    rejected = sorted([*report.rejected, *refused], key=lambda each: each.index)
    return replace(report, record_ids=tuple(ids), rejected=tuple(rejected))


def _check_message(message: str) -> None:
    if len(message) > MAX_MESSAGE:
        raise TooLarge(f"message: {len(message)} characters are over the limit of {MAX_MESSAGE}.")
