"""The providers' own client libraries under the autolog of MLflow's client: a call looks as under our own autolog."""

import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from lodeline.domain.span import Span
from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.harness import serving
from tests.e2e.replay import replaying
from tests.e2e.test_autolog import CASES, FAILURES, called_tools

EXPERIMENT = "mlflow"
CALLED = (
    "openai-chat", "openai-stream", "openai-tools", "openai-responses", "anthropic-messages", "anthropic-tools",
    "google-generate", "google-tools",
)  # fmt: skip
"""Streams of Anthropic's `create`, and of Google's library, are not followed by MLflow's client."""
_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Generator[LodelineClient]:
    """A client of a server that has the traces of `mlflow_calls`: a process of its own, since what autolog changes in
    libraries stays changed."""
    with serving(tmp_path_factory.mktemp("mlflow") / "store") as server, replaying() as replay:
        command = [sys.executable, "-m", "tests.e2e.mlflow_calls", server.url, replay.url, EXPERIMENT, *CALLED]
        done = subprocess.run(
            command, cwd=_ROOT, env=dict(os.environ), capture_output=True, encoding="utf-8", timeout=600, check=False
        )
        assert done.returncode == 0, done.stderr[-4_000:]
        with server.client() as made:
            yield made


def calls_of(client: LodelineClient, title: str) -> Sequence[Span]:
    """Return the model calls of the one trace that has this name, in their order. Of two that lie in each other, as
    MLflow's client logs those of Google's library, it is the outer one."""
    (trace,) = client.traces.search(experiment=EXPERIMENT, filter=f"name = '{title}'")
    spans = client.traces.spans(trace.trace_id)
    calls = [span for span in spans if span.view.kind in {"LLM", "CHAT_MODEL"}]
    known = {span.span_id for span in calls}
    return sorted((span for span in calls if span.parent_id not in known), key=lambda span: span.start_ns)


@pytest.mark.parametrize("way", ["plain", "awaited"])
@pytest.mark.parametrize("name", CALLED)
def test_a_call_is_found_with_messages_tokens_and_cost(client: LodelineClient, name: str, way: str) -> None:
    case, title = CASES[name], f"{name} {way}"
    calls = calls_of(client, title)
    assert [(call.view.tokens.input, call.view.tokens.output) for call in calls] == list(case.tokens)
    for call in calls:
        assert (call.view.model or "").startswith(case.model)
        assert case.question in [message.content for message in call.view.input_messages]
        assert call.cost_usd is not None
        assert call.cost_usd > 0
    assert "".join(message.content for message in calls[-1].view.output_messages) == case.answer
    assert tuple(tool for call in calls for tool in called_tools(call.view.output_messages)) == case.tools
    total = sum(given + made for given, made in case.tokens)
    (trace,) = client.traces.search(experiment=EXPERIMENT, filter=f"name = '{title}' AND tokens.total = {total}")
    assert trace.cost_usd == pytest.approx(sum(call.cost_usd or 0 for call in calls))


@pytest.mark.parametrize("name", FAILURES)
def test_a_refusal_is_found(client: LodelineClient, name: str) -> None:
    model, _ = FAILURES[name]
    wanted = f"name = '{name}' AND state = 'ERROR' AND span(model = '{model}' AND status = 'ERROR')"
    assert len(list(client.traces.search(experiment=EXPERIMENT, filter=wanted))) == 1
