"""Rows ↔ domain traces: the columns of `traces` and `trace_docs`, and what their JSON holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from lodeline.domain.ids import ExperimentId, SpanId, TraceId
from lodeline.domain.trace import TRACE_STATES, Trace, TraceInfo, TraceSummary
from lodeline.domain.usage import TokenUsage, picousd_to_usd
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.db import Row, SqlValue

MAX_INT = 2**63 - 1

TRACE_COLUMNS = (
    "trace_id, exp, start_ns, dur_ns, state, name, session, user, environment, service, client, model, run, "
    "client_request_id, tok_total, tok_in, tok_out, tok_cache_read, tok_cache_write_5m, tok_cache_write_1h, "
    "tok_audio_in, tok_image, tok_reasoning, tok_audio_out, cost, span_count, error_count, size_bytes, "
    "received_ms, updated_ms, version"
)
_TRACE_COLUMNS = tuple(TRACE_COLUMNS.split(", "))
_MARKS = ", ".join("?" * len(_TRACE_COLUMNS))
INSERT_TRACE = f"INSERT INTO traces (id, {TRACE_COLUMNS}) VALUES (?, {_MARKS})"
UPDATE_TRACE = f"UPDATE traces SET ({TRACE_COLUMNS}) = ({_MARKS}) WHERE id = ?"
SUM_TOKENS = (
    "total(tok_in), total(tok_out), total(tok_cache_read), total(tok_cache_write_5m), total(tok_cache_write_1h), "
    "total(tok_audio_in), total(tok_image), total(tok_reasoning), total(tok_audio_out)"
)
"""Select list whose values `summed_tokens` takes."""
UPSERT_DOC = (
    "INSERT OR REPLACE INTO trace_docs (id, tags, metadata, request, response, doc) VALUES (?, ?, ?, ?, ?, ?)"
)
SELECT_TRACE = (
    "SELECT t.id, t.trace_id, t.exp, t.start_ns, t.dur_ns, t.state, t.name, t.session, t.user, t.environment, "
    "t.service, t.client, t.model, t.run, t.client_request_id, t.cost, t.span_count, t.error_count, t.size_bytes, "
    "t.received_ms, t.updated_ms, d.tags, d.metadata, d.request, d.response, d.doc "
    "FROM traces t JOIN trace_docs d ON d.id = t.id "
)


@lru_cache(maxsize=1_024)
def update_of(changed: tuple[int, ...]) -> str:
    """Return the statement that updates these of the TRACE_COLUMNS alone.

    SQLite writes every index of a column that a statement names, whether its value changes or not.
    """
    return f"UPDATE traces SET {', '.join(f'{_TRACE_COLUMNS[place]} = ?' for place in changed)} WHERE id = ?"


@dataclass(slots=True)
class Extra:
    """What `trace_docs.doc` holds beside the columns: edits made by people, run links, and the client's info."""

    edited: dict[str, str] = field(default_factory=dict[str, str])
    removed: set[str] = field(default_factory=set[str])
    linked: tuple[str, ...] = ()
    info: TraceInfo | None = None

    def tags(self, summary: TraceSummary) -> dict[str, str]:
        """Return the effective tags: what came with the trace, under the edits."""
        if not self.removed and not self.edited:
            return dict(summary.tags)
        tags = {k: v for k, v in summary.tags.items() if k not in self.removed}
        return {**tags, **self.edited}


def same_doc(one: TraceSummary, other: TraceSummary) -> bool:
    """Tell whether two summaries of a trace make the same `doc_row`, where what is beside them is the same."""
    return (
        one.root_span_id == other.root_span_id
        and one.tokens == other.tokens
        and one.status_message == other.status_message
        and one.request == other.request
        and one.response == other.response
        and one.tags == other.tags
        and one.metadata == other.metadata
    )


def doc_row(row_id: int, summary: TraceSummary, extra: Extra, tags: Mapping[str, str]) -> tuple[SqlValue, ...]:
    """Return the values of `UPSERT_DOC`; `tags` are the effective ones."""
    doc: dict[str, object] = {"tokens": tuple(summary.tokens)}
    if summary.root_span_id is not None:
        doc["root"] = summary.root_span_id
    if summary.status_message:
        doc["message"] = summary.status_message
    if extra.edited:
        doc["edited"] = extra.edited
    if extra.removed:
        doc["removed"] = sorted(extra.removed)
    if extra.linked:
        doc["linked"] = extra.linked
    if extra.info is not None:
        doc["info"] = info_to_json(extra.info)
    request, response = summary.request, summary.response
    return (
        row_id,
        dumps(tags),
        dumps(summary.metadata),
        text_or_none(request),
        text_or_none(response),
        dumps(doc),
    )


def summed_tokens(values: Sequence[float]) -> TokenUsage:
    """Return the buckets of the `SUM_TOKENS` columns."""
    tok_in, tok_out, read, write_5m, write_1h, audio_in, image, reasoning, audio_out = map(int, values)
    uncached = tok_in - read - write_5m - write_1h - audio_in - image
    return TokenUsage(
        uncached, read, write_5m, write_1h, tok_out - reasoning - audio_out, reasoning, audio_in, audio_out, image
    )


def extra_of(doc: str) -> Extra:
    """Return what the JSON of a trace_docs row holds beside the summary."""
    data: dict[str, Any] = loads(doc)
    info: dict[str, Any] | None = data.get("info")
    removed: list[str] = data.get("removed", [])
    return Extra(
        dict(data.get("edited", {})),
        set(removed),
        tuple(data.get("linked", ())),
        None if info is None else info_from_json(info),
    )


def to_trace(row: Row) -> Trace:
    """Return the trace of a `SELECT_TRACE` row."""
    (_id, trace_id, exp, start_ns, dur_ns, state, name, session, user, environment, service, client, model, run,
     request_id, cost, span_count, error_count, size_bytes, received_ms, updated_ms, tags, metadata, request,
     response, doc) = row  # fmt: skip
    data: dict[str, Any] = loads(doc)
    root: str | None = data.get("root")
    info: dict[str, Any] | None = data.get("info")
    return Trace(
        TraceId(trace_id), ExperimentId(str(exp)), name, TRACE_STATES[int(state)], start_ns, dur_ns, received_ms,
        updated_ms, root_span_id=None if root is None else SpanId(root), request=request, response=response,
        session=session, user=user, environment=environment, service=service, client=client, model_id=model,
        run_id=run, linked_run_ids=tuple(data.get("linked", ())), client_request_id=request_id,
        tokens=TokenUsage(*data["tokens"]), cost_usd=picousd_to_usd(cost), span_count=span_count,
        error_count=error_count, size_bytes=size_bytes, status_message=data.get("message", ""),
        finalised=bool(info and info.get("finalised")), tags=loads(tags), metadata=loads(metadata),
    )  # fmt: skip


def text_or_none(value: str | None) -> str | None:
    """Return text that a column can hold."""
    return None if value is None else clean(value)


def bounded(number: int) -> int:
    """Return `number` within SQLite's 64-bit integers."""
    return max(-MAX_INT, min(number, MAX_INT))


def bounded_tokens(tokens: TokenUsage) -> TokenUsage:
    """Return `tokens` so that each bucket, and their sum, is within SQLite's integers."""
    if min(tokens) >= 0 and max(tokens) <= _MAX_BUCKET:
        return tokens
    return TokenUsage(*(max(0, min(count, _MAX_BUCKET)) for count in tokens))


_MAX_BUCKET = MAX_INT // len(TokenUsage._fields)
_INFO_FIELDS = tuple(TraceInfo.__dataclass_fields__)


def info_to_json(info: TraceInfo) -> dict[str, object]:
    """Return the fields of a client's info that are set; a zero is, unlike False, which it equals."""
    values = {name: getattr(info, name) for name in _INFO_FIELDS}
    if info.tokens is not None:
        values["tokens"] = tuple(info.tokens)
    return {name: value for name, value in values.items() if value is not False and value not in (None, {})}


def info_from_json(data: dict[str, Any]) -> TraceInfo:
    """Return the info that `info_to_json` wrote."""
    known = {name: value for name, value in data.items() if name in _INFO_FIELDS}
    if "tokens" in known:
        known["tokens"] = TokenUsage(*cast("list[int]", known["tokens"]))
    return TraceInfo(**known)
