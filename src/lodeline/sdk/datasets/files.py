"""Files of records: JSON lines, CSV and Parquet, read and written without loss."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, cast, get_args

import orjson

from lodeline.domain.errors import Conflict, Invalid, Unsupported, shown
from lodeline.domain.record import Record
from lodeline.domain.span import JsonValue
from lodeline.sdk.datasets.rows import Row, record_row

FileFormat = Literal["jsonl", "csv", "parquet"]
_FORMATS: Mapping[str, FileFormat] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet",
}  # fmt: skip
_MAX_CELL = 16 * 2**20
_PARQUET_ROWS = 10_000
_OBJECTS = ("inputs", "expectations", "tags")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def format_of(path: Path) -> FileFormat:
    """Return the format that a file's name says; Invalid when it says none."""
    found = _FORMATS.get(path.suffix.lower())
    if found is None:
        raise Invalid.value("file", path.name, "a name that ends in .jsonl, .csv or .parquet")
    return found


def read_rows(path: Path, kind: FileFormat | None = None) -> Iterator[Row]:
    """Yield the rows of a file; Invalid names the line that cannot be read, or a file that is not there."""
    readers: Mapping[FileFormat, Callable[[Path], Iterator[Row]]] = {
        "jsonl": _read_jsonl, "csv": _read_csv, "parquet": _read_parquet,
    }  # fmt: skip
    reader = readers.get(kind or format_of(path))
    if reader is None:
        raise Invalid.value("format", kind, "one of " + ", ".join(get_args(FileFormat)))
    try:
        yield from reader(path)
    except OSError as error:
        raise Invalid(f"file {shown(path.name)} cannot be read: {error.strerror or error}.") from error


def write_records(path: Path, records: Iterable[Record], kind: FileFormat | None = None) -> int:
    """Write records into a new file and return how many; Conflict when it exists. A failure leaves no file behind.

    `read_rows` gives the same content back, ids and sources included.
    """
    writers: Mapping[FileFormat, Callable[[Path, Iterable[Record]], int]] = {
        "jsonl": _write_jsonl, "csv": _write_csv, "parquet": _write_parquet,
    }  # fmt: skip
    writer = writers[kind or format_of(path)]
    if path.exists():
        raise Conflict(f"{path} exists already; name another file.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        count = writer(part, records)
        part.replace(path)
    except OSError as error:
        raise Invalid(f"{path} cannot be written ({error.strerror}); name another file.") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _read_jsonl(path: Path) -> Iterator[Row]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row: JsonValue = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise Invalid(f"{path.name}: line {number} is not JSON ({error}).") from error
            if not isinstance(row, Mapping):
                raise Invalid(f"{path.name}: line {number} is no JSON object.")
            yield row


def _write_jsonl(path: Path, records: Iterable[Record]) -> int:
    count = 0
    with path.open("wb") as out:
        for record in records:
            out.write(orjson.dumps(record_row(record)) + b"\n")
            count += 1
    return count


def _read_csv(path: Path) -> Iterator[Row]:
    """A cell that is JSON is that value, any other the text that it is, an empty one missing."""
    csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL))
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text, restkey="")
        try:
            for row in reader:
                if row.get(""):
                    raise Invalid(f"{path.name}: line {reader.line_num} has more cells than there are columns.")
                yield _nested({name: cell_value(cell) for name, cell in row.items() if cell})
        except (csv.Error, UnicodeDecodeError) as error:
            raise Invalid(f"{path.name}: after line {reader.line_num} it is no CSV in UTF-8 ({error}).") from error


def _nested(row: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a row whose columns such as ``inputs.question`` are in objects: there, a cell of null is a value."""
    found: dict[str, JsonValue] = {}
    objects: dict[str, dict[str, JsonValue]] = {}
    for column, value in row.items():
        name, dot, key = column.partition(".")
        if dot and name in _OBJECTS:
            objects.setdefault(name, {})[key] = value
        else:
            found[column] = value
    for name, columns in objects.items():
        whole = found.get(name)
        found[name] = {**whole, **columns} if isinstance(whole, Mapping) else columns
    return found


def cell_value(cell: str) -> JsonValue:
    """Return what a cell of a CSV file says."""
    try:
        value: JsonValue = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell
    return value


def cell_text(value: JsonValue) -> str:
    """Return a cell that `cell_value` reads back: text as it is where it can be taken for nothing else, else JSON.

    A text that a spreadsheet would take for a formula stands in quotes.
    """
    if isinstance(value, str) and value and not value.startswith(_FORMULAS) and cell_value(value) is value:
        return value
    return orjson.dumps(value).decode()


def _write_csv(path: Path, records: Iterable[Record]) -> int:
    """One column for each key of inputs, expectations and tags; the records are gone through for them first."""
    rows = [_flat(record_row(record)) for record in records]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    columns.sort(key=lambda name: _ORDER.index(name.partition(".")[0]))
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        writer.writerows({name: cell_text(value) for name, value in row.items()} for row in rows)
    return len(rows)


_ORDER = ("record_id", "external_id", "inputs", "expectations", "outputs", "tags", "split", "source")


def _flat(row: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a row with a column for each key of its objects; an object without any stays."""
    found: dict[str, JsonValue] = {}
    for name, value in row.items():
        if name in _OBJECTS and isinstance(value, Mapping) and value:
            found.update({f"{name}.{key}": item for key, item in value.items()})
        else:
            found[name] = value
    return found


def _read_parquet(path: Path) -> Iterator[Row]:
    library = _parquet()
    try:
        if library.__name__ == "pyarrow.parquet":
            with library.ParquetFile(path) as file:
                for batch in file.iter_batches(_PARQUET_ROWS):
                    yield from cast("list[Row]", batch.to_pylist())
        else:
            yield from cast("Iterator[Row]", library.read_parquet(path).iter_rows(named=True))
    except OSError:
        raise
    except Exception as error:  # each library has errors of its own
        raise Invalid(f"{path.name}: it is no Parquet file ({error}).") from error


def _write_parquet(path: Path, records: Iterable[Record]) -> int:
    """Columns of text: ids and split as they are, everything else as JSON, so that no type is guessed."""
    rows = [record_row(record) for record in records]
    data: dict[str, list[str | None]] = {
        "outputs_json" if name == "outputs" else name: [_json_cell(name, row.get(name)) for row in rows]
        for name in _ORDER
    }  # fmt: skip
    library = _parquet()
    if library.__name__ == "pyarrow.parquet":
        arrow = import_module("pyarrow")
        library.write_table(arrow.table(data, schema=arrow.schema([(name, arrow.string()) for name in data])), path)
    else:
        library.DataFrame(data, schema=dict.fromkeys(data, library.String)).write_parquet(path)
    return len(rows)


def _json_cell(name: str, value: JsonValue) -> str | None:
    if value is None or name in {"record_id", "external_id", "split"}:
        return cast("str | None", value)
    return json.dumps(value, ensure_ascii=False)


def _parquet() -> Any:
    """Return pyarrow's Parquet, or Polars."""
    for name in ("pyarrow.parquet", "polars"):
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise Unsupported(
        "Parquet needs a package that is not installed; run pip install pyarrow.", code="parquet_library_missing"
    )
