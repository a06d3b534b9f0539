"""Deliveries: what has arrived from the SDK's processes, and what is missing."""

from collections.abc import Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import may, permit, permit_reach, reach_of
from lodeline.domain.delivery import MAX_DELIVERIES, Delivery
from lodeline.domain.errors import NotFound
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.storage.base import Stores


class DeliveryService:
    """Use cases of deliveries."""

    def __init__(self, stores: Stores, scope: ExperimentScope) -> None:
        self._stores = stores
        self._scope = scope

    def get(self, actor: Actor, instance: str) -> Delivery:
        """Return one; NotFound when nothing came from it. Who may send to its experiment may ask too: the program
        itself, whose key often can do no more."""
        if reach_of(actor, "trace.ingest").nothing:
            permit_reach(actor, "trace.read")
        found = self._stores.deliveries.get(instance)
        if not may(actor, "trace.ingest", found.experiment_id):
            permit(actor, "trace.read", found.experiment_id, missing=NotFound.of("delivery", instance))
        return found

    def list(
        self, actor: Actor, experiments: Sequence[str] = (), *, limit: int = MAX_DELIVERIES
    ) -> Sequence[Delivery]:
        """Return those of some experiments (ids or names; all in reach when empty), the one heard of last first."""
        return self._stores.deliveries.list(self._scope.ids(actor, "trace.read", experiments), limit=limit)
