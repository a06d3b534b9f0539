"""Dead letters: what the server will not take, kept in files with the reason, so that nothing is lost silently.

Each is a pair of files in `<spool dir>/dead-letters`: the request as ``.pb``, which ``lodeline traces import`` sends
again, and ``.json``, which says why it is there. The folder is bounded; the oldest go first.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import orjson

from lodeline.sdk.delivery.spool import write_whole

FOLDER = "dead-letters"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Why a request is there. `refused` of its spans were refused: all of them, or fewer in a partial success."""

    at_ms: int
    instance: str
    sequence: str
    endpoint: str
    experiment: str | None
    spans: int
    refused: int
    status: int | None
    reason: str


class DeadLetters:
    """The folder of dead letters, which processes share."""

    def __init__(self, spool_dir: Path | None, *, max_bytes: int) -> None:
        self._folder = None if spool_dir is None else spool_dir / FOLDER
        self._max_bytes = max_bytes

    def keep(self, letter: DeadLetter, body: bytes) -> Path | None:
        """Write a letter and return its request's file; None when there is no folder or the disk does not take it."""
        if self._folder is None or len(body) > self._max_bytes:
            return None
        stem = f"{letter.at_ms:013}-{letter.instance}-{letter.sequence.replace(',', '+')[:80]}"
        file = self._folder / f"{stem}.pb"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(len(body))
            write_whole(file, body)
            write_whole(file.with_suffix(".json"), orjson.dumps(asdict(letter)))
        except OSError:
            return None
        return file

    def _make_room(self, size_bytes: int) -> None:
        assert self._folder is not None  # noqa: S101 - keep has looked
        files = letter_files(self._folder)
        sizes = [path.stat().st_size for path in files]
        over = sum(sizes) + size_bytes - self._max_bytes
        for path, freed in zip(files, sizes, strict=True):
            if over <= 0:
                return
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)
            over -= freed


def new_letter(
    *,
    instance: str,
    sequence: str,
    endpoint: str,
    experiment: str | None,
    spans: int,
    refused: int,
    status: int | None,
    reason: str,
) -> DeadLetter:
    """Return a letter of now."""
    at_ms = time.time_ns() // 1_000_000
    return DeadLetter(at_ms, instance, sequence, endpoint, experiment, spans, refused, status, reason)


def letter_files(folder: Path) -> Sequence[Path]:
    """Return the requests' files, oldest first."""
    return sorted(folder.glob("*.pb"))


def read_letters(spool_dir: Path) -> Iterator[tuple[Path, DeadLetter | None]]:
    """Yield each letter's request file with what is known of it, oldest first."""
    known = {field.name for field in fields(DeadLetter)}
    for path in letter_files(spool_dir / FOLDER):
        letter = None
        with contextlib.suppress(OSError, ValueError, TypeError):
            found = orjson.loads(path.with_suffix(".json").read_bytes())
            letter = DeadLetter(**{name: value for name, value in found.items() if name in known})
        yield path, letter
