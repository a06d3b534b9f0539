"""Attachments: files beside a trace, in the blob store. Their content is hostile: never rendered, only handed out."""

from collections.abc import Sequence
from typing import BinaryIO

from lodeline.auth.actor import Actor
from lodeline.domain.attachment import Attachment
from lodeline.domain.blob import BlobInfo, check_blob_path, is_folder_name, trace_folder
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.ids import TraceId
from lodeline.domain.trace import Trace
from lodeline.services.audit import audit_entry
from lodeline.services.traces import TraceService
from lodeline.storage.base import Stores

MAX_NAME = 200


class AttachmentService:
    """Use cases of attachments; who may read or edit the trace may read or change its files."""

    def __init__(
        self, stores: Stores, traces: TraceService, clock: Clock = system_clock, *, max_bytes: int = 100 * 2**20
    ) -> None:
        self._stores = stores
        self._traces = traces
        self._clock = clock
        self.max_bytes = max_bytes

    def put(self, actor: Actor, trace_id: TraceId, name: str, data: BinaryIO) -> Attachment:
        """Store a file whole or not at all, replacing one of the same name; TooLarge over `max_bytes`."""
        trace = self._traces.get(actor, trace_id, "trace.edit")
        path = _path(trace, name)
        info = self._stores.blobs.put(path, data, max_bytes=self.max_bytes)
        self._record(actor, "attachment.put", trace, {"bytes": info.size_bytes})
        return _attachment(info)

    def list(self, actor: Actor, trace_id: TraceId) -> Sequence[Attachment]:
        """Return the files of a trace by name."""
        trace = self._traces.get(actor, trace_id)
        return [_attachment(info) for info in self._stores.blobs.list(_folder(trace))]

    def open(self, actor: Actor, trace_id: TraceId, name: str) -> tuple[Attachment, BinaryIO]:
        """Return a file and a stream of its bytes, which the caller closes; NotFound when there is none."""
        trace = self._traces.get(actor, trace_id)
        path = _path(trace, name)
        for info in self._stores.blobs.list(_folder(trace)):
            if info.path == path:
                return _attachment(info), self._stores.blobs.open(path)
        raise NotFound.of("attachment", name)

    def delete(self, actor: Actor, trace_id: TraceId, name: str) -> None:
        """Remove a file; NotFound when there is none."""
        trace = self._traces.get(actor, trace_id, "trace.edit")
        count, freed_bytes = self._stores.blobs.delete(_path(trace, name))
        if not count:
            raise NotFound.of("attachment", name)
        self._record(actor, "attachment.delete", trace, {"bytes": freed_bytes})

    def _record(self, actor: Actor, action: str, trace: Trace, details: dict[str, object]) -> None:
        now_ms = self._clock.now_ms()
        self._stores.audit.append(
            audit_entry(
                actor, action, trace.trace_id, at_ms=now_ms, experiment_id=trace.experiment_id, details=details
            )
        )


def _folder(trace: Trace) -> str:
    return trace_folder(trace.experiment_id, trace.trace_id)


def _path(trace: Trace, name: str) -> str:
    if "/" in name or len(name) > MAX_NAME or not is_folder_name(name):
        expected = f"a file name of at most {MAX_NAME} characters that every system can have, without '/'"
        raise Invalid.value("name", name, expected)
    return check_blob_path(f"{_folder(trace)}/{name}")


def _attachment(info: BlobInfo) -> Attachment:
    return Attachment(info.path.rpartition("/")[2], info.size_bytes, info.modified_ms)
