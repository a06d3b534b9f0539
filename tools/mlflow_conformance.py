"""Run `tests/conformance` against Lodeline and against MLflow's own server; write the table of both columns.

`python -m tools.mlflow_conformance [--mlflow URL]`: without a URL the server is started from an environment that uv
makes beside the project (850 MB at first). A case that MLflow's server fails is an error: then it is no case.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tools.mlflow_server import get, mlflow_server

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "mlflow.md"
TARGET = "LODELINE_CONFORMANCE_URL"
_REGION = re.compile(r"(<!-- conformance: [^\n]*-->\n).*?(<!-- /conformance -->)", re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    """Run both, write the table, and return 1 when either server failed a case."""
    parser = argparse.ArgumentParser(prog="python -m tools.mlflow_conformance", description=__doc__)
    parser.add_argument("--mlflow", metavar="URL", help="a running MLflow server, instead of one that is started")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lodeline-conformance-") as folder:
        ours = _run(Path(folder) / "lodeline.xml", None)
        with mlflow_server(options.mlflow, Path(folder)) as url:
            release = get(f"{url}/version")
            theirs = _run(Path(folder) / "mlflow.xml", url)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_REGION.sub(lambda hit: f"{hit[1]}\n{_table(ours, theirs, release)}\n\n{hit[2]}", text), "utf-8")
    failed = [name for found in (ours, theirs) for name, passed in found.items() if not passed]
    print("\n".join([_table(ours, theirs, release), *(f"failed: {name}" for name in failed)]))
    return 1 if failed else 0


def _table(ours: dict[str, bool], theirs: dict[str, bool], release: str) -> str:
    """Return the table: a row for each file of cases."""
    lines = [f"| cases of | Lodeline | MLflow {release} |", "|---|---|---|"]
    total = Counter(_entity(name) for name in ours)
    passed = [Counter(_entity(name) for name, good in found.items() if good) for found in (ours, theirs)]
    for entity in sorted(total):
        cells = [f"{found[entity]} of {total[entity]}" for found in passed]
        lines.append(f"| {entity} | {' | '.join(cells)} |")
    cells = [f"{found.total()} of {total.total()}" for found in passed]
    return "\n".join([*lines, f"| all | {' | '.join(cells)} |"])


def _entity(name: str) -> str:
    """Return what a case is of: the name of its file."""
    return name.partition("::")[0].removeprefix("test_").replace("_", " ")


def _run(report: Path, url: str | None) -> dict[str, bool]:
    """Run the cases against a server (ours without a URL) and tell of each whether it passed."""
    environment = {key: value for key, value in os.environ.items() if key != TARGET}
    if url is not None:
        environment[TARGET] = url
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/conformance",
        "-n",
        "0",
        "-q",
        "--tb=short",
        f"--junitxml={report}",
    ]
    subprocess.run(command, cwd=ROOT, env=environment, check=False)
    found: dict[str, bool] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest has just written it
        if case.find("skipped") is not None:
            continue  # it asks for what this server does not have, so it is no case of it
        file = case.get("classname", "").rpartition(".")[2]
        found[f"{file}::{case.get('name', '')}"] = not any(child.tag in {"failure", "error"} for child in case)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
