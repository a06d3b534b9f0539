"""The OTLP/gRPC door: TraceService.Export over the same use case as OTLP/HTTP.

It has an event loop of its own, in which calls wait for their messages: one that sends none holds no thread, and is
ended when its time is over. Who is asking is known before that.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc
import grpc.aio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.datastructures import Headers

from lodeline.auth.actor import LOCAL, Actor
from lodeline.auth.policy import permit_reach
from lodeline.domain.errors import Invalid, LodelineError
from lodeline.domain.ids import new_hex
from lodeline.server.access import Access, key_of
from lodeline.server.errors import log_incident
from lodeline.server.figures import UNCOUNTED, Door, Figures
from lodeline.server.otlp import PROTOBUF, counted, hint_of, late, source_of
from lodeline.server.rpc_status import rpc_code, rpc_status
from lodeline.services.ingest import ExportOutcome, ExportRequest, IngestService

SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
THREADS = 8
"""How many messages are worked on at a time."""
_END_S = 1.0
"""How long tasks may take to end by themselves, and once they are cancelled, of which gRPC logs an error."""
_STATUS_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


class GrpcDoor:
    """A running OTLP/gRPC server."""

    def __init__(self, loop: "_Loop", server: grpc.aio.Server, pool: ThreadPoolExecutor, port: int) -> None:
        self._loop = loop
        self._server = server
        self._pool = pool
        self.port = port

    def stop(self, grace_s: float) -> None:
        """Take no more calls and wait for those under way, at most `grace_s`, then a moment for what is left."""
        self._loop.run(self._server.stop(grace_s))
        self._loop.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


def start_grpc(
    ingest: IngestService,
    access: Access,
    *,
    host: str,
    port: int,
    body_timeout_s: float = 60.0,
    figures: Figures = UNCOUNTED,
) -> GrpcDoor:
    """Serve on `host`:`port` (0: any free port) and return at once; Invalid when it cannot be bound.

    A call whose message does not come within `body_timeout_s` is ended.
    """
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lodeline-grpc")
    export = _Export(ingest, access, pool, body_timeout_s, figures.door("grpc"))
    loop = _Loop()
    try:
        server, bound = loop.run(_started(export, address, ingest.limits.max_body_bytes))
    except RuntimeError as error:
        loop.close()
        raise Invalid(f"grpc_port: {address} cannot be bound; another program may have it.") from error
    return GrpcDoor(loop, server, pool, bound)


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        # A daemon: nothing waits for it to end.
        self._thread = threading.Thread(target=self._loop.run_forever, name="lodeline-grpc-loop", daemon=True)
        self._thread.start()

    def run(self, work: Awaitable[Any]) -> Any:
        """Run work in the loop, and return what it returns."""

        async def awaited() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result()

    def close(self) -> None:
        """End what still runs in the loop, and the loop and its thread."""
        self.run(_ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _ended() -> None:
    """Let the other tasks of this loop end: a server that has stopped may not have seen the end of all its calls."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, others = await asyncio.wait(others, timeout=_END_S)
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=_END_S)


async def _started(export: "_Export", address: str, max_body_bytes: int) -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", max_body_bytes),
            ("grpc.so_reuseport", 0),  # else two servers would share the port and each get half of the spans
        ],
    )
    # On the line it is a call of one message; taken as a stream, it comes here before that message does.
    handler = grpc.stream_unary_rpc_method_handler(export.answer, _as_sent, _as_sent)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Export": handler}),))
    bound = server.add_insecure_port(address)
    await server.start()
    return server, bound


class _Export:
    """What answers a call of Export."""

    def __init__(
        self, ingest: IngestService, access: Access, pool: ThreadPoolExecutor, body_timeout_s: float, door: Door
    ) -> None:
        self._ingest = ingest
        self._access = access
        self._pool = pool
        self._body_timeout_s = body_timeout_s
        self._door = door

    async def answer(self, messages: object, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
        """Return the answer; a refusal ends the call with its status and details."""
        try:
            outcome = await self._outcome(context)
        except LodelineError as error:
            self._door.refused(error)
            refusal = error
        except Exception as error:
            self._door.refused(error)
            incident = new_hex("in-")
            log_incident(incident, error)
            refusal = LodelineError(f"something unforeseen went wrong; the log has it as incident {incident}.")
        else:
            answer = ExportTraceServiceResponse()
            if outcome.rejected_spans or outcome.message:
                answer.partial_success.rejected_spans = outcome.rejected_spans
                answer.partial_success.error_message = outcome.message
            return answer.SerializeToString()
        details = (("grpc-status-details-bin", rpc_status(refusal)),)
        await context.abort(_STATUS_CODES[rpc_code(refusal)], refusal.message, details)
        raise AssertionError("abort returned")

    async def _outcome(self, context: "grpc.aio.ServicerContext[bytes, bytes]") -> ExportOutcome:
        headers = _headers(context.invocation_metadata())
        actor: Actor = LOCAL
        if self._access.enabled:
            actor = await self._in_pool(partial(self._access.by_key, key_of(headers)))
        permit_reach(actor, "trace.ingest")
        body = await self._message(context)
        request = ExportRequest(
            body=body, content_type=PROTOBUF, encoding=None, hint=hint_of(headers), source=source_of(headers)
        )
        ticket = self._ingest.admit(len(body))
        work = self._pool.submit(counted, self._ingest, self._door, actor, request, ticket)
        # The message is held until the work is over, also where its sender has gone: so long it counts, too.
        work.add_done_callback(lambda _: ticket.__exit__(None, None, None))
        return await asyncio.shield(asyncio.wrap_future(work))

    async def _message(self, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
        try:
            async with asyncio.timeout(self._body_timeout_s):
                message = await context.read()
        except TimeoutError as error:
            raise late(self._body_timeout_s) from error
        if message is grpc.aio.EOF:
            raise Invalid("the call has no message; send one ExportTraceServiceRequest.")
        return message

    async def _in_pool(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _as_sent(message: bytes) -> bytes:
    """Leave a message to `ingest.otlp`, which does not parse it as a whole."""
    return message


def _headers(metadata: Iterable[tuple[str, str | bytes]] | None) -> Headers:
    return Headers({key: value for key, value in metadata or () if isinstance(value, str)})
