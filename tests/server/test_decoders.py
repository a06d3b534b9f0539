"""A server that decodes in processes of its own: they come with the load, and any may be killed."""

import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.harness import Server, assert_checked, opened, serving
from tests.e2e.load import Fate, Ledger, sending, verify

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="decodes in one process only")
_PATIENCE_S = 120.0


def _decoders(server: Server, count: int) -> list[psutil.Process]:
    """Return the processes that the server has started, once there are so many."""
    until = time.monotonic() + _PATIENCE_S
    while len(found := psutil.Process(server.process.pid).children()) < count:
        assert time.monotonic() < until, f"{len(found)} processes decode:\n{server.said()}"
        time.sleep(0.02)
    return found


def test_a_killed_decoder_loses_nothing(tmp_path: Path) -> None:
    store, ledger = tmp_path / "store", Ledger()
    with serving(store, grpc=True, env={"LODELINE_INGEST_PROCESSES": "2"}) as server:
        assert not psutil.Process(server.process.pid).children()
        with sending([server], ledger, "load", connections=6):
            first, second = _decoders(server, 2)
            ledger.wait_for(ledger.count(Fate.ACKNOWLEDGED) + 60)
            first.kill()
            ledger.wait_for(ledger.count(Fate.ACKNOWLEDGED) + 60)
        with server.client() as client:
            verify(client, ledger)
        assert server.running()
        server.stop()
        assert not psutil.wait_procs([first, second], timeout=_PATIENCE_S)[1]
        assert "Traceback" not in server.said()
    with opened(store) as client:
        verify(client, ledger)
    assert_checked(store)


def test_decoders_end_with_a_server_that_is_killed(tmp_path: Path) -> None:
    store, ledger = tmp_path / "store", Ledger()
    with serving(store, env={"LODELINE_INGEST_PROCESSES": "1"}) as server:
        with sending([server], ledger, "load", connections=6):
            decoders = _decoders(server, 1)
            ledger.wait_for(ledger.count(Fate.ACKNOWLEDGED) + 20)
            server.kill()
        assert not psutil.wait_procs(decoders, timeout=_PATIENCE_S)[1]
    with opened(store) as client:
        verify(client, ledger)
    assert_checked(store)


def test_a_server_told_to_starts_none(tmp_path: Path) -> None:
    ledger = Ledger()
    with serving(tmp_path / "store", env={"LODELINE_INGEST_PROCESSES": "0"}) as server:
        with sending([server], ledger, "load", connections=6):
            ledger.wait_for(60)
        assert not psutil.Process(server.process.pid).children()
        with server.client() as client:
            verify(client, ledger)
