"""The digest of a scorer: equal for what computes the same, on any machine; another one for what does not."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lodeline.domain.scorer import ScorerDefinition
from lodeline.evals.scorers import Contains, ExactMatch, JsonMatch, ToolCalls
from lodeline.evals.scoring.bound import as_scorer, scorer
from lodeline.evals.tool_call_match import CallRule

PROGRAM = """
from lodeline.evals.scoring.bound import scorer

def made(least):
    @scorer
    def long_enough(outputs, unit="words"):
        return len(outputs.split()) >= least
    return long_enough

print(made(3).definition.digest)
"""


def test_the_digests_of_built_ins_are_pinned():
    """A change here means that runs made before are no replicates any more: raise the scorer's version instead."""
    assert {
        scorer_of(each).name: scorer_of(each).digest[:12] for each in (ExactMatch(), JsonMatch(), ToolCalls())
    } == {
        "exact_match": "3005de2b371e",
        "json_match": "cf7f95e7486d",
        "tool_calls": "913153e01395",
    }


def scorer_of(target: object) -> ScorerDefinition:
    return as_scorer(target).definition


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (ExactMatch(), ExactMatch(name="same_but_named"), True),
        (ExactMatch(), ExactMatch(normalise=("case",)), False),
        (Contains(("a", "b")), Contains(("a", "b")), True),
        (Contains(("a",)), Contains(("b",)), False),
        (ToolCalls(), ToolCalls(rule=CallRule(alternatives=True)), False),
    ],
)
def test_parameters_count_and_names_do_not(one: object, other: object, equal: bool):
    assert (scorer_of(one).digest == scorer_of(other).digest) is equal


def run(program: str, file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(program, encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_the_same_source_has_the_same_digest_wherever_it_stands(tmp_path: Path):
    first = run(PROGRAM, tmp_path / "a" / "one.py")
    assert len(first.strip()) == 64
    moved = "# a comment above\n\n" + PROGRAM.replace("\n", "  \n").replace("@scorer\n", "@scorer\n")
    assert run(moved, tmp_path / "b" / "two.py") == first
    assert run(PROGRAM.replace("made(3)", "made(4)"), tmp_path / "c.py") != first
    assert run(PROGRAM.replace('unit="words"', 'unit="lines"'), tmp_path / "d.py") != first
    assert run(PROGRAM.replace(">= least", "> least"), tmp_path / "e.py") != first


def test_what_has_no_stable_form_is_told():
    held = object()

    @scorer
    def opaque(outputs: str) -> bool:
        return outputs == str(held)

    assert not opaque.definition.exact
    assert opaque.definition.params == {"closure.held": "<builtins.object>"}

    without_source: dict[str, Any] = {}
    exec("def blind(outputs):\n    return True", without_source)  # noqa: S102 -- a function without source text
    assert not as_scorer(without_source["blind"]).definition.exact


def test_functions_that_a_scorer_holds_count():
    def made(rule: Callable[[str], bool]) -> ScorerDefinition:
        @scorer
        def by_rule(outputs: str) -> bool:
            return rule(outputs)

        return by_rule.definition

    def upper(text: str) -> bool:
        return text.isupper()

    def lower(text: str) -> bool:
        return text.islower()

    assert made(upper).exact
    assert made(upper).digest == made(upper).digest
    assert made(upper).digest != made(lower).digest
