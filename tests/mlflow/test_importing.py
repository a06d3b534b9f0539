"""An MLflow database brought over whole, again, grown, and into a store that has something already."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

import lodeline
from lodeline.domain.errors import Invalid, NotFound, Unsupported
from lodeline.domain.record import Record
from lodeline.local import LocalClient
from lodeline.mlflow.artifacts import ArtifactFolder
from lodeline.mlflow.importing import ENTITIES
from lodeline.mlflow.source import open_source
from tests.e2e.harness import serving
from tests.mlflow.conftest import MlflowFiles, import_all

SHOP = "2"


def change(files: MlflowFiles, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Change the database as MLflow might have."""
    with closing(sqlite3.connect(files.database)) as db:
        for text, values in statements:
            db.execute(text, values)
        db.commit()


def ask(files: MlflowFiles, text: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(files.database)) as db:
        return list(db.execute(text))


def by_inputs(records: Iterable[Record]) -> dict[str, Record]:
    return {json.dumps(record.inputs): record for record in records}


def test_everything_is_there_on_both_sides(client: LocalClient, mlflow: MlflowFiles) -> None:
    account = import_all(client, mlflow)
    assert account.refused == []
    assert {entity: account.found[entity] for entity in ENTITIES} == {
        "runs": 3, "metric_points": 5, "models": 2, "traces": 5, "spans": 8, "assessments": 7, "attachments": 0,
        "datasets": 2, "records": 4, "prompts": 2, "prompt_versions": 3, "scorers": 1, "label_schemas": 4,
        "labeling_sessions": 3, "labeling_items": 4, "issues": 2, "artifacts": 3,
    }  # fmt: skip
    # A deleted version leaves a gap, which is filled.
    assert dict(account.added) == {**account.found, "attachments": 1, "prompt_versions": 4}
    assert [(each.mlflow_id, each.into) for each in account.experiments] == [("0", "0"), (SHOP, SHOP)]
    experiment = client.experiments.get(SHOP)
    assert (experiment.name, dict(experiment.tags)) == ("shop", {"team": "a"})
    with pytest.raises(NotFound):
        client.experiments.get("1")


def test_traces_keep_ids_and_say_what_mlflow_said(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    rows = ask(mlflow, "SELECT request_id, timestamp_ms, execution_time_ms, status FROM trace_info")
    for trace_id, start_ms, duration_ms, status in rows:
        trace = client.traces.get(str(trace_id)).trace
        assert trace.duration_ns is not None
        assert (trace.start_ns // 1_000_000, trace.duration_ns // 1_000_000) == (start_ms, duration_ms)
        assert trace.state == status
    [good] = client.traces.search(experiment=SHOP, filter="name = 'ask' AND state = 'OK'")
    assert (good.session, good.user, good.client_request_id) == ("s-1", "u-1", "request-1")
    assert (good.tokens.input, good.tokens.output) == (3, 2)
    assert good.tags["env"] == "test"
    assert [good.model_id] == [model.model_id for model in client.models.search(experiment=SHOP)]
    root, call = client.traces.spans(good.trace_id)
    assert root.view is not None
    assert call.view is not None
    assert root.view.outputs == {"answer": [1, 2.5, None, True], "question": "hello"}
    assert (call.view.kind, call.events[0].name) == ("CHAT_MODEL", "first token")
    assert [message.content for message in call.view.output_messages] == ["Seven days."]


def test_assessments_keep_their_chain(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    [good] = client.traces.search(experiment=SHOP, filter="name = 'ask' AND state = 'OK'")
    old, new, expected = client.traces.get(good.trace_id).assessments
    assert (old.value, old.valid, old.superseded_by) == (True, False, new.assessment_id)
    assert (new.value, new.valid, new.overrides) == (False, True, old.assessment_id)
    assert (old.source.kind, old.source.source_id, old.rationale) == ("HUMAN", "ann", "it is right")
    assert (expected.kind, expected.value) == ("EXPECTATION", {"days": 7})
    [bad] = client.traces.search(experiment=SHOP, filter="state = 'ERROR'")
    score, failed = client.traces.get(bad.trace_id).assessments
    assert (score.value, failed.value) == (5.0, None)
    assert failed.error is not None
    assert (failed.error.code, failed.error.message) == ("ValueError", "boom")


def test_runs_and_models(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    runs = {run.name: run for run in client.runs.search(experiment=SHOP, filter="kind != 'LABELING'")}
    train = runs.pop("train")
    [evaluation] = runs.values()
    assert (train.status, dict(train.params), train.tags["team"]) == ("FINISHED", {"lr": "0.1", "k": "v"}, "a")
    history = [(point.step, point.value) for point in client.runs.metric_history(train.run_id, "loss").items]
    assert sorted(history) == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert train.metrics["nan"].value != train.metrics["nan"].value
    assert evaluation.tags["mlflow.runType"] == "genai_evaluate"
    assert evaluation.kind == "EVALUATION"
    (scorer,) = client.evaluations.summary(evaluation.run_id).scorers
    assert (scorer.scorer, scorer.summary.n, scorer.summary.value) == ("always", 1, 1.0)
    assert [trace.name for trace in client.traces.search(filter=f"run = '{evaluation.run_id}'")]
    assert [run.name for run in client.runs.search(experiment=SHOP, lifecycle="DELETED")] == ["gone"]
    [model] = client.models.search(experiment=SHOP)
    whole = client.models.get(model.model_id)
    assert (whole.name, whole.status, dict(whole.params)) == ("bot-v1", "READY", {"temperature": "0"})
    assert [(metric.key, metric.value) for metric in whole.metrics] == [("always/mean", 1.0)]


def test_datasets_prompts_and_scorers(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    full, empty = sorted(client.datasets.search(experiment=SHOP), key=lambda each: -each.record_count)
    assert (full.name, full.linked_experiment_ids, full.latest_version) == ("qa", ("0",), 1)
    assert empty.name == f"qa ({empty.dataset_id})"
    records = by_inputs(client.records.search(full.dataset_id))
    first = records['{"q": "1"}']
    assert (dict(first.expectations), first.outputs, first.tags["s"]) == ({"a": "x", "b": "y"}, {"r": 1}, "1")
    traced = records['{"question": "hello"}']
    assert traced.source is not None
    assert traced.source.kind == "TRACE"
    assert client.traces.get(traced.source.source_id or "").trace.name == "ask"
    greeting = client.prompts.get("greeting", experiment=SHOP)
    assert dict(greeting.aliases) == {"production": 1}
    texts = [client.prompts.version("greeting", number, experiment=SHOP).template for number in (1, 2, 3)]
    assert (texts[0], texts[2]) == ("Hi {{name}}", "Welcome {{name}}")
    chat = client.prompts.version("chat", 1, experiment=SHOP)
    assert ([message.role for message in chat.messages], chat.model_config) == (
        ["system", "user"],
        {"temperature": 0.1},
    )
    [scorer] = client.scorers.list(experiment=SHOP)
    assert json.loads(str(scorer.definition["serialized"]))["name"] == "polite"


def test_again_changes_nothing_and_brings_what_is_new(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    assert sum(import_all(client, mlflow).added.values()) == 0
    [(trace_id,)] = ask(mlflow, "SELECT request_id FROM trace_info WHERE status = 'ERROR'")
    more = "tr-" + "9" * 32
    change(
        mlflow,
        (
            "INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, status) VALUES (?, 2, 1000, 'OK')",
            (more,),
        ),
        ("UPDATE trace_info SET request_preview = 'changed' WHERE request_id = ?", (trace_id,)),
    )
    account = import_all(client, mlflow)
    assert {entity for entity, number in account.added.items() if number} == {"traces"}
    assert client.traces.get(more).trace.start_ns == 10**9
    assert client.traces.get(str(trace_id)).trace.request != "changed"


def test_an_id_that_is_taken_becomes_another_and_stays_so(client: LocalClient, mlflow: MlflowFiles) -> None:
    client.experiments.create("mine")
    client.experiments.create("mine too")
    assert client.experiments.get(SHOP).name == "mine too"
    account = import_all(client, mlflow)
    assert [each.into for each in account.experiments] == ["0", "3"]
    assert account.refused == []
    again = import_all(client, mlflow)
    assert [(each.into, each.reason) for each in again.experiments] == [("0", ""), ("3", "")]
    assert (sum(again.added.values()), again.sent) == (0, account.sent)
    assert len(list(client.traces.search(experiment="shop"))) == 3


def test_a_name_that_is_taken_is_told_and_the_rest_goes_on(client: LocalClient, mlflow: MlflowFiles) -> None:
    client.experiments.create("shop")
    first, second = import_all(client, mlflow).experiments
    assert (first.into, second.into) == ("0", None)
    assert "--suffix" in second.reason
    account = import_all(client, mlflow, only=("shop",), suffix=" (MLflow)")
    assert [each.into for each in account.experiments] == ["2"]
    assert client.experiments.get("2").name == "shop (MLflow)"
    assert account.added["traces"] == 3


def test_what_is_here_is_not_made_a_hollow_copy(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    account = import_all(client, mlflow, suffix=" (MLflow)")
    assert [each.into for each in account.experiments] == [None, None]
    assert "in experiment 2 (shop); leave --suffix out" in account.experiments[1].reason
    assert [each.name for each in client.experiments.search()] == ["shop", "Default"]


def test_an_import_under_other_names_goes_on(client: LocalClient, mlflow: MlflowFiles) -> None:
    first = import_all(client, mlflow, suffix=" (MLflow)")
    assert [each.into for each in first.experiments] == ["1", "2"]
    again = import_all(client, mlflow, suffix=" (MLflow)")
    assert [each.into for each in again.experiments] == ["1", "2"]
    assert (sum(again.added.values()), again.sent) == (0, first.sent)


def test_an_experiment_that_was_renamed_on_either_side_is_the_same(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    client.experiments.update(SHOP, name="here")
    change(mlflow, ("UPDATE experiments SET name = 'there' WHERE experiment_id = 2", ()))
    account = import_all(client, mlflow)
    assert [each.into for each in account.experiments] == ["0", SHOP]
    assert sum(account.added.values()) == 0


def test_artifacts_and_attachments_can_be_read_as_from_mlflow(tmp_path: Path, mlflow: MlflowFiles) -> None:
    with lodeline.connect(tmp_path / "store") as client:
        import_all(client, mlflow)
        [train] = client.runs.search(experiment=SHOP, filter="name = 'train'")
        [model] = client.models.search(experiment=SHOP)
        [looked] = client.traces.search(experiment="0", filter="name = 'look'")
        [attachment] = client.attachments.list(looked.trace_id)
        assert client.attachments.get(looked.trace_id, attachment.name) == b"a picture"
    proxy = "/api/2.0/mlflow-artifacts/artifacts"
    with serving(tmp_path / "store") as server, server.http() as http:
        assert http.get(f"{proxy}/{SHOP}/{train.run_id}/artifacts/notes/a.txt").content == b"hello"
        assert b"model_id" in http.get(f"{proxy}/{SHOP}/models/{model.model_id}/artifacts/MLmodel").content
        place = f"0/traces/{looked.trace_id}/artifacts/attachments/{attachment.name}"
        assert http.get(f"{proxy}/{place}").content == b"a picture"


def test_label_schemas_of_every_kind(client: LocalClient, mlflow: MlflowFiles) -> None:
    import_all(client, mlflow)
    schemas = {schema.name: schema for schema in client.label_schemas.list(experiment=SHOP)}
    assert schemas.keys() == {"Feedback", "tone", "stars", "better"}
    assert schemas["Feedback"].is_default
    tone = schemas["tone"]
    assert (tone.kind, tone.input.options, tone.enable_comment) == ("FEEDBACK", ("warm", "cold"), True)
    assert tone.instruction == "How does it sound?"
    assert (schemas["stars"].input.min_value, schemas["stars"].input.max_value) == (1, 5)
    assert (schemas["better"].kind, schemas["better"].input.max_length) == ("EXPECTATION", 500)


def test_artifacts_outside_of_the_folder_stay_where_they_are(client: LocalClient, mlflow: MlflowFiles) -> None:
    [run] = (row[0] for row in ask(mlflow, "SELECT run_uuid FROM runs WHERE name = 'train'"))
    folder = mlflow.artifacts / SHOP / str(run) / "artifacts"
    (folder / "link").symlink_to(mlflow.database)
    (folder / "folder").symlink_to(mlflow.database.parent)
    (folder / "con").write_bytes(b"a name that some systems reserve")
    change(mlflow, ("UPDATE logged_models SET artifact_location = 'file:///etc'", ()))
    account = import_all(client, mlflow)
    assert account.added["artifacts"] == 1
    [reason] = account.refused
    assert reason.startswith(f"artifact {run}/artifacts/con: path: ")


def test_spans_of_files_and_attachments(client: LocalClient, mlflow: MlflowFiles) -> None:
    [(trace_id, text)] = ask(mlflow, "SELECT trace_id, content FROM spans WHERE experiment_id = 0 AND name = 'ask'")
    change(mlflow, ("DELETE FROM spans WHERE trace_id = ?", (trace_id,)))
    folder = mlflow.artifacts / "0" / "traces" / str(trace_id) / "artifacts"
    (folder / "attachments").mkdir(parents=True)
    (folder / "traces.json").write_text(f'{{"spans": [{text}]}}')
    (folder / "attachments" / "a1").write_bytes(b"picture")
    (folder / "attachments" / "out").symlink_to(mlflow.database)
    account = import_all(client, mlflow)
    assert (account.refused, account.added["attachments"]) == ([], 2)
    assert [span.name for span in client.traces.get(str(trace_id)).spans] == ["ask"]
    assert client.attachments.get(str(trace_id), "a1") == b"picture"


def test_what_cannot_be_taken_is_listed_and_costs_only_itself(client: LocalClient, mlflow: MlflowFiles) -> None:
    [(record_id,)] = ask(mlflow, "SELECT dataset_record_id FROM evaluation_dataset_records LIMIT 1")
    change(
        mlflow,
        ("UPDATE evaluation_dataset_records SET inputs = '[1]' WHERE dataset_record_id = ?", (record_id,)),
        ("INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, status) VALUES (?, 2, 1, 'OK')", ("a b",)),
        ("UPDATE assessments SET name = ? WHERE name = 'score'", ("a\x00b",)),
        ("UPDATE spans SET content = '{' WHERE name = 'llm' AND experiment_id = 0", ()),
    )
    account = import_all(client, mlflow)
    assert account.added["traces"] == 5
    assert account.refused_count == 4
    for word in (str(record_id), "'a b'", "assessment a-", "1 of its spans"):
        assert sum(word in reason for reason in account.refused) == 1, account.refused


def test_times_that_are_none_cost_only_what_has_them(client: LocalClient, mlflow: MlflowFiles) -> None:
    [(trace_id,)] = ask(mlflow, "SELECT min(request_id) FROM trace_info WHERE experiment_id = 2")
    [(run_id, key)] = ask(mlflow, "SELECT run_uuid, key FROM metrics LIMIT 1")
    change(
        mlflow,
        ("UPDATE trace_info SET timestamp_ms = ? WHERE request_id = ?", (2**63 - 1, trace_id)),
        ("UPDATE trace_info SET timestamp_ms = ? WHERE experiment_id = 0", (-(2**63) + 1,)),
        ("UPDATE metrics SET timestamp = ? WHERE run_uuid = ? AND key = ?", (2**63 - 1, run_id, key)),
    )
    odd = 1 + len(ask(mlflow, "SELECT 1 FROM trace_info WHERE experiment_id = 0"))
    account = import_all(client, mlflow)
    assert (account.added["runs"], account.added["traces"]) == (3, 5 - odd)
    assert sum(reason.startswith("trace ") for reason in account.refused) == odd, account.refused
    assert any(f"run {run_id}: metric timestamp_ms" in reason for reason in account.refused)


@pytest.mark.parametrize(
    "place", ["http://[x", "file://[x", "file:///a%00b", "mlflow-artifacts:/", "mlflow-artifacts:/loop"]
)
def test_an_odd_place_holds_no_artifacts(client: LocalClient, mlflow: MlflowFiles, place: str) -> None:
    (mlflow.artifacts / "loop").symlink_to(mlflow.artifacts / "loop")
    change(mlflow, ("UPDATE runs SET artifact_uri = ?", (place,)))
    account = import_all(client, mlflow)
    assert account.added["runs"] == 3
    assert list(ArtifactFolder(mlflow.artifacts).tree(place)) == []


def test_other_databases_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE experiments (a)")
        db.commit()
    for uri, error in (
        (f"sqlite:///{other}", Invalid),
        (str(tmp_path / "missing.db"), Invalid),
        (__file__, Invalid),
        ("mysql://root:secret@host/db", Unsupported),
    ):
        with pytest.raises(error) as caught, open_source(uri):
            pass
        assert "secret" not in str(caught.value)


def test_the_name_of_a_column_is_no_statement(tmp_path: Path, mlflow: MlflowFiles) -> None:
    written = tmp_path / "written.db"
    name = f"x\" FROM runs; COMMIT; PRAGMA query_only=OFF; VACUUM INTO '{written}'; SELECT \"y"
    change(mlflow, ('ALTER TABLE experiments ADD COLUMN "{}" TEXT'.format(name.replace('"', '""')), ()))
    with open_source(str(mlflow.database)) as source:
        assert len(list(source.rows("experiments"))) == 3
    assert not written.exists()


def test_numbers_that_are_no_whole_ones_are_absent(client: LocalClient, mlflow: MlflowFiles) -> None:
    change(
        mlflow,
        ("UPDATE logged_model_metrics SET metric_timestamp_ms = 9e999", ()),
        ("UPDATE metrics SET timestamp = -9e999, step = 1e300", ()),
        ("UPDATE runs SET end_time = 1e30", ()),
    )
    account = import_all(client, mlflow)
    assert (account.added["runs"], account.refused) == (3, [])


def test_text_that_is_not_utf8_is_told(client: LocalClient, mlflow: MlflowFiles) -> None:
    change(mlflow, ("UPDATE params SET value = CAST(x'61ff' AS TEXT)", ()))
    with pytest.raises(Invalid, match="not UTF-8"):
        import_all(client, mlflow)
