"""Artifacts: the proxy through which clients put, get, list and delete files, and the lists of runs and models."""

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lodeline.domain.artifact import Artifact
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ModelId, is_experiment_id
from lodeline.domain.run import check_run_id
from lodeline.server.mlflow.endpoint import Call, Endpoint, actor_of, guarded
from lodeline.server.mlflow.span_files import door_of, take_spans
from lodeline.server.mlflow.wire import Reply, message
from lodeline.server.uploads import saved, spooled
from lodeline.services.artifacts import ArtifactService, of_model, of_run

_ODD = re.compile(r"\.\.|%|\\\\|//|^/")
"""What a path may hold that is refused."""
_PATH = "/mlflow-artifacts/artifacts/{path:path}"


async def put(request: Request) -> Response:
    """Store the body as a file."""
    service = _service(request)
    actor, path = await actor_of(request), str(request.path_params["path"])
    await run_in_threadpool(service.check_write, actor, path)
    async with spooled(request, max_bytes=service.max_bytes) as data:
        await run_in_threadpool(service.put, actor, path, data)
        await run_in_threadpool(take_spans, request.app.state.services, door_of(request), actor, path, data)
    return Response(b"{}", media_type="application/json")


async def get(request: Request) -> Response:
    """Return a file, always to be saved, never shown: its content is a stranger's."""
    path = str(request.path_params["path"])
    size_bytes, data = await run_in_threadpool(_service(request).open, await actor_of(request), path)
    return saved(data, size_bytes, path.rpartition("/")[2])


async def delete(request: Request) -> Response:
    """Delete a file, or a folder with what is in it."""
    await run_in_threadpool(_service(request).delete, await actor_of(request), str(request.path_params["path"]))
    return Response(b"{}", media_type="application/json")


def list_artifacts(call: Call) -> Reply:
    """List a folder of the proxy; nothing for one that there is not, also outside of all experiments."""
    path = call.fields.text("path") or ""
    call.services.operation.capabilities(call.actor)
    if not is_experiment_id(path.strip("/").partition("/")[0]) and not _ODD.search(path):
        return {}
    try:
        found = call.services.artifacts.list(call.actor, path)
    except NotFound as error:
        if error.details.get("noun") != "experiment":
            raise
        return {}
    return message(files=[_file(item) for item in found])


def list_of_run(call: Call) -> Reply:
    """List a folder of a run's artifacts; paths are relative to the run's own root."""
    run_id = check_run_id(call.fields.text("run_id") or call.fields.needed("run_uuid"))
    run = call.services.runs.get(call.actor, run_id)
    folder = call.fields.text("path") or ""
    return _listed(call, of_run(run), of_run(run, folder), folder)


def list_of_model(call: Call) -> Reply:
    """List a folder of a model's artifacts; paths are relative to the model's own root."""
    model = call.services.models.get(call.actor, ModelId(call.fields.needed("model_id")))
    folder = call.fields.text("artifact_directory_path") or ""
    return _listed(call, of_model(model), of_model(model, folder), folder)


def _listed(call: Call, root: str, place: str, folder: str) -> Reply:
    inside = folder.strip("/")
    found = call.services.artifacts.list(call.actor, place)
    prefix = f"{inside}/" if inside else ""
    return message(root_uri=f"mlflow-artifacts:/{root}", files=[_file(item, prefix) for item in found])


def _file(item: Artifact, prefix: str = "") -> dict[str, object]:
    return message(path=prefix + item.name, is_dir=item.is_folder, file_size=item.size_bytes)


def _service(request: Request) -> ArtifactService:
    service: ArtifactService = request.app.state.services.artifacts
    return service


ENDPOINTS = (
    Endpoint("GET", "2.0/mlflow-artifacts/artifacts", list_artifacts),
    Endpoint("GET", "2.0/mlflow/artifacts/list", list_of_run),
    Endpoint("GET", "2.0/mlflow/logged-models/{model_id}/artifacts/directories", list_of_model),
)
RAW = tuple(
    ("2.0", Route(_PATH, guarded(answer), methods=[method], include_in_schema=False))
    for method, answer in (("PUT", put), ("GET", get), ("DELETE", delete))
)
