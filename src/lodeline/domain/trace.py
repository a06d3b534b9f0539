"""Trace: one execution of the application; its summary is a pure function of its spans and of what a client says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.assessment import Assessment
from lodeline.domain.errors import TooLarge, shown
from lodeline.domain.ids import ExperimentId, SpanId, TraceId
from lodeline.domain.span import SpanFacts, SpanSkeleton
from lodeline.domain.usage import NO_USAGE, TokenUsage

TraceState = Literal["IN_PROGRESS", "OK", "ERROR", "ABANDONED"]
TRACE_STATES: tuple[TraceState, ...] = ("IN_PROGRESS", "OK", "ERROR", "ABANDONED")
"""All states in the order of their stored numbers; only ever append."""

MAX_PREVIEW = 1_000
MAX_METADATA_KEY = 500
MAX_METADATA_VALUE = 20_000
MAX_TRACE_NAME = 8_000
PINNED_TAG = "lodeline.pinned"
"""Retention leaves traces with this tag, unless its value is "false"."""


@dataclass(frozen=True, slots=True)
class TraceInfo:
    """What a client says about a trace, beside its spans. Fields that are not None win over what spans say.

    MLflow's client sends one after the root span ends. `finalised` fixes the metadata: later info may not change it.
    """

    name: str | None = None
    state: TraceState | None = None
    start_ns: int | None = None
    duration_ns: int | None = None
    request: str | None = None
    response: str | None = None
    session: str | None = None
    user: str | None = None
    environment: str | None = None
    model_id: str | None = None
    run_id: str | None = None
    client_request_id: str | None = None
    tokens: TokenUsage | None = None
    cost_picousd: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    finalised: bool = False


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """What the spans of a trace and its client's info come to; see `ingest.summary` for every rule.

    `start_ns` is the earliest start; `duration_ns` runs from there to the latest end, None while nothing has ended.
    `error_count` counts spans with status ERROR. `tokens` and `cost_picousd` never count a call twice when a parent
    reports the sum of its children. `tags` and `metadata` are those that came with spans and info, before edits.
    """

    name: str
    state: TraceState
    start_ns: int
    duration_ns: int | None
    root_span_id: SpanId | None = None
    request: str | None = None
    response: str | None = None
    session: str | None = None
    user: str | None = None
    environment: str | None = None
    service: str | None = None
    client: str | None = None
    model_id: str | None = None
    run_id: str | None = None
    client_request_id: str | None = None
    tokens: TokenUsage = NO_USAGE
    cost_picousd: int | None = None
    span_count: int = 0
    error_count: int = 0
    size_bytes: int = 0
    status_message: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace as lists show it: its summary with the edits made since, and the ids of the runs it is linked to.

    `tags` are mutable; `metadata` is fixed once the trace is finalised. Bodies of spans are never part of it.
    """

    trace_id: TraceId
    experiment_id: ExperimentId
    name: str
    state: TraceState
    start_ns: int
    duration_ns: int | None
    received_ms: int
    updated_ms: int
    root_span_id: SpanId | None = None
    request: str | None = None
    response: str | None = None
    session: str | None = None
    user: str | None = None
    environment: str | None = None
    service: str | None = None
    client: str | None = None
    model_id: str | None = None
    run_id: str | None = None
    linked_run_ids: tuple[str, ...] = ()
    client_request_id: str | None = None
    tokens: TokenUsage = NO_USAGE
    cost_usd: float | None = None
    span_count: int = 0
    error_count: int = 0
    size_bytes: int = 0
    status_message: str = ""
    finalised: bool = False
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class TraceWrite:
    """What one request brings for one trace.

    `chunk` is the packed payload (`ingest.payload`) of exactly the spans in `spans`, whose `position` indexes it;
    both are empty for a bare `info`. `received_ms` is epoch milliseconds. `text` is what a full-text index takes of
    the spans (`ingest.indexable`), where it is at hand: a store can read it from the chunk as well.
    """

    experiment_id: ExperimentId
    trace_id: TraceId
    spans: tuple[SpanFacts, ...] = ()
    chunk: bytes = b""
    info: TraceInfo | None = None
    received_ms: int = 0
    text: str | None = None


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """What became of one `TraceWrite`: spans stored, spans already known, or the reason that refused the write.

    `refused` is None when the write was taken (possibly with nothing new in it).
    """

    trace_id: TraceId
    stored: int = 0
    known: int = 0
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class TraceChange:
    """An edit of a trace: tags set and deleted, in that order."""

    set_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    delete_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceDetail:
    """One trace without span content: its summary, the skeleton of its spans, and its assessments, oldest first."""

    trace: Trace
    spans: tuple[SpanSkeleton, ...]
    assessments: tuple[Assessment, ...]


@dataclass(frozen=True, slots=True)
class SpanHits:
    """The spans of a trace that a search found, in the order of its skeleton; `partial` says that it ended early."""

    span_ids: tuple[SpanId, ...]
    partial: bool


@dataclass(frozen=True, slots=True)
class TagReport:
    """How many traces have the tags now, and the ids for which there was no trace, in the order asked for."""

    tagged: int
    missing: tuple[TraceId, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkReport:
    """How many of the links are new."""

    linked: int


@dataclass(frozen=True, slots=True)
class DeleteReport:
    """What a delete removed; `more` says that matching traces are left over its bound, and `missing` has the ids for
    which there was no trace, in the order asked for."""

    deleted: int
    more: bool
    missing: tuple[TraceId, ...] = ()


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Return when no key and no value of a trace's metadata is too long; else TooLarge, naming the key."""
    for key, value in metadata.items():
        for noun, text, most in (("key", key, MAX_METADATA_KEY), ("value", value, MAX_METADATA_VALUE)):
            if len(text) > most:
                raise TooLarge(
                    f"metadata {shown(key)}: its {noun} of {len(text)} characters is over the limit of {most}."
                )
