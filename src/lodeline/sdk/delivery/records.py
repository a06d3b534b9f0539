"""Records of a spool's segments: a header with checksum and numbers, then the bytes of one export request.

A record that is cut off or altered is passed over, and reading goes on at the next one that is whole.
"""

import zlib
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple, Protocol

MAGIC = b"\xf5LdR"
"""No UTF-8 text contains its first byte, so what spans hold seldom looks like a record."""
_HEADER = Struct("<4sIIQQI")
_NUMBERS = Struct("<QQI")
HEADER_BYTES = _HEADER.size
MAX_PAYLOAD_BYTES = 2**30
_BLOCK_BYTES = 2**20


class Record(NamedTuple):
    """One export request. Its sequence number counts the instance's records from 1; `spans_before` its spans."""

    sequence: int
    spans_before: int
    spans: int
    payload: bytes

    @property
    def size_bytes(self) -> int:
        """The bytes it takes on disk."""
        return HEADER_BYTES + len(self.payload)


class Readable(Protocol):
    """An open file."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place."""
        ...

    def read(self, size: int = -1, /) -> bytes | None:
        """Return up to so many bytes."""
        ...


def pack(record: Record) -> bytes:
    """Return the bytes of a record."""
    numbers = _NUMBERS.pack(record.sequence, record.spans_before, record.spans)
    checksum = zlib.crc32(record.payload, zlib.crc32(numbers))
    head = _HEADER.pack(MAGIC, len(record.payload), checksum, record.sequence, record.spans_before, record.spans)
    return head + record.payload


def read_record(file: Readable, at: int, end: int) -> tuple[Record, int] | None:
    """Return the first whole record from `at` on that ends by `end`, and where it ends; None when there is none."""
    while at + HEADER_BYTES <= end:
        record = _whole(file, at, end)
        if record is not None:
            return record, at + record.size_bytes
        at = _next_magic(file, at + 1, end)
    return None


def records(file: Readable, end: int) -> Iterator[Record]:
    """Yield the whole records of a file in order."""
    at = 0
    while (found := read_record(file, at, end)) is not None:
        record, at = found
        yield record


def _whole(file: Readable, at: int, end: int) -> Record | None:
    file.seek(at)
    head = _read(file, HEADER_BYTES)
    if len(head) < HEADER_BYTES or head[:4] != MAGIC:
        return None
    _, length, checksum, sequence, spans_before, spans = _HEADER.unpack(head)
    if length > min(MAX_PAYLOAD_BYTES, end - at - HEADER_BYTES):
        return None
    payload = _read(file, length)
    if len(payload) < length or zlib.crc32(payload, zlib.crc32(head[12:])) != checksum:
        return None
    return Record(sequence, spans_before, spans, payload)


def _next_magic(file: Readable, at: int, end: int) -> int:
    """Return where the magic stands next, at or after `at`; `end` when nowhere."""
    while at < end:
        file.seek(at)
        block = _read(file, min(_BLOCK_BYTES, end - at))
        found = block.find(MAGIC)
        if found >= 0:
            return at + found
        if len(block) <= len(MAGIC):
            return end
        at += len(block) - len(MAGIC) + 1
    return end


def _read(file: Readable, size_bytes: int) -> bytes:
    """Return so many bytes, fewer only at the end of the file."""
    first = file.read(size_bytes) or b""
    if len(first) == size_bytes or not first:
        return first
    parts = [first]
    left = size_bytes - len(first)
    while left and (part := file.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
