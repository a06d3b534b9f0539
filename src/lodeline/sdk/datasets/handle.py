"""The handle of a dataset: its records, its versions, and what can be done with them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from lodeline.domain.dataset import Dataset as DatasetInfo
from lodeline.domain.dataset import DatasetVersion, Published
from lodeline.domain.record import Record, RecordDifference, WriteReport
from lodeline.evals.near_duplicates import NearDuplicateReport, inputs_text, near_duplicates
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.client.paging import Items
from lodeline.sdk.datasets.files import FileFormat, write_records
from lodeline.sdk.datasets.loading import load
from lodeline.sdk.datasets.rows import Columns, Rows, drafts_of, record_row
from lodeline.sdk.frames import FrameKind, frame_of


class Dataset:
    """One dataset at one version ("latest" unless `at` says another); iterating gives that version's records.

    `info` is what is known of the dataset, as of the last call that wrote to it. Writes go to the dataset, whatever
    version the handle reads.
    """

    def __init__(self, client: LodelineClient, info: DatasetInfo, version: str | int = "latest") -> None:
        self.info = info
        self.dataset_id = info.dataset_id
        self.name = info.name
        self.version = version
        self._client = client

    def __repr__(self) -> str:
        return f"<Dataset {self.name!r} ({self.dataset_id}) version {self.version}>"

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records())

    def merge_records(
        self, records: Rows, *, columns: Columns | None = None, message: str = "", draft: bool = False
    ) -> WriteReport:
        """Add records, or bring them together with those that the dataset has: expectations and tags key by key.

        `records` are mappings with ``inputs`` and maybe ``expectations``, ``outputs``, ``tags``, ``split``,
        ``external_id``; a frame of pandas or Polars; or the name of a file. `columns` says what plain columns are.
        It makes one version, whatever the number of records, or with `draft` changes the draft.
        """
        return self._load(records, columns, "merge", message, draft)

    def append(
        self, records: Rows, *, columns: Columns | None = None, message: str = "", draft: bool = False
    ) -> WriteReport:
        """Add records; those that the dataset has already, by its identity, are rejected."""
        return self._load(records, columns, "append", message, draft)

    def replace(
        self, records: Rows, *, columns: Columns | None = None, message: str = "", draft: bool = False
    ) -> WriteReport:
        """Make these the dataset's records and delete all others; Invalid, and nothing done, when one is rejected."""
        return self._load(records, columns, "replace", message, draft)

    def delete_records(self, record_ids: Sequence[str], *, message: str = "", draft: bool = False) -> WriteReport:
        """Delete records from the next version; older versions keep them. At most 5,000 in one call."""
        ids = [record_ids] if isinstance(record_ids, str) else record_ids
        report = self._client.records.write(
            self.dataset_id, operation="delete", delete_ids=ids, draft=draft, message=message
        )
        self._refresh()
        return report

    def add_traces(
        self,
        trace_ids: Sequence[str] = (),
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str | None = None,
        limit: int = 100,
        split: str | None = None,
        keep_source: bool = False,
        message: str = "",
        draft: bool = False,
    ) -> WriteReport:
        """Merge records made of traces, by id or those that match a filter, newest first: what went into the root
        span and came out, and the expectations that were logged on the trace. `keep_source` pins the traces, so that
        retention leaves them."""
        report = self._client.records.add_traces(
            self.dataset_id,
            trace_ids=[trace_ids] if isinstance(trace_ids, str) else trace_ids,
            experiment=experiment,
            filter=filter,
            limit=limit,
            split=split,
            keep_source=keep_source,
            message=message,
            draft=draft,
        )
        self._refresh()
        return report

    def publish(self, message: str = "") -> Published:
        """Make a version of the draft; without changes none is made."""
        published = self._client.datasets.publish(self.dataset_id, message=message)
        self._refresh()
        return published

    def records(self, *, filter: str = "", limit: int | None = None) -> Items[Record]:
        """Return the records that match, fetched as they are read; all of one version, whoever writes meanwhile."""
        return self._client.records.search(self.dataset_id, version=self._fixed(), filter=filter, limit=limit)

    def near_duplicates(self, *, threshold: float = 0.8) -> NearDuplicateReport:
        """Group the records whose inputs say almost the same (names are record ids): each is at least so similar,
        above 0.3 and at most 1, to another of its group. `at("draft")` looks before publishing."""
        texts = ((record.record_id, inputs_text(record.inputs)) for record in self)
        return near_duplicates(texts, threshold=threshold)

    def to_df(self, return_type: FrameKind = "pandas") -> Any:
        """Return the records as a frame, one row each. Inputs, expectations, outputs, tags and source are objects in
        a frame of pandas, and JSON text in one of Polars (its ``outputs_json``), whose columns have one type each."""
        rows: list[dict[str, object]] = [
            {**dict.fromkeys(_FRAME), **record_row(record), "content_hash": record.content_hash} for record in self
        ]
        if return_type == "polars":
            rows = [
                {"outputs_json" if name == "outputs" else name: _texted(name, value) for name, value in row.items()}
                for row in rows
            ]
        return frame_of(rows, return_type)

    def export(self, file: str | os.PathLike[str], *, format: FileFormat | None = None) -> int:
        """Write the records into a new file (``.jsonl``, ``.csv``, ``.parquet``) and return how many there are.

        `merge_records` reads it back without loss: the same content has the same digest.
        """
        return write_records(Path(file), self, format)

    def versions(self, *, limit: int | None = None) -> Items[DatasetVersion]:
        """Return the published versions, the latest first."""
        return self._client.datasets.versions(self.dataset_id, limit=limit)

    def at(self, version: str | int) -> "Dataset":
        """Return a handle that reads this version: a number, a label, "latest", "draft", ``sha256:<digest>``, or
        ``time:<epoch ms>``; NotFound when there is none."""
        if version != "draft":
            version = self._client.datasets.version(self.dataset_id, version).version
        return Dataset(self._client, self.info, version)

    def diff(self, before: str | int, after: str | int | None = None) -> Items[RecordDifference]:
        """Return the records that two versions do not have the same; without `after` it is the handle's."""
        return self._client.records.diff(self.dataset_id, before, self.version if after is None else after)

    def label(self, *labels: str) -> DatasetVersion:
        """Put labels on the handle's version, which takes them from others."""
        return self._client.datasets.label(self.dataset_id, self._fixed(), set_labels=labels)

    def assign_splits(
        self,
        ratios: Mapping[str, float],
        *,
        seed: int = 0,
        stratify_by: str | None = None,
        message: str = "",
        draft: bool = False,
    ) -> WriteReport:
        """Give every record a split in these proportions, within each value of `stratify_by` (a tag, or
        ``expectations.KEY``) too; the same records and seed give the same splits on any machine."""
        report = self._client.records.assign_splits(
            self.dataset_id, ratios, seed=seed, stratify_by=stratify_by, message=message, draft=draft
        )
        self._refresh()
        return report

    def _load(self, records: Rows, columns: Columns | None, operation: Any, message: str, draft: bool) -> WriteReport:
        drafts = drafts_of(records, columns)
        report = load(
            self._client, self.dataset_id, drafts, operation=operation, message=message, draft=draft
        )  # fmt: skip
        self._refresh()
        return report

    def _refresh(self) -> None:
        self.info = self._client.datasets.get(self.dataset_id)

    def _fixed(self) -> str | int:
        """Return the handle's version as what does not move while it is read."""
        if self.version != "latest":
            return self.version
        return self._client.datasets.version(self.dataset_id).version


_FRAME = ("record_id", "external_id", "inputs", "expectations", "outputs", "tags", "split", "source")


def _texted(name: str, value: object) -> object:
    if value is None or name in {"record_id", "external_id", "split", "content_hash"}:
        return value
    return orjson.dumps(value).decode()
