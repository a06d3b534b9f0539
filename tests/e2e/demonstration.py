"""The demonstration: loaded once in a run of the tests, by the process that is the first to need it, and copied.

`make test` runs pytest twice, and names a folder in which both find it.
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.harness import lodeline

PATIENCE_S = 300.0
SHARED = "LODELINE_TESTS_DEMONSTRATION"
"""The variable that names a folder where several runs share the demonstration."""
_OUT, _FAILED = "out.txt", "failed.txt"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A store with the demonstration in it, which nobody opens, and what loading it printed."""

    store: Path
    out: str

    def copy(self, to: Path) -> Path:
        """Make a store of one's own of it."""
        return shutil.copytree(self.store, to)


Demonstrating = Callable[[], Demonstration]


def demonstration(factory: pytest.TempPathFactory) -> Demonstration:
    """Return the demonstration of this run; all processes of a run share it, and all but one wait for it."""
    own = factory.getbasetemp()
    of_run = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demonstration"
    folder = Path(os.environ.get(SHARED) or of_run)
    try:
        folder.mkdir()
    except FileExistsError:
        return _awaited(folder)
    try:
        return _loaded(folder)
    except BaseException as error:
        (folder / _FAILED).write_text(repr(error), encoding="utf-8")
        raise


def _loaded(folder: Path) -> Demonstration:
    store = folder / "store"
    loaded = lodeline("demo", "--store", str(store), timeout_s=PATIENCE_S)
    assert loaded.returncode == 0, loaded.stderr
    written = folder / f"{_OUT}.part"
    written.write_text(loaded.stdout, encoding="utf-8")
    written.rename(folder / _OUT)
    return Demonstration(store, loaded.stdout)


def _awaited(folder: Path) -> Demonstration:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if (folder / _OUT).is_file():
            return Demonstration(folder / "store", (folder / _OUT).read_text(encoding="utf-8"))
        if (folder / _FAILED).is_file():
            raise AssertionError((folder / _FAILED).read_text(encoding="utf-8"))
        time.sleep(0.05)
    raise AssertionError(f"the demonstration was not loaded in {PATIENCE_S:.0f} s")
