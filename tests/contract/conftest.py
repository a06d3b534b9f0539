"""Every test of this folder runs against every backend; a backend joins by one line in `BACKENDS`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores

BACKENDS = {"memory": "memory:", "sqlite": "sqlite:{directory}"}


@pytest.fixture(params=BACKENDS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store; opening it twice, one after the other, gives the same store where it is durable."""
    return BACKENDS[request.param].format(directory=tmp_path / "store")


@pytest.fixture
def stores(store_url: str) -> Iterator[Stores]:
    """An empty store of each backend."""
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
