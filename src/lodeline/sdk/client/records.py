"""The records of datasets."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import cast

from lodeline.domain.canonical import canonical_json
from lodeline.domain.errors import Invalid
from lodeline.domain.near_duplicates import NearDuplicateRecords
from lodeline.domain.record import (
    Record,
    RecordDifference,
    RecordDraft,
    RecordPlace,
    RecordRevision,
    Violation,
    WriteOperation,
    WriteReport,
)
from lodeline.sdk.client.call import (
    LONG_S,
    Call,
    Listing,
    ModeT,
    Noun,
    Repeat,
    call,
    given,
    listing,
    many,
    names,
    one,
    path_of,
)

_REPEATS: Mapping[WriteOperation, Repeat] = {"merge": "always", "put": "always", "delete": "always"}
"""Writes that leave a draft as it is the second time."""


class Records(Noun[ModeT]):
    """Calls about records. A version is latest, draft, a number, a label, ``sha256:<digest>`` or ``time:<ms>``."""

    @call
    def write(
        self,
        dataset_id: str,
        records: Sequence[RecordDraft] = (),
        *,
        operation: WriteOperation = "merge",
        delete_ids: Sequence[str] = (),
        draft: bool = False,
        message: str = "",
        expected_version: int | None = None,
    ) -> Call[WriteReport]:
        """Append, merge, put or replace up to 5,000 records, or delete some; one version, or a change of the draft.

        What is rejected says why in the report. The whole request may have as many bytes as the server takes
        (16 MiB).
        """
        body = given(
            operation=operation,
            records=[record_body(record) for record in records],
            delete_ids=list(delete_ids),
            draft=draft,
            message=message,
            expected_version=expected_version,
        )
        repeat = _REPEATS.get(operation) if draft else None
        path = path_of("datasets", dataset_id, "records")
        return Call("POST", path, one(WriteReport), body=body, repeat=repeat, timeout_s=LONG_S)

    @call
    def add_traces(
        self,
        dataset_id: str,
        *,
        trace_ids: Sequence[str] = (),
        experiment: str | Sequence[str] | None = None,
        filter: str | None = None,
        order: str = "",
        limit: int = 100,
        split: str | None = None,
        keep_source: bool = False,
        draft: bool = False,
        message: str = "",
    ) -> Call[WriteReport]:
        """Merge records made of traces, by id or those of experiments that match a filter, at most 1,000.

        `keep_source` pins the traces, so that retention leaves them.
        """
        body = given(
            trace_ids=list(trace_ids),
            experiments=list(names(experiment) or ()),
            filter=filter,
            order=order,
            limit=limit,
            split=split,
            keep_source=keep_source,
            draft=draft,
            message=message,
        )
        path = path_of("datasets", dataset_id, "records", "from-traces")
        return Call("POST", path, one(WriteReport), body=body, timeout_s=LONG_S)

    @listing
    def search(
        self,
        dataset_id: str,
        *,
        version: str | int = "latest",
        filter: str = "",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Record]:
        """List the records of a version that match a filter, in the order of the dataset."""
        params = {"version": str(version), "filter": filter}
        return Listing(path_of("datasets", dataset_id, "records"), Record, params, limit, cursor)

    @call
    def get(self, dataset_id: str, record_id: str, *, version: str | int = "latest") -> Call[Record]:
        """Return one record as a version has it."""
        path = path_of("datasets", dataset_id, "records", record_id)
        return Call("GET", path, one(Record), params={"version": str(version)})

    @call
    def history(self, dataset_id: str, record_id: str) -> Call[tuple[RecordRevision, ...]]:
        """Return every revision of a record, oldest first."""
        path = path_of("datasets", dataset_id, "records", record_id, "history")
        return Call("GET", path, many(RecordRevision))

    @listing
    def diff(
        self,
        dataset_id: str,
        before: str | int,
        after: str | int = "latest",
        *,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[RecordDifference]:
        """List the records that two versions do not have the same."""
        params = {"before": str(before), "after": str(after)}
        return Listing(path_of("datasets", dataset_id, "diff"), RecordDifference, params, limit, cursor)

    @call
    def near_duplicates(
        self, dataset_id: str, *, version: str | int = "latest", threshold: float | None = None
    ) -> Call[NearDuplicateRecords]:
        """Return the records of a version whose inputs say almost the same, in groups, the largest first: of the
        first 2,000 records those that are at least so similar (0.8) to another one."""
        path = path_of("datasets", dataset_id, "near-duplicates")
        params = {"version": str(version), "threshold": None if threshold is None else str(threshold)}
        return Call("GET", path, one(NearDuplicateRecords), params=params, timeout_s=LONG_S)

    @listing
    def violations(
        self,
        dataset_id: str,
        *,
        version: str | int = "latest",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Violation]:
        """List the records of a version that the dataset's schemas do not let in."""
        params = {"version": str(version)}
        return Listing(path_of("datasets", dataset_id, "violations"), Violation, params, limit, cursor)

    @call
    def assign_splits(
        self,
        dataset_id: str,
        ratios: Mapping[str, float],
        *,
        seed: int = 0,
        stratify_by: str | None = None,
        draft: bool = False,
        message: str = "",
    ) -> Call[WriteReport]:
        """Give every record a split in these proportions; `stratify_by` is a tag or ``expectations.KEY``."""
        body = given(ratios=dict(ratios), seed=seed, stratify_by=stratify_by, draft=draft, message=message)
        path = path_of("datasets", dataset_id, "splits")
        return Call("POST", path, one(WriteReport), body=body, timeout_s=LONG_S)

    @call
    def of_trace(self, trace_id: str) -> Call[tuple[RecordPlace, ...]]:
        """Return the records made of a trace or of a span of it."""
        return Call("GET", path_of("traces", trace_id, "records"), many(RecordPlace))


def record_body(draft: RecordDraft) -> dict[str, object]:
    """Return a draft as the API takes it; Invalid, with the place, for numbers that JSON lacks and would lose."""
    for name in ("inputs", "expectations", "outputs"):
        value = getattr(draft, name)
        if not _finite(value):
            try:
                canonical_json(value)
            except Invalid as error:
                raise Invalid(f"{name}: {error.message}", details=error.details) from error
    return given(
        inputs=draft.inputs,
        expectations=draft.expectations or None,
        outputs=draft.outputs,
        tags=dict(draft.tags) or None,
        split=draft.split,
        external_id=draft.external_id,
        source=None if draft.source is None else asdict(draft.source),
        record_id=draft.record_id,
    )


def _finite(value: object) -> bool:
    """Tell whether all numbers in a value are finite."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_finite, cast("Mapping[str, object]", value).values()))
    return all(map(_finite, cast("Sequence[object]", value))) if isinstance(value, list | tuple) else True
