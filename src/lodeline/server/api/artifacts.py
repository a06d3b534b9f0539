"""Native routes of the artifacts of runs and models: what there is, bytes in, and bytes out, never rendered."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction
from lodeline.domain.artifact import Artifact
from lodeline.domain.blob import MAX_PATH
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, shown
from lodeline.domain.ids import ModelId, RunId
from lodeline.domain.model import Model
from lodeline.domain.run import Run
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer, binary
from lodeline.server.api.entry import native_router
from lodeline.server.api.models import ModelPath
from lodeline.server.api.runs import RunPath
from lodeline.server.uploads import saved, spooled
from lodeline.services.artifacts import IN_THE_WAY, in_the_way, of_model, of_run
from lodeline.services.bundle import Services

router = native_router("")

FolderQuery = Annotated[str, Query(max_length=MAX_PATH, description="A folder; nothing is the uppermost one.")]
FileQuery = Annotated[
    str, Query(min_length=1, max_length=MAX_PATH, description="The file, from the uppermost folder.")
]
RemovedQuery = Annotated[
    str, Query(min_length=1, max_length=MAX_PATH, description="A file, or a folder with all in it.")
]

_RUN, _MODEL = "/runs/{run_id}/artifacts", "/models/{model_id}/artifacts"
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_SAVED = binary("application/octet-stream", 404, what="The file's bytes.")
_PUT = answer(Artifact, 404, 409, 413)
_GONE = answer(None, 404, 409, status=204)


@router.get(_RUN, tags=["runs"], **answer(list[Artifact], 404))
def list_artifacts(actor: ActorDep, services: ServicesDep, run_id: RunPath, path: FolderQuery = "") -> Json:
    """List what is in a folder of a run, by name; nothing where there is no such folder."""
    return Json(services.artifacts.list(actor, _of_run(services, actor, run_id, path)))


@router.get(f"{_RUN}/content", tags=["runs"], **_SAVED)
def get_artifact(actor: ActorDep, services: ServicesDep, run_id: RunPath, path: FileQuery) -> StreamingResponse:
    """Return a file of a run, always to be saved, never shown: its content is a stranger's."""
    return _content(services, actor, _of_run(services, actor, run_id, path), path)


@router.put(f"{_RUN}/content", tags=["runs"], **_PUT, openapi_extra=_UPLOAD)
async def put_artifact(
    request: Request, actor: ActorDep, services: ServicesDep, run_id: RunPath, path: FileQuery
) -> Json:
    """Store the body as a file of a run, whole or not at all, replacing one of the same path."""
    place = await run_in_threadpool(_of_run, services, actor, run_id, path, "run.write")
    return await _taken(request, services, actor, place, path)


@router.delete(f"{_RUN}/content", tags=["runs"], **_GONE)
def delete_artifact(actor: ActorDep, services: ServicesDep, run_id: RunPath, path: RemovedQuery) -> None:
    """Delete a file of a run, or a folder with what is in it."""
    place = _of_run(services, actor, run_id, path, "run.delete")
    with _named(path):
        services.artifacts.delete(actor, place)


@router.get(_MODEL, tags=["models"], **answer(list[Artifact], 404))
def list_model_artifacts(actor: ActorDep, services: ServicesDep, model_id: ModelPath, path: FolderQuery = "") -> Json:
    """List what is in a folder of a model, by name; nothing where there is no such folder."""
    return Json(services.artifacts.list(actor, _of_model(services, actor, model_id, path)))


@router.get(f"{_MODEL}/content", tags=["models"], **_SAVED)
def get_model_artifact(
    actor: ActorDep, services: ServicesDep, model_id: ModelPath, path: FileQuery
) -> StreamingResponse:
    """Return a file of a model, always to be saved, never shown: its content is a stranger's."""
    return _content(services, actor, _of_model(services, actor, model_id, path), path)


@router.put(f"{_MODEL}/content", tags=["models"], **_PUT, openapi_extra=_UPLOAD)
async def put_model_artifact(
    request: Request, actor: ActorDep, services: ServicesDep, model_id: ModelPath, path: FileQuery
) -> Json:
    """Store the body as a file of a model, whole or not at all, replacing one of the same path."""
    place = await run_in_threadpool(_of_model, services, actor, model_id, path, "model.write")
    return await _taken(request, services, actor, place, path)


@router.delete(f"{_MODEL}/content", tags=["models"], **_GONE)
def delete_model_artifact(actor: ActorDep, services: ServicesDep, model_id: ModelPath, path: RemovedQuery) -> None:
    """Delete a file of a model, or a folder with what is in it."""
    place = _of_model(services, actor, model_id, path, "model.delete")
    with _named(path):
        services.artifacts.delete(actor, place)


def _of_run(services: Services, actor: Actor, run_id: str, path: str, action: ExperimentAction = "run.read") -> str:
    """Return where a run's file is; Deleted when it is to be changed and the run is deleted."""
    run = services.runs.get(actor, RunId(run_id), action)
    if action != "run.read":
        _check_change("run", run, path)
    return of_run(run, path)


def _of_model(
    services: Services, actor: Actor, model_id: str, path: str, action: ExperimentAction = "model.read"
) -> str:
    """Return where a model's file is; Deleted when it is to be changed and the model is deleted."""
    model = services.models.get(actor, ModelId(model_id), action)
    if action != "model.read":
        _check_change("model", model, path)
    return of_model(model, path)


def _check_change(noun: str, holder: Run | Model, path: str) -> None:
    if not path.strip("/"):
        raise Invalid.value("path", path, "a path such as notes/today.txt")
    if holder.lifecycle == "DELETED":
        raise Deleted.of(noun, holder.run_id if isinstance(holder, Run) else holder.model_id)


def _content(services: Services, actor: Actor, place: str, path: str) -> StreamingResponse:
    with _named(path):
        size_bytes, data = services.artifacts.open(actor, place)
    return saved(data, size_bytes, place.rpartition("/")[2])


@contextmanager
def _named(path: str) -> Generator[None]:
    """Say of a file that is not there, or cannot be, the path that was asked for, not where it would be kept."""
    try:
        yield
    except Conflict as error:
        raise (in_the_way(path) if error.error_code == IN_THE_WAY else error) from error.__cause__
    except NotFound as error:
        if error.error_code != "artifact_not_found":
            raise
        raise NotFound(
            f"artifact {shown(path)} does not exist; list its folder for what there is.",
            code=error.error_code,
            details={"noun": "artifact", "id": path},
        ) from error


async def _taken(request: Request, services: Services, actor: Actor, place: str, path: str) -> Json:
    await run_in_threadpool(services.artifacts.check_write, actor, place)
    async with spooled(request, max_bytes=services.artifacts.max_bytes) as data:
        with _named(path):
            info = await run_in_threadpool(services.artifacts.put, actor, place, data)
    return Json(Artifact(place.rpartition("/")[2], info.size_bytes))
