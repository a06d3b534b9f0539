"""The names of `import lodeline`: all are there, cost nothing until they are used, and pages name no others."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import lodeline
from lodeline.sdk.autolog.integration import Instrumentor
from lodeline.sdk.autolog.integrations import INTEGRATIONS

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def test_every_public_name_is_there() -> None:
    for name in lodeline.__all__:
        assert getattr(lodeline, name) is not None, name
    assert set(lodeline.__all__) <= set(dir(lodeline))


def test_importing_the_package_imports_nothing_else() -> None:
    program = (
        "import sys, lodeline; print([name for name in sys.modules if name.startswith(('httpx', 'opentelemetry'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("page", ["python-client.md", "autolog.md", "switch.md"])
def test_pages_name_what_there_is(page: str) -> None:
    text = (HOW_TO / page).read_text(encoding="utf-8")
    named = set(re.findall(r"\blodeline\.([a-z_]+)\b", text)) - {"domain"}
    assert len(named) > 2
    assert {name for name in named if not hasattr(lodeline, name)} == set()


def test_the_page_of_autolog_has_every_integration_with_its_package() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|[^|]*\| (.*) \|$", (HOW_TO / "autolog.md").read_text("utf-8"), re.MULTILINE)
    packages = {
        name: f"`{item.package}`" if isinstance(item, Instrumentor) else "none: it brings its own"
        for name, item in INTEGRATIONS.items()
    }
    assert dict(rows) == packages
