"""A database of MLflow's with many traces: one of those that are there, again and again under other ids."""

import json
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

_OF_TRACE = {"trace_info": "request_id", "trace_tags": "request_id", "trace_request_metadata": "request_id",
             "spans": "trace_id", "assessments": "trace_id"}  # fmt: skip


def grow(database: Path, traces: int) -> None:
    """Add copies of the trace of experiment 2 that went well."""
    with closing(sqlite3.connect(database)) as db:
        [(model,)] = db.execute("SELECT request_id FROM trace_info WHERE experiment_id = 2 AND status = 'OK' LIMIT 1")
        for number in range(traces):
            trace_id = f"tr-{uuid.uuid4().hex}"
            for table, key in _OF_TRACE.items():
                for values in _rows(db, table, key, str(model)):
                    _insert(db, table, {**values, **_changes(table, values, number), key: trace_id})
        db.commit()


def _rows(db: sqlite3.Connection, table: str, key: str, trace_id: str) -> list[dict[str, Any]]:
    info = [(str(row[1]), bool(row[6])) for row in db.execute(f"PRAGMA table_xinfo({table})")]
    names = [name for name, generated in info if not generated]
    found = db.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {key} = ?", (trace_id,))
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _changes(table: str, values: dict[str, Any], number: int) -> dict[str, Any]:
    match table:
        case "trace_info":
            return {"timestamp_ms": values["timestamp_ms"] + 1 + number}
        case "assessments":
            return {"assessment_id": f"a-{uuid.uuid4().hex}", "overrides": None, "valid": True}
        case "spans":
            content = json.loads(values["content"])
            return {"content": json.dumps({**content, "attributes": {**content["attributes"], "n": str(number)}})}
        case _:
            return {}


def _insert(db: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
