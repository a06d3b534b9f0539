"""Export and import of an experiment as one file."""

import hashlib
import io
import json
import math
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.assessment import AssessmentChange
from lodeline.domain.budget import CostBudget
from lodeline.domain.errors import Conflict, Deleted, Forbidden, Invalid, NotFound, TooLarge
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import MAX_SCORE_NAMES, MAX_SCORES, RowDraft, RowFilter, ScoreDraft
from lodeline.domain.experiment import (
    Experiment,
    ExperimentChange,
    ExperimentDraft,
    ExperimentSettings,
    PriceOverride,
    Retention,
)
from lodeline.domain.ids import AccountId, ExperimentId, ModelId, RunId, TraceId
from lodeline.domain.model import AliasMove, GitInfo, ModelDraft, ModelMetric
from lodeline.domain.run import MetricPoint, RunDraft
from lodeline.domain.trace import TraceInfo
from lodeline.domain.transfer import ImportReport
from lodeline.query.ast import Search
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import judgment, span, write
from tests.services.bundled import clock_of, services_over

SETTINGS = ExperimentSettings(
    mask_patterns=("secret",),
    prices=(PriceOverride("m", input_usd_per_mtok=0.5),),
    retention=Retention(max_age_days=30.5, max_traces=10**9),
    environments=("staging",),
    default_environment="staging",
    budget=CostBudget(12.5, "week"),
)
VIEWER = Actor("account", "vi", AccountId("acc-1"), role="viewer")


def fill(services: Services) -> Experiment:
    """Make an experiment with something of everything in it."""
    draft = ExperimentDraft("app", description="d\ud7ff", tags={"team": "a"}, settings=SETTINGS)
    experiment = services.experiments.create(LOCAL, draft)
    inside = experiment.experiment_id
    for number in range(3):
        info = TraceInfo(session="s-1", metadata={"n": str(number)}, finalised=True) if number else None
        root = span("root", 1, attributes={"text": "café", "nan": float("nan")})
        traces = [write(f"tr-{number}", root, span("child", 2, parent=1), info=info, experiment=inside)]
        services.stores.traces.write(traces)
    services.traces.tag(LOCAL, TraceId("tr-0"), {"edited": "yes"})
    services.traces.link_run(LOCAL, RunId("run-1"), [TraceId("tr-1")])
    services.attachments.put(LOCAL, TraceId("tr-1"), "a file.bin", io.BytesIO(b"\x00attached"))
    first = services.assessments.log(LOCAL, judgment("tr-2")).assessment
    services.assessments.log(LOCAL, judgment("tr-2", overrides=first.assessment_id))
    gone = services.assessments.log(LOCAL, judgment("tr-2", "gone")).assessment
    services.assessments.update(LOCAL, gone.assessment_id, AssessmentChange(rationale="r", reason="why"))
    services.assessments.delete(LOCAL, gone.assessment_id)
    on_session = services.assessments.log(LOCAL, judgment(None, session="s-1"), experiment="app").assessment
    services.assessments.log(
        LOCAL, judgment(None, session="s-1", overrides=on_session.assessment_id), experiment="app"
    )
    evaluated(services, inside)
    return experiment


def evaluated(services: Services, inside: ExperimentId) -> None:
    """Make runs, an evaluation with rows, and models with an alias in the experiment."""
    run = services.runs.create(LOCAL, inside, RunDraft("r", params={"lr": "0.1"}, run_id=RunId("run-1")))
    odd = (math.nan, math.inf, 0.5)
    points = [MetricPoint("loss", value, 5 + step, step) for step, value in enumerate(odd)]
    services.runs.log_metrics(LOCAL, run.run_id, points)
    services.runs.delete(LOCAL, services.runs.create(LOCAL, inside, RunDraft("gone", run_id=RunId("run-2"))).run_id)
    bindings = Bindings(scorers={"exact": "1"}, judges={"exact": {"model": "m", "nested": [1, None]}})
    draft = EvaluationDraft(RunDraft("e", run_id=RunId("evaluation")), bindings, 3)
    services.evaluations.create(LOCAL, inside, draft)
    services.evaluations.start(LOCAL, RunId("evaluation"))
    rows = [
        RowDraft("1", 0, "dr-1", "h1", slices={"k": "v"}, trace_id=TraceId("tr-2"), scores=(ScoreDraft("exact", 1),)),
        RowDraft("2", 1, state="PREDICT_ERROR", error="boom", cost_usd=0.5),
    ]
    services.evaluations.log_rows(LOCAL, RunId("evaluation"), rows)
    services.evaluations.finish(LOCAL, RunId("evaluation"), message="done")
    git = GitInfo("abc", "main", None, True, "dd", "+x")
    model = ModelDraft("m", params={"a": "b"}, git=git, reuse_key="k", model_id=ModelId("m-1"))
    services.models.create(LOCAL, inside, model)
    services.models.log_metrics(LOCAL, ModelId("m-1"), [ModelMetric("acc", math.inf, 5)])
    services.models.set_alias(LOCAL, inside, AliasMove("production", ModelId("m-1"), "first"))


def export(services: Services, experiment: str = "app") -> bytes:
    return b"".join(services.transfer.export(LOCAL, experiment)[1])


def load(services: Services, data: bytes, as_name: str | None = None) -> ImportReport:
    return services.transfer.import_file(LOCAL, io.BytesIO(data), as_name=as_name)


def content(services: Services, name: str) -> dict[str, object]:
    """Return all that is in an experiment, but for its id."""
    holder = services.experiments.find(LOCAL, name).experiment_id
    stores = services.stores
    ids = [trace.trace_id for trace in services.traces.search(LOCAL, ListQuery((name,), order="start")).items]
    return {
        "traces": [stores.transfer.dump(trace_id) for trace_id in sorted(ids)],
        "chunks": [list(stores.spans.chunks(trace_id)) for trace_id in sorted(ids)],
        "sessions": [
            [r.assessment.assessment_id for r in found] for found in stores.transfer.session_ledgers(holder)
        ],
        "files": [
            (trace_id, item.name, read(services, trace_id, item.name))
            for trace_id in sorted(ids)
            for item in services.attachments.list(LOCAL, trace_id)
        ],
    }


def read(services: Services, trace_id: TraceId, name: str) -> bytes:
    _, stream = services.attachments.open(LOCAL, trace_id, name)
    with stream:
        return stream.read()


def normal(found: dict[str, object]) -> str:
    """Return content as text without the experiment's id, which an import may change; NaN equals itself there."""
    return repr(found).replace("experiment_id='2'", "experiment_id='1'")


def rewrite(data: bytes, change: Callable[[dict[str, bytes]], None], *, seal: bool = True) -> bytes:
    """Return the file with changed members; sealed, its manifest agrees with them."""
    source = zipfile.ZipFile(io.BytesIO(data))
    members = {name: source.read(name) for name in source.namelist()}
    change(members)
    if seal:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = [
            {"name": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in members.items()
            if name != "manifest.json"
        ]
        members["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, body in members.items():
            target.writestr(name, body)
    return out.getvalue()


def test_an_import_brings_back_everything(services: Services, other: Services) -> None:
    made = fill(services)
    report = load(other, export(services))
    assert (report.traces, report.spans, report.attachments, report.existing_count) == (3, 6, 1, 0)
    assert report.assessments == 6
    assert report.refused == ()
    found = other.experiments.find(LOCAL, "app")
    assert (found.experiment_id, found.description, found.tags) == (made.experiment_id, "d\ud7ff", {"team": "a"})
    assert (found.settings, found.created_ms) == (SETTINGS, made.created_ms)
    assert normal(content(other, "app")) == normal(content(services, "app"))
    assert other.stores.admin.check() == []


def test_a_second_export_of_an_import_holds_the_same(services: Services, other: Services) -> None:
    made = fill(services)
    clock_of(services).advance(1_000)
    changed = services.experiments.update(LOCAL, made.experiment_id, ExperimentChange(description="edited since"))
    assert changed.updated_ms > made.created_ms
    data = export(services)
    load(other, data)

    def rows(of: bytes) -> dict[str, bytes]:
        archive = zipfile.ZipFile(io.BytesIO(of))
        return {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}

    assert rows(export(other)) == rows(data)


def test_a_file_of_before_there_were_budgets(services: Services, other: Services) -> None:
    def without(members: dict[str, bytes]) -> None:
        experiment = json.loads(members["experiment.json"])
        del experiment["settings"]["budget"]
        members["experiment.json"] = json.dumps(experiment).encode()

    fill(services)
    settings = load(other, rewrite(export(services), without)).experiment.settings
    assert settings == replace(SETTINGS, budget=CostBudget())


def test_taken_ids_and_names_are_a_conflict_unless_it_gets_another_name(services: Services) -> None:
    made = fill(services)
    data = export(services)
    with pytest.raises(Conflict, match="as_name"):
        load(services, data)
    services.traces.delete(LOCAL, [TraceId("tr-1")])
    report = load(services, data, "copy")
    assert report.experiment.name == "copy"
    assert report.experiment.experiment_id != made.experiment_id
    assert (report.traces, report.existing_count) == (1, 2)
    assert sorted(report.existing_traces) == ["tr-0", "tr-2"]
    assert services.traces.get(LOCAL, TraceId("tr-0")).experiment_id == made.experiment_id


def test_a_copy_that_would_stay_empty_is_not_made(services: Services, other: Services) -> None:
    made = fill(services)
    data = export(services)
    with pytest.raises(Conflict, match=f"already, in experiment {made.experiment_id};") as refused:
        load(services, data, "copy")
    assert refused.value.error_code == "traces_exist"
    elsewhere = Actor("account", "eve", AccountId("acc-1"), "editor", {made.experiment_id: "reviewer"})
    with pytest.raises(Conflict, match="on this server already; a trace") as refused:
        services.transfer.import_file(elsewhere, io.BytesIO(data), as_name="copy")
    assert refused.value.details == {"experiment_ids": ""}
    services.experiments.delete(LOCAL, made.experiment_id)  # its traces are hidden, not gone
    with pytest.raises(Conflict, match="would stay empty"):
        load(services, data, "copy")
    names = [item.name for item in services.experiments.search(LOCAL, ListQuery(), lifecycle=None).items]
    assert sorted(names) == ["Default", "app"]
    load(other, data, "copy")
    assert load(other, data, "copy").existing_count == 3  # the same import again
    empty = services.experiments.create(LOCAL, ExperimentDraft("empty")).name
    assert load(other, export(services, empty), "nothing in it").existing_count == 0


def test_the_default_experiment_is_imported_under_another_name(services: Services, other: Services) -> None:
    services.stores.traces.write([write("tr-9", span())])
    data = export(services, "0")
    with pytest.raises(Conflict):
        load(other, data)
    assert load(other, data, "from elsewhere").traces == 1


def test_importing_again_goes_on_where_it_was_cut_off(services: Services, other: Services) -> None:
    fill(services)
    data = export(services)
    load(other, data)
    other.traces.delete(LOCAL, [TraceId("tr-2")])
    report = load(other, data)
    assert (report.traces, report.existing_count) == (1, 2)
    assert normal(content(other, "app")) == normal(content(services, "app"))
    other.experiments.delete(LOCAL, report.experiment.experiment_id)
    with pytest.raises(Deleted):
        load(other, data)


def test_traces_keep_their_order_of_arrival_over_many_blocks(services: Services, other: Services) -> None:
    experiment = services.experiments.create(LOCAL, ExperimentDraft("app")).experiment_id
    writes = [write(f"tr-{(number * 7) % 450}", span(), experiment=experiment) for number in range(450)]
    services.stores.traces.write(writes)
    assert load(other, export(services)).traces == 450

    def arrivals(of: Services) -> list[str]:
        page = of.traces.search(LOCAL, ListQuery(("app",), order="received", limit=1000))
        return [trace.trace_id for trace in page.items]

    assert arrivals(other) == arrivals(services)


def test_progress_is_told_in_traces(services: Services, other: Services) -> None:
    fill(services)
    told: list[int] = []
    _, pieces = services.transfer.export(LOCAL, "app", progress=told.append)
    data = b"".join(pieces)
    assert told[-1] == 3
    told.clear()
    other.transfer.import_file(LOCAL, io.BytesIO(data), progress=told.append)
    assert told[-1] == 3


def test_both_are_on_record(services: Services, other: Services) -> None:
    fill(services)
    data = export(services)
    load(other, data)
    assert services.stores.audit.search(Search()).items[0].action == "experiment.export"
    assert [e.action for e in other.stores.audit.search(Search()).items] == ["experiment.import"]


def test_who_may_export_and_import(services: Services) -> None:
    fill(services)
    assert b"".join(services.transfer.export(VIEWER, "app")[1])
    with pytest.raises(Forbidden):
        services.transfer.import_file(VIEWER, io.BytesIO(export(services)))
    nobody = Actor("account", "x", AccountId("acc-2"), roles={ExperimentId("0"): "viewer"})
    with pytest.raises(NotFound):
        services.transfer.export(nobody, "app")


def test_runs_evaluations_and_models_come_along(services: Services, other: Services) -> None:
    experiment = fill(services)
    report = load(other, export(services))
    assert (report.runs, report.models, report.existing_runs, report.existing_models) == (3, 1, 0, 0)
    there = report.experiment.experiment_id
    assert there == experiment.experiment_id
    ids = [RunId("run-1"), RunId("run-2"), RunId("evaluation")]
    before, after = services.stores.runs.get(ids), other.stores.runs.get(ids)
    assert [repr(run) for run in after] == [repr(run) for run in before]
    for store in (services.stores, other.stores):
        assert [p.step for p in store.runs.metric_history(ids[0], "loss", limit=9).items] == [0, 1, 2]
    assert other.stores.evaluations.get(ids[2]) == services.stores.evaluations.get(ids[2])
    rows = services.stores.evaluations.rows(ids[2], RowFilter(), limit=9)
    assert other.stores.evaluations.rows(ids[2], RowFilter(), limit=9) == rows
    assert other.stores.models.get([ModelId("m-1")]) == services.stores.models.get([ModelId("m-1")])
    events = services.stores.models.alias_events(there, limit=9)
    assert list(other.stores.models.alias_events(there, limit=9)) == list(events)
    assert other.stores.admin.check() == []


def test_a_copy_in_the_same_store_leaves_runs_and_models_where_they_are(services: Services) -> None:
    fill(services)
    before = services.stores.evaluations.get(RunId("evaluation"))
    data = export(services)
    services.traces.delete(LOCAL, [TraceId("tr-0")])
    report = load(services, data, as_name="copy")
    assert (report.runs, report.models, report.existing_runs, report.existing_models) == (0, 0, 3, 1)
    assert services.stores.evaluations.get(RunId("evaluation")) == before
    assert services.stores.models.find_alias(report.experiment.experiment_id, "production") is None


def _of(member: str, **changes: object) -> Callable[[dict[str, bytes]], None]:
    """Change fields of the first row of a member; a dotted name goes into an object."""

    def change(members: dict[str, bytes]) -> None:
        first, *others = members[member].splitlines(keepends=True)
        row = json.loads(first)
        for path, value in changes.items():
            *into, name = path.split("__")
            inner = row
            for part in into:
                inner = inner[int(part)] if part.isdigit() else inner[part]
            inner[name] = value
        members[member] = b"".join([json.dumps(row).encode() + b"\n", *others])

    return change


def _scored(row: int) -> dict[str, object]:
    """Return a row whose scores have names that no other row has."""
    return {"row_key": str(row), "scores": [{"name": f"{row}-{n}", "value": 1} for n in range(MAX_SCORES)]}


@pytest.mark.parametrize(
    "change",
    [
        _of("runs/00001.jsonl", run__kind="EVALUATION"),
        _of("runs/00001.jsonl", run__status="GONE"),
        _of("runs/00001.jsonl", run__run_id="a/b"),
        _of("runs/00001.jsonl", run__start_ms=-1),
        _of("runs/00001.jsonl", run__params={"a": 1}),
        _of("runs/00001.jsonl", run__inputs=["x"]),
        _of("runs/00001.jsonl", run=None),
        _of("runs/00001.jsonl", evaluation={"state": "DONE", "bindings": {}}),
        _of("metrics/00001.jsonl", points=[{"key": "k", "value": "x", "timestamp_ms": 1}]),
        _of("metrics/00001.jsonl", points=[{"key": "", "value": 1.0, "timestamp_ms": 1}]),
        _of("metrics/00001.jsonl", points=[{"key": "k", "value": 1.0, "timestamp_ms": 2**60}]),
        _of("metrics/00001.jsonl", run_id=None),
        _of("rows/00001.jsonl", rows__0__row_key=""),
        _of("rows/00001.jsonl", rows__0__state="LATE"),
        _of("rows/00001.jsonl", rows__0__scores=[{"name": "a", "value": [1]}]),
        _of("rows/00001.jsonl", rows__0__scores=[{"name": "a", "rationale": "x" * 501}]),
        _of("rows/00001.jsonl", rows=[_scored(row) for row in range(MAX_SCORE_NAMES // MAX_SCORES + 1)]),
        _of("models/00001.jsonl", status="GONE"),
        _of("models/00001.jsonl", name=""),
        _of("models/00001.jsonl", aliases=["a b"]),
        _of("models/00001.jsonl", created_ms=2**62),
        _of("models/00001.jsonl", metrics=[{"key": "k"}]),
        _of("aliases/00001.jsonl", alias=""),
        _of("aliases/00001.jsonl", gate="maybe"),
    ],
)
def test_runs_and_models_that_break_a_rule_are_refused_and_nothing_is_stored(
    services: Services, change: Callable[[dict[str, bytes]], None]
) -> None:
    fill(services)
    data = rewrite(export(services), change)
    with services_over() as empty:
        with pytest.raises((Invalid, TooLarge)):
            load(empty, data)
        assert len(empty.stores.experiments.search(Search()).items) == 1


def test_a_file_without_runs_is_read_as_before(services: Services, other: Services) -> None:
    fill(services)

    def older(members: dict[str, bytes]) -> None:
        for name in [n for n in members if re.match("(runs|models|metrics|rows|aliases)/", n)]:
            del members[name]

    report = load(other, rewrite(export(services), older))
    assert (report.traces, report.runs, report.models) == (3, 0, 0)


def test_into_an_experiment_that_exists(services: Services, other: Services) -> None:
    source = fill(services)
    data = export(services, source.name)
    target = other.experiments.create(LOCAL, ExperimentDraft("there"))
    report = other.transfer.import_file(LOCAL, io.BytesIO(data), into="there")
    assert report.experiment == target
    assert report.traces
    again = other.transfer.import_file(LOCAL, io.BytesIO(data), into=target.experiment_id)
    assert (again.traces, again.existing_count) == (0, report.traces)
    assert other.audit.search(LOCAL, ListQuery(filter="action = 'experiment.import'")).items
    with pytest.raises(Invalid, match="into and as_name"):
        other.transfer.import_file(LOCAL, io.BytesIO(data), into="there", as_name="other")
    editor = Actor("account", "ed", AccountId("acc-2"), role="editor")
    with pytest.raises(Forbidden):
        other.transfer.import_file(editor, io.BytesIO(data), into="there")
    with pytest.raises(NotFound):
        other.transfer.import_file(LOCAL, io.BytesIO(data), into="nowhere")


def put_artifact(services: Services, path: str, data: bytes) -> None:
    services.artifacts.put(LOCAL, path, io.BytesIO(data))


def artifact(services: Services, path: str) -> bytes:
    _, stream = services.artifacts.open(LOCAL, path)
    with stream:
        return stream.read()


def test_artifacts_come_along_and_those_that_are_there_stay(services: Services, other: Services) -> None:
    inside = fill(services).experiment_id
    files = {
        "run-1/artifacts/notes/a.txt": b"",
        "models/m-1/artifacts/MLmodel": b"flavors",
        "traces/x": b"\x00" * 3_000_000,
    }
    for path, data in files.items():
        put_artifact(services, f"{inside}/{path}", data)
    data = export(services)
    report = load(other, data)
    assert (report.artifacts, report.existing_artifacts) == (3, 0)
    put_artifact(other, f"{inside}/models/m-1/artifacts/MLmodel", b"changed")
    other.artifacts.delete(LOCAL, f"{inside}/traces/x")
    again = load(other, data)
    assert (again.artifacts, again.existing_artifacts) == (1, 2)
    found = {path: artifact(other, f"{inside}/{path}") for path in files}
    assert found == {**files, "models/m-1/artifacts/MLmodel": b"changed"}


def test_an_artifact_whose_place_is_a_folder_costs_only_itself(services: Services, other: Services) -> None:
    inside = fill(services).experiment_id
    put_artifact(services, f"{inside}/run-1/artifacts/a", b"file")
    put_artifact(services, f"{inside}/run-1/artifacts/b", b"file")
    data = export(services)
    load(other, data)
    other.artifacts.delete(LOCAL, f"{inside}/run-1/artifacts")
    put_artifact(other, f"{inside}/run-1/artifacts/a/deeper", b"in the way")
    report = load(other, data)
    assert (report.artifacts, len(report.refused)) == (1, 1)
    assert "run-1/artifacts/a" in report.refused[0]


@pytest.mark.parametrize(
    "row",
    [
        {"path": "../../../x", "member": "artifacts/00001/00000"},
        {"path": "a/%2e%2e/x", "member": "artifacts/00001/00000"},
        {"path": "traces/tr-1/artifacts/x", "member": "artifacts/00001/00000"},
        {"path": "/a", "member": "experiment.json"},
        {"path": "a", "member": "artifacts/00001/00009"},
        {"path": "", "member": "artifacts/00001/00000"},
        {"path": "a\x00", "member": "artifacts/00001/00000"},
        {"path": 5, "member": "artifacts/00001/00000"},
        {"path": "é" * 128, "member": "artifacts/00001/00000"},
    ],
)
def test_artifacts_that_break_a_rule_are_refused_and_nothing_is_stored(
    services: Services, row: dict[str, object]
) -> None:
    inside = fill(services).experiment_id
    put_artifact(services, f"{inside}/run-1/artifacts/a", b"file")

    def change(members: dict[str, bytes]) -> None:
        members["artifacts/00001.jsonl"] = json.dumps(row).encode() + b"\n"

    with services_over() as empty:
        with pytest.raises((Invalid, TooLarge)):
            load(empty, rewrite(export(services), change))
        assert empty.stores.blobs.list("") == []


def test_one_content_is_no_content_of_many_artifacts(services: Services) -> None:
    inside = fill(services).experiment_id
    put_artifact(services, f"{inside}/run-1/artifacts/a", b"file")

    def change(members: dict[str, bytes]) -> None:
        rows = [{"path": f"run-1/artifacts/{at}", "member": "artifacts/00001/00000"} for at in range(2)]
        members["artifacts/00001.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    with services_over() as empty:
        with pytest.raises(Invalid, match="its content is another's"):
            load(empty, rewrite(export(services), change))
        assert empty.stores.blobs.list("") == []
