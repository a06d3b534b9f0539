"""The route that helps to write filters."""

from typing import Any

from tests.server.world import serve


def reading(text: str, position: int | None = None, **params: str) -> Any:
    with serve() as world:
        at = len(text) if position is None else position
        query = {"text": text, "position": str(at), **params}
        return world.client.get("/api/v1/filters/complete", params=query).json()


def test_a_word_is_completed_where_it_stands():
    completion = reading("state = 'ER")["completion"]
    assert (completion["start"], completion["end"]) == (8, 11)
    assert [item["text"] for item in completion["items"]] == ["'ERROR'"]
    assert completion["field"] == "state"


def test_the_first_problem_is_named_with_its_place():
    problem = reading("state = 'OK' AND duratoin > 1")["problem"]
    assert (problem["position"], problem["end"], problem["suggestion"]) == (17, 25, "duration")
    assert "\n" not in problem["message"]


def test_a_whole_filter_has_no_problem():
    assert reading("state = 'OK'")["problem"] is None
    assert reading("  ")["problem"] is None


def test_other_lists_have_their_own_fields():
    assert "trace_count" in [item["text"] for item in reading("", entity="session")["completion"]["items"]]
