"""A database that MLflow's own server wrote, and a store to import it into."""

import zipfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

import lodeline
from lodeline.local import LocalClient
from lodeline.mlflow.artifacts import ArtifactFolder
from lodeline.mlflow.importing import ImportAccount, MlflowImport
from lodeline.mlflow.source import open_source

_ARCHIVE = Path(__file__).parents[1] / "data" / "mlflow" / "mlflow.zip"


@dataclass(frozen=True, slots=True)
class MlflowFiles:
    """What MLflow's server keeps."""

    database: Path
    artifacts: Path


@pytest.fixture
def mlflow(tmp_path: Path) -> MlflowFiles:
    folder = tmp_path / "mlflow"
    with zipfile.ZipFile(_ARCHIVE) as archive:
        archive.extractall(folder)
    return MlflowFiles(folder / "mlflow.db", folder / "artifacts")


@pytest.fixture
def client(tmp_path: Path) -> Generator[LocalClient]:
    with lodeline.connect(tmp_path / "store") as client:
        yield client


def import_all(
    client: LocalClient, files: MlflowFiles, *, only: tuple[str, ...] = (), suffix: str = ""
) -> ImportAccount:
    """Import the database and return the account."""
    with open_source(str(files.database)) as source:
        return MlflowImport(source, client, ArtifactFolder(files.artifacts), only=only, suffix=suffix).run()
