"""Native routes of a run's artifacts: what there is, and bytes out, never rendered."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from lodeline.domain.artifact import Artifact
from lodeline.domain.blob import MAX_PATH
from lodeline.domain.ids import RunId
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer, binary
from lodeline.server.api.runs import RunPath
from lodeline.server.uploads import saved
from lodeline.services.artifacts import of_run

router = APIRouter(prefix="/runs/{run_id}/artifacts", tags=["runs"])

FolderQuery = Annotated[str, Query(max_length=MAX_PATH, description="A folder; nothing is the run's own.")]
FileQuery = Annotated[str, Query(min_length=1, max_length=MAX_PATH, description="The file, from the run's folder.")]


@router.get("", **answer(list[Artifact], 404))
def list_artifacts(actor: ActorDep, services: ServicesDep, run_id: RunPath, path: FolderQuery = "") -> Json:
    """List what is in a folder of a run, by name; nothing where there is no such folder."""
    run = services.runs.get(actor, RunId(run_id))
    return Json(services.artifacts.list(actor, of_run(run, path)))


@router.get("/content", **binary("application/octet-stream", 404, what="The file's bytes."))
def get_artifact(actor: ActorDep, services: ServicesDep, run_id: RunPath, path: FileQuery) -> StreamingResponse:
    """Return a file of a run, always to be saved, never shown: its content is a stranger's."""
    run = services.runs.get(actor, RunId(run_id))
    size_bytes, data = services.artifacts.open(actor, of_run(run, path))
    return saved(data, size_bytes, path.rpartition("/")[2])
