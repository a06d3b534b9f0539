"""Traces, from MLflow's rows and files to what an export keeps of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lodeline.domain.errors import Invalid, LodelineError, TooLarge
from lodeline.domain.experiment import ExperimentSettings, check_tags
from lodeline.domain.ids import ExperimentId, check_trace_id
from lodeline.domain.span import JsonValue, SpanFacts
from lodeline.domain.trace import MAX_METADATA_VALUE, MAX_PREVIEW, MAX_TRACE_NAME, TraceInfo, TraceState
from lodeline.domain.transfer import TraceDump
from lodeline.domain.usage import TokenUsage, usd_to_picousd
from lodeline.ingest.otlp import decode
from lodeline.mlflow.artifacts import ArtifactFolder
from lodeline.mlflow.assessments import ledger_of
from lodeline.mlflow.source import Row, Source, json_of, named, rows_of
from lodeline.mlflow.spans import export_request
from lodeline.services.assessment_texts import MAX_TEXT

TRACES_TOGETHER = 100
MAX_TRACES_JSON_BYTES = 256 * 2**20
_SESSION = "mlflow.trace.session"
_LOCATION = "mlflow.artifactLocation"
_STATES: Mapping[str, TraceState] = {"OK": "OK", "ERROR": "ERROR", "IN_PROGRESS": "IN_PROGRESS"}
_MS = 1_000_000
_MOST_MS = (2**63 - 1) // _MS


@dataclass(slots=True)
class FoundTrace:
    """One trace: what an export keeps of it, its chunks, and its attachments by name. `refused` says what of it is
    left out."""

    dump: TraceDump
    chunks: list[bytes]
    spans: int
    attachments: dict[str, Path]
    refused: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Related:
    """What belongs to some traces, by their ids."""

    tags: dict[str, dict[str, str]]
    metadata: dict[str, dict[str, str]]
    spans: dict[str, list[JsonValue]]
    assessments: dict[str, list[Row]]
    runs: dict[str, list[str]]
    prompts: dict[str, list[str]]


def traces_of(
    source: Source, artifacts: ArtifactFolder, experiment_id: ExperimentId, settings: ExperimentSettings
) -> Iterator[FoundTrace | str]:
    """Yield the traces of an experiment, the first started first; a text says why one is left out."""
    after: tuple[int, str] = (-(2**63), "")
    while True:
        rows = list(
            source.rows(
                "trace_info",
                "WHERE experiment_id = ? AND (timestamp_ms > ? OR (timestamp_ms = ? AND request_id > ?)) "
                f"ORDER BY timestamp_ms, request_id LIMIT {TRACES_TOGETHER}",
                (int(experiment_id), after[0], after[0], after[1]),
            )
        )
        if not rows:
            return
        related = _related(source, [row.text("request_id") for row in rows])
        for row in rows:
            try:
                yield _trace(row, related, artifacts, experiment_id, settings)
            except LodelineError as error:
                yield f"trace {named(row.text('request_id'))}: {error.message}"
        after = (rows[-1].whole("timestamp_ms"), rows[-1].text("request_id"))


def _related(source: Source, ids: Sequence[str]) -> _Related:
    found = _Related({}, {}, {}, {}, {}, {})
    for table, into in (("trace_tags", found.tags), ("trace_request_metadata", found.metadata)):
        for row in rows_of(source, table, "request_id", ids):
            into.setdefault(row.text("request_id"), {})[row.text("key")] = row.text("value")
    for row in rows_of(source, "spans", "trace_id", ids, "ORDER BY start_time_unix_nano, span_id"):
        found.spans.setdefault(row.text("trace_id"), []).append(row.json("content"))
    for row in rows_of(source, "assessments", "trace_id", ids):
        found.assessments.setdefault(row.text("trace_id"), []).append(row)
    for row in rows_of(source, "entity_associations", "source_id", ids, "AND source_type = 'trace'"):
        kind = row.text("destination_type")
        into = found.runs if kind == "run" else found.prompts if kind == "prompt_version" else None
        if into is not None:
            into.setdefault(row.text("source_id"), []).append(row.text("destination_id"))
    return found


def _trace(
    row: Row, related: _Related, artifacts: ArtifactFolder, experiment_id: ExperimentId, settings: ExperimentSettings
) -> FoundTrace:
    ident = row.text("request_id")
    trace_id = check_trace_id(ident)
    tags = related.tags.get(ident, {})
    check_tags(tags)
    location = tags.get(_LOCATION)
    spans = related.spans.get(ident) or _stored_spans(artifacts.file(location, "traces.json"))
    body, bad = export_request(trace_id, spans)
    decoded = decode(body, "application/x-protobuf", settings_for=lambda _: settings)
    facts = [span for trace in decoded.traces for span in trace.spans]
    refused = [f"trace {ident}: {bad} of its spans cannot be read"] if bad else []
    refused += [f"trace {ident}: span {span.span_id}: {span.reason}" for span in decoded.rejected]
    ledger, left_out = ledger_of(related.assessments.get(ident, ()), experiment_id, trace_id)
    ended_ms = row.whole("timestamp_ms") + row.whole("execution_time_ms")
    if not (-_MOST_MS <= row.whole("timestamp_ms") <= _MOST_MS and ended_ms <= _MOST_MS):
        raise Invalid.value("timestamp_ms", row.whole("timestamp_ms"), f"a moment up to {_MOST_MS}")
    metadata = {key: value[:MAX_METADATA_VALUE] for key, value in related.metadata.get(ident, {}).items()}
    if session := row.text_or_none("session_id"):
        metadata.setdefault(_SESSION, session)
    for prompt in related.prompts.get(ident, ()):
        name, _, version = prompt.rpartition("/")
        metadata[f"lodeline.prompt.{name}"] = version
    dump = TraceDump(
        trace_id=trace_id,
        received_ms=max(0, ended_ms),
        updated_ms=max(0, ended_ms),
        info=_info(row, tags, metadata, facts),
        linked_run_ids=tuple(related.runs.get(ident, ())),
        ledger=tuple(ledger),
    )
    chunks = [trace.chunk for trace in decoded.packed().traces]
    attachments = {path.name: path for path in artifacts.files(location, "attachments")}
    return FoundTrace(dump, chunks, len(facts), attachments, refused + left_out)


def _stored_spans(file: Path | None) -> list[JsonValue]:
    if file is None:
        return []
    if file.stat().st_size > MAX_TRACES_JSON_BYTES:
        raise TooLarge(f"its traces.json is over {MAX_TRACES_JSON_BYTES} bytes.")
    match json_of(file.read_text(encoding="utf-8", errors="replace")):
        case {"spans": list(spans)}:
            return spans
        case _:
            return []


def _info(row: Row, tags: Mapping[str, str], metadata: Mapping[str, str], spans: Sequence[SpanFacts]) -> TraceInfo:
    start_ms, duration_ms = row.whole("timestamp_ms"), row.whole_or_none("execution_time_ms")
    start_ns = min((span.start_ns for span in spans), default=None)
    end_ns = max((span.end_ns for span in spans), default=0)
    # MLflow rounds to milliseconds; spans that agree with it are more exact.
    exact = start_ns is not None and start_ns // _MS == start_ms
    same = exact and start_ns is not None and duration_ms is not None and (end_ns - start_ns) // _MS == duration_ms
    return TraceInfo(
        name=_text(tags.get("mlflow.traceName") or row.text_or_none("trace_name"), MAX_TRACE_NAME),
        state=_STATES.get(row.text("status")),
        start_ns=None if exact else max(0, start_ms) * _MS,
        duration_ns=None if same or duration_ms is None else max(0, duration_ms) * _MS,
        request=_preview(row.text_or_none("request_preview") or metadata.get("mlflow.traceInputs")),
        response=_preview(row.text_or_none("response_preview") or metadata.get("mlflow.traceOutputs")),
        session=_text(metadata.get(_SESSION)),
        user=_text(metadata.get("mlflow.trace.user")),
        model_id=_text(metadata.get("mlflow.modelId")),
        run_id=_text(metadata.get("mlflow.sourceRun")),
        client_request_id=_text(row.text_or_none("client_request_id")),
        tokens=_tokens(metadata.get("mlflow.trace.tokenUsage")) if not spans else None,
        cost_picousd=_cost(metadata.get("mlflow.trace.cost")),
        tags=tags,
        metadata=metadata,
        finalised=True,
    )


def _text(text: str | None, most: int = MAX_TEXT) -> str | None:
    """Return a text as it is cut when MLflow's client sends it."""
    return (text or "")[:most] or None


def _preview(text: str | None) -> str | None:
    return None if text is None else text[:MAX_PREVIEW]


def _tokens(text: str | None) -> TokenUsage | None:
    match json_of(text) if text else None:
        case {"input_tokens": int(put_in), "output_tokens": int(got)} if put_in >= 0 and got >= 0:
            return TokenUsage(input_uncached=put_in, output_text=got)
        case _:
            return None


def _cost(text: str | None) -> int | None:
    match json_of(text) if text else None:
        case {"total_cost": int() | float() as cost} if 0 <= cost < 1e6:
            return usd_to_picousd(float(cost))
        case _:
            return None
