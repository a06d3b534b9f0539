"""Every test of this folder runs against every backend; a backend joins by one line in `BACKENDS`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores, store_directory

BACKENDS = {"memory": "memory:", "sqlite": "sqlite:{directory}"}


@pytest.fixture(params=BACKENDS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store; opening it twice, one after the other, gives the same store where it is durable."""
    return BACKENDS[request.param].format(directory=tmp_path / "store")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of an empty store that was made from nothing and closed: copies take a third as long."""
    directory = tmp_path_factory.mktemp("made") / "store"
    open_stores(BACKENDS["sqlite"].format(directory=directory)).close()
    return directory


@pytest.fixture
def stores(store_url: str, made: Path) -> Iterator[Stores]:
    """An empty store of each backend."""
    directory = store_directory(store_url)
    if directory is not None:
        shutil.copytree(made, directory)
    opened = open_stores(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=BACKENDS)
def shared_stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """One store of each backend for a whole module whose tests only read."""
    directory = tmp_path_factory.mktemp("store")
    opened = open_stores(BACKENDS[request.param].format(directory=directory))
    yield opened
    opened.close()
