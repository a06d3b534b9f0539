"""Records of a dataset that say almost the same, as far as a server can look in the time that a request has."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from lodeline.auth.actor import Actor
from lodeline.domain.dataset import parse_version
from lodeline.domain.errors import Invalid, Unavailable
from lodeline.domain.ids import DatasetId, RecordId
from lodeline.domain.near_duplicates import NearDuplicateGroup, NearDuplicateRecords
from lodeline.domain.record import Record
from lodeline.evals.near_duplicates import inputs_text, near_duplicates
from lodeline.query.ast import Search
from lodeline.services.datasets import DatasetService
from lodeline.storage.base import Stores

MOST_RECORDS = 2_000
MOST_CHARACTERS = 1_000_000
"""A few seconds of work; `lodeline datasets near-duplicates` looks at ten times as much, where it is called."""
MOST_PREVIEW = 300
_WAIT_S = 5.0
_KEPT = 32
_STEP = 1_000


class NearDuplicateService:
    """Finds groups of records; one dataset at a time, and a published version once, since it does not change."""

    def __init__(self, stores: Stores, datasets: DatasetService) -> None:
        self._stores = stores
        self._datasets = datasets
        self._busy = threading.Lock()
        self._kept: OrderedDict[tuple[DatasetId, int, float], NearDuplicateRecords] = OrderedDict()

    def get(
        self, actor: Actor, dataset_id: DatasetId, version: str, *, threshold: float = 0.8
    ) -> NearDuplicateRecords:
        """Return the records of a version of which each is at least so similar (above 0.3, at most 1) to another.

        The first 2,000 records and a million characters of their inputs are looked at. Unavailable while others are
        compared for longer than one can wait.
        """
        if not 0.3 < threshold <= 1:
            raise Invalid.value("threshold", threshold, "a similarity above 0.3, at most 1")
        dataset = self._datasets.get(actor, dataset_id)
        ref = parse_version(version)
        draft = dataset.latest_version + 1
        number = draft if ref.kind == "draft" else self._stores.datasets.version(dataset_id, ref).version
        key = (dataset_id, number, threshold)
        if not self._busy.acquire(timeout=_WAIT_S):
            raise Unavailable("The records of other datasets are being compared; ask again.", retry_after_s=5.0)
        try:
            found = self._kept.get(key)
            if found is None:
                found = self._found(dataset_id, number, threshold)
                if number != draft:
                    self._keep(key, found)
            return found
        finally:
            self._busy.release()

    def _keep(self, key: tuple[DatasetId, int, float], found: NearDuplicateRecords) -> None:
        self._kept[key] = found
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _found(self, dataset_id: DatasetId, number: int, threshold: float) -> NearDuplicateRecords:
        listed = self._listed(dataset_id, number)
        records = {record.record_id: record for record in listed[:MOST_RECORDS]}
        texts = ((each.record_id, inputs_text(each.inputs)) for each in records.values())
        report = near_duplicates(texts, threshold=threshold, most_characters=MOST_CHARACTERS)
        alike = sorted(report.groups, key=lambda group: (-len(group.names), -group.similarity))
        groups = tuple(_group([records[RecordId(name)] for name in group.names], group.similarity) for group in alike)
        partial = report.partial or len(listed) > MOST_RECORDS
        return NearDuplicateRecords(number, threshold, groups, report.texts, partial)

    def _listed(self, dataset_id: DatasetId, number: int) -> Sequence[Record]:
        """Return the first records, one more than are looked at where there are."""
        found: list[Record] = []
        cursor: str | None = None
        while len(found) <= MOST_RECORDS:
            limit = min(_STEP, MOST_RECORDS + 1 - len(found))
            page = self._stores.records.search(
                dataset_id, number, Search(limit=limit, cursor=cursor, deadline_s=60.0)
            )
            found += page.items
            if page.cursor is None:
                break
            cursor = page.cursor
        return found


def _group(records: Sequence[Record], similarity: float) -> NearDuplicateGroup:
    return NearDuplicateGroup(
        record_ids=tuple(record.record_id for record in records),
        similarity=similarity,
        exact=len({record.input_hash for record in records}) == 1,
        preview=inputs_text(records[0].inputs)[:MOST_PREVIEW],
    )
