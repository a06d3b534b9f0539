"""Records of a dataset that say almost the same, as far as a server can look in the time that a request has."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from lodeline.auth.actor import Actor
from lodeline.domain.dataset import parse_version
from lodeline.domain.errors import Invalid, Unavailable
from lodeline.domain.ids import DatasetId, RecordId
from lodeline.domain.near_duplicates import NearDuplicateGroup, NearDuplicateRecords
from lodeline.evals.near_duplicates import inputs_text, near_duplicates
from lodeline.query.ast import Search
from lodeline.services.datasets import DatasetService
from lodeline.storage.base import Stores

MOST_RECORDS = 2_000
MOST_CHARACTERS = 400_000
"""A few seconds of work; `lodeline datasets near-duplicates` looks at much more, where it is called."""
MOST_PREVIEW = 300
_WAIT_S = 1.0
_KEPT = 32
_STEP = 20
"""Records that are in memory at one time: each may have a megabyte."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What is kept of a record while it is compared."""

    input_hash: str
    preview: str


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

        The first 2,000 records are looked at; beyond 400,000 characters of their inputs for copies alone.
        Unavailable while others are compared.
        """
        if not 0.3 < threshold <= 1:
            raise Invalid.value("threshold", threshold, "a similarity above 0.3, at most 1")
        dataset = self._datasets.get(actor, dataset_id)
        ref = parse_version(version)
        draft = dataset.latest_version + 1
        number = draft if ref.kind == "draft" else self._stores.datasets.version(dataset_id, ref).version
        key = (dataset_id, number, threshold)
        if number != draft and (known := self._kept.get(key)) is not None:
            return known
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
        looked: dict[RecordId, _Looked] = {}
        texts = self._texts(dataset_id, number, looked)
        report = near_duplicates(islice(texts, MOST_RECORDS), threshold=threshold, most_characters=MOST_CHARACTERS)
        alike = sorted(report.groups, key=lambda group: (-len(group.names), -group.similarity))
        groups = tuple(
            _group({RecordId(name): looked[RecordId(name)] for name in group.names}, group.similarity)
            for group in alike
        )
        partial = report.partial or next(texts, None) is not None
        return NearDuplicateRecords(number, threshold, groups, report.texts, partial)

    def _texts(
        self, dataset_id: DatasetId, number: int, looked: dict[RecordId, _Looked]
    ) -> Iterator[tuple[RecordId, str]]:
        """Yield the records of a version with their texts, few of them in memory at one time, and note each."""
        cursor: str | None = None
        while True:
            search = Search(limit=_STEP, cursor=cursor, deadline_s=60.0)
            page = self._stores.records.search(dataset_id, number, search)
            for record in page.items:
                text = inputs_text(record.inputs)
                looked[record.record_id] = _Looked(record.input_hash, text[:MOST_PREVIEW])
                yield record.record_id, text
            if page.cursor is None:
                return
            cursor = page.cursor


def _group(records: Mapping[RecordId, _Looked], similarity: float) -> NearDuplicateGroup:
    first, *_ = records.values()
    return NearDuplicateGroup(
        record_ids=tuple(records),
        similarity=similarity,
        exact=len({record.input_hash for record in records.values()}) == 1,
        preview=first.preview,
    )
