"""Metrics: counts what the server tells of itself (`server.figures`), and shows it to Prometheus at GET /metrics.

Of several processes each counts in files of its own, in a folder that they share, and whichever is asked sums up what
is in all. Files are named by the process's place, which the one that replaces a dead one takes over: counters never
go back, and there are never more files than places. What is under way in a process (gauges) is removed when it dies.

Imported only when the setting `metrics` is on: Prometheus' library takes as long as a tenth of a start.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    values,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import lodeline
from lodeline.domain.operation import Vitals
from lodeline.jobs.scheduler import Job
from lodeline.server import figures
from lodeline.server.access import identify
from lodeline.server.figures import (
    DOORS,
    METHODS,
    METRICS_PATH,
    NO_STATUS,
    OTHER_METHOD,
    REASONS,
    DoorName,
    Figure,
    reason_of,
)
from lodeline.server.shared_figures import Part
from lodeline.services.bundle import Services
from lodeline.services.ingest import ExportOutcome

BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_VERSION = re.compile(r"version=([^;]*)")
_VERSIONS = frozenset({"0.0.1", "0.0.4", "1.0.0"})
"""Those of both formats; the library takes others for numbers, and repeats them in the answer."""


class Metrics:
    """The figures of one process, or of several together. Implements `figures.Figures`.

    The library has one way of keeping values for a whole process, so of the applications in one only the last may be
    a part of several.
    """

    def __init__(self, services: Services, part: Part | None = None) -> None:
        self._services = services
        self._folder = None if part is None else part.folder
        self._own = CollectorRegistry()
        self._keep_values(part)
        if part is None:
            ProcessCollector(registry=self._own)
        self._requests: dict[tuple[str, str, int], Counter] = {}
        self._seconds: dict[str, Histogram] = {}
        self._http_requests = self._counter(figures.HTTP_REQUESTS)
        self._http_seconds = Histogram(
            figures.HTTP_SECONDS.name,
            figures.HTTP_SECONDS.says,
            figures.HTTP_SECONDS.labels,
            registry=self._registry,
            buckets=BUCKETS_S,
        )
        spans, taken, refused = map(
            self._counter, (figures.INGEST_SPANS, figures.INGEST_BYTES, figures.INGEST_REFUSED)
        )
        self._doors = {name: MeasuredDoor(name, spans, taken, refused) for name in DOORS}
        self._under_way = self._gauge(figures.INGEST_REQUESTS), self._gauge(figures.INGEST_BYTES_HELD)
        self._queue = self._gauge(figures.QUEUE)
        self._successes = self._gauge(figures.JOB_SUCCESS, mode="max")
        self._failures = self._counter(figures.JOB_FAILURES)
        self.note_present()

    def door(self, name: DoorName) -> "MeasuredDoor":
        """Return what this door tells it to."""
        return self._doors[name]

    def expect_jobs(self, jobs: Iterable[Job]) -> None:
        """Show these jobs also before they have run."""
        for job in jobs:
            self._successes.labels(job.name)
            self._failures.labels(job.name)

    def note_job(self, name: str, succeeded: bool) -> None:
        """Tell what came of a background job."""
        if succeeded:
            self._successes.labels(name).set(self._services.clock.now_ms() / 1000)
        else:
            self._failures.labels(name).inc()

    def note_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request over HTTP that has ended; status 0 means that nothing was answered."""
        key = (route, method, status)
        counter = self._requests.get(key)
        if counter is None:
            known = method if method in METHODS else OTHER_METHOD
            if known != method:
                key = (route, known, status)
            counter = self._http_requests.labels(route, known, str(status) if status else NO_STATUS)
            self._requests[key] = counter
        counter.inc()
        histogram = self._seconds.get(route)
        if histogram is None:
            histogram = self._seconds[route] = self._http_seconds.labels(route)
        histogram.observe(seconds)

    def note_present(self) -> None:
        """Look at what is under way in this process, for whichever process is asked next."""
        for gauge, value in zip(self._under_way, self._services.ingest.under_way(), strict=True):
            gauge.set(value)
        self._queue.set(self._services.operation.queue_length())

    def shown(self, vitals: Vitals, accept: str = "") -> tuple[bytes, str]:
        """Return all figures and their media type: OpenMetrics where `accept` asks for it, else Prometheus' text."""
        self.note_present()
        known = (part for part in accept.split(",") if _VERSIONS.issuperset(map(str.strip, _VERSION.findall(part))))
        encode, media_type = choose_encoder(",".join(known))
        return encode(_Shown(self._collectors(), vitals)), media_type

    def route(self) -> Route:
        """Return the route at which they are shown."""
        return Route(METRICS_PATH, self._answer, methods=["GET"], name="metrics", include_in_schema=False)

    async def _answer(self, request: Request) -> Response:
        actor, _ = await identify(request)
        accept = request.headers.get("accept", "")

        def answer() -> tuple[bytes, str]:
            return self.shown(self._services.operation.vitals(actor), accept)

        body, media_type = await run_in_threadpool(answer)
        return Response(body, media_type=media_type)

    def _collectors(self) -> Sequence[Collector]:
        if self._folder is None:
            return [self._own]
        return [MultiProcessCollector(None, self._folder)]

    @property
    def _registry(self) -> CollectorRegistry | None:
        """What figures are registered with: nothing where they are read from the files of all."""
        return self._own if self._folder is None else None

    @staticmethod
    def _keep_values(part: Part | None) -> None:
        """Say where values are kept. The library decides it when it is imported, by a variable that may be there for
        another program, and names files by process ids, of which there are ever more."""
        disable_created_metrics()
        if part is None:
            values.ValueClass = values.MutexValue
            return
        os.environ[_FOLDER_VARIABLE] = part.folder
        values.ValueClass = values.MultiProcessValue(lambda: part.place)  # pyright: ignore[reportUnknownMemberType]

    def _counter(self, figure: Figure) -> Counter:
        return Counter(figure.name, figure.says, figure.labels, registry=self._registry)

    def _gauge(self, figure: Figure, *, mode: Literal["livesum", "max"] = "livesum") -> Gauge:
        return Gauge(figure.name, figure.says, figure.labels, registry=self._registry, multiprocess_mode=mode)


class MeasuredDoor:
    """What came through one door. All that may be counted is shown from the start: a rate needs something before."""

    def __init__(self, name: DoorName, spans: Counter, taken: Counter, refused: Counter) -> None:
        self._accepted, self._rejected = (spans.labels(name, outcome) for outcome in ("accepted", "rejected"))
        self._taken = taken.labels(name)
        self._refused = {reason: refused.labels(name, reason) for reason in REASONS}

    def took(self, body_bytes: int, outcome: ExportOutcome) -> None:
        """Count a request that was taken."""
        self._taken.inc(body_bytes)
        self._accepted.inc(outcome.accepted_spans)
        self._rejected.inc(outcome.rejected_spans)

    def refused(self, error: Exception) -> None:
        """Count a request that was refused as a whole."""
        self._refused[reason_of(error)].inc()


class _Shown(Collector):
    """What collectors have, and what is found out when it is asked for."""

    def __init__(self, collectors: Sequence[Collector], vitals: Vitals) -> None:
        self._collectors = collectors
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        """Yield all families."""
        yield _family(figures.BUILD_INFO, {lodeline.__version__: 1})
        for collector in self._collectors:
            yield from collector.collect()
        yield _family(figures.STORE_UP, int(self._vitals.answers))
        yield _family(figures.STORE_BYTES, self._vitals.file_bytes)
        yield _family(figures.DISK_FREE, self._vitals.disk_free_bytes)
        yield _family(figures.TEXT_BACKLOG, self._vitals.text_backlog)


def _family(figure: Figure, found: Mapping[str, int] | int | None) -> Metric:
    """Return a gauge with one value, with one for each value of its label, or with none (None)."""
    made = GaugeMetricFamily(figure.name, figure.says, labels=figure.labels)
    if isinstance(found, Mapping):
        for label, value in found.items():
            made.add_metric([label], value)
    elif found is not None:
        made.add_metric([], found)
    return made
