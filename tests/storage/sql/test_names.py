"""Names of spans, models and providers: numbers that are given once, and forgotten with the last span."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.storage.base import Stores
from lodeline.storage.sql import connection, open_sqlite
from tests.contract.build import audit, delete_experiment, found, make_experiment, span, write


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = open_sqlite(tmp_path / "store")
    yield opened
    opened.close()


def names(directory: Path) -> set[str]:
    db = connection.connect(directory, readonly=True)
    try:
        return {name for (name,) in db.execute("SELECT name FROM names")}
    finally:
        db.close()


def test_vacuum_forgets_names_that_no_span_has(stores: Stores, tmp_path: Path) -> None:
    made = make_experiment(stores).experiment_id
    stores.traces.write([write("tr-1", span("secret name", model="m-1", provider="p-1"), experiment=made)])
    stores.traces.write([write("tr-2", span("kept", model="m-2", kind="LLM"))])
    delete_experiment(stores, made)
    stores.experiments.purge(made, audit=audit())
    assert "n:secret name" in names(tmp_path / "store")
    stores.admin.vacuum()
    left = names(tmp_path / "store")
    assert {"n:kept", "m:m-2"} <= left
    assert not {name for name in left if "secret" in name or name.endswith("-1")}
    assert stores.admin.check() == []


def test_names_that_come_back_are_found_again(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span("again", model="m-1"))])
    stores.traces.delete([TraceId("tr-1")], audit=audit())
    stores.admin.vacuum()
    stores.traces.write([write("tr-2", span("other", model="m-2")), write("tr-3", span("again", model="m-1"))])
    assert found(stores, "span.name = 'again'") == ["tr-3"]
    assert found(stores, "span.model = 'm-1'") == ["tr-3"]
    assert found(stores, "span.name = 'other'", experiments=(ExperimentId("0"),)) == ["tr-2"]
    assert stores.admin.check() == []
