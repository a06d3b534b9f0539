"""Files of the command line: read as text, or moved between them and a server with a progress bar."""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from lodeline.cli.options import Use
from lodeline.domain.errors import Conflict, Invalid, NotFound

_PART_BYTES = 2**18


def read_text(file: Path) -> str:
    """Return the text of a file; NotFound when there is none, Invalid when it is no text."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound(f"{file}: there is no such file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file}: cannot be read as text: {error}") from error


def download(use: Use, answer: AbstractContextManager[Iterator[bytes]], file: Path, what: str = "exporting") -> int:
    """Write an answer's body into a new file and return its bytes; a failure leaves no file behind."""
    part = file.with_name(f".{file.name}.part")
    try:
        with file.open("xb"), part.open("wb") as stream, bytes_progress(use, what) as progress:
            task = progress.add_task(str(file.name), total=None)
            with answer as pieces:
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


@contextmanager
def uploading(use: Use, file: Path, what: str = "importing") -> Generator[Iterator[bytes]]:
    """Give the parts of a file, to be sent while a progress bar is shown."""
    with bytes_progress(use, what) as progress, file.open("rb") as stream:
        task = progress.add_task(str(file.name), total=file.stat().st_size)

        def parts() -> Iterator[bytes]:
            while part := stream.read(_PART_BYTES):
                yield part
                progress.advance(task, len(part))

        yield parts()


def bytes_progress(use: Use, what: str) -> Progress:
    """Return a progress bar in bytes; silent when errors do not go to a terminal."""
    return Progress(
        TextColumn(what), TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(),
        TimeElapsedColumn(), console=use.out.errors, transient=True, disable=not use.out.errors.is_terminal,
    )  # fmt: skip
