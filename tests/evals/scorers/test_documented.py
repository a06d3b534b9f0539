"""Every built-in scorer: listed, documented, its example run, its definition whole."""

import doctest
import importlib
import pkgutil

import pytest

from lodeline.evals import scorers
from lodeline.evals.scoring.bound import as_scorer

FILES = sorted(module.name for module in pkgutil.iter_modules(scorers.__path__))


def test_every_file_gives_one_listed_scorer():
    given = {getattr(scorers, name).__module__.rpartition(".")[2] for name in scorers.__all__}
    assert given == set(FILES)


def test_unknown_names_are_said():
    with pytest.raises(AttributeError, match="no attribute 'Exact'"):
        _ = scorers.Exact


@pytest.mark.parametrize("file", FILES)
def test_examples_run(file: str):
    outcome = doctest.testmod(importlib.import_module(f"lodeline.evals.scorers.{file}"))
    assert outcome.failed == 0
    needs_a_trace = {"cost", "latency", "provider_refusal", "token_count"}
    assert (outcome.attempted > 0) is (file not in needs_a_trace)


@pytest.mark.parametrize("name", scorers.__all__)
def test_definitions_are_whole(name: str):
    definition = as_scorer(getattr(scorers, name)()).definition
    assert definition.kind == "BUILTIN"
    assert definition.exact
    assert definition.value_kind in ("bool", "number")
    assert "Value:" in definition.description
    assert len(definition.digest) == 64
