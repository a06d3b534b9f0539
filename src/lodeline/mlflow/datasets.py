"""Evaluation datasets, from MLflow's rows to what an export keeps of them: one version with all records.

MLflow's datasets have no versions, and their names need not differ; of those of one experiment with one name the
later ones get their id as a suffix.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lodeline.domain.canonical import digest_of_set
from lodeline.domain.dataset import MAX_NAME, Dataset, DatasetVersion
from lodeline.domain.errors import Invalid, LodelineError
from lodeline.domain.experiment import check_name, check_tags
from lodeline.domain.ids import DEFAULT_EXPERIMENT, DatasetId, ExperimentId, RecordId, is_experiment_id
from lodeline.domain.record import RecordDraft, RecordRevision, made, prepare
from lodeline.domain.span import JsonValue
from lodeline.domain.transfer import DatasetDump
from lodeline.mlflow.source import Row, Source, named
from lodeline.mlflow.vocabulary import DATASET_NAME, WRAPPED, record_source


@dataclass(slots=True)
class FoundDataset:
    """A dataset with its records; `others` are further experiments that list it, `refused` says what is left out."""

    dump: DatasetDump
    revisions: list[RecordRevision]
    others: tuple[ExperimentId, ...]
    refused: list[str]


def homes(source: Source) -> dict[str, list[ExperimentId]]:
    """Return the experiments of each dataset, the one that shall have it first; none is the default experiment."""
    found: dict[str, list[ExperimentId]] = {row.text("dataset_id"): [] for row in source.rows("evaluation_datasets")}
    links = source.rows("entity_associations", "WHERE source_type = 'evaluation_dataset' ORDER BY created_time")
    for row in links:
        experiment_id = row.text("destination_id")
        if row.text("destination_type") == "experiment" and is_experiment_id(experiment_id):
            found.setdefault(row.text("source_id"), []).append(ExperimentId(experiment_id))
    # A dataset that was made in an experiment and lent to the default one is the former's.
    return {
        key: sorted(ids, key=lambda e: e == DEFAULT_EXPERIMENT) or [DEFAULT_EXPERIMENT] for key, ids in found.items()
    }


def datasets_of(
    source: Source, experiment_id: ExperimentId, places: Mapping[str, list[ExperimentId]]
) -> Iterator[FoundDataset | str]:
    """Yield the datasets that belong to an experiment, oldest first; a text says why one is left out."""
    names: set[str] = set()
    for row in source.rows("evaluation_datasets", "ORDER BY created_time, dataset_id"):
        ident = row.text("dataset_id")
        home, *others = places.get(ident, [DEFAULT_EXPERIMENT])
        if home != experiment_id:
            continue
        name = row.text("name")[:MAX_NAME]
        if name in names:
            name = f"{name[: MAX_NAME - 50]} ({ident})"
        names.add(name)
        try:
            yield _dataset(source, row, name, tuple(others))
        except LodelineError as error:
            yield f"dataset {named(ident)}: {error.message}"


def _dataset(source: Source, row: Row, name: str, others: tuple[ExperimentId, ...]) -> FoundDataset:
    dataset_id = DatasetId(row.text("dataset_id"))
    revisions: list[RecordRevision] = []
    refused: list[str] = []
    order = "WHERE dataset_id = ? ORDER BY created_time, dataset_record_id"
    for item in source.rows("evaluation_dataset_records", order, (dataset_id,)):
        try:
            revisions.append(_revision(item))
        except LodelineError as error:
            refused.append(
                f"record {named(item.text('dataset_record_id'))} of dataset {named(dataset_id)}: {error.message}"
            )
    tags = {
        tag.text("key"): tag.text("value")
        for tag in source.rows("evaluation_dataset_tags", "WHERE dataset_id = ?", (dataset_id,))
    }
    if name != row.text("name"):
        tags[DATASET_NAME] = row.text("name")
    digest = digest_of_set([(revision.record.content_hash, None) for revision in revisions])
    created_ms = max(1, row.moment("created_time"))
    updated_ms = max(created_ms, row.moment("last_update_time"))
    versions = (
        DatasetVersion(
            dataset_id, 1, 0, digest, updated_ms, message="Imported from MLflow.",
            author=row.text_or_none("created_by"), added=len(revisions), total=len(revisions),
        ),
    ) if revisions else ()  # fmt: skip
    dataset = Dataset(
        dataset_id=dataset_id,
        experiment_id=DEFAULT_EXPERIMENT,
        name=check_name(name, noun="dataset name", most=MAX_NAME),
        identity="by_input",
        lifecycle="ACTIVE",
        created_ms=created_ms,
        updated_ms=updated_ms,
        created_by=row.text_or_none("created_by"),
        tags=check_tags(tags),
        latest_version=len(versions),
        record_count=len(revisions),
        digest=digest,
    )
    return FoundDataset(DatasetDump(dataset, versions), revisions, others, refused)


def _revision(row: Row) -> RecordRevision:
    record_id = RecordId(row.text("dataset_record_id"))
    source = row.json("source")
    match source:
        case {"source_type": str(kind), **rest}:
            found = rest.get("source_data")
            data: Mapping[str, JsonValue] = found if isinstance(found, Mapping) else {}
        case _:
            kind, data = row.text("source_type"), {}
    draft = RecordDraft(
        inputs=_object(row.json("inputs"), "inputs"),
        expectations=_object(row.json("expectations"), "expectations"),
        outputs=_unwrapped(row.json("outputs")),
        tags={key: _text(value) for key, value in _object(row.json("tags"), "tags").items()},
        source=record_source(kind, data, row.text_or_none("source_id")),
        record_id=record_id,
    )
    record = made(
        prepare(draft), record_id, author=row.text_or_none("created_by"), now_ms=row.moment("last_update_time")
    )
    return RecordRevision(replace(record, created_ms=row.moment("created_time")), 1)


def _unwrapped(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping) and set(value) == {WRAPPED}:
        return value[WRAPPED]
    return value


def _object(value: JsonValue, name: str) -> Mapping[str, JsonValue]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid(f"{name}: they are no JSON object.")
    return value


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value)
