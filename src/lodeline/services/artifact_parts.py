"""Artifacts that come in parts: each is kept until all are there and become one file, or the upload is given up.

An upload is a folder of blobs: `plan` holds the number of its parts, the others are named by theirs. Its name is
made of the upload's id and the path that it was begun for, so that an id opens no other path. One that nobody ends is
removed a day later, when the next upload of the experiment begins.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from lodeline.auth.actor import Actor
from lodeline.domain.blob import experiment_folder
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Invalid, NotFound, TooLarge
from lodeline.domain.ids import ExperimentId, new_hex
from lodeline.services.artifacts import ArtifactService
from lodeline.storage.base import Stores

MAX_PARTS = 10_000
KEPT_MS = 24 * 3_600_000
_ID = re.compile(r"[0-9a-f]{32}")
_PLAN = "plan"
_CHUNK_BYTES = 2**18


class ArtifactPartService:
    """Use cases of uploads in parts; whoever may write the file may do each of them."""

    def __init__(self, stores: Stores, artifacts: ArtifactService, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._artifacts = artifacts
        self._clock = clock

    def create(self, actor: Actor, path: str, parts: int) -> str:
        """Begin an upload of a file in so many parts, at most 10,000, and return its id."""
        experiment_id = self._artifacts.check_write(actor, path)
        if not 1 <= parts <= MAX_PARTS:
            raise Invalid.value("num_parts", parts, f"a number of parts from 1 to {MAX_PARTS}")
        self._remove_abandoned(experiment_id)
        upload_id = new_hex()
        folder = _folder(experiment_id, path, upload_id)
        self._stores.blobs.put(f"{folder}/{_PLAN}", io.BytesIO(str(parts).encode()), max_bytes=16)
        return upload_id

    def check_part(self, actor: Actor, path: str, upload_id: str, number: int) -> None:
        """Return when a part may come, asked before its bytes are read; NotFound when there is no such upload."""
        self._planned(self._at(actor, path, upload_id), upload_id, number)

    def put(self, actor: Actor, path: str, upload_id: str, number: int, data: BinaryIO) -> str:
        """Keep a part, numbered from 1, in place of an earlier one of the number, and return its bytes' SHA-256.

        TooLarge when the parts together pass what an artifact may have.
        """
        folder = self._at(actor, path, upload_id)
        self._planned(folder, upload_id, number)
        name = f"{folder}/{number}"
        beside = {name, f"{folder}/{_PLAN}"}
        others = sum(info.size_bytes for info in self._stores.blobs.list(folder) if info.path not in beside)
        most = self._artifacts.max_bytes
        digest = hashlib.sha256()
        size_bytes = 0
        while piece := data.read(_CHUNK_BYTES):
            size_bytes += len(piece)
            digest.update(piece)
        if others + size_bytes > most:
            raise TooLarge(f"The parts of {path!r} pass {most} bytes, which is the limit of an artifact.")
        data.seek(0)
        self._stores.blobs.put(name, data, max_bytes=most)
        return digest.hexdigest()

    def read(self, actor: Actor, path: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> Iterator[bytes]:
        """Yield the bytes of the whole file: `parts` are the numbers of all of its parts in order, with the digests
        that they were answered with.

        Invalid when one is missing, or another one has come in its place.
        """
        folder = self._at(actor, path, upload_id)
        planned = self._planned(folder, upload_id)
        numbers = [number for number, _ in parts]
        if numbers != list(range(1, planned + 1)):
            raise Invalid(
                f"parts: the upload has {planned} parts; name all of them once, in order.", details={"field": "parts"}
            )
        return self._joined(folder, parts)

    def delete(self, actor: Actor, path: str, upload_id: str) -> None:
        """Give an upload up, or clear up behind one that has become a file; NotFound when there is no such upload."""
        folder = self._at(actor, path, upload_id)
        self._planned(folder, upload_id)
        self._stores.blobs.delete(folder)

    def _joined(self, folder: str, parts: Sequence[tuple[int, str]]) -> Iterator[bytes]:
        for number, expected in parts:
            digest = hashlib.sha256()
            try:
                stream = self._stores.blobs.open(f"{folder}/{number}")
            except NotFound as error:
                message = f"parts: part {number} has not come; send it, or abort the upload."
                raise Invalid(message, details={"field": "parts"}) from error
            with stream:
                while piece := stream.read(_CHUNK_BYTES):
                    digest.update(piece)
                    yield piece
            if digest.hexdigest() != expected:
                raise Invalid.value(f"parts.{number}.etag", expected, "the ETag that the part was answered with")

    def _at(self, actor: Actor, path: str, upload_id: str) -> str:
        return _folder(self._artifacts.check_write(actor, path), path, upload_id)

    def _planned(self, folder: str, upload_id: str, number: int = 1) -> int:
        """Return how many parts an upload has, of which `number` must be one."""
        try:
            with self._stores.blobs.open(f"{folder}/{_PLAN}") as stream:
                planned = int(stream.read())
        except NotFound as error:
            raise NotFound.of("upload", upload_id) from error
        if not 1 <= number <= planned:
            raise Invalid.value("part_number", number, f"a number from 1 to {planned}")
        return planned

    def _remove_abandoned(self, experiment_id: ExperimentId) -> None:
        newest: dict[str, int] = {}
        for info in self._stores.blobs.list(_uploads(experiment_id)):
            folder = info.path.rpartition("/")[0]
            newest[folder] = max(info.modified_ms, newest.get(folder, 0))
        before_ms = self._clock.now_ms() - KEPT_MS
        for folder, modified_ms in newest.items():
            if modified_ms < before_ms:
                self._stores.blobs.delete(folder)


def _uploads(experiment_id: ExperimentId) -> str:
    return f"{experiment_folder(experiment_id)}/uploads"


def _folder(experiment_id: ExperimentId, path: str, upload_id: str) -> str:
    if not _ID.fullmatch(upload_id):
        raise NotFound.of("upload", upload_id)
    of_path = hashlib.sha256(f"{upload_id} {path.strip('/')}".encode()).hexdigest()
    return f"{_uploads(experiment_id)}/{of_path[:32]}"
