"""Figures for operators: which there are, and what the server tells of itself for them.

`server.metrics` counts and shows them, when the setting `metrics` is on. What is told is the same without it: nobody
listens then, and Prometheus' library is not imported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from lodeline.domain.errors import (
    Deleted,
    Forbidden,
    Invalid,
    LodelineError,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from lodeline.services.ingest import ExportOutcome

DoorName = Literal["http", "grpc", "mlflow"]
"""By which door spans came: OTLP/HTTP, OTLP/gRPC, or a file of spans that a client of MLflow put beside its trace."""
DOORS: tuple[DoorName, ...] = get_args(DoorName)
Reason = Literal[
    "busy", "late", "unavailable", "too_large", "malformed", "unauthenticated", "forbidden", "no_experiment", "error"
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)
METRICS_PATH = "/metrics"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"
NO_ROUTE = "none"
NO_STATUS = "none"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name as it is scraped, what kind it is, what it says, and its labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    says: str
    labels: tuple[str, ...] = ()


BUILD_INFO = Figure("lodeline_build_info", "gauge", "Always 1; the label has the version that serves.", ("version",))
HTTP_REQUESTS = Figure(
    "lodeline_http_requests_total",
    "counter",
    "Requests over HTTP that have ended. A route is its pattern, or `none`; a status is `none` when the client left.",
    ("route", "method", "status"),
)
HTTP_SECONDS = Figure(
    "lodeline_http_request_seconds",
    "histogram",
    "How long requests over HTTP took, to the end of their answers.",
    ("route",),
)
INGEST_SPANS = Figure(
    "lodeline_ingest_spans_total",
    "counter",
    "Spans that came: `accepted` are stored or were before, `rejected` left out of a request that was taken.",
    ("protocol", "outcome"),
)
INGEST_BYTES = Figure(
    "lodeline_ingest_bytes_total",
    "counter",
    "Bytes of requests with spans that were taken; over HTTP as sent, over gRPC decompressed.",
    ("protocol",),
)
INGEST_REFUSED = Figure(
    "lodeline_ingest_requests_refused_total",
    "counter",
    "Requests with spans that were refused as a whole. Senders come again after `busy`, `late` and `unavailable`.",
    ("protocol", "reason"),
)
INGEST_REQUESTS = Figure(
    "lodeline_ingest_requests_under_way", "gauge", "Requests with spans that are read, decoded or written now."
)
INGEST_BYTES_HELD = Figure("lodeline_ingest_bytes_under_way", "gauge", "Bytes that these requests hold.")
QUEUE = Figure("lodeline_write_queue_length", "gauge", "Writes that wait for the writer of the store.")
STORE_UP = Figure("lodeline_store_up", "gauge", "1 when the store could be read within a second, else 0.")
STORE_BYTES = Figure("lodeline_store_bytes", "gauge", "Sizes of the store's files, without blobs.", ("file",))
DISK_FREE = Figure("lodeline_store_disk_free_bytes", "gauge", "Room on the disk that the store is on.")
TEXT_BACKLOG = Figure(
    "lodeline_text_backlog", "gauge", "At most how many stored requests the full-text index has still to take."
)
# Not `job`: Prometheus gives every figure a label of that name, and renames one that is there.
JOB_SUCCESS = Figure(
    "lodeline_job_last_success_timestamp_seconds",
    "gauge",
    "When a background job last did its work; 0 before the first time since the server started.",
    ("job_name",),
)
JOB_FAILURES = Figure(
    "lodeline_job_failures_total", "counter", "How often a background job failed; the log says why.", ("job_name",)
)
FIGURES = (
    BUILD_INFO, HTTP_REQUESTS, HTTP_SECONDS, INGEST_SPANS, INGEST_BYTES, INGEST_REFUSED, INGEST_REQUESTS,
    INGEST_BYTES_HELD, QUEUE, STORE_UP, STORE_BYTES, DISK_FREE, TEXT_BACKLOG, JOB_SUCCESS, JOB_FAILURES,
)  # fmt: skip
"""Every figure of ours, in the order of the documentation."""


class Door(Protocol):
    """What a door tells of the requests with spans that come through it. Calls are cheap and come from any thread."""

    def took(self, body_bytes: int, outcome: ExportOutcome) -> None:
        """Tell of a request that was taken."""
        ...

    def refused(self, error: Exception) -> None:
        """Tell of a request that was refused as a whole."""
        ...


class Figures(Protocol):
    """What the server tells of itself."""

    def door(self, name: DoorName) -> Door:
        """Return what this door tells it to."""
        ...

    def note_job(self, name: str, succeeded: bool) -> None:
        """Tell what came of a background job."""
        ...

    def note_present(self) -> None:
        """Look at what is under way in this process, for whichever process is asked next."""
        ...


class _NobodyListens:
    """Takes what is told, and keeps none of it."""

    def door(self, name: DoorName) -> Door:
        del name
        return self

    def took(self, body_bytes: int, outcome: ExportOutcome) -> None: ...

    def refused(self, error: Exception) -> None: ...

    def note_job(self, name: str, succeeded: bool) -> None: ...

    def note_present(self) -> None: ...


UNCOUNTED: Figures = _NobodyListens()


def reason_of(error: Exception) -> Reason:
    """Return why a request was refused, one of `REASONS`; "error" for what nobody foresaw."""
    if isinstance(error, LodelineError) and error.error_code in _BY_CODE:
        return _BY_CODE[error.error_code]
    for kind, reason in _BY_KIND.items():
        if isinstance(error, kind):
            return reason
    return "error"


_BY_CODE: Mapping[str, Reason] = {"queue_full": "busy", "body_timeout": "late"}
_BY_KIND: Mapping[type[Exception], Reason] = {
    Unavailable: "unavailable",
    TooLarge: "too_large",
    Invalid: "malformed",
    Unsupported: "malformed",
    Unauthenticated: "unauthenticated",
    Forbidden: "forbidden",
    NotFound: "no_experiment",
    Deleted: "no_experiment",
}
