"""Run: what evaluation runs and labeling sessions have in common; traces refer to runs by id."""

from dataclasses import dataclass

from lodeline.domain.ids import ExperimentId, RunId, TraceId


@dataclass(frozen=True, slots=True)
class RunLink:
    """A trace belongs to a run: either the run made it (`Trace.run_id`) or it was linked to it afterwards."""

    experiment_id: ExperimentId
    run_id: RunId
    trace_id: TraceId
