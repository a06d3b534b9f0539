"""A version that is only named: kept by the server, one for all programs that name it, and never in their way."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

import lodeline
from lodeline.domain.model import ModelDraft
from lodeline.local import connect
from lodeline.sdk import default_client, named_models, provider
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.fluent_models import named_model
from lodeline.testing import capture_traces
from tests.e2e.harness import serving

PROGRAM = """
import lodeline, lodeline.sdk.named_models as named
named.ANSWER_S = 60
lodeline.configure(experiment="shop")
with lodeline.set_active_model("commit-ab12") as active, lodeline.start_span("answer"):
    print(active.model_id)
lodeline.flush()
"""


def started(server_url: str, spool: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "LODELINE_URL": server_url, "LODELINE_SPOOL_DIR": str(spool)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=env, stdout=subprocess.PIPE, text=True)


def test_programs_that_name_a_version_at_one_time_share_it(tmp_path: Path) -> None:
    with serving(tmp_path / "store") as server, server.client() as client:
        programs = [started(server.url, tmp_path / "spool") for _ in range(3)]
        said = {program.communicate(timeout=120)[0].strip() for program in programs}
        assert [program.returncode for program in programs] == [0, 0, 0]
        (model,) = client.models.search(experiment="shop").all()
        assert said == {model.model_id}
        assert (model.name, model.status, model.git) == ("commit-ab12", "READY", None)
        traces = client.traces.search(experiment="shop").all()
        assert [trace.model_id for trace in traces] == [model.model_id] * 3


@pytest.fixture
def local() -> Generator[LodelineClient]:
    """A store of the test's own, which the fluent functions use, and tracing that sends nothing elsewhere."""
    with connect("memory:") as client:
        default_client.set_default_client(client)
        yield client
        default_client.set_default_client(None)


def test_a_name_is_the_latest_version_of_it_or_an_id(local: LodelineClient) -> None:
    local.models.create(ModelDraft("bot", params={"top_k": "3"}))
    second = local.models.create(ModelDraft("bot", params={"top_k": "5"}))
    assert named_model("bot") == second
    assert named_model(second.model_id) == second
    local.models.delete(second.model_id)
    assert named_model("bot").params == {"top_k": "3"}
    made = named_model("it's new")
    assert named_model("it's new") == made
    local.models.delete(made.model_id)
    again = named_model("it's new")
    assert again.model_id != made.model_id
    assert again.lifecycle == "ACTIVE"


@contextlib.contextmanager
def silent() -> Generator[str]:
    """Give the address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def run_against(url: str, spool: Path, wait_s: str, more: str = "") -> str:
    program = f"""
import lodeline, lodeline.sdk.named_models as named
named.ANSWER_S = {wait_s}
lodeline.configure(url="{url}", exit_timeout_s=0)
with lodeline.set_active_model("v1") as active:
    print(active.model_id)
{more}
"""
    env = {**os.environ, "LODELINE_SPOOL_DIR": str(spool)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.strip() + done.stderr


def test_a_server_that_is_not_there_or_says_nothing_disturbs_nothing(tmp_path: Path) -> None:
    assert run_against("http://127.0.0.1:9", tmp_path, "60").startswith("v1")
    with silent() as url:
        said = run_against(url, tmp_path, "0.2")
    assert said.startswith("v1")
    assert "has not said within" in said


def test_a_server_that_said_nothing_is_not_waited_for_again(tmp_path: Path) -> None:
    more = """
named.ANSWER_S = 1_000_000
for name in ("v2", "v3"):
    with lodeline.set_active_model(name) as active:
        print(active.model_id)
"""
    with silent() as url:
        said = run_against(url, tmp_path, "0.2", more)
    assert said.startswith("v1\nv2\nv3")


def test_threads_that_name_versions_at_one_time_are_told_their_own(
    local: LodelineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2)

    def met(name: str) -> object:
        found = named_model(name)
        both.wait(60)
        return found

    told: dict[str, str] = {}

    def name_it(name: str) -> None:
        told[name] = lodeline.set_active_model(name).model_id

    monkeypatch.setattr("lodeline.sdk.fluent_models.named_model", met)
    monkeypatch.setattr(named_models, "ANSWER_S", 60.0)
    with capture_traces():
        provider.runtime.sends = True
        threads = [threading.Thread(target=name_it, args=(name,)) for name in ("v1", "v2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert told == {model.name: model.model_id for model in local.models.search().all()}


def test_an_answer_that_comes_late_is_taken(
    local: LodelineClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = threading.Event()

    def held(name: str) -> object:
        asked.wait(60)
        return named_model(name)

    monkeypatch.setattr("lodeline.sdk.fluent_models.named_model", held)
    monkeypatch.setattr(named_models, "ANSWER_S", 0.01)
    monkeypatch.setattr(named_models, "_silent_until", 0.0)
    with capture_traces():
        provider.runtime.sends = True  # until the capture ends
        with lodeline.set_active_model("v1") as active:
            assert (active.model_id, provider.get_defaults().model_id) == ("v1", "v1")
            asked.set()
            for thread in threading.enumerate():
                if thread.name == "lodeline-model":
                    thread.join(60)
            (model,) = local.models.search().all()
            assert provider.get_defaults().model_id == model.model_id
