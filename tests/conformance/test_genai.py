"""What `mlflow.genai` makes of traces, runs and assessments: evaluation, and traces across processes."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import mlflow
import mlflow.openai
import openai
import pytest
from mlflow import MlflowClient
from mlflow.entities import Feedback
from mlflow.entities.model_registry import PromptVersion
from mlflow.genai.scorers import scorer
from mlflow.tracing.distributed import (
    get_tracing_context_headers_for_http_request,
    set_tracing_context_from_http_request_headers,
)

from tests.e2e.replay import recordings, replaying


@scorer
def exact(outputs: str, expectations: dict) -> bool:
    return outputs == expectations["expected"]


@scorer
def length(outputs: str) -> Feedback:
    return Feedback(value=len(outputs), rationale="counted")


@scorer
def broken(outputs: str) -> bool:
    raise RuntimeError("no judge")


def capital(country: str) -> str:
    return {"France": "Paris", "Peru": "Lima"}.get(country, "?")


DATA = [
    {"inputs": {"country": country}, "expectations": {"expected": expected}}
    for country, expected in (("France", "Paris"), ("Peru", "Lima"), ("Chad", "N'Djamena"))
]


def test_evaluate_a_function(client: MlflowClient, experiment: str) -> None:
    result = mlflow.genai.evaluate(data=DATA, predict_fn=mlflow.trace(capital), scorers=[exact, length])
    assert result.metrics["exact/mean"] == pytest.approx(2 / 3)
    run = client.get_run(result.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["exact/mean"] == pytest.approx(2 / 3)
    assert run.data.metrics["length/mean"] == pytest.approx((5 + 4 + 1) / 3)
    assert run.inputs.dataset_inputs
    traces = mlflow.search_traces(locations=[experiment], run_id=result.run_id, return_type="list")
    assert len(traces) == 3
    for trace in traces:
        by_name = {each.name: each for each in trace.info.assessments}
        country = trace.data.spans[0].inputs["country"]
        assert set(by_name) == {"exact", "length", "expected"}
        assert by_name["exact"].value is (country != "Chad")
        assert by_name["length"].rationale == "counted"
        assert by_name["exact"].metadata["mlflow.assessment.sourceRunId"] == result.run_id
        assert by_name["expected"].value == {"France": "Paris", "Peru": "Lima", "Chad": "N'Djamena"}[country]


def test_evaluate_traces_that_there_are(experiment: str) -> None:
    for country in ("France", "Peru"):
        mlflow.trace(capital)(country)
    traces = mlflow.search_traces(locations=[experiment])
    result = mlflow.genai.evaluate(data=traces, scorers=[length])
    assert result.metrics["length/mean"] == pytest.approx(4.5)
    found = mlflow.search_traces(locations=[experiment], run_id=result.run_id, return_type="list")
    assert len(found) == 2


def test_a_scorer_that_raises_is_a_value(experiment: str) -> None:
    result = mlflow.genai.evaluate(data=DATA[:1], predict_fn=capital, scorers=[broken, length])
    (trace,) = mlflow.search_traces(locations=[experiment], run_id=result.run_id, return_type="list")
    by_name = {each.name: each for each in trace.info.assessments}
    assert "no judge" in by_name["broken"].error.error_message
    assert by_name["length"].value == 5


def test_evaluate_recorded_outputs(client: MlflowClient, experiment: str) -> None:
    data = [{**row, "outputs": "Paris"} for row in DATA]
    result = mlflow.genai.evaluate(data=data, scorers=[exact])
    assert client.get_run(result.run_id).data.metrics["exact/mean"] == pytest.approx(1 / 3)


class Remote(BaseHTTPRequestHandler):
    """A service that is called by the traced program and traces its own part."""

    def do_POST(self) -> None:
        with (
            set_tracing_context_from_http_request_headers(dict(self.headers)),
            mlflow.start_span("remote", span_type="TOOL") as span,
        ):
            span.set_inputs({"from": "afar"})
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_trace_across_services(experiment: str) -> None:
    remote = HTTPServer(("127.0.0.1", 0), Remote)
    thread = threading.Thread(target=remote.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        with mlflow.start_span("local") as root:
            headers = get_tracing_context_headers_for_http_request()
            httpx.post(f"http://127.0.0.1:{remote.server_port}/", headers=headers, timeout=30)
    finally:
        remote.shutdown()
        remote.server_close()
        thread.join()
    spans = {span.name: span for span in mlflow.get_trace(root.trace_id).data.spans}
    assert spans["remote"].parent_id == spans["local"].span_id
    assert spans["remote"].inputs == {"from": "afar"}


def test_prompts_linked_to_a_trace(client: MlflowClient, traced) -> None:
    trace_id = traced()
    prompt = PromptVersion("greeting", 3, "Hello {{name}}")
    client.link_prompt_versions_to_trace([prompt], trace_id)
    client.link_prompt_versions_to_trace([prompt], trace_id)
    trace = mlflow.get_trace(trace_id)
    assert json.loads(trace.info.tags["mlflow.linkedPrompts"]) == [{"name": "greeting", "version": "3"}]
    found = mlflow.search_traces(
        locations=[trace.info.experiment_id], filter_string="prompt = 'greeting/3'", return_type="list"
    )
    assert [each.info.trace_id for each in found] == [trace_id]


def test_autolog_of_a_provider(experiment: str) -> None:
    mlflow.openai.autolog()
    try:
        with replaying() as replay:
            given = recordings()["openai-chat"][0].request
            url = f"{replay.url}/openai-chat/v1"
            with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as provider:
                answer = provider.chat.completions.create(**given)
    finally:
        mlflow.openai.autolog(disable=True)
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
    (span,) = trace.data.spans
    assert span.span_type == "CHAT_MODEL"
    assert span.inputs["messages"] == given["messages"]
    assert span.outputs["choices"][0]["message"]["content"] == answer.choices[0].message.content
    assert trace.info.token_usage["input_tokens"] == 12
    assert trace.info.token_usage["total_tokens"] == 24
