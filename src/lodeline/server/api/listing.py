"""The parameters that lists share."""

from typing import Annotated, Literal

from fastapi import Depends, Query

from lodeline.domain.experiment import Lifecycle
from lodeline.domain.page import DEFAULT_LIMIT, MAX_LIMIT
from lodeline.services.listing import ListQuery

MAX_FILTER = 20_000

ExperimentsParam = Annotated[
    list[str] | None,
    Query(max_length=1_000, description="Ids or names of experiments; all in reach when left out. May be repeated."),
]
FilterParam = Annotated[
    str, Query(max_length=MAX_FILTER, description="A filter, see docs/reference/filter.md; empty for everything.")
]
OrderParam = Annotated[str, Query(max_length=1_000, description="Sort keys, such as `duration desc, start`.")]
LimitParam = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items of this page.")]
CursorParam = Annotated[
    str | None, Query(max_length=4_000, description="The `cursor` of the page before, for the next one.")
]
DialectParam = Annotated[
    Literal["lodeline", "mlflow"], Query(description="The grammar that `filter` and `order` are written in.")
]


async def _paged(
    *,
    filter: FilterParam = "",
    order: OrderParam = "",
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
    dialect: DialectParam = "lodeline",
) -> ListQuery:
    return ListQuery((), filter, order, limit, cursor, dialect)


async def _listed(
    *,
    experiment: ExperimentsParam = None,
    filter: FilterParam = "",
    order: OrderParam = "",
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
    dialect: DialectParam = "lodeline",
) -> ListQuery:
    return ListQuery(tuple(experiment or ()), filter, order, limit, cursor, dialect)


async def _native(
    *,
    experiment: ExperimentsParam = None,
    filter: FilterParam = "",
    order: OrderParam = "",
    limit: LimitParam = DEFAULT_LIMIT,
    cursor: CursorParam = None,
) -> ListQuery:
    return ListQuery(tuple(experiment or ()), filter, order, limit, cursor)


async def _matched(
    *,
    experiment: ExperimentsParam = None,
    filter: FilterParam = "",
    dialect: DialectParam = "lodeline",
) -> ListQuery:
    return ListQuery(tuple(experiment or ()), filter, dialect=dialect)


PagedDep = Annotated[ListQuery, Depends(_paged)]
"""A list that belongs to no experiment."""
ListedDep = Annotated[ListQuery, Depends(_listed)]
"""A list of things in experiments that MLflow's grammar knows, too."""
NativeListedDep = Annotated[ListQuery, Depends(_native)]
"""A list of other things in experiments."""
MatchedDep = Annotated[ListQuery, Depends(_matched)]
"""Things in experiments, without order and pages."""
ListedLifecycle = Annotated[Literal["ACTIVE", "DELETED", "ALL"], Query(description="Which ones to list.")]


def lifecycle_of(listed: Literal["ACTIVE", "DELETED", "ALL"]) -> Lifecycle | None:
    """Return the lifecycle that a list is restricted to; None for all."""
    return None if listed == "ALL" else listed
