"""Artifacts: files that runs and models of an experiment leave behind, and files of traces, by path.

The first segment of a path is the experiment, the second may say what it belongs to (``models``, ``traces``). What
belongs to a trace (``EXPERIMENT/traces/TRACE/artifacts/...``) lies with its attachments and goes with it; those below
``attachments`` are its attachments. Everything else stays until the experiment is purged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO
from urllib.parse import quote, unquote

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, may
from lodeline.domain.artifact import Artifact
from lodeline.domain.blob import (
    MAX_PATH,
    BlobInfo,
    artifact_folder,
    check_blob_path,
    experiment_folder,
    is_folder_name,
    trace_folder,
)
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Invalid, NotFound, shown
from lodeline.domain.ids import ExperimentId, check_experiment_id, check_trace_id
from lodeline.domain.model import Model
from lodeline.domain.run import Run
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.masking import masks_of
from lodeline.storage.base import Stores

OF_TRACE = re.compile(r"traces/(?P<trace>[^/]+)/artifacts(?:/(?P<rest>.*))?")
"""A path within an experiment that belongs to a trace."""
IN_THE_WAY = "artifact_in_the_way"
"""The code of the error for a file where a folder is, or below what is a file."""
_ATTACHMENTS = "attachments/"
_OTHER = quote("artifacts/", safe="")
"""How the name of a trace's file begins that is no attachment: its folder is flat."""
SPAN_FILE = "traces.json"
"""The file into which clients of MLflow put the spans of a trace."""
_SPAN_FILE = _OTHER + SPAN_FILE


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path leads: the blobs' folder, and the name within it ("" for the folder itself)."""

    experiment_id: ExperimentId
    kind: str
    folder: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}" if self.name else self.folder


def artifact_segments(path: str) -> list[str]:
    """Return the segments of a path; Invalid when one of them, decoded once more, would lead elsewhere."""
    segments = path.strip("/").split("/")
    for segment in (*segments, *unquote(path).strip("/").split("/")):
        if segment in {"", ".", ".."} or "\\" in segment:
            raise Invalid.value("path", path, "a path such as 1/RUN/artifacts/notes.txt, without '..' segments")
    return segments


def of_run(run: Run, path: str = "") -> str:
    """Return the path of a run's artifact or folder, or with nothing of the run's own folder; Invalid unless it is
    relative and stays there."""
    return _inside(run.experiment_id, f"{run.run_id}/artifacts", path)


def of_model(model: Model, path: str = "") -> str:
    """Return the path of a model's artifact or folder, as `of_run` does that of a run's."""
    return _inside(model.experiment_id, f"models/{model.model_id}/artifacts", path)


def _inside(experiment_id: ExperimentId, folder: str, path: str) -> str:
    root = f"{experiment_id}/{folder}"
    inside = path.strip("/")
    if not inside:
        return root
    if "%" in inside or not all(map(is_folder_name, inside.split("/"))):
        raise Invalid.value("path", path, "a path such as notes/today.txt, of names that every system can have")
    most = MAX_PATH - len(f"{artifact_folder(experiment_id)}/{folder}/")
    if len(inside) > most:
        raise Invalid.value("path", path, f"at most {most} characters")
    return f"{root}/{inside}"


def in_the_way(path: str) -> Conflict:
    """Return the error for a file where a folder is, or below what is a file."""
    return Conflict(
        f"artifact {shown(path)}: a file stands where a folder is needed, or a folder where the file would be; "
        "choose another path.",
        code=IN_THE_WAY,
    )


class ArtifactService:
    """Use cases of artifacts."""

    def __init__(
        self,
        stores: Stores,
        scope: ExperimentScope,
        clock: Clock = system_clock,
        *,
        max_bytes: int = 100 * 2**20,
    ) -> None:
        self._stores = stores
        self._scope = scope
        self._clock = clock
        self.max_bytes = max_bytes

    def check_write(self, actor: Actor, path: str) -> ExperimentId:
        """Return the experiment when the actor may write there: asked before a body is read."""
        return self._writable(actor, path).experiment_id

    def put(self, actor: Actor, path: str, data: BinaryIO) -> BlobInfo:
        """Store a file whole or not at all, replacing one; TooLarge over `max_bytes`.

        Who may only send traces may add files to them, and replace none. Of a trace's `SPAN_FILE` the experiment's
        masks and capture mode decide what is kept; `data` is given back as it was.
        """
        place = self._writable(actor, path)
        if place.name == _SPAN_FILE:
            masked = masks_of(self._scope.holder(place.experiment_id)).file(data.read())
            data.seek(0)
            if masked is None:
                return BlobInfo(place.path, 0, self._clock.now_ms())
            data = BytesIO(masked)
        try:
            info = self._stores.blobs.put(place.path, data, max_bytes=self.max_bytes)
        except Conflict as error:
            raise in_the_way(path) from error
        self._record(actor, "artifact.put", place, info.size_bytes)
        return info

    def open(self, actor: Actor, path: str) -> tuple[int, BinaryIO]:
        """Return a file's size and a stream of its bytes, which the caller closes; NotFound when there is none."""
        place = self._place(actor, path, "read")
        try:
            stream = self._stores.blobs.open(place.path)
        except NotFound as error:
            raise NotFound.of("artifact", path) from error
        size_bytes = stream.seek(0, 2)
        stream.seek(0)
        return size_bytes, stream

    def list(self, actor: Actor, path: str) -> Sequence[Artifact]:
        """Return what is in a folder, by name; nothing for a file and for a folder that is not there."""
        if not path.strip("/"):
            return []
        place = self._place(actor, path, "read")
        found: dict[str, Artifact] = {}
        for name, size_bytes in self._names(place):
            first, _, rest = name.partition("/")
            found[first] = Artifact(first, None if rest else size_bytes)
        return [found[name] for name in sorted(found)]

    def delete(self, actor: Actor, path: str) -> None:
        """Remove a file, or a folder with what is in it; NotFound when there is none."""
        place = self._place(actor, path, "delete")
        if place.kind == "trace" and not place.name:
            raise Invalid.value("path", path, "a file: files of a trace are deleted one by one")
        if not place.path.startswith(f"{experiment_folder(place.experiment_id)}/"):
            raise Invalid.value("path", path, "a path below an experiment")
        count, freed_bytes = self._stores.blobs.delete(place.path)
        if not count:
            raise NotFound.of("artifact", path)
        self._record(actor, "artifact.delete", place, freed_bytes)

    def _names(self, place: _Place) -> Iterator[tuple[str, int]]:
        """Yield the paths below a place, relative to it, with their sizes."""
        if place.kind != "trace":
            for info in self._stores.blobs.list(place.path):
                if info.path != place.path:
                    yield info.path.removeprefix(place.path + "/"), info.size_bytes
            return
        below = unquote(place.name).removeprefix("artifacts/") if place.name.startswith(_OTHER) else place.name
        prefix = f"{below}/" if below else ""
        for info in self._stores.blobs.list(place.folder):
            name = info.path.rpartition("/")[2]
            shown = unquote(name).removeprefix("artifacts/") if name.startswith(_OTHER) else _ATTACHMENTS + name
            if shown.startswith(prefix):
                yield shown.removeprefix(prefix), info.size_bytes

    def _writable(self, actor: Actor, path: str) -> _Place:
        place = self._place(actor, path, "write")
        if not place.name:
            raise Invalid.value("path", path, "the path of a file in a folder of an experiment")
        adds_only = place.kind == "trace" and not may(actor, "trace.edit", place.experiment_id)
        if adds_only and any(info.path == place.path for info in self._stores.blobs.list(place.folder)):
            self._scope.one(actor, "trace.edit", place.experiment_id)
        return place

    def _place(self, actor: Actor, path: str, verb: str) -> _Place:
        """Return where a path leads; Invalid, naming the path as it was given, when no system can have it."""
        place = self._led_to(actor, path, verb)
        try:
            check_blob_path(place.path)
        except Invalid as error:
            raise Invalid.value(
                "path", path, f"names that every system can have, and fewer than {MAX_PATH} characters in all"
            ) from error
        return place

    def _led_to(self, actor: Actor, path: str, verb: str) -> _Place:
        segments = artifact_segments(path)
        experiment_id, rest = check_experiment_id(segments[0]), "/".join(segments[1:])
        of_trace = OF_TRACE.fullmatch(rest)
        kind = "trace" if of_trace else "model" if rest.startswith("models/") else "run"
        holder = self._scope.one(actor, _ACTIONS[kind, verb], experiment_id)
        if of_trace is None:
            return _Place(holder.experiment_id, kind, artifact_folder(holder.experiment_id), rest)
        folder = trace_folder(holder.experiment_id, check_trace_id(of_trace["trace"]))
        name = of_trace["rest"] or ""
        if name.rstrip("/") == _ATTACHMENTS[:-1] and verb == "read":
            return _Place(holder.experiment_id, kind, folder, _ATTACHMENTS[:-1])
        if name.startswith(_ATTACHMENTS) and "/" not in name.removeprefix(_ATTACHMENTS):
            return _Place(holder.experiment_id, kind, folder, name.removeprefix(_ATTACHMENTS))
        return _Place(holder.experiment_id, kind, folder, _OTHER + quote(name, safe="") if name else "")

    def _record(self, actor: Actor, action: str, place: _Place, size_bytes: int) -> None:
        target = place.name[:250]
        self._stores.audit.append(
            audit_entry(
                actor, action, target, at_ms=self._clock.now_ms(), experiment_id=place.experiment_id,
                details={"bytes": size_bytes},
            )
        )  # fmt: skip


_ACTIONS: dict[tuple[str, str], ExperimentAction] = {
    ("run", "read"): "run.read", ("run", "write"): "run.write", ("run", "delete"): "run.delete",
    ("model", "read"): "model.read", ("model", "write"): "model.write", ("model", "delete"): "model.delete",
    ("trace", "read"): "trace.read", ("trace", "write"): "trace.ingest", ("trace", "delete"): "trace.edit",
}  # fmt: skip
