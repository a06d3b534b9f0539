"""A PostgreSQL server of the tests' own, over a folder of its own, reached by a socket there and by nothing else."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 60.0
_USER = "mlflow"


@contextmanager
def postgres_server() -> Generator[str]:
    """Give the URI of an empty database. Without PostgreSQL's programs the test is skipped, and fails in CI."""
    programs = _programs()
    # Neither pytest's folders nor long paths: another user must reach it, and names of sockets are short.
    folder = Path(tempfile.mkdtemp(prefix="ll-pg-"))
    account = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if account is not None:
        shutil.chown(folder, account)
    try:
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-A", "trust", "-U", _USER, "--no-sync", "-E", "UTF8", "--no-locale"],
            check=True, capture_output=True, user=account, cwd=folder,
        )  # fmt: skip
        settings = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "max_connections=10")
        command = [programs / "postgres", "-D", data, *(word for each in settings for word in ("-c", each))]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, user=account, cwd=folder)
        try:
            uri = f"postgresql://{_USER}@/postgres?host={folder}"
            _wait(uri, process, folder / "log")
            yield uri
        finally:
            process.terminate()
            process.wait(_STOP_TIMEOUT_S)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    named = shutil.which("initdb")
    if found:
        return found[-1].parent
    if named is not None:
        return Path(named).resolve().parent
    reason = "PostgreSQL's programs are not installed (Debian's package postgresql)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _wait(uri: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < until and process.poll() is None:
        try:
            psycopg.connect(uri).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
