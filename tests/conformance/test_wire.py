"""The protocol itself, as clients of any language and release send it."""

import base64
import json
import math
import time
import uuid

import httpx
import mlflow
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@pytest.fixture
def http(url: str):
    with httpx.Client(base_url=url, timeout=60) as opened:
        yield opened


def export(name: str = "root", *, parent: bytes = b"", trace_id: bytes | None = None, **attributes: str):
    """Return an export request with one span, and the id of its trace."""
    trace_id = trace_id or uuid.uuid4().bytes
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    span = group.scope_spans.add().spans.add(
        trace_id=trace_id, span_id=uuid.uuid4().bytes[:8], parent_span_id=parent, name=name,
        start_time_unix_nano=1_700_000_000_000_000_000, end_time_unix_nano=1_700_000_000_250_000_000,
    )  # fmt: skip
    for key, value in attributes.items():
        span.attributes.add(key=key.replace("__", ".")).value.string_value = value
    return request, f"tr-{trace_id.hex()}"


def send(http: httpx.Client, experiment: str, request: ExportTraceServiceRequest, **headers: str) -> httpx.Response:
    given = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": experiment, **headers}
    return http.post("/v1/traces", content=request.SerializeToString(), headers=given)


def info(trace_id: str, experiment: str, **more: object) -> dict[str, object]:
    return {
        "trace": {
            "trace_info": {
                "trace_id": trace_id,
                "trace_location": {
                    "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment},
                },
                "request_time": "2023-11-14T22:13:19.500Z", "execution_duration": "1.250s", "state": "ERROR",
                "tags": {"mlflow.traceName": "told"}, "trace_metadata": {"m": "1"}, **more,
            }
        }
    }  # fmt: skip


def test_otlp_is_answered_empty(http: httpx.Client, experiment: str) -> None:
    request, trace_id = export()
    answer = send(http, experiment, request)
    assert (answer.status_code, answer.content) == (200, b"")
    found = mlflow.get_trace(trace_id).info
    assert (found.request_time, found.execution_duration, found.state) == (1_700_000_000_000, 250, "OK")
    assert found.experiment_id == experiment


def test_otlp_without_a_root_is_in_progress(http: httpx.Client, experiment: str) -> None:
    request, trace_id = export(parent=b"12345678")
    send(http, experiment, request)
    assert mlflow.get_trace(trace_id).info.state == "IN_PROGRESS"


def test_json_texts_read_back_as_objects(http: httpx.Client, experiment: str) -> None:
    request, trace_id = export(mlflow__spanInputs='{"q": [1]}', mlflow__spanOutputs='"said"', session__id="s-9")
    send(http, experiment, request)
    trace = mlflow.get_trace(trace_id)
    assert trace.data.spans[0].inputs == {"q": [1]}
    assert trace.info.trace_metadata["mlflow.trace.session"] == "s-9"
    assert json.loads(trace.info.request_preview) == {"q": [1]}


def test_genai_conventions_are_translated(http: httpx.Client, experiment: str) -> None:
    request, trace_id = export("chat", gen_ai__operation__name="chat", gen_ai__request__model="gpt-x")
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 7
    span.attributes.add(key="gen_ai.usage.output_tokens").value.int_value = 2
    send(http, experiment, request)
    trace = mlflow.get_trace(trace_id)
    assert trace.data.spans[0].span_type == "CHAT_MODEL"
    assert trace.info.token_usage == {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}


def test_a_run_header_links(http: httpx.Client, client, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    request, trace_id = export()
    send(http, experiment, request, **{"x-mlflow-run-id": run_id})
    found = mlflow.search_traces(locations=[experiment], run_id=run_id, return_type="list")
    assert [trace.info.trace_id for trace in found] == [trace_id]


def test_otlp_to_an_unknown_experiment(http: httpx.Client) -> None:
    assert send(http, "2000000000", export()[0]).status_code == 404


@pytest.mark.parametrize("spans_first", [True, False])
def test_what_a_client_says_wins_over_spans(http: httpx.Client, experiment: str, spans_first: bool) -> None:
    request, trace_id = export()
    told = info(trace_id, experiment, request_preview="asked", client_request_id="r-1")
    steps = [lambda: send(http, experiment, request), lambda: http.post("/api/3.0/mlflow/traces", json=told)]
    for step in steps if spans_first else steps[::-1]:
        assert step().status_code == 200
    found = mlflow.get_trace(trace_id).info
    assert (found.request_time, found.execution_duration, found.state) == (1_699_999_999_500, 1_250, "ERROR")
    assert (found.tags["mlflow.traceName"], found.trace_metadata["m"]) == ("told", "1")
    assert (found.request_preview, found.client_request_id) == ("asked", "r-1")
    assert found.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"


def test_spans_put_into_a_file_are_read_from_there(http: httpx.Client, experiment: str, traced) -> None:
    spans = [span.to_dict() for span in mlflow.get_trace(traced()).data.spans]
    _, trace_id = export()
    answer = http.post("/api/3.0/mlflow/traces", json=info(trace_id, experiment)).json()["trace"]["trace_info"]
    assert answer["tags"].get("mlflow.trace.spansLocation") != "TRACKING_STORE"
    place = answer["tags"]["mlflow.artifactLocation"].removeprefix("mlflow-artifacts:/")
    put = http.put(f"/api/2.0/mlflow-artifacts/artifacts/{place}/traces.json", json={"spans": spans})
    assert put.status_code == 200
    assert [span.name for span in mlflow.get_trace(trace_id).data.spans] == ["answer", "search"]


def test_camel_case_and_unknown_fields_are_read(http: httpx.Client, experiment: str) -> None:
    answer = http.post(
        "/api/2.0/mlflow/runs/create", json={"experimentId": experiment, "startTime": "5000", "runName": "camel"}
    )
    run = answer.json()["run"]["info"]
    assert (run["run_name"], run["start_time"], run["run_uuid"]) == ("camel", 5000, run["run_id"])


def test_span_json(http: httpx.Client, experiment: str) -> None:
    request, trace_id = export()
    sent = request.resource_spans[0].scope_spans[0].spans[0]
    send(http, experiment, request)
    answer = http.get("/api/3.0/mlflow/traces/get", params={"trace_id": trace_id, "allow_partial": "True"})
    (span,) = answer.json()["trace"]["spans"]
    assert base64.b64decode(span["trace_id"]) == sent.trace_id
    assert base64.b64decode(span["span_id"]) == sent.span_id
    assert span["start_time_unix_nano"] == 1_700_000_000_000_000_000
    assert span.get("status", {}).get("code", "STATUS_CODE_UNSET") == "STATUS_CODE_UNSET"


def test_times_and_durations_are_texts(http: httpx.Client, experiment: str) -> None:
    _, trace_id = export()
    answer = http.post("/api/3.0/mlflow/traces", json=info(trace_id, experiment)).json()["trace"]["trace_info"]
    assert (answer["request_time"], answer["execution_duration"]) == ("2023-11-14T22:13:19.500Z", "1.250s")
    assert answer["state"] == "ERROR"


def test_batches_pass_over_unknown_ids(http: httpx.Client, experiment: str) -> None:
    request, trace_id = export()
    send(http, experiment, request)
    ids = [trace_id, "tr-" + "0" * 32]
    whole = http.get("/api/3.0/mlflow/traces/batchGet", params={"trace_ids": ids}).json()["traces"]
    assert [each["trace_info"]["trace_id"] for each in whole] == [trace_id]
    infos = http.post("/api/3.0/mlflow/traces/batchGetInfos", json={"trace_ids": ids}).json()["trace_infos"]
    assert [each["trace_id"] for each in infos] == [trace_id]


def test_missing_and_wrong_parameters(http: httpx.Client, experiment: str) -> None:
    for method, path, body in (
        ("POST", "/api/2.0/mlflow/experiments/create", {}),
        ("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": experiment, "start_time": "soon"}),
        ("POST", "/api/3.0/mlflow/traces/search", {"locations": [], "max_results": 501}),
        ("POST", "/api/2.0/mlflow/experiments/search", {"max_results": 0}),
    ):
        answer = http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_an_unknown_route_is_no_missing_entity(http: httpx.Client) -> None:
    answer = http.get("/api/2.0/mlflow/no-such-endpoint")
    assert answer.status_code == 404
    assert "RESOURCE_DOES_NOT_EXIST" not in answer.text


def test_nan_is_a_text(http: httpx.Client, client, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    body = {"run_id": run_id, "key": "m", "value": "NaN", "timestamp": 1}
    assert http.post("/api/2.0/mlflow/runs/log-metric", json=body).status_code == 200
    (metric,) = http.get("/api/2.0/mlflow/runs/get", params={"run_id": run_id}).json()["run"]["data"]["metrics"]
    assert metric["value"] == "NaN"
    assert metric["step"] == 0


def test_limits_of_a_batch(http: httpx.Client, client, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    for body in (
        {"params": [{"key": f"k{n}", "value": "v"} for n in range(101)]},
        {"tags": [{"key": f"k{n}", "value": "v"} for n in range(101)]},
        {"metrics": [{"key": "m", "value": 1, "timestamp": n, "step": n} for n in range(1001)]},
        {"params": [{"key": "k" * 251, "value": "v"}]},
    ):
        answer = http.post("/api/2.0/mlflow/runs/log-batch", json={"run_id": run_id, **body})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert client.get_run(run_id).data.params == {}


def test_long_values_are_cut(http: httpx.Client, client, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    body = {"params": [{"key": "p", "value": "v" * 6_001}], "tags": [{"key": "t", "value": "v" * 8_001}]}
    assert http.post("/api/2.0/mlflow/runs/log-batch", json={"run_id": run_id, **body}).status_code == 200
    data = client.get_run(run_id).data
    assert (len(data.params["p"]), len(data.tags["t"])) == (6_000, 8_000)


def test_correlation(http: httpx.Client, experiment: str) -> None:
    for n in range(4):
        with mlflow.start_span("root"):
            mlflow.update_current_trace(tags={"a": "1" if n < 2 else "0", "b": "1" if n == 0 else "0"})
    body = {"experiment_ids": [experiment], "filter_string1": "tags.a = '1'", "filter_string2": "tags.b = '1'"}
    found = http.post("/api/3.0/mlflow/traces/calculate-filter-correlation", json=body).json()
    assert [int(found[f"{name}_count"]) for name in ("filter1", "filter2", "joint", "total")] == [2, 1, 1, 4]
    assert found["npmi"] == pytest.approx(math.log(2) / math.log(4))
    assert 0 < found["npmi_smoothed"] < found["npmi"]


def measured(http: httpx.Client, experiment: str, **query: object) -> list[tuple[dict[str, str], dict[str, float]]]:
    body = {"experiment_ids": [experiment], "aggregations": [{"aggregation_type": "COUNT"}], **query}
    answer = http.post("/api/3.0/mlflow/traces/metrics", json=body)
    assert answer.status_code == 200, answer.text
    points = answer.json().get("data_points", [])
    return [(each.get("dimensions", {}), each["values"]) for each in points]


def test_metrics_of_traces_and_spans(http: httpx.Client, experiment: str, traced) -> None:
    traced(metadata={"mlflow.trace.session": "s"})
    traced(fail=True, tags={"k": "v"}, metadata={"mlflow.trace.session": "s"})
    traced(root="other")
    assert measured(http, experiment, view_type="TRACES", metric_name="trace_count") == [({}, {"COUNT": 3})]
    assert measured(http, experiment, view_type="TRACES", metric_name="session_count") == [({}, {"COUNT": 1})]
    by_name = measured(
        http, experiment, view_type="TRACES", metric_name="trace_count", dimensions=["trace_name", "trace_status"]
    )
    assert sorted((where["trace_name"], where["trace_status"], values["COUNT"]) for where, values in by_name) == [
        ("answer", "ERROR", 1), ("answer", "OK", 1), ("other", "OK", 1),
    ]  # fmt: skip
    for clause in ("trace.status = 'ERROR'", "trace.tag.k = 'v'"):
        found = measured(http, experiment, view_type="TRACES", metric_name="trace_count", filters=[clause])
        assert found == [({}, {"COUNT": 1})]
    found = measured(http, experiment, view_type="SPANS", metric_name="span_count", filters=["span.type = 'CHAIN'"])
    assert found == [({}, {"COUNT": 3})]
    by_type = measured(http, experiment, view_type="SPANS", metric_name="span_count", dimensions=["span_type"])
    assert sorted((*where.values(), values["COUNT"]) for where, values in by_type) == [("CHAIN", 3), ("RETRIEVER", 3)]


def test_metrics_of_latency_over_time(http: httpx.Client, experiment: str) -> None:
    for n, length_ms in enumerate((100, 200, 600)):
        _, trace_id = export()
        told = info(
            trace_id, experiment, state="OK", request_time=f"2023-11-14T22:0{n // 2}:00Z",
            execution_duration=f"{length_ms / 1000:.3f}s",
        )  # fmt: skip
        http.post("/api/3.0/mlflow/traces", json=told)
    kinds = [{"aggregation_type": kind} for kind in ("AVG", "MIN", "MAX")]
    kinds.append({"aggregation_type": "PERCENTILE", "percentile_value": 50})
    ((_, values),) = measured(http, experiment, view_type="TRACES", metric_name="latency", aggregations=kinds)
    assert values == {"AVG": 300, "MIN": 100, "MAX": 600, "P50.0": 200}
    over_time = measured(
        http, experiment, view_type="TRACES", metric_name="latency", aggregations=kinds[:1],
        time_interval_seconds=60, start_time_ms=1_699_990_000_000, end_time_ms=1_700_010_000_000,
    )  # fmt: skip
    assert over_time == [
        ({"time_bucket": "2023-11-14T22:00:00+00:00"}, {"AVG": 150}),
        ({"time_bucket": "2023-11-14T22:01:00+00:00"}, {"AVG": 600}),
    ]


def test_metrics_of_assessments(http: httpx.Client, experiment: str, traced) -> None:
    for value in (1, 2, 6):
        mlflow.log_feedback(trace_id=traced(), name="score", value=value)
    first = mlflow.log_feedback(trace_id=traced(), name="ok", value=True)
    mlflow.override_feedback(trace_id=first.trace_id, assessment_id=first.assessment_id, value=False)
    counts = measured(
        http, experiment, view_type="ASSESSMENTS", metric_name="assessment_count", dimensions=["assessment_name"]
    )
    assert sorted((*where.values(), values["COUNT"]) for where, values in counts) == [("ok", 1), ("score", 3)]
    ((_, values),) = measured(
        http, experiment, view_type="ASSESSMENTS", metric_name="assessment_value",
        aggregations=[{"aggregation_type": "AVG"}, {"aggregation_type": "MAX"}],
        filters=["assessment.name = 'score'"],
    )  # fmt: skip
    assert values == {"AVG": 3, "MAX": 6}


def test_wrong_metrics(http: httpx.Client, experiment: str) -> None:
    for query in (
        {"view_type": "TRACES", "metric_name": "nonsense"},
        {"view_type": "TRACES", "metric_name": "latency"},
        {"view_type": "TRACES", "metric_name": "trace_count", "dimensions": ["span_name"]},
        {"view_type": "TRACES", "metric_name": "trace_count", "time_interval_seconds": 60},
    ):
        body = {"experiment_ids": [experiment], "aggregations": [{"aggregation_type": "COUNT"}], **query}
        answer = http.post("/api/3.0/mlflow/traces/metrics", json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_the_api_before_v3(http: httpx.Client, experiment: str) -> None:
    now_ms = int(time.time() * 1000)
    begun = http.post(
        "/api/2.0/mlflow/traces",
        json={
            "experiment_id": experiment, "timestamp_ms": now_ms, "tags": [{"key": "t", "value": "1"}],
            "request_metadata": [{"key": "m", "value": "2"}],
        },
    ).json()["trace_info"]  # fmt: skip
    assert (begun["status"], int(begun["timestamp_ms"])) == ("IN_PROGRESS", now_ms)
    ident = begun["request_id"]
    body = {"timestamp_ms": now_ms + 70, "status": "OK", "request_metadata": [], "tags": []}
    ended = http.patch(f"/api/2.0/mlflow/traces/{ident}", json=body).json()["trace_info"]
    assert (ended["status"], int(ended["execution_time_ms"])) == ("OK", 70)
    found = http.get(f"/api/2.0/mlflow/traces/{ident}/info").json()["trace_info"]
    assert {"key": "m", "value": "2"} in found["request_metadata"]
    assert {"key": "t", "value": "1"} in found["tags"]


def test_costs_and_providers_of_spans(http: httpx.Client, experiment: str) -> None:
    for provider, into, out in (("openai", 0.25, 0.5), ("openai", 0.5, 1.0), ("anthropic", 1.0, 2.0)):
        request, _ = export("chat", mlflow__spanType="CHAT_MODEL", mlflow__llm__model="m")
        span = request.resource_spans[0].scope_spans[0].spans[0]
        span.attributes.add(key="mlflow.llm.provider").value.string_value = provider
        cost = {"input_cost": into, "output_cost": out, "total_cost": into + out}
        span.attributes.add(key="mlflow.llm.cost").value.string_value = json.dumps(cost)
        send(http, experiment, request)
    found = {
        name: measured(
            http, experiment, view_type="SPANS", metric_name=name, dimensions=["span_model_provider"],
            aggregations=[{"aggregation_type": "SUM"}],
        )
        for name in ("input_cost", "output_cost", "total_cost")
    }  # fmt: skip
    sums = {name: {where["span_model_provider"]: values["SUM"] for where, values in of} for name, of in found.items()}
    assert sums == {
        "input_cost": {"openai": 0.75, "anthropic": 1.0},
        "output_cost": {"openai": 1.5, "anthropic": 2.0},
        "total_cost": {"openai": 2.25, "anthropic": 3.0},
    }


def test_feedback_of_a_session_covers_its_traces(http: httpx.Client, experiment: str, traced) -> None:
    first, second, other = (traced(metadata={"mlflow.trace.session": name}) for name in ("s-1", "s-1", "s-2"))
    mlflow.log_feedback(trace_id=first, name="helpful", value=True, metadata={"mlflow.trace.session": "s-1"})
    mlflow.log_feedback(trace_id=other, name="clear", value=True)

    def ids(text: str) -> set[str]:
        found = mlflow.search_traces(locations=[experiment], filter_string=text, return_type="list")
        return {trace.info.trace_id for trace in found}

    assert ids("feedback.helpful = 'true'") == {first, second}
    assert ids("feedback.helpful IS NOT NULL") == {first, second}
    assert ids("feedback.helpful IS NULL") == {other}
    assert ids("feedback.helpful = 'false'") == set()
    assert ids("feedback.clear = 'true'") == {other}


def test_a_path_with_a_newline_is_no_missing_entity(http: httpx.Client) -> None:
    answer = http.get("/api/2.0/mlflow/no%0athing")
    assert answer.status_code == 404
    assert "RESOURCE_DOES_NOT_EXIST" not in answer.text
    assert not answer.text.startswith('{"type"')


def test_runs_have_inputs_even_when_there_are_none(http: httpx.Client, experiment: str) -> None:
    body = {"experiment_id": experiment, "start_time": 1}
    assert http.post("/api/2.0/mlflow/runs/create", json=body).json()["run"]["inputs"] == {}


def test_runs_by_artifact_uri(http: httpx.Client, client, experiment: str) -> None:
    run = client.create_run(experiment).info
    client.create_run(experiment)
    for clause in (f"attributes.artifact_uri = '{run.artifact_uri}'", f"artifact_uri LIKE '%{run.run_id}%'"):
        found = client.search_runs([experiment], clause)
        assert [each.info.run_id for each in found] == [run.run_id]


def test_what_is_no_time_is_equal_to_none(http: httpx.Client, experiment: str, traced) -> None:
    traced()
    body = {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}]}
    answer = http.post("/api/3.0/mlflow/traces/search", json={**body, "filter": "timestamp_ms = 'abc'"})
    assert (answer.status_code, answer.json().get("traces")) == (200, None)


def test_deleting_a_dataset_that_there_is_not_is_fine(http: httpx.Client) -> None:
    answer = http.request("DELETE", "/api/3.0/mlflow/datasets/d-none", json={})
    assert (answer.status_code, answer.json()) == (200, {})
