"""Commands about runs, evaluations and models, against a store in process."""

from pathlib import Path
from typing import Any, cast

import pytest

import lodeline as sdk
from lodeline.domain.assessment import STACK_KEY
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.ids import RunId, TraceId
from lodeline.domain.model import ModelDraft
from lodeline.domain.run import MetricPoint, RunDraft
from lodeline.domain.trace import TraceInfo
from tests.cli.conftest import Lodeline

RESULTS = {"first": "+-+--+-+--+-+---", "second": "++++-+++-+++++-+"}


@pytest.fixture
def filled(store: Path) -> Path:
    """A store with a run, and two evaluations of the same rows."""
    with sdk.connect(store) as client:
        client.runs.create("training", draft=RunDraft(run_id=RunId("run-1"), params={"lr": "\x1b[31m0.1"}))
        client.runs.log_metrics("run-1", [MetricPoint("loss", 1 / step, 5, step) for step in (1, 2, 4)])
        for name, results in RESULTS.items():
            run = RunDraft(name, run_id=RunId(name))
            client.evaluations.create(EvaluationDraft(run, Bindings(scorers={"correct": "1"})))
            client.evaluations.start(name)
            rows = [
                RowDraft(f"{i:03}", content_hash=f"h{i}", slices={"half": "ab"[i % 2]},
                         scores=(ScoreDraft("correct", result == "+"),))
                for i, result in enumerate(results)
            ]  # fmt: skip
            client.evaluations.log_rows(name, [*rows, RowDraft("bad", state="PREDICT_ERROR", error="boom")])
    return store


def test_runs_are_listed_shown_tagged_deleted_and_restored(filled: Path, lodeline: Lodeline) -> None:
    listed = lodeline("runs", "list", "--filter", "metrics.loss < 0.5", store=filled)
    assert "training" in listed.out
    assert "first" not in listed.out
    shown = lodeline("runs", "get", "run-1", store=filled).out
    assert "\\x1b[31m0.1" in shown
    assert "0.25" in shown
    history = lodeline("runs", "metrics", "run-1", "loss", "--json", store=filled).lines()
    assert [point["value"] for point in history] == [1.0, 0.5, 0.25]
    assert lodeline("runs", "tag", "run-1", "a=b", "--json", store=filled).document()["tags"] == {"a": "b"}
    lodeline("runs", "delete", "run-1", "--yes", store=filled)
    assert "training" not in lodeline("runs", "list", store=filled).out
    assert "(deleted)" in lodeline("runs", "list", "--lifecycle", "deleted", store=filled).out
    assert lodeline("runs", "restore", "run-1", "--json", store=filled).document()["lifecycle"] == "ACTIVE"


def test_an_evaluation_is_shown_summarised_and_compared(filled: Path, lodeline: Lodeline) -> None:
    shown = lines_of(lodeline("evaluations", "get", "first", store=filled).out)
    assert ["rows", "17"] in shown
    assert ["done", "16"] in shown
    assert ["errors", "program", "failed:", "1"] in shown
    assert ["the", "program", "boom", "1", "bad"] in shown
    summary = lodeline("evaluations", "summary", "first", "--slice", "half", store=filled).out
    assert "half=a" in summary
    assert "0.375" in summary
    compared = lodeline("evaluations", "compare", "first", "second", "--worst", "1", store=filled)
    assert "17 records paired" in compared.out
    assert "correct" in compared.out
    found = lodeline("evaluations", "compare", "first", "second", "--json", store=filled).document()
    assert found["baseline"] == "first"
    failed = lodeline("evaluations", "rows", "first", "--state", "predict_error", store=filled).out
    assert "boom" in failed
    assert "001" not in failed
    assert "one of PENDING" in lodeline("evaluations", "rows", "first", "--state", "late", store=filled, code=2).err
    assert "CANCELLED" in lodeline("evaluations", "cancel", "first", "-m", "enough", store=filled).out


def lines_of(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_errors_of_rows_are_told_with_message_count_and_place(store: Path, lodeline: Lodeline) -> None:
    with sdk.connect(store) as client:
        ids = [TraceId(f"tr-{number}") for number in range(5)]
        for each in ids:
            client.traces.log_info(each, TraceInfo(), experiment="0")
        client.evaluations.create(EvaluationDraft(RunDraft("broken", run_id=RunId("broken"))))
        client.evaluations.start("broken")
        stack = {STACK_KEY: 'File "app.py", line 3, in broken\n  1 / 0\nZeroDivisionError: division by zero'}
        zero = ScoreDraft("broken", error="ZeroDivisionError", error_message="division by zero", metadata=stack)
        other = ScoreDraft("broken", error="KeyError", error_message="'x\x1b[31m'")
        scores = [zero, zero, zero, other, ScoreDraft("broken", True)]
        rows = [RowDraft(f"r{i}", trace_id=ids[i], scores=(score,)) for i, score in enumerate(scores)]
        client.evaluations.log_rows("broken", [*rows, RowDraft("r9", state="PREDICT_ERROR", error="OSError: away")])
    shown = lodeline("evaluations", "get", "broken", store=store).out
    assert ["errors", "program", "failed:", "1,", "scorer", "failed:", "4"] in lines_of(shown)
    assert ["broken", "ZeroDivisionError:", "division", "by", "zero", "3", "r0"] in lines_of(shown)
    assert ["the", "program", "OSError:", "away", "1", "r9"] in lines_of(shown)
    assert "\x1b" not in shown
    assert "line 3" not in shown
    with_stacks = lodeline("evaluations", "get", "broken", "--stacks", store=store).out
    assert "broken, row r0:" in with_stacks
    assert '\nFile "app.py", line 3, in broken\n' in with_stacks
    listed = lodeline("evaluations", "rows", "broken", "--error-of", "broken", store=store).out
    assert listed.count("broken=error ZeroDivisionError: division by zero") == 3
    first = lodeline("evaluations", "rows", "broken", "--error-of", "broken", "--json", store=store).lines()[0]
    assert cast("Any", first)["scores"][0]["error_message"] == "division by zero"


def test_an_alias_moves_to_a_model_by_its_name(filled: Path, lodeline: Lodeline) -> None:
    def create(name: str) -> str:
        return str(lodeline("models", "create", name, "--json", store=filled).document()["model_id"])

    first, _ = create("it's A"), create("other")
    assert first in lodeline("models", "alias", "production", "it's A", store=filled).out
    second = create("it's A")
    refused = lodeline("models", "alias", "production", "it's A", store=filled, code=2).err
    assert "several have this name" in refused
    assert first in refused
    assert second in refused
    assert second in lodeline("models", "alias", "production", second, store=filled).out
    unknown = lodeline("models", "alias", "production", "bot-9", store=filled, code=1).err
    assert "has this id or name" in unknown
    assert "lodeline models list" in unknown


def test_models_are_compared_by_name(filled: Path, lodeline: Lodeline) -> None:
    lodeline("experiments", "create", "kitchen", store=filled)

    def create(name: str, experiment: str, param: str) -> str:
        made = ("models", "create", name, "-e", experiment, "--param", param, "--json")
        return str(lodeline(*made, store=filled).document()["model_id"])

    first, second = create("cook-1", "kitchen", "fat=butter"), create("cook-2", "kitchen", "fat=oil")
    table = lodeline("models", "diff", "cook-1", "cook-2", "-e", "kitchen", store=filled).out.splitlines()
    assert table[0].split() == ["part", "name", "cook-1", "cook-2"]
    assert ["model", "id", first, second] in [line.split() for line in table]
    assert ["param", "fat", "butter", "oil"] in [line.split() for line in table]
    differ = lodeline("models", "diff", "cook-1", second, "--json", store=filled).document()
    assert (differ["left"], differ["right"]) == (first, second)
    assert "butter" in lodeline("models", "get", "cook-1", "-e", "kitchen", store=filled).out
    assert "of experiment 0 has" in lodeline("models", "get", "cook-1", "-e", "0", store=filled, code=1).err
    other = create("cook-1", "0", "fat=lard")
    several = lodeline("models", "diff", "cook-1", "cook-2", store=filled, code=2).err
    assert first in several
    assert other in several
    same = lodeline("models", "diff", first, other, store=filled).out.splitlines()[0]
    assert same.split() == ["part", "name", first, other]


def test_long_digests_are_cut_in_a_comparison(filled: Path, lodeline: Lodeline) -> None:
    with sdk.connect(filled) as client:
        for name, digit in (("a", "0"), ("b", "1")):
            client.models.create(ModelDraft(name, config_digest=digit * 64))
    shown = lodeline("models", "diff", "a", "b", store=filled).out
    assert "000000000000…" in shown
    assert "0" * 13 not in shown
    assert f'"{"1" * 64}"' in lodeline("models", "diff", "a", "b", "--json", store=filled).out


def test_models_are_made_compared_and_promoted(filled: Path, lodeline: Lodeline) -> None:
    def make(*params: str) -> str:
        more = [part for param in params for part in ("--param", param)]
        return str(lodeline("models", "create", "bot", *more, "--json", store=filled).document()["model_id"])

    first, second = make("top_k=3"), make("top_k=5")
    assert "top_k" in lodeline("models", "diff", first, second, store=filled).out
    moved = lodeline("models", "alias", "production", second, "--reason", "better", store=filled).out
    assert f"production points at {second}" in moved
    assert lodeline("models", "alias", "production", "--json", store=filled).document()["model_id"] == second
    assert "better" in lodeline("models", "moves", store=filled).out
    assert "production" in lodeline("models", "list", store=filled).out
    lodeline("models", "delete", second, "--yes", store=filled, code=5)
    assert "nothing" in lodeline("models", "alias", "production", "--remove", store=filled).out
    lodeline("models", "delete", second, "--yes", store=filled)
    assert lodeline("models", "restore", second, "--json", store=filled).document()["lifecycle"] == "ACTIVE"
    assert "top_k" in lodeline("models", "get", first, store=filled).out
