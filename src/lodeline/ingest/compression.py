"""Request bodies out of their Content-Encoding, bounded before memory is spent."""

import zlib

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


def decompress(body: bytes, encoding: str | None, limits: IngestLimits = DEFAULT_LIMITS) -> bytes:
    """Return the body as it was before its Content-Encoding; None, "" and "identity" mean that it has none.

    "deflate" is taken with and without its zlib header. TooLarge for a body over `max_body_bytes`, and as soon as
    the result passes what `limits` allow; Invalid for broken data; Unsupported for other encodings.
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
                return _inflate(body, _GZIP, most)
            case "deflate":
                return _deflate(body, most)
            case "zstd":
                return _zstd(body, most)
            case _:
                raise Unsupported(
                    f"Content-Encoding {shown(name)} is not known; send one of {', '.join(ENCODINGS)} or none.",
                    code="unsupported_encoding",
                )
    except (zlib.error, zstandard.ZstdError) as error:
        raise Invalid(f"body: it is not valid {name} data ({error}).") from error


def _deflate(body: bytes, most: int) -> bytes:
    try:
        return _inflate(body, _ZLIB, most)
    except zlib.error:
        return _inflate(body, _RAW_DEFLATE, most)


def _inflate(body: bytes, window_bits: int, most: int) -> bytes:
    parts: list[bytes] = []
    left = most
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(window_bits)
        part = member.decompress(body, left + 1)
        left -= len(part)
        if left < 0:
            raise _bomb(most)
        if not member.eof:
            raise zlib.error("it is cut off")
        parts.append(part)
        body = member.unused_data
        if window_bits != _GZIP or not body.strip(b"\0"):
            return b"".join(parts)
    raise zlib.error(f"it has over {_MAX_MEMBERS} members")


def _zstd(body: bytes, most: int) -> bytes:
    context = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
    frame = context.decompressobj()
    frames = 1
    parts: list[bytes] = []
    left = most
    for start in range(0, len(body), _STEP_BYTES):
        step = body[start : start + _STEP_BYTES]
        while step:
            if frame.eof:
                frame = context.decompressobj()
                frames += 1
                if frames > _MAX_MEMBERS:
                    raise zstandard.ZstdError(f"it has over {_MAX_MEMBERS} frames")
            part = frame.decompress(step)
            left -= len(part)
            if left < 0:
                raise _bomb(most)
            parts.append(part)
            step = frame.unused_data
    if not frame.eof:
        raise zstandard.ZstdError("it is cut off")
    return b"".join(parts)


def _bomb(most: int) -> TooLarge:
    return TooLarge(f"body: it passes {most} bytes when decompressed; send fewer spans a request.")
