"""Native routes of deliveries: which batches of an SDK's process have arrived."""

from typing import Annotated

from fastapi import Path, Query

from lodeline.domain.delivery import MAX_DELIVERIES, Delivery
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import ExperimentsParam

router = native_router("/deliveries", "deliveries")


@router.get("", **answer(list[Delivery], 404))
def list_deliveries(
    actor: ActorDep,
    services: ServicesDep,
    experiment: ExperimentsParam = None,
    limit: Annotated[int, Query(ge=1, le=MAX_DELIVERIES, description="Most items.")] = 100,
) -> Json:
    """List what has arrived from the SDK's processes, and what is missing; the one heard of last first."""
    return Json(services.deliveries.list(actor, experiment or (), limit=limit))


@router.get("/{instance}", **answer(Delivery, 404))
def get_delivery(
    actor: ActorDep,
    services: ServicesDep,
    instance: Annotated[str, Path(min_length=1, max_length=64, description="The process's instance id.")],
) -> Json:
    """Return what has arrived from one process."""
    return Json(services.deliveries.get(actor, instance))
