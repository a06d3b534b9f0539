"""What import-linter cannot say: its contracts cover the tree and bite; `domain` uses no third party."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]
_PACKAGE = _ROOT / "src" / "lodeline"


def _contracts() -> dict[str, dict[str, Any]]:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in project["tool"]["importlinter"]["contracts"]}


def _layer_names(contract: dict[str, Any]) -> set[str]:
    return {name.strip(" ()") for layer in contract["layers"] for name in layer.split("|")}


def _packages(directory: Path) -> set[str]:
    return {child.parent.name for child in directory.glob("*/__init__.py")}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_every_package_stands_in_a_layer():
    assert _packages(_PACKAGE) - _layer_names(_contracts()["layers"]) == set()


def test_every_backend_stands_in_the_contracts():
    contracts = _contracts()
    backends = _packages(_PACKAGE / "storage") - {"base"}
    assert backends - _layer_names(contracts["backends"]) == set()
    for name in ("stores-by-protocol", "doors-by-protocol"):
        assert backends - {module.split(".")[-1] for module in contracts[name]["forbidden_modules"]} == set()


def test_every_http_adapter_stands_in_the_contract():
    assert _packages(_PACKAGE / "server") - _layer_names(_contracts()["doors"]) == set()


def test_domain_imports_the_standard_library_only():
    foreign = {
        f"{path.name}: {name}"
        for path in _PACKAGE.joinpath("domain").rglob("*.py")
        for name in _imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("lodeline.domain")
    }
    assert foreign == set()


@pytest.mark.parametrize(
    ("module", "statement", "broken"),
    [
        ("domain", "import lodeline.query", "A layer imports only those below it"),
        ("auth", "import lodeline.storage", "A layer imports only those below it"),
        ("evals", "import lodeline.ingest", "A layer imports only those below it"),
        ("evals/gates", "import numpy", "Gate files and their reports need no NumPy"),
        ("evals/statistics", "import lodeline.evals.gates", "Statistics know nothing of what else"),
        ("query", "import apsw", "Pure packages use no web framework and no database driver"),
        ("services", "import lodeline.storage.sql", "Use cases see storage.base, never a backend"),
        ("storage/memory", "import lodeline.storage.sql", "Only storage.open knows the backends"),
        ("server/api", "import lodeline.storage.memory", "only through storage.open"),
        ("evals/scoring", "import lodeline.evals.scorers", "Scorers, judges and adapters stand on"),
    ],
)
def test_a_forbidden_import_is_refused(tmp_path: Path, module: str, statement: str, broken: str):
    for initial in _PACKAGE.rglob("__init__.py"):
        copy = tmp_path / initial.relative_to(_PACKAGE.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
    (tmp_path / "lodeline" / module / "offender.py").write_text(f"{statement}\n", encoding="utf-8")
    # The copy must win over the installed package, hence the path before everything else.
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['lint-imports', '--no-cache',"
        f" '--config', {str(_ROOT / 'pyproject.toml')!r}];"
        " from importlinter.cli import lint_imports_command; lint_imports_command()"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1, result.stdout + result.stderr
    verdicts = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert len(verdicts) == 1
    assert broken in verdicts[0]
