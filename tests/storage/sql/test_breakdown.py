"""The bound of a breakdown: of more traces the newest are looked at, which the answer says."""

from pathlib import Path

import pytest

from lodeline.domain.analytics import MODEL_CALLS
from lodeline.storage.open import open_stores
from lodeline.storage.sql import breakdown
from tests.contract.build import search
from tests.contract.test_breakdown import fill


def test_of_many_traces_the_newest_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakdown, "MOST_TRACES", 2)
    stores = open_stores(f"sqlite:{tmp_path / 'store'}")
    try:
        app = fill(stores)
        found = stores.analytics.breakdown(search(experiments=(app,)), "model", kinds=MODEL_CALLS, limit=10)
    finally:
        stores.close()
    assert (found.examined, found.complete) == (2, False)
    assert [(each.value, each.spans, each.errors) for each in found.values] == [("big", 2, 0), ("small", 2, 1)]
