"""Uploads in parts: what a client does with large files when MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD is set.

It begins an upload, sends each part to the address that it was told, with the headers that it was told and no others,
and ends the upload. MLflow's own server can do so over cloud storage only; here the parts come to this server.
"""

import re
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lodeline.domain.errors import Invalid
from lodeline.server.mlflow.endpoint import actor_of, guarded, message_of
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.span_files import door_of, take_spans
from lodeline.server.serialise import dumps_plain
from lodeline.server.uploads import joined, spooled
from lodeline.services.bundle import Services

_ROOT = "/mlflow-artifacts/mpu"
_NUMBER = re.compile(r"[0-9]{1,6}")


async def create(request: Request) -> Response:
    """Begin an upload: answer its id, and where each part is to be put."""
    services, actor, fields = _services(request), await actor_of(request), await message_of(request)
    path, count = _file(fields), fields.needed_integer("num_parts")
    upload_id = await run_in_threadpool(services.artifact_parts.create, actor, path, count)
    root = str(request.base_url).rstrip("/") + request.url.path.partition(f"{_ROOT}/")[0]
    address = f"{root}{_ROOT}/parts/{quote(path)}?upload_id={upload_id}&part_number="
    # The client sends a part with these headers alone: it gets back what it has just sent.
    key = request.headers.get("authorization")
    headers = {} if key is None else {"Authorization": key}
    credentials = [
        {"url": f"{address}{number}", "part_number": number, "headers": headers} for number in range(1, count + 1)
    ]
    return _answer({"upload_id": upload_id, "credentials": credentials})


async def put(request: Request) -> Response:
    """Take a part, and answer the ETag that the end of the upload names it by."""
    services, actor = _services(request), await actor_of(request)
    upload_id, given = request.query_params.get("upload_id", ""), request.query_params.get("part_number", "")
    if not _NUMBER.fullmatch(given):
        raise Invalid.value("part_number", given, "the number of a part")
    of_part = (actor, str(request.path_params["path"]), upload_id, int(given))
    await run_in_threadpool(services.artifact_parts.check_part, *of_part)
    async with spooled(request, max_bytes=services.artifacts.max_bytes) as data:
        digest = await run_in_threadpool(services.artifact_parts.put, *of_part, data)
    return Response(b"{}", media_type="application/json", headers={"etag": f'"{digest}"'})


async def complete(request: Request) -> Response:
    """Make one file of the parts, whole or not at all."""
    services, actor, fields = _services(request), await actor_of(request), await message_of(request)
    path, upload_id = _file(fields), fields.needed("upload_id")
    parts = fields.messages("parts")
    named = [(part.needed_integer("part_number"), part.needed("etag").strip('"')) for part in parts]

    door = door_of(request)

    def end() -> None:
        with joined(services.artifact_parts.read(actor, path, upload_id, named)) as data:
            services.artifacts.put(actor, path, data)
            take_spans(services, door, actor, path, data)
        services.artifact_parts.delete(actor, path, upload_id)

    await run_in_threadpool(end)
    return _answer({})


async def abort(request: Request) -> Response:
    """Give an upload up."""
    services, actor, fields = _services(request), await actor_of(request), await message_of(request)
    await run_in_threadpool(services.artifact_parts.delete, actor, _file(fields), fields.needed("upload_id"))
    return _answer({})


def _file(fields: Fields) -> str:
    """Return the path of the file: the folder of the address, and the name of the client's own file, whose path may
    be one of another system."""
    name = re.split(r"[/\\]", fields.needed("path"))[-1]
    return f"{fields.needed('folder').strip('/')}/{name}"


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _answer(values: dict[str, object]) -> Response:
    return Response(dumps_plain(values), media_type="application/json")


RAW = tuple(
    ("2.0", Route(f"{_ROOT}/{name}", guarded(answer), methods=[method], include_in_schema=False))
    for method, name, answer in (
        ("POST", "create/{folder:path}", create),
        ("PUT", "parts/{path:path}", put),
        ("POST", "complete/{folder:path}", complete),
        ("POST", "abort/{folder:path}", abort),
    )
)
