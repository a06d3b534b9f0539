"""Assessments ↔ rows: the columns that filters and aggregates read, and the JSON that holds everything.

A judgment is read back as it was given. So the JSON of a value that orjson would change or refuse (NaN, infinities,
large integers, lone surrogates) is the standard library's.
"""

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import orjson

from lodeline.domain.assessment import (
    Assessment,
    AssessmentError,
    AssessmentRevision,
    AssessmentSource,
    AssessmentTarget,
    numeric_value,
)
from lodeline.domain.span import JsonValue
from lodeline.query.values import plain
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import Db, Row, SqlValue, carray
from lodeline.storage.sql.rows import bounded

_COLUMNS = (
    "aid, exp, trace, session, name, kind, source, source_id, valid, num, vtype, vnum, vstr, error, run, created_ms, "
    "deleted, identifier, start_ns, doc"
)
_FIXED = frozenset({"aid", "exp", "trace", "session", "created_ms", "start_ns"})
"""What revisions do not change; `start_ns` follows the trace."""
_UPSERT = (
    f"INSERT INTO assessments ({_COLUMNS}) VALUES ({', '.join('?' * 20)}) ON CONFLICT (aid) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ") if name not in _FIXED)
)
_INSERT_REVISION = (
    "INSERT INTO assessment_revisions (aid, entry, at_ms, by, reason, deleted, doc) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_SELECT_REVISION = "SELECT doc, at_ms, by, reason, deleted FROM assessment_revisions WHERE aid = ? ORDER BY entry "


def append(db: Db, revision: AssessmentRevision, trace: tuple[int, int] | None) -> None:
    """Append a revision and make the assessment's row what it says.

    `trace` is the row id and the start of the judged trace, used when the assessment is new.
    """
    append_all(db, [(revision, trace)])


def append_all(db: Db, revisions: Sequence[tuple[AssessmentRevision, tuple[int, int] | None]]) -> None:
    """Append revisions in their order, each as `append` does."""
    docs = [encode(revision.assessment) for revision, _ in revisions]
    db.executemany(_UPSERT, [_row(*given, doc) for given, doc in zip(revisions, docs, strict=True)])
    db.executemany(
        _INSERT_REVISION,
        [
            (
                clean(revision.assessment.assessment_id), revision.assessment.revision, bounded(revision.at_ms),
                _text(revision.by), _text(revision.reason), int(revision.deleted), doc,
            )
            for (revision, _), doc in zip(revisions, docs, strict=True)
        ],
    )  # fmt: skip


def _row(revision: AssessmentRevision, trace: tuple[int, int] | None, doc: str) -> tuple[SqlValue, ...]:
    a = revision.assessment
    row_id, start_ns = trace or (None, None)
    vtype, vnum, vstr = value_columns(a.value)
    return (
        clean(a.assessment_id), int(a.experiment_id), row_id, _text(a.target.session), clean(a.name), a.kind,
        a.source.kind, clean(a.source.source_id), int(a.valid), numeric_value(a.value), vtype, vnum, vstr,
        None if a.error is None else clean(a.error.code), _text(a.run_id), bounded(a.created_ms),
        int(revision.deleted), _text(a.identifier), start_ns, doc,
    )  # fmt: skip


def revisions(db: Db, assessment_id: str) -> list[AssessmentRevision]:
    """Return every revision, oldest first; none when the id was never used."""
    return [_revision(row) for row in db.execute(_SELECT_REVISION, (clean(assessment_id),))]


def last_revision(db: Db, assessment_id: str) -> AssessmentRevision | None:
    """Return the last revision, that of a removal included; None when the id was never used."""
    row = db.execute(_SELECT_REVISION + "DESC LIMIT 1", (clean(assessment_id),)).fetchone()
    return None if row is None else _revision(row)


def assessments_of(db: Db, trace_rows: Sequence[int]) -> dict[int, list[Assessment]]:
    """Return the present assessments of traces and their spans by the trace's row id, oldest first."""
    found: dict[int, list[Assessment]] = {}
    sql = "SELECT trace, doc FROM assessments WHERE trace IN carray(?) AND deleted = 0 ORDER BY created_ms, id"
    if trace_rows:
        for row_id, doc in db.execute(sql, (carray(trace_rows),)):
            found.setdefault(row_id, []).append(decode(doc))
    return found


def assessments_of_session(db: Db, experiment_id: str, session: str) -> list[Assessment]:
    """Return the present assessments of a session itself, oldest first."""
    sql = "SELECT doc FROM assessments WHERE exp = ? AND session = ? AND deleted = 0 ORDER BY created_ms, id"
    return [decode(doc) for (doc,) in db.execute(sql, (int(experiment_id), clean(session)))]


def encode(assessment: Assessment) -> str:
    """Return an assessment as JSON text."""
    value = assessment.value
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        # orjson takes a twentieth of the time, and refuses what it cannot write as it is.
        with suppress(TypeError):
            return orjson.dumps(assessment).decode()
    return dump_json(_fields(assessment))


def dump_json(value: object) -> str:
    """Return a value as compact JSON text that may hold NaN, infinities and lone surrogates."""
    return _ENCODER.encode(value)


def _fields(value: object) -> dict[str, object]:
    """Return a domain value's fields as they are; `asdict` would copy all that they hold."""
    names = _NAMES.get(type(value))
    if names is None:
        if not is_dataclass(value):
            raise TypeError(f"{type(value).__name__} has no JSON form")
        names = _NAMES[type(value)] = tuple(field.name for field in fields(value))
    return {name: getattr(value, name) for name in names}


_NAMES: dict[type, tuple[str, ...]] = {}
"""The fields of the classes seen so far: an assessment is written for every score of every row."""


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_fields)


def load_json(text: str) -> Any:
    """Return the value of text that `dump_json` wrote."""
    return json.loads(text)


def decode(doc: str) -> Assessment:
    """Return the assessment of `encode`d text."""
    data: dict[str, Any] = json.loads(doc)
    error = data["error"]
    data["target"] = AssessmentTarget(**data["target"])
    data["source"] = AssessmentSource(**data["source"])
    data["error"] = None if error is None else AssessmentError(**error)
    return Assessment(**data)


def value_columns(value: JsonValue) -> tuple[str | None, float | None, str | None]:
    """Return the type, number and text by which filters compare a value, as `query.reference` sees it."""
    seen = plain(value)
    if seen is None:
        return None, None, None
    if isinstance(seen, bool):
        return "b", float(seen), None
    if isinstance(seen, int | float):
        return "n", numeric_value(seen), None
    if isinstance(seen, str):
        return "s", None, clean(seen)
    return "j", None, None


def _text(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _revision(row: Row) -> AssessmentRevision:
    doc, at_ms, by, reason, deleted = row
    return AssessmentRevision(decode(doc), at_ms=at_ms, by=by, reason=reason, deleted=bool(deleted))
