"""Attachments: files of traces."""

from lodeline.domain.attachment import Attachment
from lodeline.sdk.client.call import (
    LONG_S,
    OCTETS,
    Call,
    Content,
    ModeT,
    Noun,
    call,
    download,
    many,
    nothing,
    one,
    path_of,
    whole,
)


class Attachments(Noun[ModeT]):
    """Calls about the files of a trace."""

    @call
    def list(self, trace_id: str) -> Call[tuple[Attachment, ...]]:
        """List the files of a trace, by name."""
        return Call("GET", path_of("traces", trace_id, "attachments"), many(Attachment))

    @call
    def put(self, trace_id: str, name: str, content: Content) -> Call[Attachment]:
        """Store a file beside a trace, replacing one of the same name: bytes, a `Path`, or parts."""
        path = path_of("traces", trace_id, "attachments", name)
        return Call("PUT", path, one(Attachment), content=content, content_type=OCTETS, timeout_s=LONG_S)

    @call
    def get(self, trace_id: str, name: str) -> Call[bytes]:
        """Return a file's bytes. What is in it is a stranger's: never run or render it unseen."""
        return Call("GET", path_of("traces", trace_id, "attachments", name), whole)

    @download
    def download(self, trace_id: str, name: str) -> Call[bytes]:
        """Give a file's bytes in parts, for files that are too large for memory."""
        return Call("GET", path_of("traces", trace_id, "attachments", name), whole)

    @call
    def delete(self, trace_id: str, name: str) -> Call[None]:
        """Delete a file of a trace."""
        return Call("DELETE", path_of("traces", trace_id, "attachments", name), nothing)
