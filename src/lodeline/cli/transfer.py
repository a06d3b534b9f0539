"""Moving long bodies between a server and files, with a progress bar."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from lodeline.cli.client import API, Parameters, parsed
from lodeline.cli.options import Use
from lodeline.domain.errors import Conflict, Invalid
from lodeline.domain.span import JsonValue

_PART_BYTES = 2**18


def download(use: Use, path: str, file: Path) -> int:
    """Write an answer's body into a new file and return its bytes; a failure leaves no file behind."""
    part = file.with_name(f".{file.name}.part")
    try:
        with file.open("xb"), part.open("wb") as stream, bytes_progress(use, "exporting") as progress:
            task = progress.add_task(str(file.name), total=None)
            with use.client.download(path) as pieces:
                for piece in pieces:
                    stream.write(piece)
                    progress.advance(task, len(piece))
    except FileExistsError as error:
        raise Conflict(f"{file} exists already; name another file.") from error
    except OSError as error:
        raise Invalid(f"{file} cannot be written ({error.strerror}); name another file.") from error
    except BaseException:
        file.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
        raise
    part.replace(file)
    return file.stat().st_size


def upload(use: Use, path: str, file: Path, *, params: Parameters) -> Mapping[str, JsonValue]:
    """Send a file and return the JSON object that comes back."""
    with bytes_progress(use, "importing") as progress:
        task = progress.add_task(str(file.name), total=file.stat().st_size)

        def pieces() -> Iterator[bytes]:
            with file.open("rb") as stream:
                while piece := stream.read(_PART_BYTES):
                    yield piece
                    progress.advance(task, len(piece))

        answer = use.client.send(
            "POST", f"{API}{path}", params=params, content=pieces(), content_type="application/octet-stream"
        )
    report = parsed(answer)
    return report if isinstance(report, Mapping) else {}


def bytes_progress(use: Use, what: str) -> Progress:
    """Return a progress bar in bytes; silent when errors do not go to a terminal."""
    return Progress(
        TextColumn(what), TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(),
        TimeElapsedColumn(), console=use.out.errors, transient=True, disable=not use.out.errors.is_terminal,
    )  # fmt: skip
