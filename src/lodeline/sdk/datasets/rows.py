"""Rows of any kind as records: mappings, files, frames; and records as rows."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias, cast

import orjson

from lodeline.domain.errors import Invalid, shown
from lodeline.domain.ids import RecordId
from lodeline.domain.record import Record, RecordDraft, RecordSource, SourceKind
from lodeline.domain.span import JsonValue

Row: TypeAlias = "Mapping[str, Any]"
Rows: TypeAlias = "Iterable[Row | RecordDraft] | str | os.PathLike[str] | Any"
"""What records are made of: a file (``.jsonl``, ``.csv``, ``.parquet``), a frame of pandas or Polars, or mappings or
`RecordDraft`s one by one, as a list, a generator, or a dataset of Hugging Face's library gives them."""
_OBJECTS = ("inputs", "expectations", "tags")
_TEXTS = ("split", "external_id", "record_id")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of plain rows are what. A row that has ``inputs``, or columns such as ``inputs.question``, needs
    none of this."""

    inputs: Sequence[str] = ()
    expectations: Sequence[str] = ()
    outputs: str | None = None
    split: str | None = None
    external_id: str | None = None


def drafts_of(rows: Rows, columns: Columns | None = None) -> Iterator[RecordDraft]:
    """Yield a draft for each row; Invalid names the row that is no record, TypeError what is no rows at all."""
    for index, row in enumerate(_rows(rows)):
        yield row if isinstance(row, RecordDraft) else draft_of(row, index, columns)


def draft_of(row: Row, index: int = 0, columns: Columns | None = None) -> RecordDraft:
    """Return the draft of one row; missing values (None, and NaN of a frame) are left out.

    Texts in the columns ``inputs``, ``expectations``, ``tags``, ``source`` and ``outputs_json`` are JSON.
    """
    if columns is not None:
        return _chosen(row, index, columns)
    objects: dict[str, dict[str, JsonValue]] = {name: _object(row.get(name), name, index) for name in _OBJECTS}
    for column, value in row.items():
        name, dot, key = column.partition(".")
        if dot and name in objects and not _missing(value):
            objects[name][key] = plain(value)
    if "inputs" not in row and not objects["inputs"]:
        raise Invalid(
            f"row {index}: it has neither 'inputs' nor columns such as 'inputs.question', only "
            f"{shown(', '.join(map(str, row)))}; say which columns are inputs.",
            details={"index": index},
        )
    outputs = row.get("outputs")
    if _missing(outputs) and isinstance(row.get("outputs_json"), str):
        outputs = _parsed(row["outputs_json"], index)
    texts = {name: _text(row.get(name)) for name in _TEXTS}
    return RecordDraft(
        inputs=objects["inputs"],
        expectations=objects["expectations"],
        outputs=None if _missing(outputs) else plain(outputs),
        tags={key: value if isinstance(value, str) else _json(value) for key, value in objects["tags"].items()},
        split=texts["split"],
        external_id=texts["external_id"],
        source=_source(row.get("source"), index),
        record_id=None if texts["record_id"] is None else RecordId(texts["record_id"]),
    )


def record_row(record: Record) -> dict[str, JsonValue]:
    """Return a record as a row that `draft_of` reads back into the same content; what is empty is left out."""
    source = record.source
    row: dict[str, JsonValue] = {
        "record_id": record.record_id,
        "external_id": record.external_id,
        "inputs": dict(record.inputs),
        "expectations": dict(record.expectations) or None,
        "outputs": record.outputs,
        "tags": dict(record.tags) or None,
        "split": record.split,
        "source": None
        if source is None
        else {"kind": source.kind, "source_id": source.source_id, "note": source.note},
    }
    return {name: value for name, value in row.items() if value is not None}


def plain(value: Any) -> JsonValue:
    """Return a value of a frame or of NumPy as JSON has it; dates become ISO text, anything else stays as it is."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value)
        return {key: plain(item) for key, item in pairs.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, date | datetime):
        return value.isoformat()
    for method in ("tolist", "to_list", "item"):
        convert = getattr(value, method, None)
        if callable(convert):
            return plain(convert())
    return value


def _rows(rows: Rows) -> Iterator["Row | RecordDraft"]:
    if isinstance(rows, str | os.PathLike):
        # Files know rows, so this module cannot import theirs at its top.
        from lodeline.sdk.datasets.files import read_rows  # noqa: PLC0415

        return read_rows(Path(cast("str | os.PathLike[str]", rows)))
    frame = cast(Any, rows)
    if hasattr(frame, "iter_rows"):  # Polars
        return cast("Iterator[Row]", frame.iter_rows(named=True))
    if hasattr(frame, "columns") and hasattr(frame, "to_dict"):  # pandas
        return iter(cast("list[Row]", frame.to_dict("records")))
    if isinstance(rows, Mapping) or not isinstance(rows, Iterable):
        raise TypeError(f"records: expected rows, a file or a frame, not one {type(cast(object, rows)).__name__}")
    return iter(cast("Iterable[Row]", rows))


def _chosen(row: Row, index: int, columns: Columns) -> RecordDraft:
    single = [name for name in (columns.outputs, columns.split, columns.external_id) if name is not None]
    for name in (*columns.inputs, *columns.expectations, *single):
        if name not in row:
            raise Invalid(
                f"row {index}: it has no column {shown(name)}, only {shown(', '.join(map(str, row)))}.",
                details={"index": index},
            )

    def picked(names: Sequence[str]) -> dict[str, JsonValue]:
        return {name: plain(row[name]) for name in names if not _missing(row[name])}

    outputs = None if columns.outputs is None else row[columns.outputs]
    return RecordDraft(
        inputs=picked(columns.inputs),
        expectations=picked(columns.expectations),
        outputs=None if _missing(outputs) else plain(outputs),
        split=None if columns.split is None else _text(row[columns.split]),
        external_id=None if columns.external_id is None else _text(row[columns.external_id]),
    )


def _object(value: Any, name: str, index: int) -> dict[str, JsonValue]:
    """Return the value of a column that holds objects, as such or as JSON text."""
    if _missing(value):
        return {}
    found = plain(value)
    if isinstance(found, str):
        try:
            found = cast(JsonValue, orjson.loads(found))
        except orjson.JSONDecodeError:
            found = None
    if not isinstance(found, Mapping):
        raise Invalid(f"row {index}: {name}: {shown(value)} is no object.", details={"index": index})
    return dict(found)


def _parsed(text: str, index: int) -> JsonValue:
    try:
        return cast(JsonValue, orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise Invalid(f"row {index}: outputs_json: {shown(text)} is not JSON.", details={"index": index}) from error


def _source(value: Any, index: int) -> RecordSource | None:
    found = _object(value, "source", index)
    if not found:
        return None
    kind = cast(SourceKind, found.get("kind"))
    return RecordSource(kind, _text(found.get("source_id")), _text(found.get("note")))


def _text(value: Any) -> str | None:
    if _missing(value):
        return None
    found = plain(value)
    return found if isinstance(found, str) else _json(found)


def _json(value: JsonValue) -> str:
    return orjson.dumps(value).decode()


def _missing(value: Any) -> bool:
    """Tell whether a cell is empty: None, NaN, or pandas' own marks of absence, none of which equals itself."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and value != value  # noqa: PLR0124 - NaN alone differs from itself
