"""The floor under ingest: decode the same requests and insert the same rows, in one process, with nothing else.

Protobuf to Python values, one Zstandard chunk a trace, and the rows of a trace, its spans, its tags and its payload
into SQLite (WAL, synchronous=FULL), one commit a request. No server, no dialects, no summary, no text index.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, cast

import apsw
import orjson
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

Attribute: TypeAlias = str | int | float | bool | None
_TABLES = """
CREATE TABLE traces(id INTEGER PRIMARY KEY, trace_id BLOB UNIQUE, exp INTEGER, start_ns INTEGER, dur_ns INTEGER,
                    status INTEGER, tags TEXT);
CREATE INDEX by_start ON traces(exp, start_ns, id, status, dur_ns);
CREATE TABLE kv(exp, key, val, start_ns, id, PRIMARY KEY(exp, key, val, start_ns, id)) WITHOUT ROWID;
CREATE TABLE spans(id, span_id BLOB, parent_id BLOB, name TEXT, status INTEGER, start_ns INTEGER, dur_ns INTEGER,
                   PRIMARY KEY(id, span_id)) WITHOUT ROWID;
CREATE TABLE sidx(exp, name, status, start_ns, id, PRIMARY KEY(exp, name, status, start_ns, id)) WITHOUT ROWID;
CREATE TABLE payload(id, chunk, z BLOB, PRIMARY KEY(id, chunk));
"""


class _Engine(Protocol):
    """What is used of apsw's connection, whose own types are incomplete."""

    def execute(self, statements: str, bindings: Sequence[object] = ()) -> Iterable[object]: ...
    def executemany(self, statements: str, sequenceofbindings: Sequence[Sequence[object]]) -> Iterable[object]: ...
    def last_insert_rowid(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Floor:
    """What the floor came to: spans a second for decoding alone, and for decoding and storing."""

    spans: int
    decode_spans_s: float
    store_spans_s: float
    bytes_a_span: float


def measure(requests: Iterable[bytes], folder: Path) -> Floor:
    """Run the floor over the requests; `folder` must exist and gets one database file."""
    bodies = list(requests)
    start = time.perf_counter()
    spans = sum(len(rows) for body in bodies for _, rows in _decoded(body))
    decode_s = time.perf_counter() - start
    path = folder / "floor.db"
    connection = apsw.Connection(str(path))
    engine = cast(_Engine, connection)
    for pragma in ("page_size=8192", "journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY"):
        list(engine.execute(f"PRAGMA {pragma}"))
    engine.execute(_TABLES)
    start = time.perf_counter()
    compressor = zstandard.ZstdCompressor(level=1)
    for body in bodies:
        _store(connection, compressor, body)
    store_s = time.perf_counter() - start
    connection.close()
    return Floor(spans, spans / decode_s, spans / store_s, path.stat().st_size / spans)


_Row: TypeAlias = tuple[bytes, bytes, str, int, int, int, dict[str, Attribute]]


def _decoded(body: bytes) -> Iterator[tuple[ResourceSpans, list[_Row]]]:
    """Yield each resource's spans (one trace in this data) as Python values."""
    for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
        rows: list[_Row] = []
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                attributes = {attribute.key: _value(attribute.value) for attribute in span.attributes}
                start_ns, end_ns = span.start_time_unix_nano, span.end_time_unix_nano
                rows.append(
                    (span.span_id, span.parent_span_id, span.name, span.status.code, start_ns, end_ns, attributes)
                )
        yield resource_spans, rows


def _store(connection: apsw.Connection, compressor: zstandard.ZstdCompressor, body: bytes) -> None:
    engine = cast(_Engine, connection)
    with connection:
        for message, rows in _decoded(body):
            start_ns, end_ns = min(row[4] for row in rows), max(row[5] for row in rows)
            tags = {key: value for row in rows for key, value in row[6].items() if key.startswith("lodeline.tags.")}
            status = max(row[3] for row in rows)
            values = (message.scope_spans[0].spans[0].trace_id, 1, start_ns, end_ns - start_ns, status)
            engine.execute(
                "INSERT INTO traces(trace_id, exp, start_ns, dur_ns, status, tags) VALUES(?, ?, ?, ?, ?, ?)",
                (*values, orjson.dumps(tags)),
            )
            row_id = engine.last_insert_rowid()
            engine.executemany(
                "INSERT INTO spans VALUES(?, ?, ?, ?, ?, ?, ?)",
                [(row_id, row[0], row[1], row[2], row[3], row[4], row[5] - row[4]) for row in rows],
            )
            names = {(row[2], row[3]) for row in rows}
            engine.executemany(
                "INSERT INTO sidx VALUES(1, ?, ?, ?, ?)", [(*name, start_ns, row_id) for name in names]
            )
            engine.executemany(
                "INSERT INTO kv VALUES(1, ?, ?, ?, ?)",
                [(key, str(value), start_ns, row_id) for key, value in tags.items()],
            )
            engine.execute(
                "INSERT INTO payload VALUES(?, 0, ?)", (row_id, compressor.compress(message.SerializeToString()))
            )


def _value(value: AnyValue) -> Attribute:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "bool_value":
            return value.bool_value
        case _:
            return None
