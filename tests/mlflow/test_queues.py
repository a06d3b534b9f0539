"""Review queues and issues of an MLflow database, as MLflow's client reads them here."""

from pathlib import Path

import httpx
import pytest

import lodeline
from lodeline.local import LocalClient
from tests.e2e.harness import serving
from tests.mlflow.conftest import MlflowFiles, import_all
from tests.mlflow.test_importing import SHOP, ask, change

V3 = "/api/3.0/mlflow"


def queues(http: httpx.Client) -> dict[str, dict[str, object]]:
    found = http.get(f"{V3}/review-queues/list", params={"experiment_id": SHOP}).json()["review_queues"]
    return {str(each["name"]): each for each in found}


def test_they_read_back_as_mlflow_has_them(tmp_path: Path, mlflow: MlflowFiles) -> None:
    with lodeline.connect(tmp_path / "store") as client:
        assert import_all(client, mlflow).refused == []
        names = {each.schema_id: each.name for each in client.label_schemas.list(experiment=SHOP)}
    with serving(tmp_path / "store") as server, server.http() as http:
        found = queues(http)
        assert found.keys() == {"First look", "Later", "carl"}
        for queue_id, name, made_ms, changed_ms in ask(
            mlflow, "SELECT queue_id, name, creation_time_ms, last_update_time_ms FROM review_queues"
        ):
            queue = found[str(name)]
            times = (queue["creation_time_ms"], queue["last_update_time_ms"])
            assert (queue["queue_id"], times) == (queue_id, (made_ms, changed_ms))
        first = found["First look"]
        assert (first["queue_type"], first["users"]) == ("CUSTOM", ["ann", "ben"])
        assert first["schema_ids"] == sorted(key for key, name in names.items() if name in {"tone", "stars"})
        assert "schema_ids" not in found["Later"]
        assert (found["carl"]["queue_type"], found["carl"]["created_by"]) == ("USER", "carl")
        for queue in found.values():
            items = http.get(f"{V3}/review-queues/items/list", params={"queue_id": str(queue["queue_id"])}).json()
            kept = ask(
                mlflow,
                "SELECT item_id, status, completed_by, completed_time_ms, creation_time_ms FROM review_queue_items "
                f"WHERE queue_id = '{queue['queue_id']}'",
            )
            assert sorted(
                (each["item_id"], str(each["status"]).lower(), each.get("completed_by"),
                 each.get("completed_time_ms"), each["creation_time_ms"])
                for each in items.get("items", [])
            ) == sorted(kept, key=lambda row: str(row[0]))  # fmt: skip


def test_issues_read_back(tmp_path: Path, mlflow: MlflowFiles) -> None:
    with lodeline.connect(tmp_path / "store") as client:
        import_all(client, mlflow)
    [(issue_id, run_id)] = ask(mlflow, "SELECT issue_id, source_run_id FROM issues WHERE name = 'made up'")
    with serving(tmp_path / "store") as server, server.http() as http:
        issue = http.get(f"{V3}/issues/{issue_id}").json()["issue"]
        assert (issue["name"], issue["severity"], issue["status"]) == ("made up", "high", "pending")
        assert (issue["root_causes"], issue["categories"]) == (["no source"], ["grounding"])
        assert (issue["source_run_id"], issue["created_by"], issue["experiment_id"]) == (run_id, "ann", SHOP)


def test_again_adds_what_is_new(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    [(later,)] = ask(mlflow, "SELECT queue_id FROM review_queues WHERE name = 'Later'")
    [(trace_id,)] = ask(mlflow, "SELECT request_id FROM trace_info WHERE experiment_id = 2 LIMIT 1")
    values = (later, trace_id)
    change(
        mlflow,
        ("INSERT INTO review_queue_items (queue_id, item_type, item_id, status, creation_time_ms, "
         "last_update_time_ms) VALUES (?, 'trace', ?, 'pending', 1, 1)", values),
    )  # fmt: skip
    account = import_all(client, mlflow)
    assert {entity: number for entity, number in account.added.items() if number} == {"labeling_items": 1}


@pytest.mark.parametrize(
    ("statement", "reason", "added"),
    [
        ("review_queues SET queue_type = 'odd' WHERE name = 'Later'", "review queue Later: queue_type: ", (2, 4, 2)),
        ("review_queues SET name = 'Later' || hex(zeroblob(50000)) WHERE name = 'Later'", "Later0000", (2, 4, 2)),
        ("review_queues SET name = 'First look' WHERE name = 'Later'", "First look: another review queue", (2, 4, 2)),
        (
            "review_queues SET queue_id = (SELECT min(run_uuid) FROM runs) WHERE name = 'Later'",
            "Later: its id ",
            (2, 4, 2),
        ),
        ("review_queue_items SET status = 'odd' WHERE status = 'declined'", "First look: status: ", (3, 3, 2)),
        ("review_queue_items SET item_type = 'odd' WHERE status = 'declined'", "First look: item_type: ", (3, 3, 2)),
        ("issues SET status = 'odd' WHERE name = 'made up'", "status: ", (3, 4, 1)),
        ("issues SET issue_id = char(0) || issue_id WHERE name = 'made up'", "issue '\\x00iss-", (3, 4, 1)),
        ("issues SET issue_id = issue_id || issue_id WHERE name = 'made up'", ": issue_id: 72 characters", (3, 4, 1)),
        ("label_schemas SET schema_id = char(0) || schema_id WHERE name = 'stars'", "stars: schema_id: ", (3, 4, 2)),
        ("issues SET severity = 'odd' WHERE name = 'made up'", "severity: ", (3, 4, 1)),
    ],
)
def test_what_is_none_is_left_out_and_told(
    client: LocalClient, mlflow: MlflowFiles, statement: str, reason: str, added: tuple[int, int, int]
) -> None:
    change(mlflow, (f"UPDATE {statement}", ()))
    account = import_all(client, mlflow)
    [told] = account.refused
    assert reason in told
    assert len(told) < 500
    assert told.isprintable()
    assert tuple(account.added[each] for each in ("labeling_sessions", "labeling_items", "issues")) == added


def test_times_that_no_calendar_has_become_the_nearest(client: LocalClient, mlflow: MlflowFiles) -> None:
    change(
        mlflow,
        ("UPDATE review_queue_items SET completed_time_ms = 9223372036854775807 WHERE status = 'complete'", ()),
        ("UPDATE review_queue_items SET creation_time_ms = -9223372036854775807", ()),
        ("UPDATE review_queues SET last_update_time_ms = 9223372036854775807", ()),
        ("UPDATE issues SET created_timestamp = 9223372036854775807", ()),
        ("UPDATE label_schemas SET created_time = 9223372036854775807", ()),
    )
    account = import_all(client, mlflow)
    assert account.refused == []
    [session] = [each for each in client.labeling.list(experiment=SHOP) if each.run.name == "First look"]
    report = client.labeling.report(session.run.run_id)
    assert [day.day for day in report.throughput.days] == ["2255-03-14"]
