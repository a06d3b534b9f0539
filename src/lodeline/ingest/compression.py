"""Request bodies out of their Content-Encoding, bounded before memory is spent."""

import zlib
from collections.abc import Callable

import zstandard

from lodeline.domain.errors import Invalid, TooLarge, Unsupported, shown
from lodeline.ingest.limits import DEFAULT_LIMITS, IngestLimits

ENCODINGS = ("gzip", "deflate", "zstd")
_GZIP, _ZLIB, _RAW_DEFLATE = 31, 15, -15
_MAX_MEMBERS = 16
"""gzip members or zstd frames in one body; senders write one."""
_MAX_WINDOW_BYTES = 128 * 1024 * 1024
_STEP_BYTES = 1024
"""zstd's decompressor takes no bound: fed in steps, it cannot pass ours by more than these can grow to (32 MiB)."""
_FED_BYTES = 256 * 1024
"""zlib copies what it is given and has not used yet: it is given this much at a time."""
_PART_BYTES = 1024 * 1024
"""zlib gives at most so much at a time, so that the bounds are looked at before more is made."""

Hold = Callable[[int], object]
"""Told how many bytes there are by now, as they grow; what it raises ends the work."""


def decompress(
    body: bytes, encoding: str | None, limits: IngestLimits = DEFAULT_LIMITS, hold: Hold | None = None
) -> bytes:
    """Return the body as it was before its Content-Encoding; None, "" and "identity" mean that it has none.

    "deflate" is taken with and without its zlib header. `hold` is told how large the result is while it grows, never
    of a body without encoding. TooLarge for a body over `max_body_bytes`, and as soon as the result passes what
    `limits` allow; Invalid for broken data; Unsupported for other encodings.
    """
    if len(body) > limits.max_body_bytes:
        raise TooLarge(f"body: {len(body)} bytes are over the limit of {limits.max_body_bytes}; send fewer spans.")
    name = (encoding or "identity").strip().lower()
    if name in {"identity", ""}:
        return body
    most = min(limits.max_decompressed_bytes, max(limits.free_decompressed_bytes, limits.max_ratio * len(body)))
    try:
        match name:
            case "gzip" | "x-gzip":
                return _inflate(body, _GZIP, _Output(most, hold))
            case "deflate":
                return _deflate(body, most, hold)
            case "zstd":
                return _zstd(body, _Output(most, hold))
            case _:
                raise Unsupported(
                    f"Content-Encoding {shown(name)} is not known; send one of {', '.join(ENCODINGS)} or none.",
                    code="unsupported_encoding",
                )
    except (zlib.error, zstandard.ZstdError) as error:
        raise Invalid(f"body: it is not valid {name} data ({error}).") from error


class _Output:
    """What has been decompressed so far: in one buffer that grows where it lies, gone as soon as it is refused.

    An error keeps the frames it came through alive for a while, so none of these may keep the parts.
    """

    def __init__(self, most: int, hold: Hold | None) -> None:
        self._most = most
        self._hold = hold
        self._buffer = bytearray()

    def add(self, part: bytes) -> None:
        """Keep another part; TooLarge when that is over the limit, and whatever `hold` raises."""
        size = len(self._buffer) + len(part)
        try:
            if size > self._most:
                raise TooLarge(f"body: it passes {self._most} bytes when decompressed; send fewer spans a request.")
            if self._hold is not None:
                self._hold(size)
        except BaseException:
            self._buffer = bytearray()
            raise
        self._buffer += part

    def whole(self) -> bytes:
        """Return all that was kept."""
        made = bytes(self._buffer)
        self._buffer = bytearray()
        return made


def _deflate(body: bytes, most: int, hold: Hold | None) -> bytes:
    try:
        return _inflate(body, _ZLIB, _Output(most, hold))
    except zlib.error:
        return _inflate(body, _RAW_DEFLATE, _Output(most, hold))


def _inflate(body: bytes, window_bits: int, output: _Output) -> bytes:
    rest = memoryview(body)
    for _ in range(_MAX_MEMBERS):
        rest = _member(rest, window_bits, output)
        if window_bits != _GZIP or not bytes(rest).strip(b"\0"):
            return output.whole()
    raise zlib.error(f"it has over {_MAX_MEMBERS} members")


def _member(body: memoryview, window_bits: int, output: _Output) -> memoryview:
    """Decompress one member and return what follows it."""
    member = zlib.decompressobj(window_bits)
    at = 0
    while not member.eof:
        fed = body[at : at + _FED_BYTES]
        at += len(fed)
        part = member.decompress(fed, _PART_BYTES)
        output.add(part)
        while not member.eof and len(part) == _PART_BYTES:
            part = member.decompress(member.unconsumed_tail, _PART_BYTES)
            output.add(part)
        if not fed and not member.eof:
            raise zlib.error("it is cut off")
    return body[at - len(member.unused_data) :]


def _zstd(body: bytes, output: _Output) -> bytes:
    context = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
    frame = context.decompressobj()
    frames = 1
    for start in range(0, len(body), _STEP_BYTES):
        step = body[start : start + _STEP_BYTES]
        while step:
            if frame.eof:
                frame = context.decompressobj()
                frames += 1
                if frames > _MAX_MEMBERS:
                    raise zstandard.ZstdError(f"it has over {_MAX_MEMBERS} frames")
            output.add(frame.decompress(step))
            step = frame.unused_data
    if not frame.eof:
        raise zstandard.ZstdError("it is cut off")
    return output.whole()
