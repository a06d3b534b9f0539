"""httpx transports that call an ASGI application in this process, for a store that is opened without a server.

The application runs on an event loop of its own thread. Bodies stream in both directions with bounded memory.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import Future
from typing import Any, TypeAlias

import httpx

from lodeline.domain.errors import Unavailable

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
"""The types of ASGI, which the SDK has no framework to take from."""
_QUEUED_PARTS = 16


class InProcessTransport(httpx.BaseTransport):
    """Carries requests to an application; entering it starts the application, leaving it shuts it down."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lodeline-in-process", daemon=True)
        self._lifespan = _Lifespan(app)

    def __enter__(self) -> "InProcessTransport":
        """Start the application, once."""
        if self._thread.ident is None:
            self._thread.start()
            try:
                self._run(self._lifespan.start()).result()
            except BaseException:
                self._stop_loop()
                raise
        return self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the application's answer as soon as its head is there; its body follows as it is read."""
        exchange = _Exchange(request, self._loop)
        running = self._run(exchange.run(self._app))
        running.add_done_callback(exchange.finish)
        status, headers = exchange.head.result()
        return httpx.Response(status, headers=headers, stream=_Body(exchange), request=request)

    def close(self) -> None:
        """Shut the application down; again is fine."""
        if self._thread.is_alive():
            try:
                self._run(self._lifespan.stop()).result()
            finally:
                self._stop_loop()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


class AsyncInProcessTransport(httpx.AsyncBaseTransport):
    """The same for awaited requests, over a transport that was entered; whoever made that one closes it."""

    def __init__(self, transport: InProcessTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the application's answer as soon as its head is there; its body follows as it is read."""
        content = await request.aread()
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=content)
        answer = await asyncio.to_thread(self._transport.handle_request, sent)
        body = _AsyncBody(answer)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=body, request=request)


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = self._answer.iter_raw()
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            yield part

    async def aclose(self) -> None:
        await asyncio.to_thread(self._answer.close)


class _Exchange:
    """One request and its answer, between the caller's thread and the application's loop."""

    def __init__(self, request: httpx.Request, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._loop = loop
        self._parts_in: Iterator[bytes] = iter(_sync_stream(request))
        self._sent_all = False
        self._gone = asyncio.Event()
        self.head: Future[tuple[int, list[tuple[bytes, bytes]]]] = Future()
        self.parts: queue.Queue[bytes | BaseException | None] = queue.Queue(_QUEUED_PARTS)
        self._abandoned = False

    async def run(self, app: AsgiApp) -> None:
        await app(self._scope(), self._receive, self._send)

    def finish(self, running: "Future[None]") -> None:
        """Tell the reader that there is no more, or what went wrong."""
        error = None if running.cancelled() else running.exception()
        if not self.head.done():
            self.head.set_exception(error or Unavailable("the application gave no answer."))
        elif not self._abandoned:
            self._put(error)

    def read(self) -> Iterator[bytes]:
        """Yield the parts of the answer's body."""
        while (part := self.parts.get()) is not None:
            if isinstance(part, BaseException):
                raise part
            yield part

    def abandon(self) -> None:
        """The reader wants no more: let the application finish without it."""
        self._abandoned = True
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._gone.set)
        with contextlib.suppress(queue.Empty):
            while True:
                self.parts.get_nowait()

    def _put(self, part: bytes | BaseException | None) -> None:
        while not self._abandoned:
            with contextlib.suppress(queue.Full):
                self.parts.put(part, timeout=0.1)
                return

    async def _receive(self) -> Message:
        if self._sent_all:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        part = await asyncio.to_thread(next, self._parts_in, None)
        self._sent_all = part is None
        return {"type": "http.request", "body": part or b"", "more_body": not self._sent_all}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.head.set_result((message["status"], list(message.get("headers", ()))))
        elif message["type"] == "http.response.body" and message.get("body"):
            await asyncio.to_thread(self._put, bytes(message["body"]))

    def _scope(self) -> Scope:
        url = self._request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(key.lower(), value) for key, value in self._request.headers.raw],
            "client": ("127.0.0.1", 0),
            "server": (url.host, url.port or 80),
        }


class _Body(httpx.SyncByteStream):
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        return self._exchange.read()

    def close(self) -> None:
        self._exchange.abandon()


class _Lifespan:
    """The application's start and stop, by ASGI's lifespan protocol."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._task = asyncio.create_task(self._serve(scope))
        await self._step("lifespan.startup")

    async def stop(self) -> None:
        await self._step("lifespan.shutdown")
        if self._task is not None:
            await self._task

    async def _serve(self, scope: Scope) -> None:
        await self._app(scope, self._incoming.get, self._outgoing.put)

    async def _step(self, kind: str) -> None:
        await self._incoming.put({"type": kind})
        answer = asyncio.create_task(self._outgoing.get())
        tasks: set[asyncio.Task[Any]] = {answer}
        if self._task is not None:
            tasks.add(self._task)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            if self._task is not None and self._task.done():
                self._task.result()
            return
        message = answer.result()
        if message["type"].endswith(".failed"):
            raise Unavailable(f"the store could not be served: {message.get('message') or 'no reason was given'}")


def _sync_stream(request: httpx.Request) -> httpx.SyncByteStream:
    if not isinstance(request.stream, httpx.SyncByteStream):
        raise TypeError("the request's body is not a synchronous stream")
    return request.stream
