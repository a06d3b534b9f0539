"""The file that an experiment is exported to: a zip whose manifest names every member with its size and SHA-256.

It is written in one pass to a stream that cannot seek, and verified as a whole before anything in it is used. Names
of members are ours alone; nothing in the file becomes a path.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from lodeline.domain.errors import Invalid, TooLarge, shown

FORMAT = "lodeline-experiment"
VERSION = 1
MANIFEST = "manifest.json"
MAX_MEMBERS = 1_000_000
MAX_MANIFEST_BYTES = 256 * 2**20
MAX_EXPANSION = 30
"""How much larger than the file its members may be: rows of JSON compress well, payload is compressed already."""
_SLACK_BYTES = 64 * 2**20
_PIECE_BYTES = 2**20
_NAME = re.compile(r"[a-z]+(\.json|/[0-9]{5}(\.jsonl|\.bin|/[0-9]{5}))")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Member:
    """One member as the manifest states it."""

    name: str
    size_bytes: int
    sha256: str


class _Sink:
    """A file that only takes bytes, for zipfile to write to."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        """Return what was written since the last call."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


class ArchiveWriter:
    """Writes an archive; `take` hands out its bytes as they come."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(cast(BinaryIO, self._sink), "w", allowZip64=True)
        self._members: list[Member] = []

    def add(self, name: str, data: bytes) -> None:
        """Add a whole member, compressed."""
        self._zip.writestr(_entry(name, zipfile.ZIP_DEFLATED), data, compresslevel=6)
        self._note(name, len(data), hashlib.sha256(data).hexdigest())

    def stream(self, name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Add a member piece by piece, as it is, and yield the archive's bytes meanwhile."""
        digest, size_bytes = hashlib.sha256(), 0
        with self._zip.open(_entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
                digest.update(piece)
                size_bytes += len(piece)
                yield self.take()
        self._note(name, size_bytes, digest.hexdigest())

    def take(self) -> bytes:
        """Return the bytes written since the last call."""
        return self._sink.take()

    def finish(self, facts: Mapping[str, object]) -> bytes:
        """Write the manifest with these facts and the end of the archive; return the last bytes."""
        members = [{"name": m.name, "bytes": m.size_bytes, "sha256": m.sha256} for m in self._members]
        manifest = {"format": FORMAT, "version": VERSION, **facts, "members": members}
        self._zip.writestr(_entry(MANIFEST, zipfile.ZIP_DEFLATED), json.dumps(manifest, indent=1).encode())
        self._zip.close()
        return self.take()

    def _note(self, name: str, size_bytes: int, sha256: str) -> None:
        self._members.append(Member(name, size_bytes, sha256))


class ArchiveReader:
    """An archive whose manifest was read; `verify` it before using any member."""

    def __init__(self, file: BinaryIO) -> None:
        with _readable():
            self._zip = zipfile.ZipFile(file)
            infos = self._zip.infolist()
            self._file_bytes = file.seek(0, 2)
        names = [info.filename for info in infos]
        if len(names) > MAX_MEMBERS or len(set(names)) != len(names):
            raise Invalid("file: it has too many members, or two of one name; export it again.")
        if any(info.flag_bits & 1 for info in infos):
            raise Invalid("file: it is encrypted; export it again without.")
        self.facts = self._manifest(names)
        self.members = self._stated(names)

    def verify(self) -> None:
        """Return when every member is what the manifest says; else Invalid, naming the member."""
        most = self._file_bytes * MAX_EXPANSION + _SLACK_BYTES
        total = sum(member.size_bytes for member in self.members.values())
        if total > most:
            raise TooLarge(f"file: it would unpack to {total} bytes, over {MAX_EXPANSION} times its size.")
        for member in self.members.values():
            digest = hashlib.sha256()
            for piece in self.pieces(member.name):
                digest.update(piece)
            if digest.hexdigest() != member.sha256:
                raise Invalid(f"file: member {member.name} does not have the SHA-256 of the manifest; it is damaged.")

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member in pieces; Invalid when it has another size than stated."""
        with self.open(name) as stream, _readable():
            size_bytes = 0
            while piece := stream.read(_PIECE_BYTES):
                size_bytes += len(piece)
                if size_bytes > self.members[name].size_bytes:
                    break
                yield piece
        if size_bytes != self.members[name].size_bytes:
            raise Invalid(f"file: member {name} does not have the size of the manifest; it is damaged.")

    def open(self, name: str) -> BinaryIO:
        """Return a member as a stream; Invalid when there is none of this name."""
        if name not in self.members:
            raise Invalid(f"file: member {shown(name)} is missing; export it again.")
        with _readable():
            return cast(BinaryIO, self._zip.open(name))

    def whole(self, name: str, *, most: int) -> bytes:
        """Return a whole member; TooLarge over `most` bytes."""
        if name in self.members and self.members[name].size_bytes > most:
            raise TooLarge(f"file: member {name} is over {most} bytes.")
        return b"".join(self.pieces(name))

    def _manifest(self, names: list[str]) -> dict[str, object]:
        if MANIFEST not in names:
            raise Invalid("file: it has no manifest.json; it is no experiment that Lodeline exported.")
        with _readable():
            with self._zip.open(MANIFEST) as stream:
                data = stream.read(MAX_MANIFEST_BYTES + 1)
            if len(data) > MAX_MANIFEST_BYTES:
                raise TooLarge(f"file: its manifest is over {MAX_MANIFEST_BYTES} bytes.")
            found = json.loads(data)
            self.digest = hashlib.sha256(data).hexdigest()
        if not isinstance(found, dict):
            raise Invalid("file: its manifest is no JSON object.")
        facts = cast("dict[str, object]", found)
        if facts.get("format") != FORMAT:
            raise Invalid(f"file: format {shown(facts.get('format'))} is not {FORMAT!r}.")
        if facts.get("version") != VERSION:
            raise Invalid(
                f"file: version {shown(facts.get('version'))} is not {VERSION}, the one that this Lodeline reads.",
                code="unsupported_version",
            )
        return facts

    def _stated(self, names: list[str]) -> dict[str, Member]:
        listed = self.facts.get("members")
        members: dict[str, Member] = {}
        for item in cast("list[object]", listed) if isinstance(listed, list) else []:
            match item:
                case {"name": str(name), "bytes": int(size_bytes), "sha256": str(sha256)} if size_bytes >= 0:
                    members[name] = Member(name, size_bytes, sha256)
                case _:
                    raise Invalid("file: its manifest lists a member without name, size or SHA-256.")
        if members.keys() != set(names) - {MANIFEST}:
            raise Invalid("file: its members are not those that its manifest lists; it is damaged.")
        for name in members:
            if not _NAME.fullmatch(name):
                raise Invalid(f"file: {shown(name)} is no name of a member.")
        return members


@contextmanager
def _readable() -> Generator[None]:
    """Turn what zipfile and json raise over a damaged file into Invalid."""
    try:
        yield
    except _DAMAGED as error:
        raise Invalid(f"file: it cannot be read as an exported experiment ({error}).") from error


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = compression
    entry.external_attr = 0o600 << 16
    return entry
