"""New ids."""

import random

from lodeline.domain.ids import new_hex, ordered_hex


def test_ordered_ids_stand_in_the_order_in_which_they_were_made() -> None:
    made = [ordered_hex("a-") for _ in range(1_000)]
    assert {len(each) for each in made} == {34}
    # The clock's steps may be coarse: within one of them the rest is random.
    assert [each[:18] for each in made] == sorted(each[:18] for each in made)


def test_no_id_depends_on_the_seed_of_the_program() -> None:
    found: set[str] = set()
    for _ in range(100):
        random.seed(7)
        found |= {new_hex("a-"), ordered_hex("a-")}
    assert len(found) == 200
