"""A program traced by the SDK, against a real server: everything said about a trace is found again."""

from collections.abc import Generator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import lodeline
from lodeline.domain.trace import Trace
from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.harness import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server over an empty store, to which this process sends its traces."""
    with serving(tmp_path_factory.mktemp("sdk") / "store") as running:
        yield running


@pytest.fixture
def client(server: Server) -> Generator[LodelineClient]:
    """A client of that server, while tracing to it is set up."""
    exporter = OTLPSpanExporter(endpoint=f"{server.url}/v1/traces")
    lodeline.configure(
        url=server.url, experiment="sdk", model_id="commit-1", service="shop", environment="staging",
        span_processor=SimpleSpanProcessor(exporter),
    )  # fmt: skip
    try:
        with server.client() as made:
            yield made
    finally:
        lodeline.shutdown()


def _search(client: LodelineClient, text: str) -> tuple[Trace, ...]:
    return tuple(client.traces.search(filter=text))


@lodeline.trace(span_type="TOOL")
def look_up(city: str) -> dict[str, object]:
    """Say how the weather is."""
    return {"city": city, "weather": "rain"}


@lodeline.trace(span_type="AGENT")
def answer(question: str) -> str:
    """Answer a question."""
    lodeline.update_current_trace(
        tags={"channel": "web", "tries": 2}, metadata={"template": "short"}, session="thread-7", user="ada"
    )
    with lodeline.start_span("ask the model", span_type="CHAT_MODEL") as span:
        span.set_inputs({"messages": [{"role": "user", "content": question}]})
        span.set_model("gpt-4o", provider="openai", usage={"prompt_tokens": 10, "completion_tokens": 5})
        span.set_outputs({"role": "assistant", "content": str(look_up("Oslo")["weather"])})
    return "It rains."


def test_everything_said_is_found(client: LodelineClient):
    assert answer("How is the weather in Oslo?") == "It rains."
    trace_id = lodeline.get_last_active_trace_id()
    [trace] = _search(
        client,
        "session = 'thread-7' AND user = 'ada' AND tags.channel = 'web' AND tags.tries = '2' AND "
        "metadata.template = 'short' AND model = 'commit-1' AND service = 'shop' AND environment = 'staging' AND "
        "span(name = 'look_up' AND kind = 'TOOL')",
    )
    assert (trace.trace_id, trace.name, trace.state) == (trace_id, "answer", "OK")
    assert (trace.span_count, trace.response) == (3, "It rains.")
    assert trace.request == '{"question":"How is the weather in Oslo?"}'
    assert trace.tokens.total == 15
    assert trace.cost_usd is not None
    assert trace.client == "lodeline"
    spans = {span.name: span for span in client.traces.spans(str(trace_id))}
    assert spans["look_up"].parent_id == spans["ask the model"].span_id
    assert spans["look_up"].view.inputs == {"city": "Oslo"}
    assert spans["look_up"].view.outputs == {"city": "Oslo", "weather": "rain"}
    model = spans["ask the model"].view
    assert [message.content for message in (*model.input_messages, *model.output_messages)] == [
        "How is the weather in Oslo?", "rain",
    ]  # fmt: skip
    assert (model.model, model.provider) == ("gpt-4o", "openai")


def test_a_failure_is_found_with_its_exception(client: LodelineClient):
    @lodeline.trace
    def breaks() -> None:
        raise ValueError("no such city")

    with pytest.raises(ValueError, match="no such city"):
        breaks()
    trace_id = lodeline.get_last_active_trace_id()
    [trace] = _search(client, "name = 'breaks' AND state = 'ERROR'")
    assert (trace.trace_id, trace.status_message) == (trace_id, "ValueError: no such city")
    [span] = client.traces.spans(str(trace_id))
    assert [event.attributes["exception.type"] for event in span.events] == ["ValueError"]


def test_previews_name_and_state_are_what_the_program_says(client: LodelineClient):
    with lodeline.start_span("turn") as span:
        span.set_inputs("in")
        lodeline.update_current_trace(
            name="first turn", request_preview="asked", response_preview="answered", state="ERROR",
            client_request_id="req-1",
        )  # fmt: skip
    [trace] = _search(client, "metadata.client_request_id = 'req-1'")
    assert (trace.name, trace.state) == ("first turn", "ERROR")
    assert (trace.request, trace.response) == ("asked", "answered")


def test_the_experiment_is_the_one_that_was_set(client: LodelineClient):
    answer("Where does it go?")
    [found] = _search(client, "request LIKE '%Where does it go?%'")
    assert client.experiments.get(found.experiment_id).name == "sdk"


def test_files_are_stored_beside_their_trace(client: LodelineClient, tmp_path: Path):
    (tmp_path / "chart.png").write_bytes(b"\x89PNG and so on")
    with lodeline.start_span("draw") as span:
        lodeline.log_attachment("chart.png", tmp_path / "chart.png")
        lodeline.log_attachment("Größe & more.txt", "text")
    assert lodeline.flush(60)
    found = client.attachments.list(span.trace_id)
    assert [(one.name, one.size_bytes) for one in found] == [("Größe & more.txt", 4), ("chart.png", 14)]
    [stored] = client.traces.spans(span.trace_id)
    assert [event.attributes["name"] for event in stored.events] == ["chart.png", "Größe & more.txt"]


def test_a_file_of_a_trace_that_the_server_knows_can_be_added_later(client: LodelineClient):
    with lodeline.start_span("draw") as span:
        pass
    lodeline.log_attachment("later.txt", b"bytes", trace_id=span.trace_id)
    assert lodeline.flush(60)
    assert client.attachments.get(span.trace_id, "later.txt") == b"bytes"
