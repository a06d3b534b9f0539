"""Native routes of attachments: bytes in, bytes out, never rendered."""

from typing import Annotated

from fastapi import Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from lodeline.domain.attachment import Attachment
from lodeline.domain.ids import TraceId
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer, binary
from lodeline.server.api.entry import native_router
from lodeline.server.api.traces import TracePath
from lodeline.server.uploads import saved, spooled

router = native_router("/traces/{trace_id}/attachments", "attachments")

NamePath = Annotated[str, Path(min_length=1, max_length=200, description="The file's name.", examples=["image.png"])]


@router.get("", **answer(list[Attachment], 404))
def list_attachments(actor: ActorDep, services: ServicesDep, trace_id: TracePath) -> Json:
    """List the files of a trace, by name."""
    return Json(services.attachments.list(actor, TraceId(trace_id)))


@router.put(
    "/{name}",
    **answer(Attachment, 404, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_attachment(
    request: Request, actor: ActorDep, services: ServicesDep, trace_id: TracePath, name: NamePath
) -> Json:
    """Store a file beside a trace, replacing one of the same name."""
    await run_in_threadpool(services.traces.get, actor, TraceId(trace_id), "trace.edit")
    async with spooled(request, max_bytes=services.attachments.max_bytes) as data:
        return Json(await run_in_threadpool(services.attachments.put, actor, TraceId(trace_id), name, data))


@router.get("/{name}", **binary("application/octet-stream", 404, what="The file's bytes."))
def get_attachment(actor: ActorDep, services: ServicesDep, trace_id: TracePath, name: NamePath) -> StreamingResponse:
    """Return a file, always to be saved, never shown: its content is a stranger's."""
    found, data = services.attachments.open(actor, TraceId(trace_id), name)
    return saved(data, found.size_bytes, name)


@router.delete("/{name}", **answer(None, 404, status=204))
def delete_attachment(actor: ActorDep, services: ServicesDep, trace_id: TracePath, name: NamePath) -> None:
    """Delete a file of a trace."""
    services.attachments.delete(actor, TraceId(trace_id), name)
