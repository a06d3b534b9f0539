"""Artifacts: files that runs left behind."""

from lodeline.domain.artifact import Artifact
from lodeline.sdk.client.call import Call, ModeT, Noun, call, download, many, path_of, whole


class Artifacts(Noun[ModeT]):
    """Calls about the files of a run; paths begin at the run's own folder."""

    @call
    def list(self, run_id: str, path: str = "") -> Call[tuple[Artifact, ...]]:
        """List what is in a folder of a run, by name; nothing where there is no such folder."""
        return Call("GET", path_of("runs", run_id, "artifacts"), many(Artifact), params={"path": path})

    @call
    def get(self, run_id: str, path: str) -> Call[bytes]:
        """Return a file's bytes. What is in it is a stranger's: never run or render it unseen."""
        return Call("GET", path_of("runs", run_id, "artifacts", "content"), whole, params={"path": path})

    @download
    def download(self, run_id: str, path: str) -> Call[bytes]:
        """Give a file's bytes in parts, for files that are too large for memory."""
        return Call("GET", path_of("runs", run_id, "artifacts", "content"), whole, params={"path": path})
