"""The two transports: the same calls over httpx, blocking and awaited."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import httpx

from lodeline.sdk.client.call import Call
from lodeline.sdk.client.connection import (
    Connection,
    Refused,
    changed_credentials,
    parts_of,
    refusal,
    request_arguments,
    wait_s,
)

T = TypeVar("T")


class SyncTransport:
    """Sends calls and blocks until they are answered. Safe to share between threads."""

    def __init__(self, connection: Connection, transport: httpx.BaseTransport | None = None) -> None:
        self._connection = connection
        with connection.checking_url():
            self._http = httpx.Client(transport=transport, **connection.options)
        self._credentials = connection.credentials

    def close(self) -> None:
        """Let go of connections; again is fine."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Return the answer; raise the server's errors and Unavailable after the retries that the call allows."""
        answer = self._answer(call, stream=False)
        result = call.read(answer.content)
        changed = changed_credentials(self._connection, call, result)
        if changed is not None:
            self._credentials = changed
            self._connection.keep_login(self._http.cookies)
        return result

    @contextmanager
    def stream(self, call: Call[bytes]) -> Generator[Iterator[bytes]]:
        """Give the parts of an answer as they come."""
        answer = self._answer(call, stream=True)
        try:
            yield self._parts(answer)
        finally:
            answer.close()

    def _parts(self, answer: httpx.Response) -> Iterator[bytes]:
        with self._connection.reaching():
            yield from answer.iter_bytes()

    def _answer(self, call: Call[Any], *, stream: bool) -> httpx.Response:
        attempt = 0
        while True:
            try:
                return self._once(call, stream=stream)
            except (httpx.RequestError, Refused) as error:
                pause_s = wait_s(error, call.repeats, attempt, self._connection.max_retries)
                if pause_s is None:
                    raise _raised(self._connection, error) from None
            time.sleep(pause_s)
            attempt += 1

    def _once(self, call: Call[Any], *, stream: bool) -> httpx.Response:
        arguments = request_arguments(call, self._credentials)
        parts = parts_of(call)
        if parts is not None:
            arguments["content"] = parts
        request = self._http.build_request(timeout=self._connection.timeout(call.timeout_s), **arguments)
        answer = self._http.send(request, stream=True)
        try:
            if answer.status_code >= 300:
                answer.read()
                raise Refused(answer.status_code, refusal(answer))
            if not stream:
                answer.read()
        except BaseException:
            answer.close()
            raise
        return answer


class AsyncTransport:
    """Sends calls and is awaited for their answers. Of one event loop."""

    def __init__(self, connection: Connection, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._connection = connection
        with connection.checking_url():
            self._http = httpx.AsyncClient(transport=transport, **connection.options)
        self._credentials = connection.credentials

    async def close(self) -> None:
        """Let go of connections; again is fine."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Return the answer; raise the server's errors and Unavailable after the retries that the call allows."""
        answer = await self._answer(call, stream=False)
        result = call.read(answer.content)
        changed = changed_credentials(self._connection, call, result)
        if changed is not None:
            self._credentials = changed
            self._connection.keep_login(self._http.cookies)
        return result

    @asynccontextmanager
    async def stream(self, call: Call[bytes]) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Give the parts of an answer as they come."""
        answer = await self._answer(call, stream=True)
        try:
            yield self._parts(answer)
        finally:
            await answer.aclose()

    async def _parts(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        with self._connection.reaching():
            async for part in answer.aiter_bytes():
                yield part

    async def _answer(self, call: Call[Any], *, stream: bool) -> httpx.Response:
        attempt = 0
        while True:
            try:
                return await self._once(call, stream=stream)
            except (httpx.RequestError, Refused) as error:
                pause_s = wait_s(error, call.repeats, attempt, self._connection.max_retries)
                if pause_s is None:
                    raise _raised(self._connection, error) from None
            await asyncio.sleep(pause_s)
            attempt += 1

    async def _once(self, call: Call[Any], *, stream: bool) -> httpx.Response:
        arguments = request_arguments(call, self._credentials)
        parts = parts_of(call)
        if parts is not None:
            arguments["content"] = _awaited(parts)
        request = self._http.build_request(timeout=self._connection.timeout(call.timeout_s), **arguments)
        answer = await self._http.send(request, stream=True)
        try:
            if answer.status_code >= 300:
                await answer.aread()
                raise Refused(answer.status_code, refusal(answer))
            if not stream:
                await answer.aread()
        except BaseException:
            await answer.aclose()
            raise
        return answer


async def _awaited(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield parts that are made in another thread, such as those of a file."""
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part


def _raised(connection: Connection, error: httpx.RequestError | Refused) -> Exception:
    return error.error if isinstance(error, Refused) else connection.unreachable(error)
