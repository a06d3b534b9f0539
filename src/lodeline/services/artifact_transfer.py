"""Artifacts of runs and models in an experiment's file; those of traces are among their attachments.

- ``artifacts/NNNNN.jsonl``: a row a file: its path below the experiment's artifacts, the member that holds it;
- ``artifacts/NNNNN/NNNNN``: the files.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import BinaryIO

from lodeline.domain.blob import artifact_folder, check_new_blob_path
from lodeline.domain.errors import Conflict, Invalid, NotFound, TooLarge, shown
from lodeline.domain.ids import ExperimentId
from lodeline.services.archive import ArchiveReader, ArchiveWriter
from lodeline.services.artifacts import OF_TRACE, artifact_segments
from lodeline.services.run_transfer import RowsOf
from lodeline.services.transfer_rows import Row, write_row
from lodeline.storage.base import Stores

BLOCK = 500
MAX_LISTED = 1_000
_PIECE_BYTES = 2**20
_MEMBER = re.compile(r"artifacts/[0-9]{5}\.jsonl")


@dataclass(slots=True)
class ArtifactCounts:
    """What an import added, and what was there already."""

    artifacts: int = 0
    existing_artifacts: int = 0


class ArtifactExport:
    """The members of a file that hold an experiment's artifacts; `artifacts` tells afterwards how many there are."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId, archive: ArchiveWriter) -> None:
        self._stores = stores
        self._folder = artifact_folder(experiment_id)
        self._archive = archive
        self.artifacts = 0

    def pieces(self) -> Iterator[bytes]:
        """Write the members, and yield the archive's bytes meanwhile."""
        found = iter(self._stores.blobs.list(self._folder))
        for number in count(1):
            block = list(islice(found, BLOCK))
            if not block:
                return
            rows: list[bytes] = []
            for index, info in enumerate(block):
                try:
                    stream = self._stores.blobs.open(info.path)
                except NotFound:
                    continue  # deleted since it was listed
                member = f"artifacts/{number:05d}/{index:05d}"
                yield from self._archive.stream(member, _pieces(stream))
                rows.append(write_row({"path": info.path.removeprefix(self._folder + "/"), "member": member}))
                self.artifacts += 1
            self._archive.add(f"artifacts/{number:05d}.jsonl", b"".join(rows))
            yield self._archive.take()


class ArtifactImport:
    """Restores what `ArtifactExport` wrote; `check` was called before `run`. A file that is there stays as it is."""

    def __init__(
        self, stores: Stores, reader: ArchiveReader, experiment_id: ExperimentId, rows_of: RowsOf, *, max_bytes: int
    ) -> None:
        self._stores = stores
        self._reader = reader
        self._folder = artifact_folder(experiment_id)
        self._names = sorted(name for name in reader.members if _MEMBER.fullmatch(name))
        self._rows_of = rows_of
        self._max_bytes = max_bytes
        self.counts = ArtifactCounts()
        self.refused: list[str] = []

    def check(self) -> None:
        """Return when everything can be stored; Invalid or TooLarge, naming the file, before that.

        A member is one file's: else a small archive could name it often, and grow beyond every bound.
        """
        used: set[str] = set()
        for row in self._rows():
            path, member = self._place(row)
            if member in used:
                raise Invalid(f"artifact {shown(path)}: its content is another's in the file.")
            used.add(member)
            if member not in self._reader.members or not member.startswith("artifacts/"):
                raise Invalid(f"artifact {shown(path)}: the file has no content of it.")
            if self._reader.members[member].size_bytes > self._max_bytes:
                raise TooLarge(f"artifact {shown(path)} is over the limit of {self._max_bytes} bytes.")

    def run(self) -> Iterator[None]:
        """Add what is not there yet; yields after every file."""
        for row in self._rows():
            path, member = self._place(row)
            if self._is_there(path):
                self.counts.existing_artifacts += 1
                continue
            try:
                with self._reader.open(member) as data:
                    self._stores.blobs.put(path, data, max_bytes=self._max_bytes)
            except Conflict as error:  # a folder is where the file should be, or the other way round
                if len(self.refused) < MAX_LISTED:
                    self.refused.append(f"artifact {row.text('path')}: {error.message}")
                continue
            self.counts.artifacts += 1
            yield

    def _rows(self) -> Iterator[Row]:
        for name in self._names:
            yield from self._rows_of(name)

    def _place(self, row: Row) -> tuple[str, str]:
        """Return where a row's file lies in the blob store, and its member."""
        path = row.text("path")
        if OF_TRACE.fullmatch(path):
            raise Invalid.value("path", path, "the path of a run's or a model's artifact")
        inside = "/".join(artifact_segments(path))
        return check_new_blob_path(f"{self._folder}/{inside}"), row.text("member")

    def _is_there(self, path: str) -> bool:
        try:
            self._stores.blobs.open(path).close()
        except NotFound:
            return False
        return True


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece
