"""Uploads: a request body as a file, bounded, in memory while small and on disk beyond; and files as answers."""

import tempfile
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import BinaryIO, cast
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from lodeline.domain.errors import Unavailable
from lodeline.server.security import body_too_large

MEMORY_BYTES = 2**20
_CHUNK_BYTES = 2**18


@asynccontextmanager
async def spooled(request: Request, *, max_bytes: int) -> AsyncGenerator[BinaryIO]:
    """Give the body of a request as a file at its start; TooLarge over `max_bytes`, at once when it is announced.

    Unavailable when the system's folder for temporary files has no room for it.
    """
    stated = request.headers.get("content-length", "0")
    if stated.isdecimal() and int(stated) > max_bytes:
        raise body_too_large(max_bytes)
    size_bytes = 0
    with _spool() as file:
        async for piece in request.stream():
            size_bytes += len(piece)
            if size_bytes > max_bytes:
                raise body_too_large(max_bytes)
            with _room():
                if size_bytes > MEMORY_BYTES:
                    await run_in_threadpool(file.write, piece)
                else:
                    file.write(piece)
        with _room():  # going back writes what is still buffered
            file.seek(0)
        yield file


@contextmanager
def joined(pieces: Iterable[bytes]) -> Generator[BinaryIO]:
    """Give pieces of bytes as one file at its start; Unavailable when there is no room for it."""
    with _spool() as file:
        for piece in pieces:
            with _room():
                file.write(piece)
        with _room():
            file.seek(0)
        yield file


def read_chunks(data: BinaryIO) -> Iterator[bytes]:
    """Yield a stream in pieces and close it."""
    with data:
        while piece := data.read(_CHUNK_BYTES):
            yield piece


def saved(data: BinaryIO, size_bytes: int, name: str) -> StreamingResponse:
    """Return a stranger's file as an answer that browsers save and never show; the stream is closed at its end."""
    return StreamingResponse(
        read_chunks(data),
        media_type="application/octet-stream",
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "content-length": str(size_bytes),
            "content-security-policy": "sandbox; default-src 'none'",
        },
    )


@contextmanager
def _spool() -> Generator[BinaryIO]:
    """Give a file in memory that moves to disk when it grows, and is gone afterwards."""
    made = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES, mode="w+b")  # noqa: SIM115 - closed below
    file = cast(BinaryIO, made)
    try:
        yield file
    finally:
        with suppress(OSError):  # a file that the disk has no room for writes what is buffered once more
            file.close()


@contextmanager
def _room() -> Generator[None]:
    """Turn a failure to write the temporary file into Unavailable."""
    try:
        yield
    except OSError as error:
        folder = tempfile.gettempdir()
        raise Unavailable(
            f"the upload does not fit into {folder} ({error.strerror}); free space there, then send it again.",
            code="disk_full",
            retry_after_s=30,
        ) from error
