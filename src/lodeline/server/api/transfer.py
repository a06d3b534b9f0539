"""Native routes of export and import."""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from lodeline.auth.policy import permit, permit_reach
from lodeline.domain.ids import check_experiment_id
from lodeline.domain.transfer import ImportReport
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer, binary
from lodeline.server.api.entry import native_router
from lodeline.server.api.experiments import ExperimentPath
from lodeline.server.settings import Settings
from lodeline.server.uploads import spooled

router = native_router("/experiments", "transfer")

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/{experiment_id}/export", **binary("application/zip", 404, what="The experiment as one file."))
def export_experiment(actor: ActorDep, services: ServicesDep, experiment_id: ExperimentPath) -> StreamingResponse:
    """Return an experiment with all that is in it as one file, for import into any Lodeline server."""
    found, pieces = services.transfer.export(actor, check_experiment_id(experiment_id))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", found.name)[:100].strip("-.") or "experiment"
    return StreamingResponse(
        pieces,
        media_type="application/zip",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}.lodeline.zip"},
    )


@router.post("/import", **answer(ImportReport, 404, 409, 413, status=201), openapi_extra=_UPLOAD)
async def import_experiment(
    request: Request,
    actor: ActorDep,
    services: ServicesDep,
    as_name: Annotated[
        str | None, Query(min_length=1, max_length=500, description="Another name; gives the experiment a new id.")
    ] = None,
    into: Annotated[
        str | None, Query(min_length=1, max_length=500, description="An experiment that takes what the file holds.")
    ] = None,
) -> Json:
    """Import an exported experiment; traces that exist are listed and left alone."""
    if into is None:
        permit(actor, "experiment.create")
    else:
        permit_reach(actor, "experiment.share")
    settings: Settings = request.app.state.settings
    async with spooled(request, max_bytes=settings.max_import_bytes) as file:
        report = await run_in_threadpool(services.transfer.import_file, actor, file, as_name=as_name, into=into)
    return Json(report, status_code=201)
