"""Runs and their metrics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from lodeline.domain.page import Page
from lodeline.domain.run import MetricPoint, MetricsReport, Run, RunDraft, RunInput, RunOutput, RunStatus
from lodeline.sdk.client.call import (
    Call,
    Listing,
    ModeT,
    Noun,
    call,
    given,
    listing,
    names,
    one,
    page_of,
    path_of,
)
from lodeline.sdk.client.lifecycles import ListedLifecycle


class Runs(Noun[ModeT]):
    """Calls about runs of every kind."""

    @call
    def create(self, name: str = "", *, experiment: str = "0", draft: RunDraft | None = None) -> Call[Run]:
        """Create a run of an experiment (id or name) and return it; `draft` says the rest."""
        draft = draft or RunDraft()
        own = given(status=draft.status, end_ms=draft.end_ms)
        body = {**run_body(draft, experiment, name or draft.name), **own}
        return Call("POST", path_of("runs"), one(Run), body=body)

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        lifecycle: ListedLifecycle = "ACTIVE",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Run]:
        """List runs that match a filter, newest start first."""
        params = {"experiment": names(experiment), "filter": filter, "order": order, "lifecycle": lifecycle}
        return Listing(path_of("runs"), Run, params, limit, cursor)

    @call
    def get(self, run_id: str) -> Call[Run]:
        """Return one run, deleted or not."""
        return Call("GET", path_of("runs", run_id), one(Run))

    @call
    def update(
        self,
        run_id: str,
        *,
        name: str | None = None,
        status: RunStatus | None = None,
        end_ms: int | None = None,
        set_params: Mapping[str, str] | None = None,
        set_tags: Mapping[str, str] | None = None,
        delete_tags: Sequence[str] = (),
        add_inputs: Sequence[RunInput] = (),
        add_outputs: Sequence[RunOutput] = (),
    ) -> Call[Run]:
        """Change what is given and return the run; Conflict when a param has another value already."""
        body = given(
            name=name,
            status=status,
            end_ms=end_ms,
            set_params=dict(set_params or {}),
            set_tags=dict(set_tags or {}),
            delete_tags=list(delete_tags),
            add_inputs=[given(**asdict(item)) for item in add_inputs],
            add_outputs=[given(**asdict(item)) for item in add_outputs],
        )
        return Call("PATCH", path_of("runs", run_id), one(Run), body=body)

    @call
    def delete(self, run_id: str) -> Call[Run]:
        """Hide a run from lists until it is restored; its traces stay."""
        return Call("DELETE", path_of("runs", run_id), one(Run))

    @call
    def restore(self, run_id: str) -> Call[Run]:
        """Restore a deleted run without loss."""
        return Call("POST", path_of("runs", run_id, "restore"), one(Run))

    @call
    def log_metrics(self, run_id: str, points: Sequence[MetricPoint]) -> Call[MetricsReport]:
        """Log up to 10,000 points of metrics; known ones change nothing."""
        body = {"metrics": [{**asdict(point), "value": json_number(point.value)} for point in points]}
        return Call("POST", path_of("runs", run_id, "metrics"), one(MetricsReport), body=body, repeat="always")

    @call
    def metric_history(
        self, run_id: str, key: str, *, limit: int = 1_000, cursor: str | None = None
    ) -> Call[Page[MetricPoint]]:
        """Return a page of the points of one metric, by step, time and value."""
        params = {"key": key, "limit": limit, "cursor": cursor}
        return Call("GET", path_of("runs", run_id, "metrics"), page_of(MetricPoint), params=params)


def run_body(draft: RunDraft, experiment: str, name: str) -> dict[str, object]:
    """Return what runs of every kind begin with, as the API takes it."""
    return given(
        experiment=experiment,
        name=name,
        run_id=draft.run_id,
        parent_run_id=draft.parent_run_id,
        start_ms=draft.start_ms,
        params=dict(draft.params),
        tags=dict(draft.tags),
        inputs=[given(**asdict(item)) for item in draft.inputs],
        outputs=[given(**asdict(item)) for item in draft.outputs],
    )


def json_number(value: float) -> float | str:
    """Return a number as JSON has it: NaN and infinities by their names."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
