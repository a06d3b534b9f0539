"""Labeling sessions through MLflow's own functions, which MLflow's open edition refuses: no other server is asked."""

import gc
import http.server
import os
import threading
import warnings
from collections.abc import Callable, Iterator

import mlflow
import mlflow.genai
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai.datasets import create_dataset
from mlflow.genai.labeling.stores import UnsupportedLabelingStoreURIException

import lodeline
from lodeline.domain.labeling import ReviewForm
from tests.conformance.conftest import TARGET
from tests.conformance.errors import refused

pytestmark = pytest.mark.skipif(TARGET in os.environ, reason="MLflow's open edition has no labeling sessions")


def test_a_session_from_creation_to_a_dataset(
    experiment: str, name: str, traced: Callable[..., str], url: str
) -> None:
    session = mlflow.genai.create_labeling_session(name, assigned_users=["ann"], label_schemas=["expected_response"])
    assert (session.name, session.assigned_users, session.label_schemas) == (name, ["ann"], ["expected_response"])
    assert session.experiment_id == experiment
    assert session.url.startswith(url)
    trace_id = traced("what?")
    session = session.add_traces([mlflow.get_trace(trace_id)])
    with lodeline.LodelineClient(url) as client:
        [item] = client.labeling_items.list(session.mlflow_run_id)
        assert item.target.trace_id == trace_id
        form = ReviewForm(answers={"expected_response": "That."})
        client.reviews.submit(item.item_id, form, reviewer="ann")
    dataset = create_dataset(name=name, experiment_id=[experiment])
    session.sync(to_dataset=name)
    [record] = dataset.to_df().to_dict("records")
    assert record["expectations"] == {"expected_response": "That."}


def test_sessions_are_listed_changed_and_deleted(experiment: str, name: str) -> None:
    first = mlflow.genai.create_labeling_session(name)
    assert first.label_schemas == ["Feedback"]
    assert [each.name for each in mlflow.genai.get_labeling_sessions()] == [name]
    assert mlflow.genai.get_labeling_session(first.mlflow_run_id).name == name
    assert first.set_assigned_users(["ann", "bob"]).assigned_users == ["ann", "bob"]
    mlflow.genai.delete_labeling_session(first)
    assert mlflow.genai.get_labeling_sessions() == []


def test_records_of_a_dataset(experiment: str, name: str) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment])
    dataset.merge_records([{"inputs": {"i": i}} for i in range(3)])
    session = mlflow.genai.create_labeling_session(name).add_dataset(name)
    assert session.name == name
    with refused("RESOURCE_DOES_NOT_EXIST"):
        session.add_dataset("none")


def test_what_needs_an_agent_is_refused(experiment: str, name: str) -> None:
    for more in ({"agent": "a"}, {"enable_multi_turn_chat": True}, {"custom_inputs": {"a": 1}}):
        with refused("INVALID_PARAMETER_VALUE"):
            mlflow.genai.create_labeling_session(name, **more)


class _Other(http.server.BaseHTTPRequestHandler):
    """A server that is not Lodeline."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def other() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Other)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_another_server_gets_mlflows_own_error(other: str) -> None:
    mlflow.set_tracking_uri(other)
    with pytest.raises(UnsupportedLabelingStoreURIException):
        mlflow.genai.create_labeling_session("x")
    with pytest.raises(MlflowException):
        mlflow.genai.get_labeling_sessions()


def test_no_connection_is_left_open(experiment: str, name: str) -> None:
    session = mlflow.genai.create_labeling_session(name)
    gc.collect()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        assert mlflow.genai.get_labeling_session(session.mlflow_run_id).name == name
        gc.collect()
    assert [str(each.message) for each in said] == []
