"""One part of the demonstration: an experiment, its traces as OTLP requests, and judgments on them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lodeline.domain.assessment import AssessmentDraft
from lodeline.domain.experiment import ExperimentDraft

SYNTHETIC_TIMES_TAG = "lodeline.demo.synthetic_times"
"""Tag of traces whose source recorded no times: they were made up, deterministically."""


@dataclass(frozen=True, slots=True)
class DemoPart:
    """What is loaded into one experiment.

    `draft` has a `client_key`, so that making the experiment again returns the same one. `requests` yields serialised
    ``ExportTraceServiceRequest`` bodies; `assessments` yields judgments on their traces and sessions, each with an
    `identifier`, so that logging them again changes nothing. The counts are those of what is yielded, for progress.
    """

    draft: ExperimentDraft
    requests: Callable[[], Iterator[bytes]]
    request_count: int
    assessments: Callable[[], Iterator[AssessmentDraft]]
    assessment_count: int
