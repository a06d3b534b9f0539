"""A reader for each test, whose server is stopped at its end; OpenAI answers with what was recorded."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.shell import Reader
from tests.e2e.demonstration import demonstration
from tests.e2e.replay import replaying

if sys.platform == "win32":
    pytest.skip("the pages' commands are for a Unix shell", allow_module_level=True)


@pytest.fixture
def reader(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Reader]:
    """A reader in an empty folder, with the environment that `make setup` makes."""
    with _reading(tmp_path, tmp_path_factory, warm=False) as made:
        yield made


@pytest.fixture
def warm_reader(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Reader]:
    """A reader like `reader`, for whom `lodeline` has been imported already."""
    with _reading(tmp_path, tmp_path_factory, warm=True) as made:
        yield made


@contextmanager
def _reading(folder: Path, folders: pytest.TempPathFactory, *, warm: bool) -> Generator[Reader]:
    (folder / ".venv").symlink_to(sys.prefix)
    with replaying() as replay:
        openai = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": f"{replay.url}/openai-chat/v1"}
        made = Reader(folder, openai, lambda: demonstration(folders), warm=warm)
        try:
            yield made
        finally:
            made.stop()
