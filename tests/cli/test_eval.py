"""``lodeline eval`` as people and CI call it, against the real server."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.e2e.harness import Server, lodeline, serving

PROGRAM = """
import sys
import lodeline

def double(x):
    return x * {factor}

def right(outputs, expectations):
    return outputs == expectations["y"]

rows = [{"inputs": {"x": x}, "expectations": {"y": 2 * x}} for x in range(1, int(sys.argv[1]) + 1)]
lodeline.evaluate(rows, predict_fn=double, scorers=[right], name="double", experiment="doubling")
"""
GATE = """
[[gate]]
name = "nearly all are right"
metric = "right"
op = ">="
threshold = 0.9

[[gate]]
name = "not worse than before"
metric = "right"
versus = "baseline"
margin = 0.05
confidence = 0.9
action = "warn"
insufficient = "skip"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with serving(tmp_path_factory.mktemp("eval") / "store") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(PROGRAM.replace("{factor}", "2"), encoding="utf-8")
    (tmp_path / "bad.py").write_text(PROGRAM.replace("{factor}", "3"), encoding="utf-8")
    (tmp_path / "gate.toml").write_text(GATE, encoding="utf-8")
    return tmp_path


def run(server: Server, folder: Path, *arguments: str) -> tuple[int, str, str]:
    env = {"LODELINE_URL": server.url, "LODELINE_SPOOL_DIR": str(folder / "spool")}
    done = lodeline("eval", *arguments, env=env, cwd=folder)
    return done.returncode, done.stdout, done.stderr


def test_a_program_is_run_and_gated(server: Server, folder: Path) -> None:
    code, out, err = run(
        server, folder, "run", "good.py", "20", "--gate", "gate.toml", "--junit", "j.xml", "--markdown", "m.md"
    )
    assert code == 0, err
    assert "double" in out
    assert out.count("scorer ") == 1
    assert "Gate on double (" in out
    assert "100.0%" in out
    assert "pass" in out
    assert 'tests="2" failures="0"' in (folder / "j.xml").read_text(encoding="utf-8")
    assert "nearly all are right" in (folder / "m.md").read_text(encoding="utf-8")


def test_a_regression_fails_and_too_few_rows_are_inconclusive(server: Server, folder: Path) -> None:
    code, out, _ = run(server, folder, "run", "bad.py", "20", "--gate", "gate.toml", "--junit", "j.xml")
    assert code == 1
    assert "fail" in out
    assert 'failures="1"' in (folder / "j.xml").read_text(encoding="utf-8")
    assert run(server, folder, "run", "good.py", "3", "--gate", "gate.toml")[0] == 7


def test_runs_are_compared_and_gated_afterwards(server: Server, folder: Path) -> None:
    ids = [
        json.loads(run(server, folder, "run", f"{name}.py", "20", "--json")[1])["run_id"] for name in ("good", "bad")
    ]
    code, out, err = run(server, folder, "compare", *ids, "--markdown", "compared.md")
    assert code == 0, err
    assert "worse" in out
    assert out.startswith(f"double ({ids[1][:8]}…) against double ({ids[0][:8]}…): 20 records paired")
    assert "time" in out
    assert (folder / "compared.md").read_text(encoding="utf-8").startswith("### double (")
    code, out, err = run(server, folder, "gate", "gate.toml", ids[0], "--baseline", ids[1], "--json")
    assert code == 0, err
    assert json.loads(out)["status"] == "pass"
    assert run(server, folder, "gate", "gate.toml", ids[1], "--baseline", ids[0])[0] == 1
    for ident, name in zip(ids, ("good one", "bad one"), strict=True):
        with server.client() as client:
            client.runs.update(ident, name=name)
    named = ("gate", "gate.toml", "bad one", "--baseline", "good one", "--json")
    code, out, err = run(server, folder, *named, "-e", "doubling")
    assert code == 1, err
    assert json.loads(out)["run_id"] == ids[1]
    assert "neither by id nor by name" in run(server, folder, "gate", "gate.toml", "no one")[2]


def test_each_way_to_fail_has_its_own_code_and_words(server: Server, folder: Path) -> None:
    (folder / "broken.py").write_text("raise KeyError('no such key')\n", encoding="utf-8")
    (folder / "idle.py").write_text("print('nothing')\n", encoding="utf-8")
    (folder / "typo.toml").write_text("[[gate]]\nname='x'\nmetrc='right'\n", encoding="utf-8")
    code, _, err = run(server, folder, "run", "broken.py")
    assert (code, "KeyError: 'no such key'" in err) == (8, True)
    code, _, err = run(server, folder, "run", "idle.py")
    assert (code, "call lodeline.evaluate in it" in err) == (2, True)
    code, _, err = run(server, folder, "gate", "typo.toml", "none")
    assert code == 1
    code, _, err = run(server, folder, "gate", "missing.toml", "none")
    assert (code, "there is no such file" in err) == (1, True)
    run_id = json.loads(run(server, folder, "run", "good.py", "2", "--json")[1])["run_id"]
    code, _, err = run(server, folder, "gate", "typo.toml", run_id)
    assert (code, "metrc" in err) == (2, True)
    env = {"LODELINE_URL": "http://127.0.0.1:9", "LODELINE_SPOOL_DIR": str(folder / "spool")}
    assert lodeline("eval", "gate", "gate.toml", run_id, env=env, cwd=folder).returncode == 4


PRINTING = PROGRAM.replace("lodeline.evaluate(", "result = lodeline.evaluate(").replace("{factor}", "2")


@pytest.mark.parametrize(
    "how", ["print(result)", "print('so:', result, flush=True)", "sys.stdout.write(str(result))"]
)
def test_a_result_that_the_program_prints_is_printed_once(server: Server, folder: Path, how: str) -> None:
    (folder / "printing.py").write_text(f"{PRINTING}{how}\n", encoding="utf-8")
    code, out, err = run(server, folder, "run", "printing.py", "4")
    assert code == 0, err
    assert out.count("scorer ") == 1
    (folder / "quiet.py").write_text(f"{PRINTING}print(result.run_id)\n", encoding="utf-8")
    assert run(server, folder, "run", "quiet.py", "4")[1].count("scorer ") == 1


DEAR = """
import sys
import lodeline

def answer(x):
    with lodeline.start_span("ask", span_type="CHAT_MODEL") as span:
        span.set_model("m", usage={"input_tokens": 100 * x}, cost_usd=float(sys.argv[1]) * x / 1000)
    if x == int(sys.argv[2]):
        raise ValueError("boom")
    return x

def right(outputs):
    return outputs < 15

rows = [{"inputs": {"x": x}} for x in range(1, 21)]
name = f"{sys.argv[1]} dollars"
lodeline.evaluate(rows, predict_fn=answer, scorers=[right], name=name, experiment="dear", retries=0)
"""
COSTS = """
[[gate]]
name = "not much dearer"
metric = "cost_usd"
versus = "baseline"
margin_ratio = 0.2
"""


def test_what_rows_cost_is_compared_gated_and_warned_of(server: Server, folder: Path) -> None:
    (folder / "dear.py").write_text(DEAR, encoding="utf-8")
    (folder / "costs.toml").write_text(COSTS, encoding="utf-8")
    cheap, dear = (
        json.loads(run(server, folder, "run", "dear.py", "--json", "--", *arguments)[1])["run_id"]
        for arguments in (("1", "0"), ("17", "7"))
    )
    with server.client() as client:
        rows = list(client.evaluations.rows(dear))
    assert {row.tokens_total for row in rows} == {100 * x for x in range(1, 21)}
    assert sum(row.cost_usd or 0 for row in rows) == pytest.approx(17 * 0.210)
    code, out, err = run(server, folder, "compare", cheap, dear)
    assert code == 0, err
    assert "Takes 17 times the cost of the baseline." in out
    assert "$0.21 → $3.57" in out
    lost = "0 paired records have no value in the baseline, 1 in the candidate; they are left out, which favours"
    assert f"Warning: right: {lost}" in out
    assert f"Warning: cost: {lost}" in out
    arguments = ("costs.toml", dear, "--baseline", cheap, "--junit", "j.xml", "--markdown", "m.md")
    code, out, _ = run(server, folder, "gate", *arguments)
    assert code == 1
    assert "5.0%" in out
    assert "Warning: not much dearer: 1 of 20 rows have no value" in out
    assert f"Gate on 17 dollars ({dear[:8]}…) against 1 dollars ({cheap[:8]}…): fail." in out
    assert "Warning: 1 of 20 rows" in (folder / "j.xml").read_text(encoding="utf-8")
    assert "1 of 20 rows have no value" in (folder / "m.md").read_text(encoding="utf-8")
