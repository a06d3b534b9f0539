"""The real `mlflow` client against a running server: ours, or the one at the address in LODELINE_CONFORMANCE_URL.

Cases say what a client may rely on; each must pass against MLflow's own server, too, or it is no case.
`tools/mlflow_conformance.py` runs both and writes the table in docs/reference/mlflow.md.
"""

import os
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import serving

TARGET = "LODELINE_CONFORMANCE_URL"
# Before the client is imported: it must neither hang on a fault that stays nor call home.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the client's own imports warn of
    import mlflow
    import mlflow.genai  # pyright: ignore[reportUnusedImport]
    from mlflow import MlflowClient
    from mlflow.store.tracking.rest_store import RestStore
    from mlflow.utils.rest_utils import MlflowHostCreds

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings of the client are its own."""
    paths = {path for path in {item.path for item in items} if _HERE in path.parents}
    for item in items:
        if item.path in paths:
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the server."""
    given = os.environ.get(TARGET)
    if given:
        yield given
        return
    with serving(tmp_path_factory.mktemp("conformance") / "store") as server:
        yield server.url


@pytest.fixture(autouse=True)
def connected(url: str) -> Iterator[None]:
    """Point the client at the server, and leave nothing behind in it."""
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    yield
    while mlflow.active_run() is not None:
        mlflow.end_run()


@pytest.fixture
def client(url: str) -> MlflowClient:
    """Give the low-level client."""
    return MlflowClient(url, url)


@pytest.fixture
def store(url: str) -> RestStore:
    """Give the client's store, for calls that its public names do not make."""
    return RestStore(lambda: MlflowHostCreds(url))


@pytest.fixture
def name() -> str:
    """Give a name that no other case uses."""
    return f"case-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def experiment(client: MlflowClient, name: str) -> str:
    """Give a new experiment, which is the active one."""
    made = client.create_experiment(name)
    mlflow.set_experiment(experiment_id=made)
    return made


@pytest.fixture
def traced(experiment: str) -> Callable[..., str]:
    """Give what logs a trace of a root with one child and returns its id."""

    def trace(
        question: str = "hello", *, tags: dict[str, str] | None = None, metadata: dict[str, str] | None = None,
        fail: bool = False, root: str = "answer", child: str = "search", kind: str = "CHAIN",
    ) -> str:  # fmt: skip
        try:
            with mlflow.start_span(root, span_type=kind) as span:
                span.set_inputs({"question": question})
                mlflow.update_current_trace(tags=tags or {}, metadata=metadata or {})
                with mlflow.start_span(child, span_type="RETRIEVER") as inner:
                    inner.set_inputs({"query": question})
                    inner.set_outputs([{"page_content": "a page"}])
                    inner.set_attribute("top_k", 3)
                    inner.set_attribute("index", "main-index")
                if fail:
                    raise ValueError("it failed")
                span.set_outputs({"answer": question.upper()})
        except ValueError:
            pass
        made = mlflow.get_last_active_trace_id()
        assert made is not None
        return made

    return trace
