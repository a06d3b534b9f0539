"""Native route for writing filters: completion, and what is wrong at which place."""

from typing import Annotated

from fastapi import Query

from lodeline.query.ast import EntityScope
from lodeline.query.complete import FilterReading
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import MAX_FILTER

router = native_router("/filters", "filters")


@router.get("/complete", **answer(FilterReading))
def complete_filter(
    actor: ActorDep,
    services: ServicesDep,
    text: Annotated[str, Query(max_length=MAX_FILTER, description="The filter so far.")] = "",
    position: Annotated[
        int, Query(ge=0, le=MAX_FILTER, description="Where the cursor is, counted in characters.")
    ] = 0,
    entity: Annotated[EntityScope, Query(description="What the list is of.")] = "trace",
) -> Json:
    """Return what may be written at a place of a filter, and the first thing that is wrong with it."""
    return Json(services.filters.read(actor, text, position, entity))
