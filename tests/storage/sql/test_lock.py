import subprocess
import sys
from pathlib import Path

import pytest

from lodeline.domain.errors import Conflict, Unavailable
from lodeline.storage.sql.lock import DirectoryLock

HOLD = """
import sys
from pathlib import Path
from lodeline.storage.sql.lock import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]), exclusive=sys.argv[2] == "exclusive")
print("held", flush=True)
sys.stdin.read()
"""


def hold(directory: Path, mode: str) -> subprocess.Popen[str]:
    """Start a process that holds the lock until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory), mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_sharers_do_not_hinder_each_other(tmp_path: Path):
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
    first.release()
    second.release()


def test_a_sharer_excludes_an_exclusive_owner(tmp_path: Path):
    lock = DirectoryLock(tmp_path)
    with pytest.raises(Conflict, match="another program has it open"):
        DirectoryLock(tmp_path, exclusive=True)
    lock.release()
    DirectoryLock(tmp_path, exclusive=True).release()


def test_an_exclusive_owner_excludes_sharers(tmp_path: Path):
    lock = DirectoryLock(tmp_path, exclusive=True)
    with pytest.raises(Conflict, match="another program is rewriting it"):
        DirectoryLock(tmp_path)
    lock.make_shared()
    DirectoryLock(tmp_path).release()
    lock.release()


def test_a_sharer_alone_becomes_exclusive_and_shares_again(tmp_path: Path):
    lock = DirectoryLock(tmp_path)
    lock.make_exclusive()
    with pytest.raises(Conflict):
        DirectoryLock(tmp_path)
    lock.make_shared()
    other = DirectoryLock(tmp_path)
    with pytest.raises(Conflict):
        lock.make_exclusive()
    with pytest.raises(Conflict):
        DirectoryLock(tmp_path, exclusive=True)
    other.release()
    lock.release()


def test_the_lock_holds_between_processes_and_ends_with_them(tmp_path: Path):
    process = hold(tmp_path, "exclusive")
    try:
        with pytest.raises(Conflict):
            DirectoryLock(tmp_path)
    finally:
        end(process)
    process = hold(tmp_path, "shared")
    try:
        with pytest.raises(Conflict):
            DirectoryLock(tmp_path, exclusive=True)
        DirectoryLock(tmp_path).release()
    finally:
        end(process)
    DirectoryLock(tmp_path, exclusive=True).release()


def test_releasing_again_is_fine_and_a_released_lock_takes_nothing(tmp_path: Path):
    lock = DirectoryLock(tmp_path)
    lock.release()
    lock.release()
    with pytest.raises(Unavailable):
        lock.make_exclusive()


def test_a_missing_directory_is_unavailable(tmp_path: Path):
    with pytest.raises(Unavailable, match="cannot be opened"):
        DirectoryLock(tmp_path / "missing")
