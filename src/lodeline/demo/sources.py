"""Reading the data files that ship in `demo/data`: JSON lines and archives, all Zstandard-compressed."""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

import orjson
import zstandard

from lodeline.domain.span import JsonValue

JsonObject = Mapping[str, JsonValue]
_MAX_UNPACKED = 64 * 1024 * 1024


def rows(name: str) -> tuple[JsonObject, ...]:
    """Return the objects of a file of JSON lines, such as ``airline.jsonl.zst``."""
    return tuple(json_rows(_unpacked(name)))


def members(name: str) -> Mapping[str, bytes]:
    """Return the files of an archive, such as ``captures.zip.zst``, by name and in their order."""
    with zipfile.ZipFile(io.BytesIO(_unpacked(name))) as archive:
        return {member: archive.read(member) for member in archive.namelist()}


def json_rows(content: bytes) -> Iterator[JsonObject]:
    """Yield the objects of JSON lines."""
    for line in content.splitlines():
        yield mapping(orjson.loads(line))


def mapping(value: JsonValue) -> JsonObject:
    """Return `value` as an object; an empty one when it is something else."""
    return value if isinstance(value, Mapping) else {}


def items(value: JsonValue) -> Sequence[JsonValue]:
    """Return `value` as a list; an empty one when it is something else."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def text(value: JsonValue) -> str:
    """Return `value` when it is text and its JSON otherwise; "" for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def integer(value: JsonValue) -> int:
    """Return `value` as an integer; 0 when it is no number."""
    return int(value) if isinstance(value, int | float) else 0


def _unpacked(name: str) -> bytes:
    packed = (files("lodeline.demo") / "data" / name).read_bytes()
    return zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MAX_UNPACKED)
