"""``lodeline import``: what the command shows of an MLflow database that was brought over."""

import zipfile
from pathlib import Path

from tests.cli.conftest import Lodeline

_ARCHIVE = Path(__file__).parents[1] / "data" / "mlflow" / "mlflow.zip"


def test_both_sides_are_shown(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(_ARCHIVE) as archive:
        archive.extractall(tmp_path)
    arguments = (
        "import",
        "mlflow",
        f"sqlite:///{tmp_path / 'mlflow.db'}",
        "--artifacts",
        str(tmp_path / "artifacts"),
    )
    shown = lodeline(*arguments, store=store).out
    assert "Experiment 2 (shop) of MLflow is experiment 2 here." in shown
    document = lodeline(*arguments, "--json", store=store).document()
    entities = document["entities"]
    assert isinstance(entities, dict)
    assert entities["traces"] == {"mlflow": 4, "added": 0, "existing": 4}
    assert document["refused"] == []
    assert "no active experiment" in lodeline(*arguments, "-e", "none", store=store, code=1).err
