"""Evaluation datasets and their records.

MLflow lets datasets of an experiment have one name; here names differ, so a later one gets a name of its own and
keeps the other in a tag, which this door shows as its name. Every write of records is a version, of which this door
shows the latest, by the first eight digits of its digest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import orjson

from lodeline.auth.policy import permit
from lodeline.domain.dataset import Dataset, DatasetChange, DatasetDraft
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound
from lodeline.domain.ids import DEFAULT_EXPERIMENT, DatasetId, ExperimentId, check_experiment_id, new_hex
from lodeline.domain.record import Record, RecordDraft
from lodeline.domain.span import JsonValue
from lodeline.mlflow.vocabulary import DATASET_NAME, USER, mlflow_record_source, record_source
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.paging import active_experiments, collected, list_query, max_results
from lodeline.server.mlflow.wire import Reply, json_text, message, page_token
from lodeline.services.listing import ListQuery
from lodeline.services.records import MAX_WRITE

_DEFAULT_RESULTS = 1_000
_MOST_RESULTS = 50_000
_MAX_RECORDS = 1_000
_SCHEMA_RECORDS = 20
"""Records that tell the schema of a dataset: it is told with every dataset of a list."""


def dataset_message(call: Call, dataset: Dataset, *, with_experiments: bool = False) -> dict[str, object]:
    """Return a dataset as MLflow writes it."""
    tags = {key: value for key, value in dataset.tags.items() if key != DATASET_NAME}
    return message(
        dataset_id=dataset.dataset_id,
        name=dataset.tags.get(DATASET_NAME, dataset.name),
        tags=json_text(tags) if tags else None,
        schema=None if not dataset.record_count else json_text(_schema(call, dataset)),
        profile=json_text({"num_records": dataset.record_count}),
        digest=dataset.digest[:8],
        created_time=dataset.created_ms,
        last_update_time=dataset.updated_ms,
        created_by=dataset.tags.get(USER) or dataset.created_by,
        last_updated_by=dataset.tags.get(USER) or dataset.created_by,
        experiment_ids=_experiment_ids(dataset) if with_experiments else (),
    )


def _schema(call: Call, dataset: Dataset) -> dict[str, object]:
    """Return the types of what the first records of a dataset hold, by name; the first record with a name counts."""
    page = call.services.records.search(
        call.actor, dataset.dataset_id, "latest", ListQuery(limit=_SCHEMA_RECORDS, dialect="lodeline")
    )
    inputs: dict[str, str] = {}
    outputs: dict[str, str] | str = {}
    expectations: dict[str, str] = {}
    for record in page.items:
        for known, given in ((inputs, record.inputs), (expectations, record.expectations)):
            for key, value in given.items():
                known.setdefault(key, _type(value))
        if isinstance(record.outputs, Mapping) and isinstance(outputs, dict):
            outputs = {**{key: _type(value) for key, value in record.outputs.items()}, **outputs}
        elif record.outputs is not None and not outputs:
            outputs = _type(record.outputs)
    return {"inputs": inputs, "outputs": outputs, "expectations": expectations, "version": "1.0"}


def _type(value: JsonValue) -> str:
    for name, kinds in _TYPES:
        if isinstance(value, kinds):
            return name
    return "array"


_TYPES: tuple[tuple[str, type | tuple[type, ...]], ...] = (
    ("null", type(None)), ("boolean", bool), ("integer", int), ("float", float), ("string", str), ("object", Mapping),
)  # fmt: skip


def create(call: Call) -> Reply:
    """Make a dataset in the first of its experiments, linked to the others; without any it is the default one's."""
    ids = [check_experiment_id(each) for each in dict.fromkeys(call.fields.texts("experiment_ids"))]
    home, *others = ids or [DEFAULT_EXPERIMENT]
    for other in others:
        # Before anything is made: a dataset with some of its experiments would be left behind.
        found = call.services.experiments.get(call.actor, other)
        permit(call.actor, "dataset.write", other)
        if found.lifecycle == "DELETED":
            raise Deleted.of("experiment", other)
    draft = DatasetDraft(home, call.fields.needed("name"), tags=_tags(call.fields))
    datasets = call.services.datasets
    try:
        made = datasets.create(call.actor, draft, experiment=home)
    except Conflict as error:
        if error.error_code != "dataset_name_taken":
            raise
        own = f"{draft.name[:200]} ({new_hex()[:8]})"
        draft = replace(draft, name=own, tags={**draft.tags, DATASET_NAME: draft.name})
        made = datasets.create(call.actor, draft, experiment=home)
    if others:
        made = datasets.update(call.actor, made.dataset_id, DatasetChange(link=tuple(others)))
    return {"dataset": dataset_message(call, made, with_experiments=True)}


def get(call: Call) -> Reply:
    """Return a dataset."""
    return {"dataset": dataset_message(call, _dataset(call))}


def delete(call: Call) -> Reply:
    """Delete a dataset; one that there is not is deleted already."""
    try:
        call.services.datasets.delete(call.actor, _id(call))
    except NotFound as error:
        if error.details.get("noun") != "dataset":
            raise
    return {}


def search(call: Call) -> Reply:
    """List datasets, newest made first."""
    fields = call.fields
    wanted = fields.texts("experiment_ids")
    experiments = active_experiments(call, wanted)
    if wanted and not experiments:
        return {}
    limit = max_results(fields, default=_DEFAULT_RESULTS, most=_MOST_RESULTS)
    query = list_query(fields, limit, filter_name="filter_string", experiments=experiments)
    page = collected(lambda asked: call.services.datasets.search(call.actor, asked), query, limit)
    return message(
        datasets=[dataset_message(call, item) for item in page.items], next_page_token=page_token(page.cursor)
    )


def set_tags(call: Call) -> Reply:
    """Set tags."""
    found = _dataset(call)
    changed = call.services.datasets.update(call.actor, found.dataset_id, DatasetChange(set_tags=_tags(call.fields)))
    return {"dataset": dataset_message(call, changed)}


def delete_tag(call: Call) -> Reply:
    """Delete a tag; one that is absent is fine."""
    found, key = _dataset(call), call.fields.needed("key")
    if key in found.tags and key != DATASET_NAME:
        call.services.datasets.update(call.actor, found.dataset_id, DatasetChange(delete_tags=(key,)))
    return {}


def upsert_records(call: Call) -> Reply:
    """Bring records together with those of equal inputs: expectations and tags key by key, outputs replaced."""
    dataset = _dataset(call)
    drafts = [_draft(item, index) for index, item in enumerate(_json_list(call.fields, "records"))]
    inserted = updated = 0
    for start in range(0, len(drafts), MAX_WRITE):
        batch = drafts[start : start + MAX_WRITE]
        report = call.services.records.write(call.actor, dataset.dataset_id, "merge", batch)
        if report.rejected:
            first = report.rejected[0]
            raise Invalid(f"records[{start + first.index}]{first.pointer}: {first.reason}")
        inserted += report.inserted
        updated += report.updated + report.unchanged
    return {"inserted_count": inserted, "updated_count": updated}


def get_records(call: Call) -> Reply:
    """List the records of the latest version, in their order."""
    dataset = _dataset(call)
    limit = max_results(call.fields, default=_MAX_RECORDS, most=_MOST_RESULTS)
    records = call.services.records
    page = collected(
        lambda asked: records.search(call.actor, dataset.dataset_id, "latest", asked),
        ListQuery(limit=1, cursor=call.fields.text("page_token") or None),
        limit,
    )
    found = [_record_message(item, dataset) for item in page.items]
    return message(records=orjson.dumps(found).decode(), next_page_token=page_token(page.cursor))


def delete_records(call: Call) -> Reply:
    """Delete records by id; unknown ones count nothing."""
    dataset = _dataset(call)
    ids = call.fields.texts("dataset_record_ids")
    deleted = 0
    for start in range(0, len(ids), MAX_WRITE):
        batch = ids[start : start + MAX_WRITE]
        report = call.services.records.write(call.actor, dataset.dataset_id, "delete", delete_ids=batch)
        deleted += report.deleted
    return {"deleted_count": deleted}


def get_experiment_ids(call: Call) -> Reply:
    """Return the experiments that have a dataset."""
    return {"experiment_ids": _experiment_ids(_dataset(call))}


def add_experiments(call: Call) -> Reply:
    """Show a dataset in further experiments."""
    return _relinked(call, DatasetChange(link=_other_experiments(call)))


def remove_experiments(call: Call) -> Reply:
    """Show a dataset no longer in some experiments. The one that it belongs to keeps it."""
    return _relinked(call, DatasetChange(unlink=_other_experiments(call)))


def _relinked(call: Call, change: DatasetChange) -> Reply:
    changed = call.services.datasets.update(call.actor, _id(call), change)
    return {"dataset": dataset_message(call, changed, with_experiments=True)}


def _other_experiments(call: Call) -> tuple[ExperimentId, ...]:
    home = _dataset(call).experiment_id
    ids = (check_experiment_id(each) for each in dict.fromkeys(call.fields.texts("experiment_ids")))
    return tuple(each for each in ids if each != home)


def _dataset(call: Call) -> Dataset:
    found = call.services.datasets.get(call.actor, _id(call))
    if found.lifecycle == "DELETED":
        raise NotFound.of("dataset", found.dataset_id)
    return found


def _id(call: Call) -> DatasetId:
    return DatasetId(call.fields.needed("dataset_id"))


def _experiment_ids(dataset: Dataset) -> list[ExperimentId]:
    return [dataset.experiment_id, *dataset.linked_experiment_ids]


def _tags(fields: Fields) -> dict[str, str]:
    text = fields.text("tags")
    if not text:
        return {}
    found = _parsed(text, "tags")
    if not isinstance(found, Mapping):
        raise fields.wrong("tags", "a JSON object")
    return {key: value if isinstance(value, str) else orjson.dumps(value).decode() for key, value in found.items()}


def _json_list(fields: Fields, name: str) -> Sequence[JsonValue]:
    found = _parsed(fields.needed(name), name)
    if not isinstance(found, list):
        raise fields.wrong(name, "a JSON list")
    return found


def _parsed(text: str, name: str) -> JsonValue:
    try:
        return cast(JsonValue, orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{name}: it is no JSON ({str(error)[:200]}).", details={"field": name}) from error


def _draft(item: JsonValue, index: int) -> RecordDraft:
    place = f"records[{index}]"
    if not isinstance(item, Mapping):
        raise Invalid(f"{place}: it is no JSON object.")
    source = _object(item.get("source"), f"{place}.source")
    kind = source.get("source_type")
    return RecordDraft(
        inputs=_object(item.get("inputs"), f"{place}.inputs"),
        expectations=_object(item.get("expectations"), f"{place}.expectations"),
        outputs=item.get("outputs"),
        tags={
            key: value if isinstance(value, str) else orjson.dumps(value).decode()
            for key, value in _object(item.get("tags"), f"{place}.tags").items()
        },
        source=record_source(
            kind if isinstance(kind, str) else None, _object(source.get("source_data"), f"{place}.source.source_data")
        ),
    )


def _object(value: JsonValue, place: str) -> Mapping[str, JsonValue]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid(f"{place}: it is no JSON object.", details={"field": place})
    return value


def _record_message(record: Record, dataset: Dataset) -> dict[str, object]:
    source = mlflow_record_source(record.source)
    user = record.tags.get(USER) or record.author
    # What a client reads without asking whether it is there.
    whole: dict[str, object] = {
        "inputs": record.inputs,
        "outputs": {} if record.outputs is None else record.outputs,
        "expectations": record.expectations,
    }
    return whole | message(
        dataset_record_id=record.record_id,
        dataset_id=dataset.dataset_id,
        tags=dict(record.tags),
        source=source,
        source_type=None if source is None else source["source_type"],
        source_id=None if record.source is None or record.source.kind != "TRACE" else record.source.source_id,
        created_time=record.created_ms,
        last_update_time=record.updated_ms,
        created_by=user,
        last_updated_by=user,
    )


_DATASET = "3.0/mlflow/datasets/{dataset_id}"
ENDPOINTS = (
    Endpoint("POST", "3.0/mlflow/datasets/create", create),
    Endpoint("POST", "3.0/mlflow/datasets/search", search),
    Endpoint("GET", _DATASET, get),
    Endpoint("DELETE", _DATASET, delete),
    Endpoint("PATCH", f"{_DATASET}/tags", set_tags),
    Endpoint("DELETE", f"{_DATASET}/tags/{{key}}", delete_tag),
    Endpoint("POST", f"{_DATASET}/records", upsert_records),
    Endpoint("GET", f"{_DATASET}/records", get_records),
    Endpoint("DELETE", f"{_DATASET}/records", delete_records),
    Endpoint("GET", f"{_DATASET}/experiment-ids", get_experiment_ids),
    Endpoint("POST", f"{_DATASET}/add-experiments", add_experiments),
    Endpoint("POST", f"{_DATASET}/remove-experiments", remove_experiments),
)
