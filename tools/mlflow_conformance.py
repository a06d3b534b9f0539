"""Run `tests/conformance` against Lodeline and against MLflow's own server; write the table of both columns.

`python -m tools.mlflow_conformance [--mlflow URL]`: without a URL the server is started from an environment that uv
makes beside the project (850 MB at first). A case that MLflow's server fails is an error: then it is no case.
"""

import argparse
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "mlflow.md"
TARGET = "LODELINE_CONFORMANCE_URL"
_REGION = re.compile(r"(<!-- conformance: [^\n]*-->\n).*?(<!-- /conformance -->)", re.DOTALL)
_START_TIMEOUT_S = 300.0
_STOP_TIMEOUT_S = 30.0


def main(arguments: Sequence[str]) -> int:
    """Run both, write the table, and return 1 when either server failed a case."""
    parser = argparse.ArgumentParser(prog="python -m tools.mlflow_conformance", description=__doc__)
    parser.add_argument("--mlflow", metavar="URL", help="a running MLflow server, instead of one that is started")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lodeline-conformance-") as folder:
        ours = _run(Path(folder) / "lodeline.xml", None)
        with _mlflow(options.mlflow, Path(folder)) as url:
            release = _get(f"{url}/version")
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
        file = case.get("classname", "").rpartition(".")[2]
        found[f"{file}::{case.get('name', '')}"] = not any(child.tag in {"failure", "error"} for child in case)
    return found


@contextlib.contextmanager
def _mlflow(url: str | None, folder: Path) -> Generator[str]:
    """Give the address of MLflow's server, started over an empty store unless a running one is given."""
    if url is not None:
        yield url.rstrip("/")
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "uv", "run", "--quiet", "--no-project", "--isolated", "--with", "mlflow>=3.17.2,<4", "mlflow", "server",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts"),
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
    ]  # fmt: skip
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]], env=environment, stdout=log, stderr=log
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(_STOP_TIMEOUT_S)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError):
            _get(url)
            return
        time.sleep(0.5)
    raise RuntimeError("MLflow's server did not start")


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - an address of this machine
        return answer.read().decode().strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
