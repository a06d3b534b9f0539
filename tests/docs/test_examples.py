"""The examples in docstrings give what they show."""

import doctest
import importlib
import inspect

import pytest

import lodeline
from lodeline.testing import capture_traces
from tests.docs.markdown import ROOT

MODULES = sorted(
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    for path in (ROOT / "src/lodeline").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples(module: str) -> None:
    with capture_traces():  # what an example traces or sets is for itself
        result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", sorted(set(lodeline.__all__) - {"__version__"}))
def test_every_public_name_has_an_example(name: str) -> None:
    documented = inspect.getdoc(getattr(lodeline, name)) or ""
    assert ">>> " in documented
    assert f"lodeline.{name}" in documented or name in {"Span", "mask_strings"}


def test_there_are_examples() -> None:
    assert MODULES
