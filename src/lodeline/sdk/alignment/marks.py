"""Marking the records that a judge was tuned on, so that whoever evaluates over them later is told."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from lodeline.domain.ids import DatasetId, RecordId
from lodeline.domain.record import RecordDraft
from lodeline.sdk.client.clients import LodelineClient

_READERS = 8
_BATCH = 1_000


def mark_records(client: LodelineClient, trace_ids: Sequence[str], tags: Mapping[str, str], message: str) -> int:
    """Tag the records that were made of traces, as one version of each dataset; return how many there were.

    What they hold stays as it is, and with it the digest of the dataset's content.
    """
    with ThreadPoolExecutor(_READERS, thread_name_prefix="lodeline-marks") as pool:
        places = [place for found in pool.map(client.records.of_trace, trace_ids) for place in found]
    by_dataset: dict[DatasetId, dict[RecordId, RecordDraft]] = {}
    for place in places:
        record = place.record
        if not tags.items() <= record.tags.items():
            draft = RecordDraft(record.inputs, tags=dict(tags), record_id=record.record_id)
            by_dataset.setdefault(place.dataset_id, {})[record.record_id] = draft
    for dataset_id, drafts in by_dataset.items():
        found = list(drafts.values())
        for begin in range(0, len(found), _BATCH):
            client.records.write(dataset_id, found[begin : begin + _BATCH], message=message)
    return sum(map(len, by_dataset.values()))
