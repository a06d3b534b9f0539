"""Native routes of trust: how far people agree, and judges beside them."""

from typing import Annotated

from fastapi import Depends, Query

from lodeline.domain.agreement import Scale
from lodeline.domain.trust import JudgeBy, NameTrust, TrustOptions
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import MAX_FILTER, ExperimentsParam
from lodeline.services.listing import ListQuery
from lodeline.services.trust import MAX_JUDGE_NAMES, MAX_ORDER, TrustQuery

router = native_router("", "assessments")

_Name = Annotated[str, Query(min_length=1, max_length=250, description="What was judged, such as `correctness`.")]
_Filter = Annotated[
    str, Query(max_length=MAX_FILTER, description="A filter over assessments, see docs/reference/filter.md.")
]


async def _options(
    *,
    scale: Annotated[
        Scale | None, Query(description="How values are compared; told by the values if absent.")
    ] = None,
    order: Annotated[
        list[str] | None, Query(max_length=MAX_ORDER, description="The texts of an ordinal scale, lowest first.")
    ] = None,
    positive: Annotated[
        str | None, Query(max_length=500, description="The value whose rate is corrected, if not `true`.")
    ] = None,
    threshold: Annotated[
        float | None, Query(allow_inf_nan=False, description="A judge's numbers from here up count as true.")
    ] = None,
    level: Annotated[float, Query(gt=0, lt=1, description="The confidence of intervals.")] = 0.95,
) -> TrustOptions:
    return TrustOptions(scale, tuple(order or ()), positive, threshold, level)


_OptionsDep = Annotated[TrustOptions, Depends(_options)]


@router.get("/assessment-agreement", **answer(NameTrust, 404, 413))
def get_assessment_agreement(
    actor: ActorDep,
    services: ServicesDep,
    options: _OptionsDep,
    *,
    name: _Name,
    experiment: ExperimentsParam = None,
    filter: _Filter = "",
) -> Json:
    """Return how far people agree on one name: coefficients with intervals, each of them beside the others, and the
    items they differ on."""
    query = TrustQuery(name, ListQuery(tuple(experiment or ()), filter), options=options)
    return Json(services.trust.agreement(actor, query))


@router.get("/assessment-judges", **answer(NameTrust, 404, 413))
def get_assessment_judges(
    actor: ActorDep,
    services: ServicesDep,
    options: _OptionsDep,
    *,
    name: _Name,
    experiment: ExperimentsParam = None,
    filter: _Filter = "",
    judge_name: Annotated[
        list[str] | None,
        Query(max_length=MAX_JUDGE_NAMES, description="The name of the judges' judgments, if another. Repeatable."),
    ] = None,
    judge_by: Annotated[
        JudgeBy, Query(description="One judge a model (`source`), or a name, with its models as versions (`name`).")
    ] = "source",
) -> Json:
    """Return how each judge stands to people: confusion, agreement under the human ceiling, calibration, drift by
    version, and the rate corrected for the judge's errors."""
    listed = ListQuery(tuple(experiment or ()), filter)
    query = TrustQuery(name, listed, tuple(judge_name or ()), judge_by, options)
    return Json(services.trust.judges(actor, query))
