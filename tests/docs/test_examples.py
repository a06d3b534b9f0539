"""The examples in docstrings give what they show."""

import doctest
import importlib
import inspect
import re

import pytest

import lodeline
from lodeline.testing import capture_traces
from tests.docs.markdown import ROOT

PROGRAMS = "\n".join(
    block
    for page in (ROOT / "docs/how-to").glob("*.md")
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
)
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
    """In its docstring, or in a program of a page, which `test_pages` runs."""
    documented = inspect.getdoc(getattr(lodeline, name)) or ""
    if ">>> " in documented:
        assert f"lodeline.{name}" in documented or name in {"Span", "mask_strings"}
    else:
        assert re.search(rf"\blodeline\.{name}\b", PROGRAMS)


def test_there_are_examples() -> None:
    assert MODULES
