"""Traces of a test, captured."""

from collections.abc import Generator

import pytest

from lodeline.sdk import quiet
from lodeline.testing import CapturedTraces, capture_traces


@pytest.fixture
def captured() -> Generator[CapturedTraces]:
    """What the test traces."""
    with capture_traces() as traces:
        yield traces


@pytest.fixture(autouse=True)
def _nothing_said() -> None:
    """Each test hears every complaint for the first time."""
    quiet._said.clear()  # pyright: ignore[reportPrivateUsage]
