"""Blobs."""

from collections.abc import Sequence
from typing import BinaryIO, Protocol

from lodeline.domain.blob import BlobInfo


class BlobStore(Protocol):
    """Bytes by path, confined to one root: `domain.blob.check_blob_path` holds for every path."""

    def put(self, path: str, data: BinaryIO, *, max_bytes: int) -> BlobInfo:
        """Write whole or not at all, replacing; TooLarge over `max_bytes`."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Return a readable stream; NotFound when there is none."""
        ...

    def list(self, prefix: str) -> Sequence[BlobInfo]:
        """Return the blobs whose path starts with the folder `prefix` ("" for all), by path."""
        ...

    def delete(self, prefix: str) -> tuple[int, int]:
        """Remove the blob `prefix` or everything in the folder of that name; return count and bytes."""
        ...
