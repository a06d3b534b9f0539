"""Run: what evaluation runs and labeling sessions have in common; traces refer to runs by id.

A run has params (set once), tags (editable), metrics (points with a history), and the datasets and models that went
into it and came out of it.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from lodeline.domain.blob import is_folder_name
from lodeline.domain.errors import Conflict, Deleted, Invalid, TooLarge, shown
from lodeline.domain.experiment import MAX_TAGS, Lifecycle, check_name, check_tags
from lodeline.domain.ids import ExperimentId, ModelId, RunId

RunKind = Literal["RUN", "EVALUATION", "LABELING"]
RunStatus = Literal["SCHEDULED", "RUNNING", "FINISHED", "FAILED", "KILLED"]
RUN_KINDS: tuple[RunKind, ...] = ("RUN", "EVALUATION", "LABELING")
RUN_STATUSES: tuple[RunStatus, ...] = ("SCHEDULED", "RUNNING", "FINISHED", "FAILED", "KILLED")
ENDED: frozenset[RunStatus] = frozenset({"FINISHED", "FAILED", "KILLED"})

MAX_PARAMS = 2_000
MAX_PARAM_VALUE = 8_000
MAX_KEY = 250
MAX_METRIC_KEYS = 2_000
MAX_POINTS = 10_000
"""Points logged in one call."""
MAX_INPUTS = 1_000
"""Inputs of one run; outputs likewise."""
MAX_INPUT_TEXT = 1_000_000
"""Characters of an input's source, schema or profile."""
MAX_NUMBER = 2**53
MAX_MS = 9_000_000_000_000
"""Times in nanoseconds must fit into 64 bits."""

_RUN_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,250}")


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One measurement; `value` may be NaN or infinite. It may say on which dataset and of which model it is."""

    key: str
    value: float
    timestamp_ms: int
    step: int = 0
    dataset_id: str | None = None
    dataset_digest: str | None = None
    model_id: ModelId | None = None


@dataclass(frozen=True, slots=True)
class RunInput:
    """What went into a run: a dataset (by id or name, with version and digest) or a model. `context` is such as
    "training". Of a dataset that is kept elsewhere `source` tells where, as its `source_type` says it, `schema` and
    `profile` what it looks like; each is text that is kept as it came."""

    dataset_id: str | None = None
    name: str | None = None
    version: int | None = None
    digest: str | None = None
    context: str | None = None
    model_id: ModelId | None = None
    source_type: str | None = None
    source: str | None = None
    schema: str | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class RunOutput:
    """A model that a run made, at a step of it."""

    model_id: ModelId
    step: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Times are epoch milliseconds; `end_ms` is None while it goes on.

    `metrics` holds the latest point of each key: the greatest by (step, time, value).
    """

    run_id: RunId
    experiment_id: ExperimentId
    name: str
    kind: RunKind
    status: RunStatus
    lifecycle: Lifecycle
    start_ms: int
    end_ms: int | None = None
    created_by: str | None = None
    parent_run_id: RunId | None = None
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    metrics: Mapping[str, MetricPoint] = field(default_factory=dict[str, MetricPoint])
    inputs: tuple[RunInput, ...] = ()
    outputs: tuple[RunOutput, ...] = ()


@dataclass(frozen=True, slots=True)
class RunDraft:
    """What a new run is made from. `start_ms` None is now. `run_id` is given by importers alone, and by programs that
    made their own."""

    name: str = ""
    kind: RunKind = "RUN"
    status: RunStatus = "RUNNING"
    start_ms: int | None = None
    end_ms: int | None = None
    created_by: str | None = None
    parent_run_id: RunId | None = None
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    inputs: tuple[RunInput, ...] = ()
    outputs: tuple[RunOutput, ...] = ()
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True)
class RunChange:
    """A change of a run: None leaves a field. Tags are set, then deleted; inputs and outputs are added.

    A param is set once: the same value again is fine. A status that ends the run sets `end_ms` to now unless it is
    given; one that does not clears it.
    """

    name: str | None = None
    status: RunStatus | None = None
    end_ms: int | None = None
    lifecycle: Lifecycle | None = None
    set_params: Mapping[str, str] = field(default_factory=dict[str, str])
    set_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    delete_tags: tuple[str, ...] = ()
    add_inputs: tuple[RunInput, ...] = ()
    add_outputs: tuple[RunOutput, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricsReport:
    """What became of logged points: how many were new. A point that equals a known one changes nothing."""

    logged: int


@dataclass(frozen=True, slots=True)
class RunDump:
    """A run as an export keeps it, with every point of every metric."""

    run: Run
    points: tuple[MetricPoint, ...] = ()


PointKey: TypeAlias = tuple[int, int, float, bool, str]
"""Where a point stands in its metric's history, and what makes it another point."""


def point_key(point: MetricPoint) -> PointKey:
    """Return the order of a point among those of its key: step, time, value (NaN counts as 0), what it is about.

    Points with equal keys are one point.
    """
    missing = math.isnan(point.value)
    return point.step, point.timestamp_ms, 0.0 if missing else point.value + 0.0, missing, point_about(point)


def point_about(point: MetricPoint) -> str:
    """Return which dataset and model a point is about, as one text; empty for none."""
    parts = (point.dataset_id, point.dataset_digest, point.model_id)
    return "" if not any(parts) else "\t".join(part or "" for part in parts)


def point_of(key: str, place: PointKey) -> MetricPoint:
    """Return the point of a key that `point_key` describes."""
    step, timestamp_ms, value, missing, about = place
    dataset_id, digest, model_id = about.split("\t") if about else ("", "", "")
    return MetricPoint(
        key, math.nan if missing else value, timestamp_ms, step, dataset_id or None, digest or None,
        ModelId(model_id) if model_id else None,
    )  # fmt: skip


def latest_points(points: Iterable[MetricPoint]) -> dict[str, MetricPoint]:
    """Return the latest point of each key."""
    found: dict[str, MetricPoint] = {}
    for point in points:
        known = found.get(point.key)
        if known is None or point_key(known) < point_key(point):
            found[point.key] = point
    return found


def run_of(draft: RunDraft, run_id: RunId, experiment_id: ExperimentId, *, now_ms: int) -> Run:
    """Return the run that a draft becomes."""
    end_ms = draft.end_ms if draft.end_ms is not None or draft.status not in ENDED else now_ms
    return Run(
        run_id=run_id,
        experiment_id=experiment_id,
        name=draft.name,
        kind=draft.kind,
        status=draft.status,
        lifecycle="ACTIVE",
        start_ms=now_ms if draft.start_ms is None else draft.start_ms,
        end_ms=end_ms,
        created_by=draft.created_by,
        parent_run_id=draft.parent_run_id,
        params=dict(draft.params),
        tags=dict(draft.tags),
        inputs=draft.inputs,
        outputs=draft.outputs,
    )


def changed_run(run: Run, change: RunChange, *, now_ms: int) -> Run:
    """Return the run after a change.

    Deleted when it is deleted and the change does not restore it. Conflict, naming both values, when a param has
    another value; TooLarge when it would have too much of something.
    """
    if run.lifecycle == "DELETED" and change.lifecycle != "ACTIVE":
        raise Deleted.of("run", run.run_id)
    for key, value in change.set_params.items():
        known = run.params.get(key)
        if known is not None and known != value:
            raise Conflict(
                f"param {shown(key)} of run {run.run_id!r} is {shown(known)} already and cannot become "
                f"{shown(value)}; log it under another key, or make a new run.",
                code="param_set",
                details={"key": key, "present": known, "given": value},
            )
    tags = {**run.tags, **change.set_tags}
    changed = replace(
        run,
        name=run.name if change.name is None else change.name,
        status=run.status if change.status is None else change.status,
        end_ms=_end_of(run, change, now_ms),
        lifecycle=run.lifecycle if change.lifecycle is None else change.lifecycle,
        params={**run.params, **change.set_params},
        tags={key: value for key, value in tags.items() if key not in change.delete_tags},
        inputs=tuple(dict.fromkeys((*run.inputs, *change.add_inputs))),
        outputs=tuple(dict.fromkeys((*run.outputs, *change.add_outputs))),
    )
    check_run(changed)
    return changed


def _end_of(run: Run, change: RunChange, now_ms: int) -> int | None:
    if change.status is not None and change.status not in ENDED:
        return change.end_ms
    if change.end_ms is not None:
        return change.end_ms
    return now_ms if change.status is not None and run.end_ms is None else run.end_ms


def check_run_id(text: str) -> RunId:
    """Return `text` as a run id; Invalid unless 1–250 letters, digits and ``_ . : -``."""
    if not _RUN_ID.fullmatch(text):
        raise Invalid.value("run_id", text, "1 to 250 letters, digits or _ . : -")
    return RunId(text)


def check_moment(moment_ms: int | None, noun: str) -> None:
    """Return when a time can be kept and shown as a date; else Invalid."""
    if moment_ms is not None and not 0 <= moment_ms <= MAX_MS:
        raise Invalid.value(noun, moment_ms, f"epoch milliseconds from 0 to {MAX_MS}")


def check_run(run: Run | RunDraft) -> None:
    """Return when everything in a run is within bounds; else Invalid or TooLarge, naming it. The id of a new one must
    also be a folder's name on every system, for its artifacts; what is there or imported keeps the id it has."""
    if run.run_id is not None:
        check_run_id(run.run_id)
        if isinstance(run, RunDraft) and not is_folder_name(run.run_id):
            raise Invalid.value(
                "run_id", run.run_id, "a name that a folder may have: no colon, no dot at its end, not such as con"
            )
    if run.parent_run_id is not None:
        check_run_id(run.parent_run_id)
    for noun in ("start_ms", "end_ms"):
        check_moment(getattr(run, noun), noun)
    if run.name:
        check_name(run.name, noun="run name")
    check_params(run.params)
    check_tags(run.tags)
    _check_count("tags", len(run.tags), MAX_TAGS)
    _check_count("inputs", len(run.inputs), MAX_INPUTS)
    _check_count("outputs", len(run.outputs), MAX_INPUTS)
    for item in run.inputs:
        for noun in ("dataset_id", "name", "digest", "context", "model_id"):
            text: str | None = getattr(item, noun)
            if text is not None:
                check_name(text, noun=f"inputs.{noun}", most=MAX_KEY)
        for noun in ("source_type", "source", "schema", "profile"):
            text = getattr(item, noun)
            if text is not None and len(text) > MAX_INPUT_TEXT:
                raise TooLarge(f"inputs.{noun}: {len(text)} characters are over the limit of {MAX_INPUT_TEXT}.")
    for output in run.outputs:
        check_name(output.model_id, noun="outputs.model_id", most=MAX_KEY)


def check_params(params: Mapping[str, str]) -> None:
    """Return when params are within bounds; else Invalid or TooLarge, naming the key."""
    _check_count("params", len(params), MAX_PARAMS)
    for key, value in params.items():
        check_name(key, noun="param key", most=MAX_KEY)
        if len(value) > MAX_PARAM_VALUE:
            raise TooLarge(f"param {key!r}: {len(value)} characters are over the limit of {MAX_PARAM_VALUE}.")


def check_points(points: Sequence[MetricPoint]) -> None:
    """Return when points can be stored; else Invalid or TooLarge, naming what."""
    _check_count("metrics", len(points), MAX_POINTS)
    for point in points:
        check_name(point.key, noun="metric key", most=MAX_KEY)
        for noun in ("step", "timestamp_ms"):
            number: int = getattr(point, noun)
            if not -MAX_NUMBER <= number <= MAX_NUMBER:
                raise Invalid.value(f"metric {noun}", number, "a whole number from -2^53 to 2^53")
        for noun in ("dataset_id", "dataset_digest", "model_id"):
            text: str | None = getattr(point, noun)
            if text is not None:
                check_name(text, noun=f"metric {noun}", most=MAX_KEY)


def check_metric_keys(count: int) -> None:
    """Return when a run may have so many different metrics; else TooLarge."""
    _check_count("different metrics of one run", count, MAX_METRIC_KEYS)


def _check_count(what: str, count: int, most: int) -> None:
    if count > most:
        raise TooLarge(f"{what}: {count} are over the limit of {most}.", details={"field": what})


_SHORT_ID = 8


def run_title(name: str, run_id: str) -> str:
    """Return how a run is called to people: its name, the beginning of its id behind it; without a name, its id."""
    if name in {"", run_id}:
        return run_id
    short = run_id if len(run_id) <= _SHORT_ID + 4 else f"{run_id[:_SHORT_ID]}…"
    return f"{name} ({short})"
