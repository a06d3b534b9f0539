"""What git says of the source that a program runs from. Asking never fails: what cannot be found is None."""

import hashlib
import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from lodeline.domain.model import MAX_DIFF_BYTES, GitInfo

TIMEOUT_S = 5.0
_NAME_CHARACTERS = 250
_URL_CHARACTERS = 2_000


def read_git(folder: str | os.PathLike[str] | None = None, *, with_diff: bool = True) -> GitInfo | None:
    """Return commit, branch, remote and whether tracked files differ from the commit; None outside a repository.

    With `with_diff` also how they differ, when that is text of at most `MAX_DIFF_BYTES`. Passwords in the remote's
    address are left out.
    """
    place = Path.cwd() if folder is None else Path(folder)
    commit = _ask(place, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None
    diff = _ask(place, "diff", "HEAD", "--no-ext-diff", "--no-color", strip=False) or ""
    return GitInfo(
        commit=commit[:_NAME_CHARACTERS],
        branch=(_ask(place, "symbolic-ref", "--short", "-q", "HEAD") or "")[:_NAME_CHARACTERS] or None,
        remote=_without_password(_ask(place, "config", "--get", "remote.origin.url")),
        dirty=bool(diff),
        diff_digest=hashlib.sha256(diff.encode("utf-8", "surrogatepass")).hexdigest() if diff else None,
        diff=diff if with_diff and diff and len(diff) <= MAX_DIFF_BYTES else None,
    )


def _ask(folder: Path, *arguments: str, strip: bool = True) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", *arguments],  # noqa: S607 - the user's own git
            cwd=folder,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    text = done.stdout.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return (text.strip() or None) if strip else text


def _without_password(url: str | None) -> str | None:
    if url is None or "://" not in url:
        return None if url is None else url[:_URL_CHARACTERS]
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=host))[:_URL_CHARACTERS]
    except ValueError:
        return None
