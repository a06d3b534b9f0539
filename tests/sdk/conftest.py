"""What the tests of the SDK's functions share."""

from collections.abc import Generator
from pathlib import Path

import pytest

from lodeline.local import LocalClient, connect
from lodeline.sdk.default_client import set_default_client


@pytest.fixture
def local(tmp_path: Path) -> Generator[LocalClient]:
    """A store of the test's own, which the fluent functions use."""
    with connect(tmp_path / "store") as client:
        set_default_client(client)
        yield client
        set_default_client(None)
