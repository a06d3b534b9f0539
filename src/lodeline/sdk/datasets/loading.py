"""Loading many records: batches into a draft, then one version."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import orjson

from lodeline.domain.errors import Conflict, Invalid
from lodeline.domain.ids import RecordId
from lodeline.domain.record import RecordDraft, WriteOperation, WriteReport
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.client.records import record_body

BATCH_RECORDS = 1_000
BATCH_BYTES = 4 * 2**20
Progress = Callable[[int], None]
"""Is told how many records more are stored."""


def load(
    client: LodelineClient,
    dataset_id: str,
    drafts: Iterable[RecordDraft],
    *,
    operation: WriteOperation = "merge",
    draft: bool = False,
    message: str = "",
    progress: Progress = lambda _: None,
) -> WriteReport:
    """Append, merge, put or replace any number of records; they make one version, or with `draft` change the draft.

    What does not fit into one request goes to the draft in batches, which is published at the end; when that fails on
    the way the draft is discarded, so the dataset is what it was. Conflict when there are changes in the draft
    already and `draft` is false.
    """
    batches = batched(drafts)
    first = next(batches, list[RecordDraft]())
    second = next(batches, None)
    if second is None:
        report = client.records.write(dataset_id, first, operation=operation, draft=draft, message=message)
        progress(len(first))
        return report
    if not draft and client.datasets.get(dataset_id).draft_changes:
        raise Conflict(
            f"dataset {dataset_id!r} has a draft already; publish or discard it, or write to the draft.",
            code="dataset_has_draft",
        )
    try:
        report = _in_batches(client, dataset_id, _chain(first, second, batches), operation, progress)
        if not draft:
            published = client.datasets.publish(dataset_id, message=message)
            report = replace(report, version=published.version.version, draft_changes=0)
    except BaseException:
        if not draft:
            client.datasets.discard(dataset_id)
        raise
    return report


def batched(drafts: Iterable[RecordDraft]) -> Iterator[list[RecordDraft]]:
    """Yield drafts in lists that are one request each; Invalid names the record that JSON cannot hold."""
    batch: list[RecordDraft] = []
    size_bytes = 0
    for index, draft in enumerate(drafts):
        length = _size(draft, index)
        if batch and (len(batch) >= BATCH_RECORDS or size_bytes + length > BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(draft)
        size_bytes += length
    if batch:
        yield batch


def _in_batches(
    client: LodelineClient,
    dataset_id: str,
    batches: Iterator[list[RecordDraft]],
    operation: WriteOperation,
    progress: Progress,
) -> WriteReport:
    total = WriteReport()
    each: WriteOperation = "put" if operation == "replace" else operation
    sent = 0
    for batch in batches:
        report = client.records.write(dataset_id, batch, operation=each, draft=True)
        if operation == "replace" and report.rejected:
            first = report.rejected[0]
            raise Invalid(
                f"records: index {sent + first.index} was rejected: {first.reason} Nothing was replaced.",
                details={"index": sent + first.index, "pointer": first.pointer},
            )
        total = added(total, report, sent)
        sent += len(batch)
        progress(len(batch))
    if operation == "replace":
        others = _others(client, dataset_id, set(total.record_ids))
        for start in range(0, len(others), BATCH_RECORDS):
            some = others[start : start + BATCH_RECORDS]
            report = client.records.write(dataset_id, operation="delete", delete_ids=some, draft=True)
            total = added(total, report, sent)
    return total


def added(total: WriteReport, report: WriteReport, sent: int) -> WriteReport:
    """Return two reports as one; `sent` is how many records were sent before the second."""
    return WriteReport(
        inserted=total.inserted + report.inserted,
        updated=total.updated + report.updated,
        unchanged=total.unchanged + report.unchanged,
        deleted=total.deleted + report.deleted,
        rejected=(*total.rejected, *(replace(each, index=each.index + sent) for each in report.rejected)),
        record_ids=(*total.record_ids, *report.record_ids),
        version=report.version,
        draft_changes=report.draft_changes,
    )


def _others(client: LodelineClient, dataset_id: str, kept: set[RecordId | None]) -> Sequence[str]:
    everything = client.records.search(dataset_id, version="draft")
    return [record.record_id for record in everything if record.record_id not in kept]


def _chain(
    first: list[RecordDraft], second: list[RecordDraft], rest: Iterator[list[RecordDraft]]
) -> Iterator[list[RecordDraft]]:
    yield first
    yield second
    yield from rest


def _size(draft: RecordDraft, index: int) -> int:
    """About how many bytes a record takes."""
    try:
        return len(orjson.dumps(record_body(draft)))
    except (Invalid, TypeError) as error:
        reason = error.message if isinstance(error, Invalid) else str(error)
        details = error.details if isinstance(error, Invalid) else {}
        raise Invalid(f"record {index}: {reason}", details={**details, "index": index}) from error
