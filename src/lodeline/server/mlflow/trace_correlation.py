"""How strongly two filters on traces go together: normalised pointwise mutual information of the matches."""

import math

from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.paging import active_experiments
from lodeline.server.mlflow.wire import Reply, message
from lodeline.services.listing import ListQuery

_SMOOTHING = 0.5
"""Added to each cell of the table (Jeffreys' prior), so that few traces do not look like certainty."""


def correlate(call: Call) -> Reply:
    """Count the traces that match either filter and both, beside a filter that all of them must match."""
    fields = call.fields
    experiments = active_experiments(call, fields.texts("experiment_ids"))
    base = fields.text("base_filter") or ""
    first, second = fields.text("filter_string1") or "", fields.text("filter_string2") or ""

    def count(*filters: str) -> int:
        clauses = " AND ".join(clause for clause in (base, *filters) if clause.strip())
        query = ListQuery(experiments, clauses, dialect="mlflow")
        return call.services.analytics.count(call.actor, query).count if experiments else 0

    of_first, of_second, joint, total = count(first), count(second), count(first, second), count()
    plain, smoothed = npmi(joint, of_first, of_second, total)
    return message(
        npmi=plain, npmi_smoothed=smoothed, filter1_count=of_first, filter2_count=of_second, joint_count=joint,
        total_count=total,
    )  # fmt: skip


def npmi(joint: int, first: int, second: int, total: int) -> tuple[float | str, float | str]:
    """Return NPMI of two events, from -1 (never together) over 0 (independent) to 1 (always together).

    As counted, and smoothed; "NaN" for both when one of the events never happens.
    """
    cells = (joint, first - joint, second - joint, total - first - second + joint)
    if not first or not second or min(cells) < 0:
        return "NaN", "NaN"
    plain = -1.0 if joint == 0 else _npmi(*(float(cell) for cell in cells))
    return plain, _npmi(*(cell + _SMOOTHING for cell in cells))


def _npmi(both: float, only_first: float, only_second: float, neither: float) -> float:
    total = both + only_first + only_second + neither
    if both == total:
        return 1.0
    information = math.log(both * total / ((both + only_first) * (both + only_second)))
    return max(-1.0, min(1.0, information / -math.log(both / total)))


ENDPOINTS = (Endpoint("POST", "3.0/mlflow/traces/calculate-filter-correlation", correlate),)
