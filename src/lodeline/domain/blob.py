"""Blobs: attachments, artifacts and oversized payloads, outside the database."""

import re
from dataclasses import dataclass

from lodeline.domain.errors import Invalid
from lodeline.domain.ids import ExperimentId, TraceId

MAX_PATH = 1_000
MAX_NAME_BYTES = 255
_SEGMENT = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|\ud800-\udfff]{1,255}")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """One stored blob: its path under the blob root (forward slashes) and its size."""

    path: str
    size_bytes: int
    modified_ms: int


def check_blob_path(path: str) -> str:
    """Return `path`; Invalid unless it is relative, canonical and stays below its root on every system.

    Refuses absolute paths, drive letters, backslashes, empty, "." and ".." segments, control characters, and names
    that Windows reserves or changes (trailing dots and spaces).
    """
    expected = "a relative path such as 'traces/tr-1/image.png' without '..' segments"
    if len(path) > MAX_PATH:
        raise Invalid.value("path", path, f"at most {MAX_PATH} characters")
    if not all(map(is_folder_name, path.split("/"))):
        raise Invalid.value("path", path, expected)
    return path


def check_new_blob_path(path: str) -> str:
    """Return the path of a blob that is to be written; Invalid as `check_blob_path` says, and for a name that is
    longer than file systems hold: it counts in bytes there."""
    check_blob_path(path)
    if any(len(name.encode()) > MAX_NAME_BYTES for name in path.split("/")):
        raise Invalid.value("path", path, f"names of at most {MAX_NAME_BYTES} bytes in UTF-8")
    return path


def is_folder_name(segment: str) -> bool:
    """Tell whether one segment of a path is a name on every system."""
    bad = segment in {".", ".."} or segment.endswith((".", " ")) or _RESERVED.fullmatch(segment)
    return not bad and _SEGMENT.fullmatch(segment) is not None


def experiment_folder(experiment_id: ExperimentId) -> str:
    """Return the folder of all blobs of an experiment; purging the experiment removes it."""
    return f"experiments/{experiment_id}"


def artifact_folder(experiment_id: ExperimentId) -> str:
    """Return the folder of the artifacts of an experiment's runs and models."""
    return f"{experiment_folder(experiment_id)}/artifacts"


def trace_folder(experiment_id: ExperimentId, trace_id: TraceId) -> str:
    """Return the folder of a trace's attachments; deleting the trace removes it.

    Distinct ids give distinct folders on every file system, also where letter case does not count.
    """
    name = "".join(c if c in _PLAIN else f"%{ord(c):02x}" for c in trace_id)
    return f"{experiment_folder(experiment_id)}/traces/t-{name}"
