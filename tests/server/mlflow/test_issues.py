"""What clients of MLflow's protocol log as issues is there in the native API."""

import pytest

from tests.server.world import serve


@pytest.mark.parametrize("store", ["memory:", "sqlite"])
def test_issues_of_mlflows_clients_are_read_natively(store: str, tmp_path: object) -> None:
    with serve(store if store == "memory:" else f"{tmp_path}/store") as world:
        client = world.client
        sent = {"experiment_id": "0", "name": "slow", "description": "It takes minutes.", "severity": "high"}
        made = client.post("/api/3.0/mlflow/issues", json=sent).json()["issue"]
        client.patch(f"/api/3.0/mlflow/issues/{made['issue_id']}", json={"status": "resolved"})
        (found,) = client.get("/api/v1/issues", params={"experiment": "0"}).json()["items"]
        assert found["trace_count"] == 0
        assert found["issue"] | {"created_ms": 0, "updated_ms": 0} == {
            "issue_id": made["issue_id"], "experiment_id": "0", "name": "slow", "description": "It takes minutes.",
            "status": "resolved", "severity": "high", "root_causes": [], "categories": [], "source_run_id": None,
            "created_by": None, "created_ms": 0, "updated_ms": 0,
        }  # fmt: skip
        assert client.get(f"/api/v1/issues/{made['issue_id']}").json() == found
        assert client.get("/api/v1/issues", params={"status": "pending"}).json()["items"] == []
        assert client.get("/api/v1/issues", params={"status": "open"}).status_code == 400
        assert client.get("/api/v1/issues/iss-none").status_code == 404
        one = f"/api/v1/issues/{made['issue_id']}"
        assert client.patch(one, json={}).json() == found["issue"]
        again = client.patch(one, json={"status": "pending", "severity": "low", "name": "slower"}).json()
        assert (again["status"], again["severity"], again["name"]) == ("pending", "low", "slower")
        assert again["description"] == "It takes minutes."
        assert client.get(one).json()["issue"] == again
        for wrong in ({"status": "open"}, {"description": ""}, {"state": "resolved"}):
            assert client.patch(one, json=wrong).status_code == 400
        assert client.patch("/api/v1/issues/iss-none", json={"status": "resolved"}).status_code == 404
