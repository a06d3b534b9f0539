"""The providers' own client libraries under autolog: every call is found again, whoever made it in whatever way."""

import asyncio
import importlib
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest

import lodeline
from lodeline.domain.span import Message, Span
from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.harness import Server, serving
from tests.e2e.replay import Recording, Replay, recordings, replaying

pytestmark = pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")
"""Recordings age, and libraries say so."""
# The stubs of protobuf claim the namespace `google`, and know nothing else in it.
genai: Any = importlib.import_module("google.genai")
EXPERIMENT = "providers"
NAMES = ("openai", "anthropic", "google-genai")


@dataclass(frozen=True, slots=True)
class Case:
    """What must be found of a recording: of each call the tokens in and out; of the last one what went in and out."""

    model: str
    tokens: tuple[tuple[int, int], ...]
    question: str
    answer: str = ""
    tools: tuple[str, ...] = ()


CITY = "What is the largest city in the user country?"
CASES: Mapping[str, Case] = {
    "openai-chat": Case(
        "gpt-4o-mini", ((12, 12),), "Say this is a test", "This is a test. How can I assist you today?"
    ),
    "openai-stream": Case("gpt-4", ((12, 5),), "Say this is a test", "This is a test."),
    "openai-tools": Case(
        "gpt-4o-mini",
        ((75, 51), (99, 25)),
        "What's the weather in Seattle and San Francisco today?",
        "Today, the weather in Seattle is 50 degrees and raining, while in San Francisco, it's 70 degrees and sunny.",
        ("get_current_weather", "get_current_weather"),
    ),
    "openai-responses": Case(
        "gpt-4o-mini", ((72, 8),), "What's the weather in Seattle right now?", tools=("get_current_weather",)
    ),
    "anthropic-messages": Case(
        "claude-haiku-4-5",
        ((8, 21),),
        "hello",
        "Hi there! How are you doing today? Is there anything I can help you with?",
    ),
    "anthropic-stream": Case("claude-sonnet-4-5", ((20, 5),), "What is 1+1? Answer with just the number.", "2"),
    "anthropic-tools": Case(
        "claude-sonnet-4-5", ((445, 23), (497, 56)), CITY, tools=("get_user_country", "final_result")
    ),
    "google-generate": Case(
        "gemini-2.0-flash", ((13, 8),), "What is the capital of France?", "The capital of France is Paris.\n"
    ),
    "google-stream": Case(
        "gemini-2.5-flash",
        ((18, 115),),
        "Count from 1 to 30, one number per line, digits only.",
        "\n".join(map(str, range(1, 31))),
    ),
    "google-tools": Case("gemini-2.0-flash", ((33, 5), (47, 8)), CITY, tools=("get_user_country", "final_result")),
}
FAILURES: Mapping[str, tuple[str, type[Exception]]] = {
    "openai-404": ("this-model-does-not-exist", openai.NotFoundError),
    "anthropic-404": ("claude-sonet-4-5", anthropic.NotFoundError),
    "google-404": ("gemini-3.6-flahs", genai.errors.ClientError),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server over an empty store."""
    with serving(tmp_path_factory.mktemp("autolog") / "store") as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Generator[LodelineClient]:
    """A client of the server, while the libraries are traced to it."""
    lodeline.configure(url=server.url, experiment=EXPERIMENT)
    try:
        assert lodeline.autolog(*NAMES) == NAMES
        with server.client() as made:
            yield made
    finally:
        lodeline.autolog(disable=True)
        lodeline.shutdown()


@pytest.fixture
def replay() -> Generator[Replay]:
    """The providers."""
    with replaying() as running:
        yield running


def google_arguments(recording: Recording) -> dict[str, Any]:
    """Return what a program gives the library to make it send a recorded request."""
    body = recording.request
    config = {**body["generationConfig"], **{
        key: body[key] for key in ("systemInstruction", "toolConfig", "tools") if key in body
    }}  # fmt: skip
    model = recording.path.rpartition("/")[2].partition(":")[0]
    return {"model": model, "contents": body["contents"], "config": genai.types.GenerateContentConfig(**config)}


def google_client(url: str) -> Any:
    return genai.Client(api_key="key", http_options=genai.types.HttpOptions(base_url=url, api_version="v1beta"))


def consume(stream: Iterable[object]) -> None:
    """Read a stream to its end."""
    for _ in stream:
        pass


def ask(recording: Recording, url: str) -> None:
    """Make a recorded request with the provider's library, and read the answer to its end."""
    body = dict(recording.request)
    if recording.name.startswith("google"):
        with google_client(url) as google:
            if "stream" in recording.path:
                consume(google.models.generate_content_stream(**google_arguments(recording)))
            else:
                google.models.generate_content(**google_arguments(recording))
        return
    if recording.name.startswith("anthropic"):
        with anthropic.Anthropic(api_key="key", base_url=url, max_retries=0) as claude:
            create: Any = claude.messages.create
            answer: Any = create(**body)
            if body["stream"]:
                consume(answer)
        return
    with openai.OpenAI(api_key="key", base_url=f"{url}/v1", max_retries=0) as gpt:
        create = gpt.responses.create if "responses" in recording.path else gpt.chat.completions.create
        answer = create(**body)
        if body.get("stream"):
            consume(answer)


async def ask_later(recording: Recording, url: str) -> None:
    """Make a recorded request with the provider's library for awaited calls."""
    body = dict(recording.request)
    if recording.name.startswith("google"):
        async with google_client(url).aio as google:
            if "stream" in recording.path:
                async for _ in await google.models.generate_content_stream(**google_arguments(recording)):
                    pass
            else:
                await google.models.generate_content(**google_arguments(recording))
        return
    if recording.name.startswith("anthropic"):
        async with anthropic.AsyncAnthropic(api_key="key", base_url=url, max_retries=0) as claude:
            create: Any = claude.messages.create
            answer: Any = await create(**body)
            if body["stream"]:
                async for _ in answer:
                    pass
        return
    async with openai.AsyncOpenAI(api_key="key", base_url=f"{url}/v1", max_retries=0) as gpt:
        create = gpt.responses.create if "responses" in recording.path else gpt.chat.completions.create
        answer = await create(**body)
        if body.get("stream"):
            async for _ in answer:
                pass


def run_plain(name: str, title: str, url: str) -> None:
    with lodeline.start_span(title):
        for recording in recordings()[name]:
            ask(recording, f"{url}/{name}")


def run_awaited(name: str, title: str, url: str) -> None:
    async def run() -> None:
        with lodeline.start_span(title):
            for recording in recordings()[name]:
                await ask_later(recording, f"{url}/{name}")

    program: Coroutine[Any, Any, None] = run()
    asyncio.run(program)


RUNS: Mapping[str, Callable[[str, str, str], None]] = {"plain": run_plain, "awaited": run_awaited}


def calls_of(client: LodelineClient, title: str, count: int) -> list[Span]:
    """Return the model calls of the one trace that has this name, in their order; there are `count`."""
    assert lodeline.flush()
    (trace,) = client.traces.search(experiment=EXPERIMENT, filter=f"name = '{title}'")
    spans = client.traces.spans(trace.trace_id)
    calls = [span for span in spans if span.view.kind in {"LLM", "CHAT_MODEL"}]
    assert len(calls) == count, [(span.name, span.kind) for span in spans]
    root = next(span for span in spans if span.parent_id is None)
    assert all(span.parent_id == root.span_id for span in calls)
    return sorted(calls, key=lambda span: span.start_ns)


def called_tools(messages: tuple[Message, ...]) -> list[str]:
    return [call.name for message in messages for call in message.tool_calls]


@pytest.mark.parametrize("way", RUNS)
@pytest.mark.parametrize("name", CASES)
def test_a_call_is_found_with_messages_tokens_and_cost(
    client: LodelineClient, replay: Replay, name: str, way: str
) -> None:
    case, title = CASES[name], f"{name} {way}"
    RUNS[way](name, title, replay.url)
    assert len(replay.asked[name]) == len(case.tokens)
    calls = calls_of(client, title, len(case.tokens))
    assert [(call.view.tokens.input, call.view.tokens.output) for call in calls] == list(case.tokens)
    for call in calls:
        assert call.status in {"OK", "UNSET"}
        assert (call.view.model or "").startswith(case.model)
        assert case.question in [message.content for message in call.view.input_messages]
        assert call.cost_usd is not None
        assert call.cost_usd > 0
    last = calls[-1].view
    assert "".join(message.content for message in last.output_messages) == case.answer
    assert tuple(tool for call in calls for tool in called_tools(call.view.output_messages)) == case.tools
    found = client.traces.search(
        experiment=EXPERIMENT,
        filter=f"name = '{title}' AND span(model LIKE '{case.model}%') AND tokens.total = {_total(case)}",
    )
    (trace,) = found
    assert trace.cost_usd == pytest.approx(sum(call.cost_usd or 0 for call in calls))


def _total(case: Case) -> int:
    return sum(given + made for given, made in case.tokens)


@pytest.mark.parametrize("way", RUNS)
@pytest.mark.parametrize("name", FAILURES)
def test_a_refusal_reaches_the_program_and_is_found(
    client: LodelineClient, replay: Replay, name: str, way: str
) -> None:
    model, kind = FAILURES[name]
    title = f"{name} {way}"
    with pytest.raises(kind):
        RUNS[way](name, title, replay.url)
    assert lodeline.flush()
    (trace,) = client.traces.search(
        experiment=EXPERIMENT, filter=f"name = '{title}' AND state = 'ERROR' AND span(model = '{model}')"
    )
    failed = [span for span in client.traces.spans(trace.trace_id) if span.view.model == model]
    assert [span.status for span in failed] == ["ERROR"]
    assert model in failed[0].status_message + str([event.attributes for event in failed[0].events])


def test_what_is_turned_off_is_not_traced(client: LodelineClient, replay: Replay) -> None:
    assert lodeline.autolog("openai", disable=True) == ("openai",)
    try:
        RUNS["plain"]("openai-chat", "turned off", replay.url)
    finally:
        assert lodeline.autolog("openai") == ("openai",)
    calls_of(client, "turned off", 0)
