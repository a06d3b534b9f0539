"""A minimal HTTP/1.1 client over one kept-open connection, so that the client is never the bottleneck."""

import asyncio
from dataclasses import dataclass
from typing import Self

import orjson

from lodeline.domain.span import JsonValue


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of one response."""

    status: int
    body: bytes

    def json(self) -> JsonValue:
        """Return the body as JSON; RuntimeError when the status is not 200."""
        if self.status != 200:
            raise RuntimeError(f"status {self.status}: {self.body[:500]!r}")
        return orjson.loads(self.body)


class Connection:
    """One connection; requests go one after the other."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port = port
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to 127.0.0.1."""
        return cls(port, *await asyncio.open_connection("127.0.0.1", port, limit=2**26))

    async def post(self, path: str, body: bytes, content_type: str = "application/x-protobuf") -> Answer:
        """Send a body and return the answer."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return await self._exchange(head.encode() + body)

    async def get(self, path: str) -> Answer:
        """Return the answer to a GET."""
        return await self._exchange(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode())

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        await self._writer.wait_closed()

    async def _exchange(self, message: bytes) -> Answer:
        self._writer.write(message)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            return Answer(status, await self._chunks())
        at = head.find(b"content-length:")
        length = int(head[at + 15 : head.index(b"\r", at)]) if at >= 0 else 0
        return Answer(status, await self._reader.readexactly(length))

    async def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := int(await self._reader.readline(), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readline()
        return b"".join(parts)
