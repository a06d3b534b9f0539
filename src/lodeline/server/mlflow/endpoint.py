"""Endpoint: one call of MLflow's protocol, from its request to its answer.

A noun lists its endpoints; each has a function from a `Call` to a `Reply`, run on the thread pool. Calls whose bodies
are no messages (artifacts) are handled by an async function from the request itself, wrapped by `guarded`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from lodeline.auth.actor import LOCAL, Actor
from lodeline.auth.policy import check_known
from lodeline.domain.errors import Invalid, LodelineError, shown
from lodeline.domain.ids import ExperimentId
from lodeline.domain.span import JsonValue
from lodeline.server.access import Access, key_of
from lodeline.server.errors import cut_off
from lodeline.server.mlflow.errors import refusal_of
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.wire import Reply
from lodeline.server.serialise import dumps_plain
from lodeline.services.bundle import Services

_WAIT_S = 3.0
_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Call:
    """What a client asks: who it is, and the fields of path, query and body as one message; `locations` are the
    places of artifacts that were looked up for it."""

    actor: Actor
    services: Services
    fields: Fields
    headers: Headers
    locations: dict[ExperimentId, str] = field(default_factory=dict[ExperimentId, str])


class NotYet(Exception):
    """What is asked for is on its way: the door asks again for a few seconds before it answers with `error`."""

    def __init__(self, error: LodelineError) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A call's method, its path below ``/api/`` (``{name}`` stands for one segment), and what answers it."""

    method: str
    path: str
    answer: Callable[[Call], Reply]

    def route(self, prefix: str) -> Route:
        """Return the route below a prefix such as ``2.0/``."""

        async def answer(request: Request) -> Response:
            return Response(dumps_plain(await self._answer(request)), media_type="application/json")

        return Route(f"/{self.path.removeprefix(prefix)}", guarded(answer), methods=[self.method])

    async def _answer(self, request: Request) -> Reply:
        call = Call(await actor_of(request), request.app.state.services, await message_of(request), request.headers)
        until_s = time.monotonic() + _WAIT_S
        while True:
            try:
                return await run_in_threadpool(self.answer, call)
            except NotYet as late:
                if time.monotonic() > until_s:
                    raise late.error from late
            await asyncio.sleep(_STEP_S)


RawAnswer = Callable[[Request], Awaitable[Response]]


def guarded(answer: RawAnswer) -> RawAnswer:
    """Return what answers a request, with whatever it raises told as MLflow tells it."""

    async def guard(request: Request) -> Response:
        try:
            return await answer(request)
        except ClientDisconnect:
            raise
        except asyncio.CancelledError:
            return refusal_of(cut_off())
        except Exception as error:
            return refusal_of(error)

    return guard


async def actor_of(request: Request) -> Actor:
    """Return who asks, by API key; cookies count nothing at this door. Unauthenticated for nobody.

    The first thing of every call: what else is wrong with it is told to those who may ask.
    """
    access: Access = request.app.state.access
    if not access.enabled:
        return LOCAL
    actor = await run_in_threadpool(access.by_key, key_of(request.headers))
    check_known(actor)
    return actor


async def message_of(request: Request) -> Fields:
    """Return the fields of path, query and body as one message."""
    values: dict[str, JsonValue] = {}
    for name in request.query_params:
        given = request.query_params.getlist(name)
        values[name] = given if len(given) > 1 else given[0]
    if request.method != "GET":
        values.update(_body(await request.body(), request))
    values.update(request.path_params)
    return Fields(values)


def _body(body: bytes, request: Request) -> dict[str, JsonValue]:
    if not body.strip():
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and request.method in {"POST", "PUT"}:
        raise Invalid(f"content-type: {shown(media_type)} is not valid; send the body as application/json.")
    try:
        found: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"body: it is no JSON ({str(error)[:200]}); send an object.") from error
    if not isinstance(found, dict):
        raise Invalid("body: it is no JSON object; send one.")
    return found  # pyright: ignore[reportUnknownVariableType] - what JSON holds
