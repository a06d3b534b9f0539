"""The demonstration, loaded once into a store of its own, and a client of a store for everything else."""

from collections.abc import Generator

import pytest

from lodeline.local import LocalClient, connect


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Generator[LocalClient]:
    """A client of an empty store, which the tests of a module share."""
    with connect(tmp_path_factory.mktemp("real") / "store") as made:
        yield made
