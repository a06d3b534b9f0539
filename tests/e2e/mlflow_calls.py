# pyright: basic
"""A program that calls providers under the autolog of MLflow's client, each recording in a trace of its name::

    python -m tests.e2e.mlflow_calls SERVER REPLAY EXPERIMENT NAME...

It is a process of its own, since what autolog changes in the providers' libraries stays changed.
"""

import asyncio
import os
import sys

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
import mlflow.anthropic
import mlflow.gemini
import mlflow.openai

from tests.e2e.replay import recordings
from tests.e2e.test_autolog import FAILURES, ask, ask_later


async def ask_all_later(name: str, url: str) -> None:
    for recording in recordings()[name]:
        await ask_later(recording, f"{url}/{name}")


def main(server: str, replay: str, experiment: str, *names: str) -> None:
    mlflow.set_tracking_uri(server)
    mlflow.set_experiment(experiment)
    for library in (mlflow.openai, mlflow.anthropic, mlflow.gemini):
        library.autolog()
    for name in names:
        with mlflow.start_span(f"{name} plain"):
            for recording in recordings()[name]:
                ask(recording, f"{replay}/{name}")
        with mlflow.start_span(f"{name} awaited"):
            asyncio.run(ask_all_later(name, replay))
    for name, (_, kind) in FAILURES.items():
        try:
            with mlflow.start_span(name):
                ask(recordings()[name][0], f"{replay}/{name}")
        except kind:
            continue
        raise RuntimeError(f"{name} did not fail")


if __name__ == "__main__":
    main(*sys.argv[1:])
