"""Native routes of datasets, their versions and labels."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.dataset import (
    MAX_LABELS,
    MAX_LINKS,
    MAX_MESSAGE,
    MAX_NAME,
    Dataset,
    DatasetChange,
    DatasetDraft,
    DatasetVersion,
    Identity,
    Published,
)
from lodeline.domain.ids import DEFAULT_EXPERIMENT, DatasetId, check_experiment_id
from lodeline.domain.page import Page
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api import bodies
from lodeline.server.api.bodies import Body, TagKeys, Tags
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import CursorParam, LimitParam, NativeListedDep

router = native_router("/datasets", "datasets")

DatasetPath = Annotated[str, Path(min_length=1, max_length=250, description="The dataset's id.")]
VersionText = Annotated[
    str,
    Path(
        min_length=1,
        max_length=100,
        description="`latest`, a number, a label, `sha256:<digest>` or `time:<epoch milliseconds>`.",
        examples=["latest"],
    ),
]
Message = Annotated[str, Field(max_length=MAX_MESSAGE, description="Why the version was made.")]
Expected = Annotated[int | None, Field(ge=0, le=2**31, description="The latest version must be this one, else 409.")]
_Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
_Experiment = Annotated[str, Field(min_length=1, max_length=500, description="An id or a name.")]
_Schema = Annotated[dict[str, bodies.Json] | None, Field(description="A JSON Schema; an empty one takes it away.")]
_Labels = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=MAX_LABELS)]
_Links = Annotated[list[Annotated[str, Field(min_length=1, max_length=20)]], Field(max_length=MAX_LINKS)]


class DatasetBody(Body):
    """A new dataset, without records."""

    experiment: _Experiment = DEFAULT_EXPERIMENT
    name: _Name
    identity: Identity = "by_input"
    description: Annotated[str, Field(max_length=100_000)] = ""
    tags: Tags = Field(default_factory=dict[str, str])
    input_schema: _Schema = None
    expectation_schema: _Schema = None


class DatasetChangeBody(Body):
    """A change; what is left out stays as it is. Tags are set, then deleted; links are added, then removed."""

    name: _Name | None = None
    description: Annotated[str | None, Field(max_length=100_000)] = None
    input_schema: _Schema = None
    expectation_schema: _Schema = None
    set_tags: Tags = Field(default_factory=dict[str, str])
    delete_tags: TagKeys = Field(default_factory=list[str])
    link: _Links = Field(default_factory=list[str])
    unlink: _Links = Field(default_factory=list[str])


class LabelsBody(Body):
    """Labels are set, which takes them from other versions, then deleted."""

    set: _Labels = Field(default_factory=list[str])
    delete: _Labels = Field(default_factory=list[str])


class PublishBody(Body):
    """What a version made of the draft says."""

    message: Message = ""
    expected_version: Expected = None


@router.post("", **answer(Dataset, 404, 409, 413, status=201))
def create_dataset(actor: ActorDep, services: ServicesDep, body: DatasetBody) -> Json:
    """Create a dataset without records."""
    draft = DatasetDraft(
        experiment_id=DEFAULT_EXPERIMENT,
        name=body.name,
        identity=body.identity,
        description=body.description,
        tags=body.tags,
        input_schema=body.input_schema or None,
        expectation_schema=body.expectation_schema or None,
    )
    return Json(services.datasets.create(actor, draft, experiment=body.experiment), status_code=201)


@router.get("", **answer(Page[Dataset], 404))
def search_datasets(
    actor: ActorDep,
    services: ServicesDep,
    query: NativeListedDep,
    lifecycle: Annotated[Literal["ACTIVE", "DELETED", "ALL"], Query(description="Which ones to list.")] = "ACTIVE",
) -> Json:
    """List the datasets of experiments, and those linked to them, newest created first."""
    page = services.datasets.search(actor, query, lifecycle=None if lifecycle == "ALL" else lifecycle)
    return Json(page)


@router.get("/find", **answer(Dataset, 404))
def find_dataset(
    actor: ActorDep,
    services: ServicesDep,
    name: Annotated[str, Query(min_length=1, max_length=MAX_NAME, description="The exact name.")],
    experiment: Annotated[str, Query(min_length=1, max_length=500, description="An id or a name.")] = "0",
) -> Json:
    """Find an active dataset of an experiment, or linked to it, by name."""
    return Json(services.datasets.find(actor, experiment, name))


@router.get("/{dataset_id}", **answer(Dataset, 404))
def get_dataset(actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath) -> Json:
    """Return one dataset, deleted or not."""
    return Json(services.datasets.get(actor, DatasetId(dataset_id)))


@router.patch("/{dataset_id}", **answer(Dataset, 404, 409, 413))
def update_dataset(actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath, body: DatasetChangeBody) -> Json:
    """Rename, describe, tag, set schemas, link to experiments."""
    change = DatasetChange(
        name=body.name,
        description=body.description,
        input_schema=body.input_schema,
        expectation_schema=body.expectation_schema,
        set_tags=body.set_tags,
        delete_tags=tuple(body.delete_tags),
        link=tuple(map(check_experiment_id, body.link)),
        unlink=tuple(map(check_experiment_id, body.unlink)),
    )
    return Json(services.datasets.update(actor, DatasetId(dataset_id), change))


@router.delete("/{dataset_id}", **answer(Dataset, 404, 409))
def delete_dataset(actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath) -> Json:
    """Delete a dataset: it leaves the lists and takes no writes until it is restored."""
    return Json(services.datasets.delete(actor, DatasetId(dataset_id)))


@router.post("/{dataset_id}/restore", **answer(Dataset, 404, 409))
def restore_dataset(actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath) -> Json:
    """Restore a deleted dataset; 409 when its name was taken meanwhile."""
    return Json(services.datasets.restore(actor, DatasetId(dataset_id)))


@router.post("/{dataset_id}/publish", **answer(Published, 404, 409, 413))
def publish_dataset(actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath, body: PublishBody) -> Json:
    """Make a version of the draft; `made` is false when there was nothing to publish."""
    published = services.records.publish(
        actor, DatasetId(dataset_id), message=body.message, expected_version=body.expected_version
    )
    return Json(published)


@router.delete("/{dataset_id}/draft", **answer(Dataset, 404, 409))
def discard_dataset_draft(actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath) -> Json:
    """Undo the draft."""
    services.records.discard(actor, DatasetId(dataset_id))
    return Json(services.datasets.get(actor, DatasetId(dataset_id)))


@router.get("/{dataset_id}/versions", **answer(Page[DatasetVersion], 404))
def list_dataset_versions(
    actor: ActorDep,
    services: ServicesDep,
    dataset_id: DatasetPath,
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List the published versions, the latest first."""
    page = services.datasets.versions(actor, DatasetId(dataset_id), limit=limit, cursor=cursor or None)
    return Json(page)


@router.get("/{dataset_id}/versions/{version}", **answer(DatasetVersion, 404))
def get_dataset_version(
    actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath, version: VersionText
) -> Json:
    """Return one published version."""
    return Json(services.datasets.version(actor, DatasetId(dataset_id), version))


@router.patch("/{dataset_id}/versions/{version}/labels", **answer(DatasetVersion, 404, 409, 413))
def label_dataset_version(
    actor: ActorDep, services: ServicesDep, dataset_id: DatasetPath, version: VersionText, body: LabelsBody
) -> Json:
    """Set and delete labels of a version; a label is on one version of the dataset."""
    labelled = services.datasets.label(
        actor, DatasetId(dataset_id), version, set_labels=body.set, delete_labels=body.delete
    )
    return Json(labelled)
