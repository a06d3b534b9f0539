import gzip
import random
import traceback
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, TooLarge, Unavailable, Unsupported
from lodeline.ingest import compression
from lodeline.ingest.compression import decompress
from lodeline.ingest.limits import IngestLimits
from tests.work import peak_bytes

BODY = bytes(range(256)) * 1_000
SMALL = IngestLimits(
    max_body_bytes=1_000_000, max_decompressed_bytes=4_000_000, free_decompressed_bytes=1_000_000, max_ratio=10
)


def _raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def _zstd_stream(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(data) + compressor.flush()


WAYS: dict[str, tuple[str | None, Callable[[bytes], bytes]]] = {
    "none": (None, bytes),
    "empty": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": (" X-GZIP ", gzip.compress),
    "gzip in two members": ("gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", _raw_deflate),
    "zstd": ("zstd", zstandard.ZstdCompressor().compress),
    "zstd of unknown size": ("zstd", _zstd_stream),
    "zstd in two frames": ("zstd", lambda data: _zstd_stream(data[:9]) + _zstd_stream(data[9:])),
}
MIB = 1024 * 1024
MOST_MIB = {"gzip": 8, " X-GZIP ": 8, "deflate": 8, "zstd": 40}
COMPRESSED = [name for name in WAYS if name not in {"none", "empty", "identity"}]


@pytest.mark.parametrize("way", WAYS)
def test_a_body_comes_back_as_it_was(way: str) -> None:
    encoding, compress = WAYS[way]
    assert decompress(compress(BODY), encoding) == BODY


@pytest.mark.parametrize("way", COMPRESSED)
def test_a_cut_off_body_is_invalid(way: str) -> None:
    encoding, compress = WAYS[way]
    with pytest.raises(Invalid, match="not valid"):
        decompress(compress(BODY)[:-1], encoding)


@pytest.mark.parametrize("way", COMPRESSED)
def test_a_bomb_is_refused_before_it_goes_off(way: str) -> None:
    encoding, compress = WAYS[way]
    body = compress(bytes(100_000_000))

    def go_off() -> None:
        with pytest.raises(TooLarge, match="when decompressed"):
            decompress(body, encoding, SMALL)

    assert peak_bytes(go_off) < MOST_MIB[encoding or ""] * MIB


def test_high_ratios_are_fine_for_small_bodies_and_refused_for_large_ones() -> None:
    assert decompress(gzip.compress(bytes(900_000)), "gzip", SMALL) == bytes(900_000)
    with pytest.raises(TooLarge):
        decompress(gzip.compress(bytes(1_100_000)), "gzip", SMALL)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_endless_empty_members_are_refused(encoding: str) -> None:
    empty = gzip.compress(b"") if encoding == "gzip" else _zstd_stream(b"")
    with pytest.raises(Invalid, match="over 16"):
        decompress(empty * 10_000, encoding)


def test_a_large_body_is_refused_unread() -> None:
    with pytest.raises(TooLarge, match="1000001 bytes"):
        decompress(bytes(1_000_001), "gzip", SMALL)


def test_other_encodings_are_unsupported() -> None:
    with pytest.raises(Unsupported, match="'br' is not known; send one of gzip, deflate, zstd") as caught:
        decompress(b"x", "br")
    assert caught.value.error_code == "unsupported_encoding"


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "zstd"]))
def test_any_bytes_are_decompressed_or_refused(data: bytes, encoding: str) -> None:
    with suppress(Invalid):
        decompress(data, encoding, SMALL)


@pytest.mark.parametrize("way", COMPRESSED)
def test_the_holder_hears_how_large_a_body_becomes_before_it_is_there(way: str) -> None:
    encoding, compress = WAYS[way]
    heard: list[int] = []
    body = random.Random(1).randbytes(3_000_000)
    assert decompress(compress(body), encoding, hold=heard.append) == body
    assert heard == sorted(heard)
    assert heard[0] <= 1_100_000
    assert heard[-1] == len(body)


@pytest.mark.parametrize("way", COMPRESSED)
def test_what_the_holder_raises_ends_the_work(way: str) -> None:
    encoding, compress = WAYS[way]

    def hold(size_bytes: int) -> None:
        if size_bytes > 1_000:
            raise Unavailable("full")

    with pytest.raises(Unavailable, match="full"):
        decompress(compress(BODY), encoding, hold=hold)


@pytest.mark.parametrize("way", COMPRESSED)
def test_a_refused_body_is_not_kept_by_its_error(way: str) -> None:
    """An error keeps its frames, and these their variables, until whoever handles it is done."""
    encoding, compress = WAYS[way]
    with pytest.raises(TooLarge) as caught:
        decompress(compress(bytes(100_000_000)), encoding, IngestLimits(free_decompressed_bytes=80_000_000))
    kept = 0
    for frame, _line in traceback.walk_tb(caught.value.__traceback__):
        if frame.f_code.co_filename == compression.__file__:
            for value in frame.f_locals.values():
                kept += sum(map(_size, cast("list[object]", value))) if isinstance(value, list) else _size(value)
    assert kept < 40_000_000  # one step of zstd


def _size(value: object) -> int:
    return len(value) if isinstance(value, bytes | bytearray) else 0
