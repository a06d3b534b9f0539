"""The command line against a server in a process of its own: ingest, tail, accounts, keys, exit codes."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Lodeline
from tests.cli.test_commands import otlp_file, trace_id
from tests.e2e.harness import Server, launch, serving
from tests.warm.client import COLD

PASSWORD = "correct horse battery staple"


@pytest.fixture
def server(store: Path) -> Iterator[Server]:
    with serving(store) as running:
        yield running


@pytest.fixture
def guarded(store: Path) -> Iterator[Server]:
    with serving(store, "--auth") as running:
        yield running


def test_a_server_takes_traces_and_shows_them(lodeline: Lodeline, server: Server, tmp_path: Path) -> None:
    lodeline("traces", "import", str(otlp_file(tmp_path)), "--server", server.url)
    assert "├─ call" in lodeline("traces", "get", trace_id(), "--server", server.url).out
    file = tmp_path / "out.zip"
    lodeline("experiments", "export", "0", str(file), "--server", server.url)
    again = lodeline("experiments", "import", str(file), "--as", "copy", "--server", server.url, code=5)
    assert "on this server already" in again.err


def test_a_store_can_be_opened_while_a_server_serves_it(
    lodeline: Lodeline, server: Server, store: Path, tmp_path: Path
) -> None:
    lodeline("traces", "import", str(otlp_file(tmp_path)), store=store)
    assert len(lodeline("traces", "search", "--json", "--server", server.url).lines()) == 1


def test_tail_follows_what_arrives(lodeline: Lodeline, server: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lodeline.cli.main", "traces", "tail", "--json", "--interval", "0.1"]
    lodeline("traces", "import", str(otlp_file(tmp_path, number=1)), "--server", server.url)
    with subprocess.Popen([*command, "--server", server.url], stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout is not None
        watchdog = threading.Timer(60, tail.kill)
        watchdog.start()
        assert trace_id(1) in tail.stdout.readline()
        for number in (2, 3):
            lodeline("traces", "import", str(otlp_file(tmp_path, number=number)), "--server", server.url)
            assert trace_id(number) in tail.stdout.readline()
        tail.send_signal(signal.SIGINT)
        assert tail.wait(90) == 130
        watchdog.cancel()


def test_a_busy_port_is_named_with_the_next_free_one(lodeline: Lodeline, server: Server, tmp_path: Path) -> None:
    port = server.url.rsplit(":", 1)[1]
    message = lodeline("server", "--port", port, "--store", str(tmp_path / "other"), code=5).err
    assert port in message
    assert re.search(r"[0-9]{4,5} is free|free", message)


def test_a_server_stops_cleanly(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COLD, "1")
    running = launch(store)
    assert running.stop() in {0, -signal.SIGTERM}
    assert not list(store.glob("*-wal"))


def test_signing_in_on_this_machine_to_a_server_behind_https(
    lodeline: Lodeline, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cookies are for HTTPS alone, but for what never leaves the machine."""
    with serving(store, "--auth", env={"LODELINE_SECURE_COOKIES": "1"}) as running:
        monkeypatch.setenv("LODELINE_URL", running.url)
        token = re.search(r"--token (\S+)", running.said())
        assert token is not None
        type_in(monkeypatch, PASSWORD)
        lodeline("accounts", "setup", "ada", "--token", token.group(1))
        type_in(monkeypatch, PASSWORD)
        assert lodeline("keys", "create", "laptop", "-s", "read", "--sign-in", "ada").out.startswith("ldl_read_")


def test_from_the_first_account_to_keys_of_every_scope(
    lodeline: Lodeline, guarded: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LODELINE_URL", guarded.url)
    assert "LODELINE_KEY" in lodeline("traces", "search", code=3).err
    token = re.search(r"--token (\S+)", guarded.said())
    assert token is not None
    type_in(monkeypatch, PASSWORD)
    refused = lodeline("accounts", "setup", "ada", "--token", "wrong", code=3).err
    assert "set-up token: not the one that the server printed" in refused
    assert "LODELINE_KEY" not in refused
    type_in(monkeypatch, PASSWORD)
    lodeline("accounts", "setup", "ada", "--token", token.group(1))
    type_in(monkeypatch, "wrong")
    lodeline("keys", "create", "x", "-s", "admin", "--sign-in", "ada", code=3)
    type_in(monkeypatch, PASSWORD)
    key = lodeline("keys", "create", "laptop", "-s", "admin", "--sign-in", "ada").out.strip()
    assert key.startswith("ldl_")
    monkeypatch.setenv("LODELINE_KEY", key)
    account_commands(lodeline, monkeypatch)
    a_login_takes_the_place_of_the_key(lodeline, monkeypatch)
    ingest = str(lodeline("keys", "create", "app", "-s", "ingest", "-e", "Default", "--json").document()["secret"])
    lodeline("traces", "import", str(otlp_file(tmp_path)), "--key", ingest)
    lodeline("traces", "search", "--key", ingest, code=3)
    assert len(lodeline("traces", "search", "--json").lines()) == 1
    (app,) = (key for key in lodeline("keys", "list", "--json").lines() if key["name"] == "app")
    assert "0 (Default)" in lodeline("keys", "list").out
    lodeline("keys", "create", "twice", "-s", "read")
    lodeline("keys", "create", "twice", "-s", "read")
    assert "2 keys are named 'twice'" in lodeline("keys", "revoke", "twice", "--yes", code=5).err
    lodeline("keys", "revoke", "nobody", "--yes", code=1)
    assert f"Revoked key {app['key_id']} (app)" in lodeline("keys", "revoke", "app", "--yes").out
    (revoked,) = (key for key in lodeline("keys", "list", "--json").lines() if key["name"] == "app")
    for again in ("app", str(app["key_id"])):
        told = lodeline("keys", "revoke", again, "--yes").out
        assert re.fullmatch(rf"Key {app['key_id']} \(app\) was revoked already, at \d{{4}}-.+\.\n", told)
    assert lodeline("keys", "revoke", "app", "--yes", "--json").document() == revoked
    lodeline("traces", "import", str(otlp_file(tmp_path)), "--key", ingest, code=3)
    assert "revoked" in lodeline("keys", "list").out
    lodeline("keys", "create", "x", "-s", "nonsense", code=2)


def a_login_takes_the_place_of_the_key(lodeline: Lodeline, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, PASSWORD)
    lodeline("accounts", "create", "rita", "--role", "viewer")
    type_in(monkeypatch, PASSWORD)
    lodeline("keys", "create", "too-much", "-s", "read", "--sign-in", "rita", "--owner", "ada", code=3)
    type_in(monkeypatch, PASSWORD)
    lodeline("keys", "create", "own", "-s", "read", "--sign-in", "rita")
    events = [event["action"] for event in lodeline("audit", "list", "--json").lines()]
    assert events.count("login.begin") == events.count("login.end")


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))


def account_commands(lodeline: Lodeline, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, PASSWORD)
    lodeline("accounts", "create", "Grace", "--role", "viewer")
    lodeline("accounts", "create", "grace", "--no-password", code=5)
    assert (
        "role viewer, editor in experiment 0."
        in lodeline("accounts", "set-role", "grace", "editor", "-e", "Default").out
    )
    lodeline("accounts", "set-role", "grace", "none")
    grace = next(item for item in lodeline("accounts", "list", "--json").lines() if item["name"] == "Grace")
    assert (grace["role"], grace["roles"]) == (None, {"0": "editor"})
    lodeline("accounts", "disable", "grace")
    assert "disabled" in lodeline("accounts", "list").out
    lodeline("accounts", "disable", "grace", "--undo")
    lodeline("accounts", "link", "grace", "--subject", "248289761001", code=2)  # by which provider?
    provider = ("--issuer", "https://login.example.org")
    assert (
        "signs in as 248289761001."
        in lodeline("accounts", "link", "grace", "--subject", "248289761001", *provider).out
    )
    lodeline("accounts", "link", "ada", "--subject", "248289761001", *provider, code=5)
    linked = next(item for item in lodeline("accounts", "list", "--json").lines() if item["name"] == "Grace")
    assert linked["external"] == {"issuer": "https://login.example.org", "subject": "248289761001"}
    assert lodeline("accounts", "unlink", "grace", "--json").document()["external"] is None
    type_in(monkeypatch, "another long password")
    lodeline("accounts", "set-password", "grace")
    lodeline("accounts", "delete", "grace", "--yes")
    lodeline("accounts", "delete", "grace", "--yes", code=1)
    lodeline("accounts", "delete", "ada", "--yes", code=5)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_during_a_question_to_a_silent_server_leaves_at_once() -> None:
    with subprocess.Popen([sys.executable, "-c", SILENT], stdout=subprocess.PIPE, text=True) as silent:
        assert silent.stdout is not None
        port = silent.stdout.readline().strip()
        command = [
            sys.executable,
            "-m",
            "lodeline.cli.main",
            "traces",
            "search",
            "--server",
            f"http://127.0.0.1:{port}",
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as asking:
            assert silent.stdout.readline().strip() == "asked"
            time.sleep(0.2)
            os.kill(asking.pid, signal.SIGINT)
            assert asking.wait(90) == 130
            assert asking.stderr is not None
            assert "Traceback" not in asking.stderr.read()
        silent.kill()


SILENT = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
connection, _ = listener.accept()
print("asked", flush=True)
while connection.recv(65536):
    pass
"""
