"""Deliveries over HTTP: what an SDK says of its batches, and what the server says is missing."""

import pytest

from tests.server.world import populated, request_of, serve

API = "/api/v1/deliveries"


def test_headers_of_a_batch_show_as_a_delivery() -> None:
    with serve() as world:
        sent = {"x_lodeline_instance": "sdk-9", "x_lodeline_sequence": "1-2"}
        assert world.send(request_of("aa" * 16), **sent).status_code == 200
        sent["x_lodeline_sequence"] = "5"
        assert world.send(request_of("bb" * 16), **sent).status_code == 200
        found = world.client.get(f"{API}/sdk-9").json()
        assert (found["highest"], found["missing"], found["gaps"], found["requests"]) == (5, 2, [[3, 4]], 2)
        assert world.client.get(API).json() == [found]
        assert world.client.get(f"{API}/nobody").status_code == 404


def test_a_refused_batch_has_not_arrived() -> None:
    with serve() as world:
        sent = {"x_lodeline_instance": "sdk-9", "x_lodeline_sequence": "1", "x_lodeline_experiment": "77"}
        assert world.send(request_of("aa" * 16), **sent).status_code == 404
        assert world.client.get(f"{API}/sdk-9").status_code == 404


@pytest.mark.parametrize("sequence", ["0", "2-1", "x", "1,1"])
def test_malformed_headers_are_refused(sequence: str) -> None:
    with serve() as world:
        answer = world.send(request_of("aa" * 16), x_lodeline_instance="i", x_lodeline_sequence=sequence)
        assert answer.status_code == 400
        assert world.client.get("/api/v1/traces/count").json()["count"] == 0


def test_a_name_that_is_not_ascii_names_the_experiment() -> None:
    with serve() as world:
        name = "küche ✓"
        headers = {b"content-type": b"application/x-protobuf", b"x-lodeline-experiment": name.encode()}
        answer = world.client.post("/v1/traces", content=request_of("aa" * 16), headers=headers)
        assert answer.status_code == 200
        assert world.client.get("/api/v1/experiments/find", params={"name": name}).status_code == 200


def test_a_program_may_ask_for_its_own_experiment_only() -> None:
    with populated() as world:
        path = f"{API}/{{instance}}".format(instance="sdk-1")
        assert world.client.get(path, headers=world.headers["ingest"]).status_code == 200
        assert world.client.get(API, headers=world.headers["ingest"]).status_code == 403
        assert world.client.get(f"{API}/other", headers=world.headers["ingest"]).status_code == 404
