"""Deliveries in memory."""

from collections.abc import Iterable, Sequence

from lodeline.domain.delivery import MAX_DELIVERIES, Delivery, DeliveryMark, advance, first_delivery
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.storage.memory.state import State


class MemoryDeliveries:
    """Implements `storage.base.DeliveryStore`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, instance: str) -> Delivery:
        with self._state.lock:
            found = self._state.deliveries.get(instance)
            if found is None or not self._state.is_active(found.experiment_id):
                raise NotFound.of("delivery", instance)
            return found

    def list(self, experiment_ids: Sequence[ExperimentId], *, limit: int) -> Sequence[Delivery]:
        with self._state.lock:
            wanted = {each for each in experiment_ids if self._state.is_active(each)}
            return _newest(each for each in self._state.deliveries.values() if each.experiment_id in wanted)[:limit]


def record(state: State, mark: DeliveryMark) -> None:
    """Note an arrival; call it inside the lock, with the batch itself."""
    instance = mark.source.instance
    found = state.deliveries.get(instance)
    if found is not None:
        state.deliveries[instance] = advance(found, mark)
        return
    made = state.deliveries[instance] = first_delivery(mark)
    same = (each for each in state.deliveries.values() if each.experiment_id == made.experiment_id)
    for old in _newest(same)[MAX_DELIVERIES:]:
        del state.deliveries[old.instance]


def _newest(found: Iterable[Delivery]) -> list[Delivery]:
    return sorted(found, key=lambda each: (-each.last_ms, each.instance))
