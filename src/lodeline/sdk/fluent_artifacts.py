"""Fluent functions about the files of runs and models, over the default client."""

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from lodeline.domain.artifact import Artifact
from lodeline.domain.blob import is_folder_name
from lodeline.domain.errors import Invalid, NotFound
from lodeline.sdk.client.artifacts import Artifacts, ModelArtifacts
from lodeline.sdk.client.call import Content, Sync
from lodeline.sdk.default_client import default_client
from lodeline.sdk.scope import scope_of

Data: TypeAlias = bytes | str | os.PathLike[str] | Mapping[str, object] | Sequence[object]
_Files: TypeAlias = Artifacts[Sync] | ModelArtifacts[Sync]


def log_artifact(path: str, data: Data, *, run_id: str | None = None, model_id: str | None = None) -> Artifact:
    """Store a file with a run or a model, under a path such as ``plots/loss.png``; one of the same path is replaced.

    `data` are bytes, a text as it is, the content of a file (a `Path`, which is sent in parts and never held whole in
    memory), or a mapping or list, which becomes JSON. Without `run_id` and `model_id` it is the run of
    `trace_context`. NotFound for a file or run that is not there, TooLarge over what the server takes, Invalid for
    what is no JSON, and for a path that leads out of the folder or is no path on every system.

    >>> import lodeline
    >>> with lodeline.connect("memory:") as client:
    ...     lodeline.set_default_client(client)
    ...     run = client.runs.create("nightly")
    ...     _ = lodeline.log_artifact("answers.json", {"right": 3, "wrong": 1}, run_id=run.run_id)
    ...     stored = lodeline.log_artifact("notes.txt", "3 of 4", run_id=run.run_id)
    ...     lodeline.set_default_client(None)
    >>> stored
    Artifact(name='notes.txt', size_bytes=6)
    """
    files, ident = _files("log_artifact", run_id, model_id)
    return files.put(ident, path, _content(data))


def log_artifacts(
    folder: str | os.PathLike[str], path: str = "", *, run_id: str | None = None, model_id: str | None = None
) -> list[str]:
    """Store all files of a folder, and of those in it, with a run or a model below `path`; return their paths there.

    Files of the same paths are replaced; when one is refused those before it are stored. Whose they are is told as in
    `log_artifact`. NotFound when there is no such folder.
    """
    files, ident = _files("log_artifacts", run_id, model_id)
    root = Path(folder)
    if not root.is_dir():
        raise NotFound(f"{root}: there is no such folder; log_artifact takes a single file.")
    above = f"{path.strip('/')}/" if path.strip("/") else ""
    stored: list[str] = []
    for file in sorted(each for each in root.rglob("*") if each.is_file()):
        stored.append(above + file.relative_to(root).as_posix())
        files.put(ident, stored[-1], file)
    return stored


def list_artifacts(folder: str = "", *, run_id: str | None = None, model_id: str | None = None) -> list[Artifact]:
    """Return what is in a folder of a run or a model, by name; nothing where there is no such folder.

    Whose it is is told as in `log_artifact`.
    """
    files, ident = _files("list_artifacts", run_id, model_id)
    return list(files.list(ident, folder))


def get_artifact(path: str, *, run_id: str | None = None, model_id: str | None = None) -> bytes:
    """Return the bytes of a file of a run or a model; NotFound when there is none.

    Whose it is is told as in `log_artifact`. What is in it is a stranger's: never run or render it unseen.
    """
    files, ident = _files("get_artifact", run_id, model_id)
    return files.get(ident, path)


def download_artifacts(
    to: str | os.PathLike[str], path: str = "", *, run_id: str | None = None, model_id: str | None = None
) -> list[Path]:
    """Save a file, or a folder with all in it, below the folder `to` at the paths that they have; return where.

    Files that are there are replaced, each when it has come whole. Whose they are is told as in `log_artifact`.
    NotFound when there is nothing at `path`.
    """
    files, ident = _files("download_artifacts", run_id, model_id)
    wanted = path.strip("/")
    saved: list[Path] = []
    for found in _below(files, ident, wanted) or ([wanted] if wanted else []):
        if not all(map(is_folder_name, found.split("/"))):
            raise Invalid.value("path", found, "a path of names that every system takes")
        target = Path(to).joinpath(*found.split("/"))
        _save(files, ident, found, target)
        saved.append(target)
    return saved


def _files(function: str, run_id: str | None, model_id: str | None) -> tuple[_Files, str]:
    """Return the calls about the files of the run or model that is meant, and its id."""
    if run_id is not None and model_id is not None:
        raise Invalid(f"{function}: give either run_id or model_id.")
    if model_id is not None:
        return default_client().model_artifacts, model_id
    wanted = scope_of(None).run_id if run_id is None else run_id
    if not wanted:
        raise Invalid(f"{function}: give run_id or model_id, or call it within lodeline.trace_context(run_id=...).")
    return default_client().artifacts, wanted


def _content(data: Data) -> Content:
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    if isinstance(data, os.PathLike):
        file = Path(data)
        if not file.is_file():
            raise NotFound(
                f"{file}: there is no such file{'; log_artifacts takes folders' if file.is_dir() else ''}."
            )
        return file
    try:
        return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"data: it cannot be written as JSON ({error}); give a text or bytes.") from error


def _below(files: _Files, ident: str, folder: str) -> list[str]:
    """Return the paths of all files below a folder; none for a file, and for what is not there."""
    found: list[str] = []
    for item in files.list(ident, folder):
        path = f"{folder}/{item.name}" if folder else item.name
        if not is_folder_name(item.name):
            raise Invalid.value("path", path, "a path of names that every system takes")
        found += _below(files, ident, path) if item.is_folder else [path]
    return found


def _save(files: _Files, ident: str, path: str, target: Path) -> None:
    with files.download(ident, path) as parts:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{uuid.uuid4().hex}.part")  # a name that no file of theirs or of the user has
        try:
            with part.open("xb") as stream:
                stream.writelines(parts)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
