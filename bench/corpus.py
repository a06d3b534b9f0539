"""Stores filled with bench traces, through the store layer in this process, and assessments on one trace in ten."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

from bench import data
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.audit import AuditEntry
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId
from lodeline.ingest.otlp import decode
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores

T = TypeVar("T")
GIANT_SPANS = 30_000
SCORE_NAME = "quality"
_SPANS_PER_REQUEST = 2_000
_WRITERS, _JUDGES = 4, 16
_MARKER = "bench-complete"


def fill(directory: Path, count: int, shape: data.Shape, *, giant_spans: int = GIANT_SPANS) -> float:
    """Fill a store with `count` traces, scores and one giant trace in an experiment of its own; return the seconds.

    A directory that was filled before is kept as it is and takes no time; a half-filled one is made again.
    """
    marker = directory / _MARKER
    wanted = f"{count} {shape} {giant_spans}"
    if marker.is_file() and marker.read_text("utf-8") == wanted:
        return 0.0
    shutil.rmtree(directory, ignore_errors=True)
    start = time.perf_counter()
    stores = open_stores(str(directory))
    try:
        _write(stores, DEFAULT_EXPERIMENT, data.requests(0, count, _SPANS_PER_REQUEST, shape))
        draft = ExperimentDraft(name="bench giant")
        giant = stores.experiments.create(draft, now_ms=_now_ms(), audit=_audit("experiment.create"))
        _write(stores, giant.experiment_id, [data.giant_trace(giant_spans)])
        _judge(stores, count, shape)
        _drain(stores)
    finally:
        stores.close()
    marker.write_text(wanted, encoding="utf-8")
    return time.perf_counter() - start


def _write(stores: Stores, experiment_id: ExperimentId, requests: Iterable[bytes]) -> None:
    """Write requests from a few threads: decoding holds the interpreter, committing does not."""

    def write(body: bytes) -> None:
        decoded = decode(body, "application/x-protobuf")
        now_ms = _now_ms()
        writes = [trace.write(experiment_id, received_ms=now_ms) for trace in decoded.traces]
        refused = [outcome.refused for outcome in stores.traces.write(writes) if outcome.refused is not None]
        if refused or decoded.rejected:
            raise RuntimeError(f"the store refused bench data: {refused or decoded.rejected}")

    _run_bounded(write, requests, _WRITERS)


def _judge(stores: Stores, count: int, shape: data.Shape) -> None:
    def log(known: data.TraceFacts) -> None:
        draft = AssessmentDraft(
            target=AssessmentTarget(trace_id=known.trace_id),
            name=SCORE_NAME,
            kind="FEEDBACK",
            source=AssessmentSource("CODE", "bench"),
            value=known.score,
            identifier="bench",
        )
        stores.assessments.log(DEFAULT_EXPERIMENT, draft, by=None, now_ms=_now_ms(), audit=_audit("assessment.log"))

    _run_bounded(log, _judged(count, shape), _JUDGES)


def _judged(count: int, shape: data.Shape) -> Iterator[data.TraceFacts]:
    for number in range(count):
        known = data.facts(number, shape)
        if known.score is not None:
            yield known


def _run_bounded(work: Callable[[T], None], items: Iterable[T], threads: int) -> None:
    """Do the work of every item on this many threads, holding only a few items at a time."""
    with ThreadPoolExecutor(threads) as pool:
        running: set[Future[None]] = set()
        for item in items:
            running.add(pool.submit(work, item))
            if len(running) >= threads * 2:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for finished in done:
                    finished.result()
        for finished in running:
            finished.result()


def _drain(stores: Stores) -> None:
    """Wait until the text index has caught up."""
    while int(stores.admin.figures().get("text_backlog", 0)):
        time.sleep(0.05)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _audit(action: str) -> AuditEntry:
    return AuditEntry(at_ms=_now_ms(), actor="bench", action=action, target="bench")
