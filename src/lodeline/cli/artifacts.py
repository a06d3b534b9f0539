"""Files of runs and models on the command line: what the commands of both do."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from lodeline.cli.listing import write_list
from lodeline.cli.naming import confirm
from lodeline.cli.options import Use
from lodeline.cli.transfer import download, uploading
from lodeline.domain.errors import Invalid, NotFound

if TYPE_CHECKING:
    from lodeline.sdk.client.artifacts import Artifacts, ModelArtifacts
    from lodeline.sdk.client.call import Sync

    Files: TypeAlias = Artifacts[Sync] | ModelArtifacts[Sync]

FolderArgument = Annotated[str, typer.Argument(help="A folder of it; left out, the uppermost.")]
PathArgument = Annotated[str, typer.Argument(help="The file, from the uppermost folder.")]
SavedArgument = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Where to write, must not exist; left out, its own name here.")
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file to send, or a folder with all in it.")]
PlaceArgument = Annotated[
    str | None, typer.Argument(metavar="[PATH]", help="Where it is put; left out, under its own name.")
]
RemovedArgument = Annotated[str, typer.Argument(metavar="PATH", help="A file, or a folder with all in it.")]


def list_files(use: Use, files: "Files", ident: str, folder: str) -> None:
    """Write what is in a folder."""
    write_list(
        use,
        files.list(ident, folder),
        {
            "name": lambda item: f"{item.name}/" if item.is_folder else item.name,
            "size": lambda item: item.size_bytes,
        },
    )


def save(use: Use, files: "Files", ident: str, path: str, file: Path | None) -> None:
    """Save a file of the server in a new one here."""
    file = file or Path(PurePosixPath(path).name)
    size_bytes = download(use, files.download(ident, path), file, "saving")
    if use.out.as_json:
        use.out.document({"file": str(file), "size_bytes": size_bytes})
        return
    use.out.say(f"Saved {path} ({size_bytes:,} bytes) to {file}.")


def send(use: Use, files: "Files", ident: str, file: Path, path: str | None) -> None:
    """Send a file, or a folder's files under their paths in it; those that are there already are replaced."""
    place = (path or "").strip("/") or file.resolve().name
    if file.is_dir():
        found = [(each, f"{place}/{each.relative_to(file).as_posix()}") for each in sorted(file.rglob("*"))]
        found = [(each, there) for each, there in found if each.is_file()]
    elif file.is_file():
        found = [(file, f"{place}/{file.name}" if (path or "").endswith("/") else place)]
    else:
        raise NotFound(f"{file}: there is no such file.")
    for each, there in found:
        try:
            with uploading(use, each, "sending") as parts:
                size_bytes = files.put(ident, there, parts).size_bytes
        except OSError as error:
            raise Invalid(f"{each}: cannot be read ({error.strerror}).") from error
        if use.out.as_json:
            use.out.document({"path": there, "size_bytes": size_bytes})
        else:
            use.out.say(f"Sent {each} ({size_bytes:,} bytes) to {there}.")


def remove(use: Use, files: "Files", ident: str, path: str, *, yes: bool) -> None:
    """Delete a file or folder of the server after asking."""
    confirm(f"Delete {path} of {ident} for good?", yes=yes)
    files.delete(ident, path)
    if use.out.as_json:
        use.out.document({"deleted": path})
        return
    use.out.say(f"Deleted {path}.")
