"""Standing rules of labeling sessions, run by the server."""

from lodeline.jobs.scheduler import Job
from lodeline.services.labeling_rules import LabelingRuleService


def labeling_rules(rules: LabelingRuleService, *, interval_s: float) -> Job:
    """Return the job that runs the standing rules of every open session."""
    return Job("labeling-rules", interval_s, rules.run_all)
