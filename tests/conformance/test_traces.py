"""Traces: logged, read back, tagged, linked, deleted."""

import time
from collections.abc import Callable

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import SpanStatusCode, TraceState

from tests.conformance.errors import refused

Traced = Callable[..., str]


def test_info_is_read_back(experiment: str, traced: Traced) -> None:
    before_ms = int(time.time() * 1000)
    trace_id = traced("hi", tags={"t": "1"}, metadata={"mlflow.trace.session": "s-1", "mlflow.trace.user": "ada"})
    info = mlflow.get_trace(trace_id).info
    assert (info.trace_id, info.experiment_id, info.state) == (trace_id, experiment, TraceState.OK)
    assert before_ms - 1_000 <= info.request_time <= before_ms + 60_000
    assert info.execution_duration >= 0
    assert (info.tags["t"], info.tags["mlflow.traceName"]) == ("1", "answer")
    assert info.trace_metadata["mlflow.trace.session"] == "s-1"
    assert info.trace_metadata["mlflow.trace.user"] == "ada"
    assert info.trace_metadata["mlflow.trace_schema.version"] == "3"
    assert info.request_preview == '{"question": "hi"}'
    assert info.response_preview == '{"answer": "HI"}'
    assert info.tags["mlflow.artifactLocation"].endswith(f"/traces/{trace_id}/artifacts")
    assert info.assessments == []


def test_spans_are_read_back(traced: Traced) -> None:
    trace_id = traced("hi")
    root, child = mlflow.get_trace(trace_id).data.spans
    assert (root.name, root.span_type, root.parent_id) == ("answer", "CHAIN", None)
    assert (root.inputs, root.outputs) == ({"question": "hi"}, {"answer": "HI"})
    assert (child.name, child.span_type, child.parent_id) == ("search", "RETRIEVER", root.span_id)
    assert child.outputs == [{"page_content": "a page"}]
    assert (child.get_attribute("top_k"), child.get_attribute("index")) == (3, "main-index")
    assert root.status.status_code == SpanStatusCode.OK
    assert root.start_time_ns <= child.start_time_ns <= child.end_time_ns <= root.end_time_ns
    assert root.trace_id == trace_id


def test_values_of_every_type(experiment: str) -> None:
    values = {"none": None, "int": 2**53 + 1, "neg": -5, "float": 1.5, "bool": True, "text": "é\n", "list": [1, [2]],
              "dict": {"a": {}}, "empty": [], "zero": 0, "nothing": ""}  # fmt: skip
    with mlflow.start_span("root") as span:
        span.set_inputs(values)
        for key, value in values.items():
            span.set_attribute(key, value)
    (found,) = mlflow.get_trace(span.trace_id).data.spans
    assert found.inputs == values
    assert {key: found.get_attribute(key) for key in values} == values


def test_failures_and_events(traced: Traced) -> None:
    trace = mlflow.get_trace(traced(fail=True))
    root, child = trace.data.spans
    assert trace.info.state == TraceState.ERROR
    assert root.status.status_code == SpanStatusCode.ERROR
    assert "it failed" in root.status.description
    assert child.status.status_code == SpanStatusCode.OK
    (event,) = root.events
    assert event.name == "exception"
    assert event.attributes["exception.message"] == "it failed"


def test_client_request_id_and_previews(client: MlflowClient, experiment: str) -> None:
    with mlflow.start_span("root") as span:
        mlflow.update_current_trace(client_request_id="req-1", request_preview="asked", response_preview="said")
    info = mlflow.get_trace(span.trace_id).info
    assert (info.client_request_id, info.request_preview, info.response_preview) == ("req-1", "asked", "said")


def test_tokens_are_summed(experiment: str) -> None:
    with mlflow.start_span("root") as span:
        for n in (1, 2):
            with mlflow.start_span("call", span_type="CHAT_MODEL") as call:
                usage = {"input_tokens": 10 * n, "output_tokens": n, "total_tokens": 11 * n}
                call.set_attribute("mlflow.chat.tokenUsage", usage)
    assert mlflow.get_trace(span.trace_id).info.token_usage == {
        "input_tokens": 30, "output_tokens": 3, "total_tokens": 33,
    }  # fmt: skip


def test_tokens_of_the_last_reader(experiment: str) -> None:
    with mlflow.start_span("root") as span:
        pass
    assert not mlflow.get_trace(span.trace_id).info.token_usage


def test_an_unknown_trace(experiment: str) -> None:
    assert mlflow.get_trace("tr-" + "0" * 32, silent=True) is None


def test_tags(client: MlflowClient, traced: Traced) -> None:
    trace_id = traced()
    mlflow.set_trace_tag(trace_id, "reviewed", "yes")
    mlflow.set_trace_tag(trace_id, "reviewed", "no")
    assert mlflow.get_trace(trace_id).info.tags["reviewed"] == "no"
    mlflow.delete_trace_tag(trace_id, "reviewed")
    assert "reviewed" not in mlflow.get_trace(trace_id).info.tags
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_trace_tag(trace_id, "reviewed")


def test_the_servers_tags_are_its_own(client: MlflowClient, traced: Traced) -> None:
    trace_id = traced()
    client.set_trace_tag(trace_id, "mlflow.artifactLocation", "elsewhere")
    assert mlflow.get_trace(trace_id).info.tags["mlflow.artifactLocation"] != "elsewhere"


def test_delete_by_ids(client: MlflowClient, experiment: str, traced: Traced) -> None:
    first, second = traced(), traced()
    assert client.delete_traces(experiment, trace_ids=[first, "tr-" + "0" * 32]) == 1
    assert mlflow.get_trace(first, silent=True) is None
    assert mlflow.get_trace(second) is not None
    assert client.delete_traces(experiment, trace_ids=[first]) == 0


def test_delete_up_to_a_time_takes_the_oldest(client: MlflowClient, experiment: str, traced: Traced) -> None:
    ids = []
    for _ in range(3):
        ids.append(traced())
        time.sleep(0.01)
    last_ms = mlflow.get_trace(ids[2]).info.request_time
    assert client.delete_traces(experiment, max_timestamp_millis=last_ms, max_traces=1) == 1
    assert client.delete_traces(experiment, max_timestamp_millis=last_ms - 1) == 1
    assert [trace.info.trace_id for trace in mlflow.search_traces(locations=[experiment], return_type="list")] == [
        ids[2]
    ]


def test_made_in_a_run(experiment: str, traced: Traced) -> None:
    with mlflow.start_run() as run:
        made = traced()
    other = traced()
    assert mlflow.get_trace(made).info.trace_metadata["mlflow.sourceRun"] == run.info.run_id
    found = mlflow.search_traces(locations=[experiment], run_id=run.info.run_id, return_type="list")
    assert [trace.info.trace_id for trace in found] == [made]
    assert "mlflow.sourceRun" not in mlflow.get_trace(other).info.trace_metadata


def test_linked_to_a_run(client: MlflowClient, experiment: str, traced: Traced) -> None:
    ids = [traced(), traced()]
    run_id = client.create_run(experiment).info.run_id
    client.link_traces_to_run(ids, run_id)
    client.link_traces_to_run(ids, run_id)
    found = mlflow.search_traces(locations=[experiment], run_id=run_id, return_type="list")
    assert {trace.info.trace_id for trace in found} == set(ids)


def test_made_by_a_model(experiment: str, traced: Traced) -> None:
    made = traced(metadata={"mlflow.modelId": "m-" + "1" * 32})
    traced()
    found = mlflow.search_traces(locations=[experiment], model_id="m-" + "1" * 32, return_type="list")
    assert [trace.info.trace_id for trace in found] == [made]


def test_a_generator_and_a_decorated_function(experiment: str) -> None:
    @mlflow.trace(name="outer", attributes={"v": 1})
    def outer(x: int) -> list[int]:
        return list(inner(x))

    @mlflow.trace
    def inner(x: int):
        yield x
        yield x + 1

    assert outer(1) == [1, 2]
    root, child = mlflow.get_trace(mlflow.get_last_active_trace_id()).data.spans
    assert (root.name, root.inputs, root.outputs) == ("outer", {"x": 1}, [1, 2])
    assert child.name == "inner"
    assert [event.name for event in child.events] == ["mlflow.chunk.item.0", "mlflow.chunk.item.1"]


def test_manual_spans(client: MlflowClient, experiment: str) -> None:
    root = client.start_trace("manual", inputs={"a": 1}, tags={"k": "v"}, start_time_ns=1_700_000_000_000_000_000)
    child = client.start_span("child", root.trace_id, root.span_id, inputs={"b": 2})
    client.end_span(root.trace_id, child.span_id, outputs="x", status="ERROR")
    client.end_trace(root.trace_id, outputs={"c": 3}, end_time_ns=1_700_000_001_500_000_000)
    trace = mlflow.get_trace(root.trace_id)
    assert (trace.info.request_time, trace.info.execution_duration) == (1_700_000_000_000, 1_500)
    assert (trace.info.tags["k"], trace.info.state) == ("v", TraceState.OK)
    by_name = {span.name: span for span in trace.data.spans}
    assert by_name["child"].status.status_code == SpanStatusCode.ERROR
    assert (by_name["manual"].inputs, by_name["manual"].outputs) == ({"a": 1}, {"c": 3})


def test_sessions(experiment: str, traced: Traced) -> None:
    for session in ("a", "b", "a"):
        traced(metadata={"mlflow.trace.session": session})
    sessions = mlflow.search_sessions(locations=[experiment])
    assert sorted((each.id, len(each.traces)) for each in sessions) == [("a", 2), ("b", 1)]


def test_async_logging_loses_nothing(experiment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "true")
    mlflow.tracing.reset()
    try:
        for n in range(20):
            with mlflow.start_span(f"root-{n}"):
                pass
        mlflow.flush_trace_async_logging()
    finally:
        monkeypatch.undo()
        mlflow.tracing.reset()
    found = mlflow.search_traces(locations=[experiment], return_type="list", max_results=100)
    assert {trace.data.spans[0].name for trace in found} == {f"root-{n}" for n in range(20)}
