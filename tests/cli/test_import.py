"""``lodeline import``: what the command shows of an MLflow database that was brought over."""

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Lodeline

_ARCHIVE = Path(__file__).parents[1] / "data" / "mlflow" / "mlflow.zip"


def test_both_sides_are_shown(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(_ARCHIVE) as archive:
        archive.extractall(tmp_path)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as db:
        [(issue_id,)] = db.execute(
            "UPDATE issues SET status = 'odd' WHERE name = 'made up' RETURNING issue_id"
        ).fetchall()
        db.commit()
    arguments = (
        "import",
        "mlflow",
        f"sqlite:///{tmp_path / 'mlflow.db'}",
        "--artifacts",
        str(tmp_path / "artifacts"),
    )
    found = lodeline(*arguments, store=store, code=1)
    assert f"Left out: issue {issue_id}: status: 'odd'" in found.err
    assert "Experiment 2 (shop) of MLflow is experiment 2 here." in found.out
    document = lodeline(*arguments, "--json", store=store, code=1).document()
    entities = document["entities"]
    assert isinstance(entities, dict)
    assert entities["traces"] == {"mlflow": 5, "added": 0, "existing": 5}
    assert entities["artifacts"] == {"mlflow": 3, "added": 0, "existing": 3}
    assert document["refused_count"] == 1
    assert "no active experiment" in lodeline(*arguments, "-e", "none", store=store, code=1).err


def test_what_is_no_database_is_wrong_usage(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    assert "no database file" in lodeline("import", "mlflow", str(tmp_path / "none.db"), store=store, code=2).err
    (tmp_path / "text.db").write_text("a text that is no database\n" * 50)
    assert "no SQLite database" in lodeline("import", "mlflow", str(tmp_path / "text.db"), store=store, code=2).err
