"""Where blobs of an experiment lie in the blob store."""

import re

from lodeline.domain.ids import ExperimentId, TraceId

_PLAIN = re.compile(r"[a-z0-9_\-]")


def experiment_folder(experiment_id: ExperimentId) -> str:
    """Return the folder of everything that belongs to an experiment."""
    return f"experiments/{experiment_id}"


def trace_folder(experiment_id: ExperimentId, trace_id: TraceId) -> str:
    """Return the folder of a trace; distinct for distinct ids also where file names ignore letter case."""
    name = "".join(c if _PLAIN.fullmatch(c) else f"%{ord(c):02x}" for c in trace_id)
    return f"{experiment_folder(experiment_id)}/traces/t-{name}"
