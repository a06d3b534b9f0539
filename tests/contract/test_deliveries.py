"""Contract of `DeliveryStore`, and of the marks that `TraceStore.write` records."""

import pytest

from lodeline.domain.delivery import MAX_DELIVERIES, Delivery, DeliveryMark, DeliverySource, Ranges
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from tests.contract.build import T0_MS, audit, delete_experiment, make_experiment, restore_experiment, span, write

DEFAULT = ExperimentId(DEFAULT_EXPERIMENT)


def mark(
    instance: str, *sequences: tuple[int, int], experiment: ExperimentId = DEFAULT, at_ms: int = T0_MS
) -> DeliveryMark:
    return DeliveryMark(DeliverySource(instance, sequences), experiment, at_ms)


def send(stores: Stores, made: DeliveryMark, trace_id: str = "tr-1") -> None:
    stores.traces.write([write(trace_id, span(), experiment=made.experiment_id)], made)


def test_what_arrived_and_what_is_missing(stores: Stores) -> None:
    send(stores, mark("one", (1, 2)))
    send(stores, mark("one", (7, 7), (9, 9), at_ms=T0_MS + 5))
    gaps: Ranges = ((3, 6), (8, 8))
    expected = Delivery("one", DEFAULT, T0_MS, T0_MS + 5, requests=2, highest=9, missing=5, gaps=gaps)
    assert stores.deliveries.get("one") == expected
    send(stores, mark("one", (3, 8), at_ms=T0_MS + 5))
    assert stores.deliveries.get("one").gaps == ()
    assert stores.deliveries.list([DEFAULT], limit=10) == [stores.deliveries.get("one")]


def test_unknown(stores: Stores) -> None:
    assert stores.deliveries.list([DEFAULT], limit=10) == []
    with pytest.raises(NotFound) as caught:
        stores.deliveries.get("nobody")
    assert caught.value.error_code == "delivery_not_found"


def test_the_list_is_of_the_experiments_asked_for_the_latest_first(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    send(stores, mark("b", (1, 1), at_ms=T0_MS))
    send(stores, mark("a", (1, 1), at_ms=T0_MS))
    send(stores, mark("c", (1, 1), at_ms=T0_MS + 1))
    send(stores, mark("d", (1, 1), experiment=other), "tr-2")
    assert [each.instance for each in stores.deliveries.list([DEFAULT], limit=10)] == ["c", "a", "b"]
    assert [each.instance for each in stores.deliveries.list([DEFAULT, other], limit=2)] == ["c", "a"]
    assert [each.instance for each in stores.deliveries.list([other], limit=10)] == ["d"]
    assert stores.deliveries.list([], limit=10) == []


def test_it_stays_in_the_experiment_of_its_first_batch(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    send(stores, mark("one", (1, 1)))
    send(stores, mark("one", (2, 2), experiment=other), "tr-2")
    assert stores.deliveries.get("one").experiment_id == DEFAULT
    assert stores.deliveries.get("one").highest == 2


def test_a_deleted_experiment_hides_and_a_purged_one_forgets_them(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    send(stores, mark("one", (1, 1), experiment=other))
    delete_experiment(stores, other)
    assert stores.deliveries.list([other], limit=10) == []
    with pytest.raises(NotFound):
        stores.deliveries.get("one")
    restore_experiment(stores, other)
    assert stores.deliveries.get("one").highest == 1
    delete_experiment(stores, other)
    stores.experiments.purge(other, audit=audit())
    with pytest.raises(NotFound):
        stores.deliveries.get("one")


def test_the_oldest_of_an_experiment_make_room(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    send(stores, mark("kept", (1, 1), experiment=other, at_ms=1), "tr-2")
    for number in range(MAX_DELIVERIES + 3):
        send(stores, mark(f"i{number}", (1, 1), at_ms=T0_MS + number))
    found = stores.deliveries.list([DEFAULT], limit=MAX_DELIVERIES * 2)
    assert (len(found), found[-1].instance) == (MAX_DELIVERIES, "i3")
    assert stores.deliveries.get("kept").highest == 1


def test_they_are_durable_with_the_batch(store_url: str) -> None:
    stores = open_stores(store_url)
    if not stores.capabilities.durable:
        stores.close()
        pytest.skip("keeps nothing")
    send(stores, mark("one", (1, 3)))
    stores.close()
    again = open_stores(store_url)
    assert again.deliveries.get("one").highest == 3
    again.close()
