"""What tests of whole programs share."""

import pytest

from tests.warm.client import COLD


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are started from nothing, as a user starts them."""
    monkeypatch.setenv(COLD, "1")
