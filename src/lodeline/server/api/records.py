"""Native routes of the records of datasets."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.ids import DatasetId, RecordId, TraceId
from lodeline.domain.near_duplicates import NearDuplicateRecords
from lodeline.domain.page import Page
from lodeline.domain.record import (
    Record,
    RecordDifference,
    RecordDraft,
    RecordPlace,
    RecordRevision,
    RecordSource,
    SourceKind,
    Violation,
    WriteOperation,
    WriteReport,
)
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api import bodies
from lodeline.server.api.bodies import Body, Id, Tags
from lodeline.server.api.datasets import DatasetPath, Expected, Message
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import MAX_FILTER, CursorParam, FilterParam, LimitParam
from lodeline.server.api.traces import TracePath
from lodeline.services.listing import ListQuery
from lodeline.services.records import MAX_FROM_TRACES, MAX_WRITE
from lodeline.services.splits import MAX_SPLITS

router = native_router("", "datasets")

RecordPath = Annotated[str, Path(min_length=1, max_length=250, description="The record's id.")]
VersionParam = Annotated[
    str,
    Query(
        min_length=1,
        max_length=100,
        description="`latest`, `draft`, a number, a label, `sha256:<digest>` or `time:<epoch milliseconds>`.",
    ),
]
_Split = Annotated[str | None, Field(min_length=1, max_length=100)]
_Draft = Annotated[bool, Field(description="Change the draft instead of making a version.")]
_Content = dict[str, bodies.Json]


class RecordSourceBody(Body):
    """Where a record comes from."""

    kind: SourceKind
    source_id: Id | None = None
    note: Annotated[str | None, Field(max_length=2_000)] = None


class RecordBody(Body):
    """One record. With a `record_id` it means that record, else the dataset's identity says which."""

    inputs: _Content
    expectations: _Content = Field(default_factory=dict[str, bodies.Json])
    outputs: bodies.Json = None
    tags: Tags = Field(default_factory=dict[str, str])
    split: _Split = None
    external_id: Id | None = None
    source: RecordSourceBody | None = None
    record_id: Id | None = None

    def to_domain(self) -> RecordDraft:
        """Return the draft as the services take it."""
        source = self.source
        return RecordDraft(
            self.inputs,
            self.expectations,
            self.outputs,
            self.tags,
            self.split,
            self.external_id,
            None if source is None else RecordSource(source.kind, source.source_id, source.note),
            None if self.record_id is None else RecordId(self.record_id),
        )


class RecordsBody(Body):
    """A write: append, merge, put or replace `records`, or delete `delete_ids`. It makes one version or a draft."""

    operation: WriteOperation = "merge"
    records: Annotated[list[RecordBody], Field(max_length=MAX_WRITE)] = Field(default_factory=list[RecordBody])
    delete_ids: Annotated[list[Id], Field(max_length=MAX_WRITE)] = Field(default_factory=list[str])
    draft: _Draft = False
    message: Message = ""
    expected_version: Expected = None


class FromTracesBody(Body):
    """The traces to make records of: `trace_ids`, or those of `experiments` that match `filter`.

    `keep_source` pins them (tag `lodeline.pinned`), so that retention leaves them.
    """

    trace_ids: Annotated[list[Id], Field(max_length=MAX_FROM_TRACES)] = Field(default_factory=list[str])
    experiments: Annotated[list[Id], Field(max_length=100)] = Field(default_factory=list[str])
    filter: Annotated[str | None, Field(max_length=MAX_FILTER)] = None
    order: Annotated[str, Field(max_length=1_000)] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_FROM_TRACES)] = 100
    split: _Split = None
    keep_source: bool = False
    draft: _Draft = False
    message: Message = ""


class SplitsBody(Body):
    """The shares of the splits, such as {"train": 0.8, "test": 0.2}; `stratify_by` is a tag or expectations.KEY."""

    ratios: Annotated[dict[str, float], Field(min_length=1, max_length=MAX_SPLITS)]
    seed: Annotated[int, Field(ge=0, le=2**53)] = 0
    stratify_by: Annotated[str | None, Field(min_length=1, max_length=250)] = None
    draft: _Draft = False
    message: Message = ""


@router.post("/datasets/{dataset_id}/records", **answer(WriteReport, 404, 409, 413))
def write_records(actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath, body: RecordsBody) -> Json:
    """Write records; what is rejected says why in the report and stops no other."""
    report = services.records.write(
        actor,
        DatasetId(dataset_id),
        body.operation,
        [record.to_domain() for record in body.records],
        delete_ids=body.delete_ids,
        draft=body.draft,
        message=body.message,
        expected_version=body.expected_version,
    )
    return Json(report)


@router.post("/datasets/{dataset_id}/records/from-traces", **answer(WriteReport, 404, 409, 413))
def add_traces_to_dataset(
    actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath, body: FromTracesBody
) -> Json:
    """Merge records made of traces: their inputs, outputs and expectations."""
    query = None
    if body.filter is not None:
        query = ListQuery(tuple(body.experiments), body.filter, body.order, body.limit)
    report = services.records.add_traces(
        actor,
        DatasetId(dataset_id),
        trace_ids=body.trace_ids,
        query=query,
        split=body.split,
        keep_source=body.keep_source,
        draft=body.draft,
        message=body.message,
    )
    return Json(report)


@router.get("/datasets/{dataset_id}/records", **answer(Page[Record], 404))
def search_records(
    actor: ActorDep,
    services: ServicesDep,
    dataset_id: DatasetPath,
    *,
    version: VersionParam = "latest",
    filter: FilterParam = "",
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List the records of a version that match a filter, in the order of the dataset."""
    query = ListQuery(filter=filter, limit=limit, cursor=cursor)
    return Json(services.records.search(actor, DatasetId(dataset_id), version, query))


@router.get("/datasets/{dataset_id}/records/{record_id}", **answer(Record, 404))
def get_record(
    actor: ActorDep,
    services: ServicesDep,
    dataset_id: DatasetPath,
    record_id: RecordPath,
    version: VersionParam = "latest",
) -> Json:
    """Return one record as a version has it."""
    return Json(services.records.get(actor, DatasetId(dataset_id), record_id, version))


@router.get("/datasets/{dataset_id}/records/{record_id}/history", **answer(list[RecordRevision], 404))
def get_record_history(
    actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath, record_id: RecordPath
) -> Json:
    """Return every revision of a record, oldest first, with the versions that have it."""
    return Json(services.records.history(actor, DatasetId(dataset_id), record_id))


@router.get("/datasets/{dataset_id}/diff", **answer(Page[RecordDifference], 404))
def diff_dataset_versions(
    actor: ActorDep,
    services: ServicesDep,
    dataset_id: DatasetPath,
    *,
    before: VersionParam,
    after: VersionParam = "latest",
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List the records that two versions do not have the same."""
    page = services.records.diff(actor, DatasetId(dataset_id), before, after, limit=limit, cursor=cursor)
    return Json(page)


@router.get("/datasets/{dataset_id}/violations", **answer(Page[Violation], 404))
def list_schema_violations(
    actor: ActorDep,
    services: ServicesDep,
    dataset_id: DatasetPath,
    *,
    version: VersionParam = "latest",
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List, of one page of records, those that the dataset's schemas do not let in; go on with the cursor."""
    query = ListQuery(limit=limit, cursor=cursor)
    return Json(services.records.violations(actor, DatasetId(dataset_id), version, query))


@router.get("/datasets/{dataset_id}/near-duplicates", **answer(NearDuplicateRecords, 404, 503))
def get_near_duplicates(
    actor: ActorDep,
    services: ServicesDep,
    dataset_id: DatasetPath,
    *,
    version: VersionParam = "latest",
    threshold: Annotated[float, Query(gt=0.3, le=1, description="How similar, above 0.3 and at most 1.")] = 0.8,
) -> Json:
    """Return the records of a version whose inputs say almost the same, in groups, the largest first."""
    return Json(services.near_duplicates.get(actor, DatasetId(dataset_id), version, threshold=threshold))


@router.post("/datasets/{dataset_id}/splits", **answer(WriteReport, 404, 409, 413))
def assign_splits(actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath, body: SplitsBody) -> Json:
    """Give every record a split, the same for the same records and seed on any machine."""
    report = services.records.assign_splits(
        actor,
        DatasetId(dataset_id),
        body.ratios,
        seed=body.seed,
        stratify_by=body.stratify_by,
        draft=body.draft,
        message=body.message,
    )
    return Json(report)


@router.get("/traces/{trace_id}/records", **answer(list[RecordPlace], 404))
def get_trace_records(actor: ActorDep, services: ServicesDep, trace_id: TracePath) -> Json:
    """Return the records that were made of a trace or of a span of it."""
    return Json(services.records.of_trace(actor, TraceId(trace_id)))
