"""Frameworks under autolog, MLflow's and ours: what the native API says of their calls.

`make frameworks` runs it. Each framework has an environment of its own, in exact versions, which uv makes beside the
project and keeps; the answers of the provider are recorded ones (`tests/e2e/replay.py`).
"""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from lodeline.domain.span import Span
from tests.e2e.harness import Server, environment, serving
from tests.e2e.replay import Replay, replaying
from tests.e2e.test_autolog import CASES, called_tools
from tests.frameworks.programs import PROGRAMS

CHOSEN = os.environ.get("LODELINE_FRAMEWORKS", "")
"""The frameworks to try, separated by spaces."""
pytestmark = pytest.mark.skipif(not CHOSEN, reason="frameworks have environments of their own: make frameworks")
_ROOT = Path(__file__).parents[2]
_BASE = ("mlflow-skinny==3.17.2", "pandas==2.3.3", "httpx", "orjson", "opentelemetry-sdk", "opentelemetry-proto")
"""What every environment has: either tracer, and what ours needs."""
REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "langchain": ("langchain==1.5.2", "langchain-openai==1.7.4", "openinference-instrumentation-langchain==0.1.80"),
    "langgraph": (
        "langchain==1.5.2", "langchain-openai==1.7.4", "langgraph==1.2.24",
        "openinference-instrumentation-langchain==0.1.80",
    ),
    "litellm": ("litellm==1.110.2", "openinference-instrumentation-litellm==0.1.51"),
    "pydantic-ai": ("pydantic-ai-slim[openai]==2.68.0",),
    "openai-agents": ("openai-agents==0.24.0", "openinference-instrumentation-openai-agents==2.6.0"),
    "dspy": ("dspy==3.4.1", "openinference-instrumentation-dspy==0.1.48"),
    "llama-index": (
        "llama-index-core==0.14.25", "llama-index-llms-openai==0.8.3",
        "openinference-instrumentation-llama-index==4.6.1",
    ),
}  # fmt: skip
TRACERS = ("mlflow", "lodeline")
NO_TOOLS = frozenset({"dspy"})
UNCOUNTED = frozenset({"dspy"})
"""Neither instrumentation is told the tokens."""
_BOOKKEEPING = "_prepare_chat_with_tools"
"""The end of the name of what LlamaIndex traces as a call of a model, and is none."""
_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Doors:
    """The server that is traced to, and the provider."""

    server: Server
    replay: Replay


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Generator[Doors]:
    """Both, running."""
    with serving(tmp_path_factory.mktemp("frameworks") / "store") as server, replaying() as replay:
        yield Doors(server, replay)
    run.cache_clear()


@cache
def run(server: str, replay: str, framework: str, tracer: str) -> str:
    """Run the program of a framework once, and return what it had to say when it failed."""
    needed = [part for each in (*_BASE, *REQUIREMENTS[framework]) for part in ("--with", each)]
    command = [
        str(Path(sys.executable).with_name("uv")), "run", "--quiet", "--no-project", "--isolated", "--python",
        sys.executable, *needed, "python", "-m", "tests.frameworks.programs", tracer, framework, server, replay,
    ]  # fmt: skip
    # LiteLLM would else fetch its prices; uv keeps the environments, and with them what is compiled in them.
    given = {
        "PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}", "OPENAI_API_KEY": "key", "PYTHONDONTWRITEBYTECODE": "",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }  # fmt: skip
    done = subprocess.run(
        command, cwd=_ROOT, env=environment(given), capture_output=True, encoding="utf-8", timeout=_TIMEOUT_S,
        check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else f"{done.stdout[-2_000:]}{done.stderr[-4_000:]}"


def spans_of(doors: Doors, framework: str, tracer: str, title: str) -> Sequence[Span]:
    """Return the spans of the trace that has this name."""
    failure = run(doors.server.url, doors.replay.url, framework, tracer)
    assert not failure, failure
    with doors.server.client() as client:
        (trace,) = client.traces.search(experiment=f"{tracer} {framework}", filter=f"name = '{title}'")
        return client.traces.spans(trace.trace_id)


def calls_of(spans: Sequence[Span]) -> list[Span]:
    """Return the model calls in their order; of those that lie in each other the innermost."""
    kinds = {"LLM", "CHAT_MODEL"}
    calls = {span.span_id: span for span in spans if span.view.kind in kinds and not span.name.endswith(_BOOKKEEPING)}
    parents = {span.span_id: span.parent_id for span in spans}
    outer: set[object] = set()
    for call in calls:
        above = parents[call]
        while above is not None:
            outer.add(above)
            above = parents.get(above)
    return sorted((span for key, span in calls.items() if key not in outer), key=lambda span: span.start_ns)


def chosen() -> list[tuple[str, str]]:
    """Return the frameworks to try, each with the traces of its program."""
    names = list(PROGRAMS) if CHOSEN == "all" else CHOSEN.split()
    return [(name, title) for name in names for title in ("chat", "tools") if title == "chat" or name not in NO_TOOLS]


@pytest.mark.timeout(_TIMEOUT_S)
@pytest.mark.parametrize("tracer", TRACERS)
@pytest.mark.parametrize(("framework", "title"), chosen())
def test_calls_are_found(doors: Doors, framework: str, title: str, tracer: str) -> None:
    case = CASES[f"openai-{title}"]
    spans = spans_of(doors, framework, tracer, title)
    calls = calls_of(spans)
    tokens = [(0, 0)] * len(case.tokens) if framework in UNCOUNTED else list(case.tokens)
    assert [(call.view.tokens.input, call.view.tokens.output) for call in calls] == tokens
    for call in calls:
        assert case.model in (call.view.model or "")
        assert case.question in [message.content for message in call.view.input_messages]
        assert (call.cost_usd or 0) > 0 or framework in UNCOUNTED
    assert "".join(message.content for message in calls[-1].view.output_messages) == case.answer
    assert tuple(tool for call in calls for tool in called_tools(call.view.output_messages)) == case.tools


@pytest.mark.timeout(_TIMEOUT_S)
@pytest.mark.parametrize("tracer", TRACERS)
@pytest.mark.parametrize("framework", [name for name, title in chosen() if title == "tools" and name != "litellm"])
def test_tools_that_were_run_are_found(doors: Doors, framework: str, tracer: str) -> None:
    """LiteLLM runs none."""
    tools = [span for span in spans_of(doors, framework, tracer, "tools") if span.view.kind == "TOOL"]
    assert len(tools) == len(CASES["openai-tools"].tools)


@pytest.mark.timeout(_TIMEOUT_S)
@pytest.mark.parametrize("tracer", TRACERS)
@pytest.mark.parametrize(("framework", "title"), [each for each in chosen() if each[0] not in UNCOUNTED])
def test_nothing_is_counted_twice(doors: Doors, framework: str, title: str, tracer: str) -> None:
    """Instrumentations trace one call in several spans; its tokens and its cost count once in the trace."""
    spans = spans_of(doors, framework, tracer, title)
    with doors.server.client() as client:
        (trace,) = client.traces.search(experiment=f"{tracer} {framework}", filter=f"name = '{title}'")
    assert trace.tokens.total == sum(map(sum, CASES[f"openai-{title}"].tokens))
    assert trace.cost_usd == pytest.approx(sum(call.cost_usd or 0 for call in calls_of(spans)))
