"""Deliveries: which batches of an SDK's process have arrived."""

from collections.abc import Sequence

from lodeline.domain.delivery import Delivery
from lodeline.sdk.client.call import Call, ModeT, Noun, call, many, names, one, path_of


class Deliveries(Noun[ModeT]):
    """Calls about what has arrived from the SDK's processes."""

    @call
    def list(self, *, experiment: str | Sequence[str] | None = None, limit: int = 100) -> Call[tuple[Delivery, ...]]:
        """List what has arrived, and what is missing; the process that was heard of last first."""
        params = {"experiment": names(experiment), "limit": limit}
        return Call("GET", path_of("deliveries"), many(Delivery), params=params)

    @call
    def get(self, instance: str) -> Call[Delivery]:
        """Return what has arrived from one process; NotFound when nothing has."""
        return Call("GET", path_of("deliveries", instance), one(Delivery))
