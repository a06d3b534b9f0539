"""Judgments before their traces, over HTTP, with the server's own job."""

import time

from tests.server.world import TRACE, request_of, serve

API = "/api/v1"
BODY = {"trace_id": TRACE, "name": "thumb", "value": True, "identifier": "click-1"}


def test_a_judgment_that_is_parked_is_on_its_trace_soon_after_that_came() -> None:
    with serve() as world:
        assert world.client.post(f"{API}/assessments", json=BODY).status_code == 404
        unnamed = world.client.post(f"{API}/assessments", json={**BODY, "park": True})
        assert (unnamed.status_code, unnamed.json()["details"]["field"]) == (400, "experiment")
        parked = world.client.post(f"{API}/assessments", json={**BODY, "park": True, "experiment": "Default"})
        assert parked.status_code == 202
        told = parked.json()
        assert told["parked_until_ms"] > told["assessment"]["created_ms"]
        (item,) = world.client.post(
            f"{API}/assessments/batch", json={"assessments": [{**BODY, "park": True, "experiment": "0"}]}
        ).json()
        assert item["parked_until_ms"] >= told["parked_until_ms"]
        assert world.client.get(f"{API}/assessments").json()["items"] == []
        world.send(request_of(TRACE.removeprefix("tr-")))
        until = time.monotonic() + 60
        while not (found := world.client.get(f"{API}/traces/{TRACE}/assessments").json()):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert [(each["assessment_id"], each["value"]) for each in found] == [
            (told["assessment"]["assessment_id"], True)
        ]
        again = world.client.post(f"{API}/assessments", json={**BODY, "park": True, "experiment": "0"})
        assert (again.status_code, again.json()["changed"]) == (200, False)
