"""Uploads that do not fit into the folder for temporary files."""

import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("limits on the size of files are those of Unix", allow_module_level=True)
import resource

LIMIT_BYTES = 3 * 2**20
PROGRAM = """
from lodeline.domain.errors import Unavailable
from lodeline.server.uploads import joined

for size in (1_000, 10_000, 1_000_000, 5_000_000):
    try:
        with joined([bytes(size)] * (8_000_000 // size + 1)):
            print(size, "fits")
    except Unavailable as error:
        print(size, error.error_code)
"""


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, LIMIT_BYTES))


def test_what_does_not_fit_is_said_however_much_of_it_is_still_buffered() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        preexec_fn=limit,
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.split("\n")[:-1] == [f"{size} disk_full" for size in (1_000, 10_000, 1_000_000, 5_000_000)]
