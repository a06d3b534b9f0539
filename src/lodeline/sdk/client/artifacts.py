"""Artifacts: files that runs and models left behind. Paths begin at their own uppermost folder."""

from lodeline.domain.artifact import Artifact
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


class Artifacts(Noun[ModeT]):
    """Calls about the files of a run."""

    @call
    def list(self, run_id: str, path: str = "") -> Call[tuple[Artifact, ...]]:
        """List what is in a folder of a run, by name; nothing where there is no such folder."""
        return _list("runs", run_id, path)

    @call
    def put(self, run_id: str, path: str, content: Content) -> Call[Artifact]:
        """Store a file of a run, replacing one of the same path: bytes, a `Path`, or parts."""
        return _put("runs", run_id, path, content)

    @call
    def get(self, run_id: str, path: str) -> Call[bytes]:
        """Return a file's bytes. What is in it is a stranger's: never run or render it unseen."""
        return _get("runs", run_id, path)

    @download
    def download(self, run_id: str, path: str) -> Call[bytes]:
        """Give a file's bytes in parts, for files that are too large for memory."""
        return _get("runs", run_id, path)

    @call
    def delete(self, run_id: str, path: str) -> Call[None]:
        """Delete a file of a run, or a folder with what is in it."""
        return _delete("runs", run_id, path)


class ModelArtifacts(Noun[ModeT]):
    """Calls about the files of a model."""

    @call
    def list(self, model_id: str, path: str = "") -> Call[tuple[Artifact, ...]]:
        """List what is in a folder of a model, by name; nothing where there is no such folder."""
        return _list("models", model_id, path)

    @call
    def put(self, model_id: str, path: str, content: Content) -> Call[Artifact]:
        """Store a file of a model, replacing one of the same path: bytes, a `Path`, or parts."""
        return _put("models", model_id, path, content)

    @call
    def get(self, model_id: str, path: str) -> Call[bytes]:
        """Return a file's bytes. What is in it is a stranger's: never run or render it unseen."""
        return _get("models", model_id, path)

    @download
    def download(self, model_id: str, path: str) -> Call[bytes]:
        """Give a file's bytes in parts, for files that are too large for memory."""
        return _get("models", model_id, path)

    @call
    def delete(self, model_id: str, path: str) -> Call[None]:
        """Delete a file of a model, or a folder with what is in it."""
        return _delete("models", model_id, path)


def _list(holders: str, ident: str, path: str) -> Call[tuple[Artifact, ...]]:
    return Call("GET", path_of(holders, ident, "artifacts"), many(Artifact), params={"path": path})


def _put(holders: str, ident: str, path: str, content: Content) -> Call[Artifact]:
    return Call(
        "PUT", _content(holders, ident), one(Artifact), params={"path": path}, content=content, content_type=OCTETS,
        timeout_s=LONG_S,
    )  # fmt: skip


def _get(holders: str, ident: str, path: str) -> Call[bytes]:
    return Call("GET", _content(holders, ident), whole, params={"path": path})


def _delete(holders: str, ident: str, path: str) -> Call[None]:
    return Call("DELETE", _content(holders, ident), nothing, params={"path": path})


def _content(holders: str, ident: str) -> str:
    return path_of(holders, ident, "artifacts", "content")
