"""Versions of the application from a program: against the real application, with a real repository."""

import hashlib
import os
import subprocess
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

import lodeline
from lodeline.domain.errors import Conflict, Invalid, NotFound
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.gate import GateRun
from lodeline.domain.ids import ModelId, RunId
from lodeline.domain.model import PromptUse
from lodeline.domain.run import RunDraft
from lodeline.local import LocalClient, connect
from lodeline.sdk import default_client
from lodeline.sdk.git import read_git
from lodeline.testing import capture_traces


@pytest.fixture
def local(tmp_path: Path) -> Generator[LocalClient]:
    """A store of the test's own, which the fluent functions use."""
    with connect(tmp_path / "store") as client:
        default_client.set_default_client(client)
        yield client
        default_client.set_default_client(None)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, which is the current directory."""
    folder = tmp_path / "app"
    folder.mkdir()
    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(variable)
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "config", "user.email", "ada@example.org")
    git(folder, "config", "user.name", "Ada")
    git(folder, "remote", "add", "origin", "https://ada:secret@example.org/bot.git")
    (folder / "bot.py").write_text("answer = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")
    monkeypatch.chdir(folder)
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_git_tells_commit_branch_and_a_remote_without_its_password(repository: Path) -> None:
    found = read_git()
    assert found is not None
    assert (found.commit, found.branch) == (git(repository, "rev-parse", "HEAD"), "trunk")
    assert found.remote == "https://example.org/bot.git"
    assert (found.dirty, found.diff, found.diff_digest) == (False, None, None)


def test_git_tells_what_is_not_committed(repository: Path) -> None:
    (repository / "bot.py").write_text("answer = 2\n")
    found, bare = read_git(), read_git(with_diff=False)
    assert found is not None
    assert bare is not None
    assert found.dirty
    assert "+answer = 2" in (found.diff or "")
    assert (bare.diff, bare.diff_digest) == (None, found.diff_digest)


def test_outside_a_repository_git_tells_nothing(tmp_path: Path) -> None:
    assert read_git(tmp_path) is None
    assert read_git(tmp_path / "absent") is None


def test_the_same_commit_and_params_are_the_same_version(local: LocalClient, repository: Path) -> None:
    first = lodeline.create_model("bot", params={"top_k": 5}, prompts=[PromptUse("hello", 2)], tags={"team": "a"})
    assert lodeline.create_model("bot", params={"top_k": 5}, prompts=[PromptUse("hello", 2)]) == first
    assert first.git is not None
    assert (first.git.branch, first.status, first.params, first.tags) == (
        "trunk",
        "READY",
        {"top_k": "5"},
        {"team": "a"},
    )
    assert lodeline.create_model("bot", params={"top_k": 6}).model_id != first.model_id
    (repository / "bot.py").write_text("answer = 2\n")
    dirty = lodeline.create_model("bot", params={"top_k": 5}, prompts=[PromptUse("hello", 2)])
    assert dirty.model_id != first.model_id
    kept = lodeline.get_model(dirty.model_id).git
    assert kept is not None
    assert "+answer = 2" in (kept.diff or "")
    assert len(lodeline.search_models(filter="name = 'bot'")) == 3


def test_a_name_that_the_server_does_not_know_becomes_an_experiment(local: LocalClient, tmp_path: Path) -> None:
    with capture_traces():
        lodeline.set_experiment("new bot")
        made = lodeline.create_model("bot")
    assert local.experiments.get(made.experiment_id).name == "new bot"
    with pytest.raises(NotFound):
        lodeline.create_model("bot", experiment="unknown")


def test_an_alias_points_at_a_model(local: LocalClient) -> None:
    model = lodeline.create_model("bot")
    pointed = lodeline.set_model_alias("production", model.model_id, reason="better")
    assert pointed is not None
    assert lodeline.get_model(alias="production") == pointed
    assert pointed.aliases == ("production",)
    assert local.models.alias_events()[0].reason == "better"
    assert lodeline.set_model_alias("production", None) is None
    with pytest.raises(NotFound):
        lodeline.get_model(alias="production")


RULES = """
[[gate]]
metric = "right"
op = ">="
threshold = 0.8
min_n = 5
"""


def evaluated(
    local: LocalClient, model_id: str | None, right: int, *, finish: bool = True, experiment: str = "0"
) -> RunId:
    """Log an evaluation of a model in which so many of ten answers are right."""
    bindings = Bindings(scorers={"right": "1"}, model_id=None if model_id is None else ModelId(model_id))
    run_id = local.evaluations.create(
        EvaluationDraft(RunDraft("recorded"), bindings), experiment=experiment
    ).run.run_id
    local.evaluations.start(run_id)
    rows = [RowDraft(f"{at}", content_hash=f"{at}", scores=(ScoreDraft("right", at < right),)) for at in range(10)]
    local.evaluations.log_rows(run_id, rows)
    if finish:
        local.evaluations.finish(run_id)
    return run_id


def test_a_gated_alias_moves_when_the_server_finds_its_gate_passed(local: LocalClient) -> None:
    settings = local.experiments.get("0").settings
    local.experiments.update("0", settings=replace(settings, gated_aliases=("production",)))
    model, other = lodeline.create_model("bot").model_id, lodeline.create_model("bot", params={"a": 1}).model_id
    good, bad = evaluated(local, model, 9), evaluated(local, model, 5)
    with pytest.raises(Conflict, match="names no evaluation") as refused:
        lodeline.set_model_alias("production", model, gate="passed", gate_report="gate.xml")
    assert refused.value.error_code == "gate_needed"
    with pytest.raises(Conflict, match="has one that failed"):
        lodeline.set_model_alias("production", model, gate="passed", gate_run=GateRun(bad, RULES))
    few = RULES.replace("min_n = 5", "min_n = 50")
    with pytest.raises(Conflict, match="was inconclusive"):
        lodeline.set_model_alias("production", model, gate_run=GateRun(good, few))
    for run_id, to, what in (
        (good, other, f"is of {model}"),
        (evaluated(local, None, 10), model, "is of no model"),
        (evaluated(local, model, 10, finish=False), model, "is RUNNING"),
    ):
        with pytest.raises(Conflict, match=what) as refused:
            lodeline.set_model_alias("production", to, gate_run=GateRun(run_id, RULES))
        assert refused.value.error_code == "gate_elsewhere"
    local.runs.delete(deleted := evaluated(local, model, 10))
    with pytest.raises(Conflict, match="is deleted"):
        lodeline.set_model_alias("production", model, gate_run=GateRun(deleted, RULES))
    for baseline, what in (
        (good, "is the one that the gate is on"),
        (evaluated(local, None, 10, finish=False), "is RUNNING"),
        (evaluated(local, None, 0, experiment=local.experiments.create("elsewhere").experiment_id), "of another"),
        (deleted, "is deleted"),
    ):
        with pytest.raises(Conflict, match=what) as refused:
            lodeline.set_model_alias("production", model, gate_run=GateRun(good, RULES, baseline))
        assert refused.value.error_code == "gate_elsewhere"
    with pytest.raises(Invalid, match="gate"):
        lodeline.set_model_alias("production", model, gate_run=GateRun(good, "[[gate]]"))
    assert local.models.alias_events() == ()
    lodeline.set_model_alias("production", model, gate="failed", gate_run=GateRun(good, RULES, bad))
    (event,) = local.models.alias_events()
    assert (event.model_id, event.gate, event.gate_run_id) == (model, "passed", good)
    assert "right" in (event.gate_report or "")
    assert lodeline.set_model_alias("production", None) is None


def test_a_refused_gate_tells_the_rule_its_value_and_the_command(local: LocalClient) -> None:
    settings = local.experiments.get("0").settings
    local.experiments.update("0", settings=replace(settings, gated_aliases=("production",)))
    model = lodeline.create_model("bot").model_id
    run_id = evaluated(local, model, 5)
    with pytest.raises(Conflict) as refused:
        lodeline.set_model_alias("production", model, gate_run=GateRun(run_id, RULES))
    assert "'1: mean of right' fail: mean 0.5, must be >= 0.8" in str(refused.value)
    assert f"lodeline eval gate FILE {run_id}" in str(refused.value)
    many = "".join(RULES.replace("min_n", f'name = "rule {at}"\nmin_n') for at in range(5))
    with pytest.raises(Conflict, match=r"'rule 2' fail.* 2 more") as refused:
        lodeline.set_model_alias("production", model, gate_run=GateRun(run_id, many))
    assert "rule 3" not in str(refused.value)
    warned = RULES + 'action = "warn"\n'
    with pytest.raises(Conflict, match="No rule decides"):
        lodeline.set_model_alias("production", model, gate_run=GateRun(run_id, warned))


@pytest.mark.parametrize(
    "rule",
    [
        'op = ">="\nthreshold = 0.0\nmin_n = 1',
        'op = ">"\nthreshold = -1e308',
        'op = "<="\nthreshold = 1',
        'op = "<"\nthreshold = 1.5\nstatistic = "p95"',
        'op = "<="\nthreshold = 1.0\nstatistic = "error_rate"\nmax_error_rate = 1.0',
        'versus = "baseline"\nmargin = 1',
    ],
)
def test_a_gate_that_cannot_fail_moves_nothing(local: LocalClient, rule: str) -> None:
    model = lodeline.create_model("bot").model_id
    run_id, baseline = evaluated(local, model, 0), evaluated(local, model, 0)
    text = f'{RULES}\n[[gate]]\nname = "loose"\nmetric = "right"\n{rule}\n'
    with pytest.raises(Invalid, match="holds whatever the rows say") as refused:
        lodeline.set_model_alias("production", model, gate_run=GateRun(run_id, text, baseline))
    assert refused.value.error_code == "gate_cannot_fail"
    assert "'loose'" in str(refused.value)
    assert local.models.alias_events() == ()
    with pytest.raises(Invalid, match="holds whatever the rows say"):
        local.evaluations.gate(run_id, text, baseline=baseline, can_fail=True)
    assert {each.rule.name for each in local.evaluations.gate(run_id, text, baseline=baseline).results} >= {"loose"}


def test_a_move_keeps_the_rules_and_the_servers_own_report(local: LocalClient) -> None:
    model = lodeline.create_model("bot").model_id
    run_id = evaluated(local, model, 9)
    with pytest.raises(Invalid, match="the report kept is the server's own"):
        lodeline.set_model_alias("production", model, gate_report="All passed", gate_run=GateRun(run_id, RULES))
    long = RULES + "#" * 30_000
    lodeline.set_model_alias("production", model, gate_run=GateRun(run_id, long))
    (event,) = local.models.alias_events()
    digest = hashlib.sha256(long.encode()).hexdigest()
    assert (event.gate_rules, event.gate_rules_sha256) == (long[:20_000], digest)
    (entry,) = (each for each in local.audit.search() if each.action == "model.set_alias")
    assert entry.details["gate_rules_sha256"] == digest
    assert entry.details["gate_rules"].startswith(RULES)


def test_what_is_said_of_a_gate_elsewhere_is_kept_where_none_is_needed(local: LocalClient) -> None:
    model = lodeline.create_model("bot").model_id
    lodeline.set_model_alias("staging", model, gate="passed", gate_report="gate.xml")
    (event,) = local.models.alias_events()
    assert (event.gate, event.gate_report, event.gate_run_id) == ("passed", "gate.xml", None)


def test_traces_carry_the_id_of_the_version_that_is_kept(local: LocalClient) -> None:
    with capture_traces() as traces:
        with lodeline.set_active_model("bot", params={"top_k": 5}) as active, lodeline.start_span("answer"):
            pass
        (model,) = lodeline.search_models()
        assert active.model_id == model.model_id
        assert traces.span("answer").resource["lodeline.model_id"] == model.model_id


def test_a_server_that_is_not_there_disturbs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_traces() as traces:
        monkeypatch.setattr(default_client, "_set", lodeline.LodelineClient("http://127.0.0.1:9", max_retries=0))
        with lodeline.set_active_model("bot", tags={}) as active, lodeline.start_span("answer"):
            pass
        assert active.model_id == "bot"
        assert traces.span("answer").resource["lodeline.model_id"] == "bot"


def test_an_active_model_is_shown_by_its_id() -> None:
    with lodeline.set_active_model(model_id="m-1") as active:
        assert repr(active) == "ActiveModel('m-1')"


def test_params_are_of_a_name() -> None:
    with pytest.raises(Invalid, match="model_id"):
        lodeline.set_active_model(model_id="m-1", params={})
