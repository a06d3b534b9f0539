"""A database that MLflow's own server wrote in PostgreSQL."""

import gzip
from collections.abc import Generator
from pathlib import Path
from typing import LiteralString, cast

import psycopg
import pytest

import lodeline
from lodeline.domain.errors import Invalid, Unavailable
from lodeline.local import LocalClient
from lodeline.mlflow.artifacts import ArtifactFolder
from lodeline.mlflow.importing import ENTITIES, ImportAccount, MlflowImport
from lodeline.mlflow.source import open_source
from tests.mlflow.conftest import MlflowFiles, import_all
from tests.mlflow.postgres import postgres_server

_DUMP = Path(__file__).parents[1] / "data" / "mlflow" / "mlflow.sql.gz"


@pytest.fixture(scope="module")
def database() -> Generator[str]:
    """Give the URI of the database, as MLflow's server is given it."""
    with postgres_server() as uri:
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(cast(LiteralString, gzip.decompress(_DUMP.read_bytes()).decode()))
        yield uri.replace("postgresql://", "postgresql+psycopg2://")


def import_from(client: LocalClient, uri: str) -> ImportAccount:
    with open_source(uri) as source:
        return MlflowImport(source, client, ArtifactFolder(None)).run()


def test_it_is_imported_like_one_of_sqlite(
    client: LocalClient, database: str, mlflow: MlflowFiles, tmp_path: Path
) -> None:
    account = import_from(client, database)
    assert account.refused == []
    assert account.added["issues"] == 1
    # Files, review queues and another issue are in the other database only; everything else was made by the same
    # program.
    with lodeline.connect(tmp_path / "other") as other:
        same = import_all(other, mlflow)
        beside = {"attachments", "artifacts", "labeling_sessions", "labeling_items", "issues"}
        assert {each: account.found[each] for each in ENTITIES if each not in beside} == {
            each: same.found[each] for each in ENTITIES if each not in beside
        }
        assert {each: account.added[each] for each in ENTITIES if each not in beside} == {
            each: same.added[each] for each in ENTITIES if each not in beside
        }
        assert story(client) == story(other)
    assert sum(import_from(client, database).added.values()) == 0


def story(client: LocalClient) -> dict[str, object]:
    """Return what is there, without ids and times, which each run of the program that made it has of its own, and
    without the name of an attachment, which is among the inputs of the trace `look`."""
    traces = [
        client.traces.get(each.trace_id)
        for experiment in ("0", "2")
        for each in client.traces.search(experiment=experiment)
    ]
    [train] = client.runs.search(experiment="2", filter="name = 'train'")
    datasets = client.datasets.search(experiment="2")
    return {
        "traces": sorted(
            (whole.trace.name or "", whole.trace.state, whole.trace.session or "",
             "" if whole.trace.name == "look" else str(whole.trace.request),
             [span.name for span in whole.spans],
             sorted((a.name, a.kind, str(a.value), a.valid) for a in whole.assessments))
            for whole in traces
        ),
        "train": (dict(train.params), train.tags["team"], train.status),
        "loss": sorted((p.step, p.value) for p in client.runs.metric_history(train.run_id, "loss").items),
        "records": sorted(
            str((dict(record.inputs), dict(record.expectations), record.outputs))
            for dataset in datasets for record in client.records.search(dataset.dataset_id)
        ),
        "prompt": [client.prompts.version("greeting", number, experiment="2").template for number in (1, 2, 3)],
        "schemas": [(each.name, each.kind, each.input) for each in client.label_schemas.list(experiment="2")],
    }  # fmt: skip


def test_nothing_can_be_written(database: str) -> None:
    with (
        pytest.raises(Unavailable, match="read-only"),
        open_source(database) as source,
    ):
        list(source.rows("experiments", "WHERE nextval('experiments_experiment_id_seq') > 0"))


def test_another_database_and_none_are_told(database: str) -> None:
    plain = database.replace("postgresql+psycopg2://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE DATABASE other")
    other = plain.replace("/postgres?", "/other?")
    with pytest.raises(Invalid, match="no MLflow database"), open_source(other):
        pass
    missing = plain.replace("mlflow@/postgres?", "mlflow:secret@/missing?")
    with pytest.raises(Unavailable, match="missing") as caught, open_source(missing):
        pass
    assert "secret" not in str(caught.value)
