"""Services that tests of exports and imports take: over one store, and over another one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.services.bundle import Services
from tests.services.bundled import services_over


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as opened:
        yield opened


@pytest.fixture(params=["memory:", "sqlite:{}"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """Another store, of either backend."""
    with services_over(str(request.param).format(tmp_path / "other")) as opened:
        yield opened
