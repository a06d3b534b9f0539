"""MLflow's own server, started over an empty store from an environment that uv makes beside the project."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path

_START_TIMEOUT_S = 300.0
_STOP_TIMEOUT_S = 30.0


@contextlib.contextmanager
def mlflow_server(url: str | None, folder: Path) -> Generator[str]:
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
            get(url)
            return
        time.sleep(0.5)
    raise RuntimeError("MLflow's server did not start")


def get(url: str) -> str:
    """Return the text at an address, without white space around it."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - an address of this machine
        return answer.read().decode().strip()
