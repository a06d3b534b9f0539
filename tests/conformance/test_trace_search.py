"""MLflow's filter grammar for traces, its orders and pages."""

import time

import mlflow
import pytest
from mlflow import MlflowClient

from tests.conformance.errors import refused


@pytest.fixture(scope="module")
def four(url: str) -> tuple[str, list[str]]:
    """Give an experiment with four traces, oldest first, and their ids."""
    mlflow.set_tracking_uri(url)
    experiment = MlflowClient(url).create_experiment(f"search-{time.time_ns()}")
    mlflow.set_experiment(experiment_id=experiment)
    ids = []
    for n in range(4):
        try:
            with mlflow.start_span(f"root-{n % 2}", span_type="AGENT" if n == 0 else "CHAIN") as span:
                span.set_inputs({"q": f"question {n}", "words": "Needle in Hay" if n == 1 else "nothing"})
                metadata = {"mlflow.trace.session": "s1" if n < 2 else "s2", "team": "a b" if n == 2 else "c"}
                mlflow.update_current_trace(
                    tags={"n": str(n), **({"rare.key": "Yes"} if n == 3 else {})}, metadata=metadata,
                    client_request_id=f"req-{n}",
                )  # fmt: skip
                with mlflow.start_span(f"tool-{n}", span_type="TOOL") as tool:
                    tool.set_attribute("tool.args", f"value-{n}")
                    if n == 2:
                        raise ValueError("tool broke")
        except ValueError:
            pass
        ids.append(span.trace_id)  # pyright: ignore[reportPossiblyUnboundVariable]
        time.sleep(0.005)
    mlflow.log_feedback(trace_id=ids[0], name="score", value=5)
    mlflow.log_feedback(trace_id=ids[1], name="score", value=2.5)
    mlflow.log_feedback(trace_id=ids[2], name="score", value="high")
    mlflow.log_feedback(trace_id=ids[3], name="ok", value=True)
    mlflow.log_expectation(trace_id=ids[3], name="answer", value="Paris")
    first = mlflow.log_feedback(trace_id=ids[1], name="ok", value=True)
    mlflow.override_feedback(trace_id=ids[1], assessment_id=first.assessment_id, value=False)
    run = MlflowClient(url).create_run(experiment)
    MlflowClient(url).link_traces_to_run([ids[2]], run.info.run_id)
    MlflowClient(url).set_tag(run.info.run_id, "x", "y")
    return experiment, ids


def found(four: tuple[str, list[str]], clause: str | None, **options) -> list[int]:
    experiment, ids = four
    traces = mlflow.search_traces(
        locations=[experiment], filter_string=clause, return_type="list", include_spans=False, **options
    )
    return [ids.index(trace.info.trace_id) for trace in traces]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (None, [3, 2, 1, 0]),
        ("", [3, 2, 1, 0]),
        ("status = 'ERROR'", [2]),
        ("trace.status != 'ERROR'", [3, 1, 0]),
        ("attributes.status IN ('OK', 'ERROR')", [3, 2, 1, 0]),
        ("name = 'root-1'", [3, 1]),
        ("trace.name LIKE 'root%' AND status = 'OK'", [3, 1, 0]),
        ("name ILIKE 'ROOT-0'", [2, 0]),
        ("name RLIKE '^root-[1]$'", [3, 1]),
        ("client_request_id = 'req-2'", [2]),
        ("tags.n = '1'", [1]),
        ("tag.n != '1'", [3, 2, 0]),
        ("tags.`rare.key` = 'Yes'", [3]),
        ('tags."rare.key" = "Yes"', [3]),
        ("tags.`rare.key` != 'No'", [3]),
        ("tags.`rare.key` IS NULL", [2, 1, 0]),
        ("tags.`rare.key` IS NOT NULL", [3]),
        ("tags.`rare.key` ILIKE 'y%'", [3]),
        ("tags.`rare.key` LIKE 'y%'", []),
        ("metadata.team = 'a b'", [2]),
        ("request_metadata.team LIKE '% b'", [2]),
        ("metadata.`mlflow.trace.session` = 's1'", [1, 0]),
        ("metadata.mlflow.trace.session = 's2'", [3, 2]),
        ("metadata.absent IS NULL", [3, 2, 1, 0]),
        ("span.name = 'tool-1'", [1]),
        ("span.name LIKE 'tool-%'", [3, 2, 1, 0]),
        ("span.name IN ('tool-1', 'tool-3')", [3, 1]),
        ("span.type = 'AGENT'", [0]),
        ("span.type = 'TOOL' AND span.status = 'ERROR'", [2]),
        ("span.type = 'AGENT' AND span.name = 'tool-0'", []),
        ("span.status = 'ERROR' AND span.name = 'tool-2'", [2]),
        ("span.attributes.tool.args LIKE '%value-1%'", [1]),
        ("span.attributes.`tool.args` ILIKE '%VALUE-3%'", [3]),
        ("span.attributes.tool.args RLIKE 'value-[02]'", [2, 0]),
        ("span.content LIKE '%Needle in%'", [1]),
        ("span.content ILIKE '%needle IN%'", [1]),
        ("trace.text ILIKE '%needle%'", [1]),
        ("trace.text LIKE '%needle%'", []),
        ("feedback.score > 2", [1, 0]),
        ("feedback.score >= 5", [0]),
        ("feedback.score < 3", [1]),
        ("feedback.score = '5.0'", [0]),
        ("feedback.score = 'high'", [2]),
        ("feedback.score LIKE '%hi%'", [2]),
        ("feedback.ok = 'true'", [3]),
        ("feedback.ok = 'false'", [1]),
        ("feedback.score IS NULL", [3]),
        ("feedback.score IS NOT NULL", [2, 1, 0]),
        ("expectation.answer = 'Paris'", [3]),
        ("expectation.answer IS NULL AND status = 'OK'", [1, 0]),
        ("status = 'OK' AND tags.n = '3' AND span.type = 'TOOL'", [3]),
        ("execution_time >= 0", [3, 2, 1, 0]),
        ("execution_time_ms > 100000000", []),
    ],
)
def test_filter(four: tuple[str, list[str]], clause: str | None, expected: list[int]) -> None:
    assert found(four, clause) == expected


def test_filter_by_time_and_id(four: tuple[str, list[str]]) -> None:
    at_ms = mlflow.get_trace(four[1][1]).info.request_time
    assert found(four, f"timestamp_ms > {at_ms}") == [3, 2]
    assert found(four, f"timestamp <= {at_ms}") == [1, 0]
    assert found(four, f"trace.timestamp_ms = {at_ms}") == [1]
    assert found(four, f"request_id = '{four[1][2]}'") == [2]


def test_filter_by_run(client: MlflowClient, four: tuple[str, list[str]]) -> None:
    (run,) = client.search_runs([four[0]])
    assert found(four, f"run_id = '{run.info.run_id}'") == [2]
    assert found(four, f"attributes.run_id = '{run.info.run_id}' AND status = 'OK'") == []


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["timestamp ASC"], [0, 1, 2, 3]),
        (["timestamp_ms DESC"], [3, 2, 1, 0]),
        (["name ASC", "timestamp ASC"], [0, 2, 1, 3]),
        (["name DESC"], [3, 1, 2, 0]),
        (["status ASC", "timestamp_ms ASC"], [2, 0, 1, 3]),
        (["tags.n ASC"], [0, 1, 2, 3]),
        (["tags.`rare.key` ASC"], [3, 2, 1, 0]),
        (["metadata.team ASC"], [2, 3, 1, 0]),
    ],
)
def test_order(four: tuple[str, list[str]], order: list[str], expected: list[int]) -> None:
    assert found(four, None, order_by=order) == expected


def test_pages(client: MlflowClient, four: tuple[str, list[str]]) -> None:
    experiment, ids = four
    first = client.search_traces([experiment], max_results=3, include_spans=False)
    rest = client.search_traces([experiment], max_results=3, page_token=first.token, include_spans=False)
    assert [ids.index(trace.info.trace_id) for trace in [*first, *rest]] == [3, 2, 1, 0]
    assert first.token
    assert not rest.token


def test_most_results(four: tuple[str, list[str]]) -> None:
    assert found(four, None, max_results=2) == [3, 2]


@pytest.mark.parametrize(
    "wrong",
    ["nonsense = 'x'", "status > 'OK'", "name = 5", "timestamp_ms LIKE 'x'", "tags.n > '1'", "status = 'OK' OR 1",
     "NOT status = 'OK'", "(status = 'OK')", "run_id IN ('a')", "span.nonsense = 'x'", "span.name > 'x'",
     "feedback.score > 'x'", "prompt LIKE 'a/1'", "prompt = 'noversion'", "status ="],
)  # fmt: skip
def test_a_wrong_filter(four: tuple[str, list[str]], wrong: str) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        found(four, wrong)


@pytest.mark.parametrize("wrong", [["span.name ASC"], ["feedback.score"], ["nonsense"], ["timestamp SIDEWAYS"]])
def test_a_wrong_order(four: tuple[str, list[str]], wrong: list[str]) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        found(four, None, order_by=wrong)


def test_a_wrong_token(client: MlflowClient, four: tuple[str, list[str]]) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_traces([four[0]], page_token="nonsense", include_spans=False)
