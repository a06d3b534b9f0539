"""kill -9 at any moment: what was acknowledged is there, exactly once; the rest is there whole or not at all."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from lodeline.domain.errors import Conflict, LodelineError, NotFound, Unavailable
from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.harness import (
    Server,
    assert_checked,
    assert_consistent,
    export,
    judgment,
    opened,
    serving,
    span,
    trace_id,
)
from tests.e2e.load import Fate, Ledger, sending, verify

T = TypeVar("T")


def _kill_in_mid_ingest(store: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    ledgers: list[Ledger] = []
    for number in range(rounds):
        ledger = Ledger()
        with serving(store, grpc=True) as server, sending([server], ledger, f"round{number}"):
            ledger.wait_for(chance.randrange(1, 60))
            time.sleep(chance.random() * 0.03)
            server.kill()
        assert ledger.count(Fate.DOUBTFUL)
        ledgers.append(ledger)
        with opened(store) as client:
            verify(client, ledger)
            _send_doubtful_again(client, ledger)
            verify(client, ledger)
    with serving(store) as server, server.client() as client:
        for ledger in ledgers:
            verify(client, ledger)
    assert_consistent(store)


def _send_doubtful_again(client: LodelineClient, ledger: Ledger) -> None:
    """Do what a client does that got no answer: send the batch again."""
    for index, (batch, fate) in enumerate(ledger.fates):
        if fate is Fate.DOUBTFUL:
            client.otlp.export(batch.body, experiment="0")
            ledger.fates[index] = (batch, Fate.ACKNOWLEDGED)


def test_kill_in_mid_ingest(tmp_path: Path) -> None:
    _kill_in_mid_ingest(tmp_path / "store", rounds=1, seed=1)


@pytest.mark.soak
def test_kill_in_mid_ingest_many_times(tmp_path: Path) -> None:
    _kill_in_mid_ingest(tmp_path / "store", rounds=30, seed=2)


def _kill_two_processes(store: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(rounds):
        ledger = Ledger()
        with (
            serving(store, grpc=True) as first,
            serving(store) as second,
            sending([first, second], ledger, f"pair{number}", connections=2),
        ):
            ledger.wait_for(chance.randrange(10, 40))
            first.kill()
            ledger.wait_for(ledger.count(Fate.ACKNOWLEDGED) + 10)  # the survivor goes on
            with second.client() as client:
                assert client.traces.search().first()
            second.kill()
        assert_checked(store)
        with opened(store) as client:
            verify(client, ledger)


def test_kill_of_two_processes_on_one_store(tmp_path: Path) -> None:
    _kill_two_processes(tmp_path / "store", rounds=1, seed=3)


@pytest.mark.soak
def test_kill_of_two_processes_on_one_store_many_times(tmp_path: Path) -> None:
    _kill_two_processes(tmp_path / "store", rounds=15, seed=4)


def _in_background(work: Callable[[], object]) -> threading.Thread:
    """Start something whose server will be killed under it."""

    def run() -> None:
        try:
            work()
        except LodelineError as error:
            assert error.error_code == "unreachable", error  # noqa: PT017 - the thread has no other way to tell

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _fill(client: LodelineClient, experiment: str, name: str, traces: int) -> None:
    """Send traces of three spans each to an experiment."""
    for start in range(0, traces, 200):
        names = [f"{name}-{number}" for number in range(start, min(start + 200, traces))]
        body = export([span(each, index, text=f"about {each}") for each in names for index in range(3)])
        client.otlp.export(body, experiment=experiment)


def _assert_whole_or_lost(client: LodelineClient, doomed: str) -> None:
    """A purge that was begun cannot be undone; before that, everything comes back."""
    try:
        client.experiments.restore(doomed)
    except Conflict:
        return
    assert _count(client, doomed) == 1_500
    client.experiments.delete(doomed)


def _experiment(client: LodelineClient, name: str) -> str:
    return client.experiments.create(name).experiment_id


def _count(client: LodelineClient, experiment: str) -> int:
    return client.analytics.count(experiment=experiment).count


def _kill_in_purge(store: Path, delays_s: Iterable[float]) -> None:
    with opened(store) as client:
        _fill(client, "0", "kept", 50)
        doomed = _experiment(client, "doomed")
        _fill(client, doomed, "gone", 1_500)
        client.experiments.delete(doomed)
    for delay_s in delays_s:
        with serving(store) as server, server.client() as client:
            purge = _in_background(lambda: client.experiments.purge(doomed))
            time.sleep(delay_s)
            server.kill()
            purge.join()
        assert_checked(store)
        with opened(store) as client:
            try:
                assert client.experiments.get(doomed).lifecycle == "DELETED"
            except NotFound:
                break  # this purge was faster than its killer
            _assert_whole_or_lost(client, doomed)
    with opened(store) as client:
        try:
            receipt = client.experiments.purge(doomed)
            assert (receipt.traces, receipt.spans) == (1_500, 4_500)
        except NotFound:
            pass  # the last attempt finished it
        assert [item.name for item in client.experiments.search(lifecycle="ALL")] == ["Default"]
        assert _count(client, "0") == 50
        assert len(client.traces.search(filter="text ~ 'about'", limit=100).all()) == 50
        purged = [entry for entry in client.audit.search() if entry.action == "experiment.purge"]
        assert len(purged) == 1
    assert_checked(store)


def test_kill_in_a_purge(tmp_path: Path) -> None:
    _kill_in_purge(tmp_path / "store", [0.1])


@pytest.mark.soak
def test_kill_in_a_purge_many_times(tmp_path: Path) -> None:
    _kill_in_purge(tmp_path / "store", [0.02 * number for number in range(12)])


def _kill_in_export_and_import(folder: Path, delays_s: Iterable[float]) -> None:
    file = folder / "experiment.zip"
    with opened(folder / "source") as client:
        experiment = _experiment(client, "moved")
        _fill(client, experiment, "moved", 600)
        for number in range(0, 600, 10):
            client.assessments.log(judgment(trace_id(f"moved-{number}"), "good", number))
        file.write_bytes(_exported(client, experiment))
    for delay_s in delays_s:
        with serving(folder / "source") as source, source.client() as reader, serving(folder / "target") as target, \
                target.client() as writer:  # fmt: skip
            jobs = [
                _in_background(lambda: _exported(reader, experiment)),
                _in_background(lambda: _import(writer, file)),
            ]
            time.sleep(delay_s)
            source.kill()
            target.kill()
            for job in jobs:
                job.join()
        assert_checked(folder / "target")
    with opened(folder / "target") as client:
        assert _import(client, file) == experiment
        _assert_moved(client, experiment)
    with opened(folder / "source") as client:
        _assert_moved(client, experiment)
    for store in ("source", "target"):
        assert_checked(folder / store)


def _import(client: LodelineClient, file: Path) -> str:
    return client.transfer.import_experiment(file).experiment.experiment_id


def _exported(client: LodelineClient, experiment: str) -> bytes:
    with client.transfer.export_experiment(experiment) as parts:
        return b"".join(parts)


def _assert_moved(client: LodelineClient, experiment: str) -> None:
    traces = client.traces.search(experiment=experiment).all()
    assert sorted(item.trace_id for item in traces) == sorted(trace_id(f"moved-{number}") for number in range(600))
    assert {item.span_count for item in traces} == {3}
    assert all(len(client.traces.spans(item.trace_id)) == 3 for item in traces[::20])
    judged = client.assessments.search(experiment=experiment)
    assert sorted(str(item.value) for item in judged) == sorted(str(number) for number in range(0, 600, 10))


def test_kill_in_export_and_import(tmp_path: Path) -> None:
    _kill_in_export_and_import(tmp_path, [0.25])


@pytest.mark.soak
def test_kill_in_export_and_import_many_times(tmp_path: Path) -> None:
    _kill_in_export_and_import(tmp_path, [0.05 * number for number in range(12)])


def _kill_in_edits(store: Path, rounds: int, seed: int) -> None:
    """Every edit goes to a trace of its own, so that its entry in the audit trail can be told from the others'."""
    chance = random.Random(seed)
    done: set[str] = set()
    with opened(store) as client:
        _fill(client, "0", "edited", 400 * rounds)
    for number in range(rounds):
        targets = [f"edited-{400 * number + index}" for index in range(400)]
        with serving(store) as server, ThreadPoolExecutor(4) as pool:
            edits = [pool.submit(_edit, server, targets[start::4], done) for start in range(4)]
            until = len(done) + chance.randrange(5, 100)
            while len(done) < until:
                time.sleep(0.002)
            server.kill()
            for each in edits:
                each.result()
        with opened(store) as client:
            _assert_audited(client, done)
    assert_checked(store)


def _edit(server: Server, targets: Iterable[str], done: set[str]) -> None:
    """Tag and judge traces until the server is gone; note what was acknowledged."""
    with server.client() as client:
        for name in targets:
            ident = trace_id(name)
            try:
                client.traces.tag(ident, {"seen": name})
                done.add(f"tag {ident}")
                client.assessments.log(judgment(ident, "ok", True))
                done.add(f"judge {ident}")
            except Unavailable as error:
                assert error.error_code == "unreachable", error  # noqa: PT017 - the others are failures
                return


def _assert_audited(client: LodelineClient, done: set[str]) -> None:
    """Each edit is there with its entry in the audit trail, or neither is; those acknowledged are there."""
    audit = client.audit.search().all()
    tagged = [item.trace_id for item in client.traces.search() if "seen" in item.tags]
    judged = client.assessments.search().all()
    assert sorted(entry.target for entry in audit if entry.action == "trace.tag") == sorted(tagged)
    logged = [entry.target for entry in audit if entry.action == "assessment.log"]
    assert sorted(logged) == sorted(str(item.target.trace_id) for item in judged)
    there = {f"tag {ident}" for ident in tagged} | {f"judge {item.target.trace_id}" for item in judged}
    assert done <= there


def test_kill_in_edits(tmp_path: Path) -> None:
    _kill_in_edits(tmp_path / "store", rounds=1, seed=5)


@pytest.mark.soak
def test_kill_in_edits_many_times(tmp_path: Path) -> None:
    _kill_in_edits(tmp_path / "store", rounds=20, seed=6)
