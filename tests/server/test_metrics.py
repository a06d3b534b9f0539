"""Figures for Prometheus of one process: all there are, who may scrape them, and what is counted as what."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import grpc
import pytest
from prometheus_client.metrics_core import METRIC_TYPES

from lodeline.domain.errors import (
    Conflict,
    Deleted,
    Forbidden,
    Invalid,
    LodelineError,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from lodeline.jobs.scheduler import Job, Scheduler
from lodeline.server.figures import FIGURES, METHODS, REASONS, Figures, reason_of
from lodeline.server.grpc import SERVICE, start_grpc
from lodeline.server.metrics import BUCKETS_S
from tests.e2e.harness import Server, begun_request, export, post, serving, span
from tests.server.scraped import OPEN_METRICS, scrape
from tests.server.test_grpc import Call, until
from tests.server.test_oidc import run
from tests.server.world import TRACE, World, populated, request_of, serve

ONE, TWO = "01" * 16, "02" * 16
REQUESTS, SECONDS = "lodeline_http_requests_total", "lodeline_http_request_seconds_count"
SPANS, BYTES = "lodeline_ingest_spans_total", "lodeline_ingest_bytes_total"
REFUSED = "lodeline_ingest_requests_refused_total"


def send(address: str, body: bytes, metadata: tuple[tuple[str, str], ...] = ()) -> bool:
    """Send spans over gRPC; tell whether they were taken."""
    with grpc.insecure_channel(address) as channel:
        call = cast("Call", channel.unary_unary(f"/{SERVICE}/Export"))
        try:
            call(body, metadata=metadata, timeout=60)
        except grpc.RpcError:
            return False
    return True


@pytest.fixture
def world() -> Iterator[World]:
    with serve(metrics=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("metrics") / "store", "--metrics", grpc=True) as started:
        yield started


def test_it_is_off_by_default() -> None:
    with serve() as world:
        answer, unknown = world.client.get("/metrics"), world.client.get("/metricz")
        assert (answer.status_code, unknown.status_code) == (404, 404)
        assert answer.json()["code"] == unknown.json()["code"] == "route_not_found"


def test_a_server_without_figures_does_not_load_the_library() -> None:
    made = "import sys; from lodeline.server.app import *; a = create_app(Settings(store='memory:')); close_app(a)"
    assert run(f"{made}; print('prometheus_client' in sys.modules)").split() == ["False"]


@pytest.mark.parametrize("accept", ["text/plain;version=0.0.4", OPEN_METRICS], ids=["text", "OpenMetrics"])
def test_every_figure_is_shown_as_it_is_described(server: Server, accept: str) -> None:
    with server.http() as http:
        assert post(http, export([span("figures", 0)])).status_code == 200
        found = scrape(http, accept)
    own = {name: family for name, family in found.families.items() if name.startswith("lodeline_")}
    described = {figure.name.removesuffix("_total"): figure for figure in FIGURES}
    assert own.keys() == described.keys()
    for name, family in own.items():
        figure = described[name]
        assert (family.type, family.documentation) == (figure.kind, figure.says)
        assert family.samples, f"{name} has no value"
        for sample in family.samples:
            assert sample.labels.keys() - {"le"} == set(figure.labels)
    others = found.families.keys() - own.keys()
    assert all(name.startswith("process_") for name in others), "those have everybody's names"
    assert {family.type for family in found.families.values()} <= set(METRIC_TYPES)


def test_a_store_on_disk_tells_how_it_fares(server: Server) -> None:
    with server.http() as http:
        found = scrape(http)
    assert found.value("lodeline_store_up") == 1
    files = found.labels("lodeline_store_bytes", "file")
    assert files == {"database", "database_log", "text_index", "text_index_log"}
    assert found.value("lodeline_store_bytes", file="database") > 0
    assert found.value("lodeline_store_disk_free_bytes") > 0
    assert found.value("lodeline_text_backlog") >= 0
    assert found.value("lodeline_write_queue_length") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_one_process_tells_what_it_takes_of_the_machine(server: Server) -> None:
    with server.http() as http:
        found = scrape(http)
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"):
        assert found.value(name) > 0


def test_what_is_under_way_is_told_while_it_is(server: Server) -> None:
    body = export([span("slow", 0)])
    with server.http() as http:
        with begun_request(server, body) as slow:
            until(lambda: scrape(http).value("lodeline_ingest_requests_under_way") == 1)
            assert scrape(http).value("lodeline_ingest_bytes_under_way") == len(body)
            slow.sendall(body[1:])
            assert slow.recv(1_000).startswith(b"HTTP/1.1 200")
        until(lambda: scrape(http).value("lodeline_ingest_requests_under_way") == 0)
        assert scrape(http).value("lodeline_ingest_bytes_under_way") == 0


def test_a_client_that_leaves_has_no_status(server: Server) -> None:
    with server.http() as http:
        before = scrape(http).total(REQUESTS, route="/v1/traces", status="none")
        begun_request(server, export([span("left", 0)])).close()
        until(lambda: scrape(http).total(REQUESTS, route="/v1/traces", status="none") == before + 1)


def test_spans_over_grpc_are_counted(server: Server) -> None:
    assert server.grpc is not None
    body = request_of(ONE, TWO)
    with server.http() as http:
        before = scrape(http)
        assert send(server.grpc, body)
        assert not send(server.grpc, b"\xff\xff\xff")
        after = scrape(http)

    def more(name: str, **labels: str) -> float:
        return after.value(name, protocol="grpc", **labels) - before.value(name, protocol="grpc", **labels)

    assert (more(SPANS, outcome="accepted"), more(BYTES), more(REFUSED, reason="malformed")) == (2, len(body), 1)


def test_spans_over_http_are_counted(world: World) -> None:
    body = request_of(ONE, TWO)
    assert world.send(body).status_code == 200
    twice = request_of("03" * 16) + request_of("04" * 16)
    assert world.send(twice).status_code == 200
    found = scrape(world.client)
    assert found.value(SPANS, protocol="http", outcome="accepted") == 4
    assert found.value(SPANS, protocol="http", outcome="rejected") == 0
    assert found.value(BYTES, protocol="http") == len(body) + len(twice)
    assert found.total(REFUSED) == 0
    assert found.total(SPANS, protocol="grpc") == 0


def test_a_span_that_is_left_out_is_rejected(world: World) -> None:
    body = request_of("00" * 16, ONE)
    assert world.send(body).status_code == 200
    found = scrape(world.client)
    assert found.value(SPANS, protocol="http", outcome="accepted") == 1
    assert found.value(SPANS, protocol="http", outcome="rejected") == 1


def test_spans_in_a_file_of_mlflow_are_counted(world: World) -> None:
    place = f"/api/2.0/mlflow-artifacts/artifacts/0/traces/{TRACE}/artifacts/traces.json"
    assert world.client.put(place, content=b'{"spans": [{"no": "span"}]}').status_code == 200
    found = scrape(world.client)
    assert found.value(SPANS, protocol="mlflow", outcome="rejected") == 1
    assert world.client.put(place, content=b"no JSON").status_code == 200
    assert scrape(world.client).value(REFUSED, protocol="mlflow", reason="malformed") == 1


def test_a_refused_request_is_counted_with_its_reason() -> None:
    with serve(metrics=True, ingest_requests_in_flight=1, max_body_bytes=1_000) as world:
        assert world.send(b"\xff\xff").status_code == 400
        assert world.send(request_of(*(f"{n:032x}" for n in range(1, 60)))).status_code == 413
        assert world.send(request_of(ONE), x_mlflow_experiment_id="77").status_code == 404
        with world.services.ingest.admit():
            assert world.send(request_of(ONE)).status_code == 503
        found = scrape(world.client)
        reasons = {reason: found.value(REFUSED, protocol="http", reason=reason) for reason in REASONS}
        told = {"malformed", "too_large", "no_experiment", "busy"}
        assert reasons == {reason: float(reason in told) for reason in REASONS}


def test_a_sender_without_the_right_key_is_counted() -> None:
    with populated() as world:
        door = start_grpc(
            world.services.ingest, world.app.state.access, host="127.0.0.1", port=0, figures=world.app.state.figures
        )
        try:
            for metadata in ((), (("x-lodeline-key", world.names["viewer_secret"]),)):
                assert not send(f"127.0.0.1:{door.port}", request_of(ONE), metadata)
        finally:
            door.stop(1)
        for key in ({}, {"x_lodeline_key": world.names["viewer_secret"]}):
            assert world.send(request_of(ONE), **key).status_code >= 400
        found = scrape(world.client, key=world.names["metrics_secret"])
        for protocol in ("http", "grpc"):
            for reason in ("unauthenticated", "forbidden"):
                assert found.value(REFUSED, protocol=protocol, reason=reason) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("x", code="queue_full"), "busy"),
        (Unavailable("x", code="body_timeout"), "late"),
        (Unavailable("x", code="disk_full"), "unavailable"),
        (TooLarge("x"), "too_large"),
        (Invalid("x"), "malformed"),
        (Unsupported("x"), "malformed"),
        (Unauthenticated("x"), "unauthenticated"),
        (Forbidden("x"), "forbidden"),
        (NotFound("x"), "no_experiment"),
        (Deleted("x"), "no_experiment"),
        (Conflict("x"), "error"),
        (LodelineError("x"), "error"),
        (RuntimeError("x"), "error"),
    ],
)
def test_every_error_has_a_reason(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_requests_are_counted_by_route_method_and_status(world: World) -> None:
    client = world.client
    asked = [
        ("GET", "/health", "/health", 200),
        ("GET", "/healthz", "/healthz", 200),
        ("GET", f"/api/v1/traces/{TRACE}", "/api/v1/traces/{trace_id}", 404),
        ("PUT", "/api/v1/traces", "/api/v1/traces", 405),
        ("GET", "/experiments/1/traces", "/experiments/{rest}", 200),
        ("GET", "/settings", "/settings", 200),
        ("GET", "/assets/none.js", "/assets/{file}", 404),
        ("GET", "/api/v1/docs/reference.css", "/api/v1/docs/reference.css", 200),
        ("POST", "/v1/traces", "/v1/traces", 415),
        ("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", "/api/2.0/mlflow/experiments/get", 200),
        ("GET", "/api/3.0/mlflow/no/such/call", "/api/3.0/{rest}", 404),
        ("GET", "/no/such/page", "none", 404),
    ]
    for method, path, _, status in asked:
        assert client.request(method, path).status_code == status, path
    found = scrape(client)
    for method, path, route, status in asked:
        assert found.value(REQUESTS, route=route, method=method, status=str(status)) == 1, path
        assert found.value(SECONDS, route=route) == 1
    assert found.total(REQUESTS, route="/metrics") == 0, "a scrape ends after its answer"
    assert scrape(client).value(REQUESTS, route="/metrics", method="GET", status="200") == 1
    bounds = found.labels("lodeline_http_request_seconds_bucket", "le")
    assert bounds == {*map(str, BUCKETS_S), "+Inf"}


def test_what_a_stranger_asks_for_makes_no_labels(world: World) -> None:
    client = world.client
    hostile = [
        'x"} 1%0a', "a\\b", "ü", "%00", "%0a", "..%2f..%2fetc", "a" * 5_000, "{trace_id}", "x" + "/" * 40,
        "v1/traces/", "api/9.9/x",
    ]  # fmt: skip
    for path in hostile:
        client.get(f"/{path}")
        client.get(f"/api/v1/{path}")
        client.get(f"/api/2.0/{path}")
    before = scrape(client).labels(REQUESTS, "route")
    for number in range(20):
        for path in (f"/{number}", f"/api/v1/traces/tr-{number}", f"/api/2.0/{number}", f"/experiments/{number}"):
            client.get(path, headers={"host": "127.0.0.1"})
        client.get("/", headers={"host": f"{number}.example.org"})
        client.request(f"BREW{number}", "/health")
    found = scrape(client)
    new = found.labels(REQUESTS, "route") - before
    assert new <= {"/metrics", "/health", "/api/v1/traces/{trace_id}", "/experiments/{rest}"}
    assert found.labels(REQUESTS, "method") <= METHODS | {"other"}
    assert found.value(REQUESTS, route="/health", method="other", status="405") == 20
    assert found.value(REQUESTS, route="none", method="GET", status="400") >= 20  # other hosts' names
    patterns = {getattr(route, "path", "") for route in world.app.routes}
    known = {"none", "/metrics", "/api/2.0/{rest}", "/api/3.0/{rest}"}
    assert {name.replace("{rest}", "{rest:path}") for name in found.labels(REQUESTS, "route") - known} <= patterns


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=x.y",
        "application/openmetrics-text;xversion=1.0.0;version=x",
        "application/openmetrics-text;version=99.0.0",
        "text/plain;version=,,;=;version=2",
        "*/*",
        "",
    ],
)
def test_an_unknown_format_is_answered_in_the_plain_one(world: World, accept: str) -> None:
    answer = world.client.get("/metrics", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")


def test_prometheus_is_answered_in_openmetrics(world: World) -> None:
    """As its version 3 asks."""
    accept = (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
        "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    )
    assert scrape(world.client, accept).value("lodeline_store_up") == 1
    assert world.client.get("/metrics", headers={"accept": accept}).text.endswith("# EOF\n")


def test_figures_are_there_when_the_store_does_not_answer(world: World) -> None:
    world.send(request_of(ONE))
    world.services.stores.close()
    found = scrape(world.client)
    assert found.value("lodeline_store_up") == 0
    assert found.value(SPANS, protocol="http", outcome="accepted") == 1


def test_jobs_are_shown_before_they_ran_and_afterwards() -> None:
    with serve(metrics=True, job_interval_s=0.01) as world:
        success, failures = "lodeline_job_last_success_timestamp_seconds", "lodeline_job_failures_total"
        names = {"reaper", "retention", "labeling-rules", "parking", "budgets", "purges", "key-uses"}
        found = scrape(world.client)
        assert found.labels(success, "job_name") == found.labels(failures, "job_name") == names
        now_s = world.clock.now_ms() / 1000
        until(lambda: scrape(world.client).value(success, job_name="reaper") == now_s)
        assert found.value(success, job_name="key-uses") == 0
        figures: Figures = world.app.state.figures
        _run_until_failed_twice(figures)
        found = scrape(world.client)
        assert found.value(failures, job_name="purges") >= 2
        assert found.value(failures, job_name="reaper") == 0


def _run_until_failed_twice(figures: Figures) -> None:
    failed = threading.Semaphore(0)

    def fail(_: Callable[[], bool]) -> int:
        failed.release()
        raise Unavailable("the disk is full")

    scheduler = Scheduler([Job("purges", 0.001, fail)], figures.note_job)
    scheduler.start()
    for _ in range(3):  # two have been told of by the third
        assert failed.acquire(timeout=60)
    assert scheduler.stop()


def test_whoever_may_not_measure_is_told_what_is_missing() -> None:
    with populated() as world:
        refused = world.client.get("/metrics", headers=world.headers["ingest"])
        assert refused.status_code == 403
        assert refused.json()["details"]["scopes"] == ["metrics", "admin"]
        assert refused.json()["details"]["roles"] == ["admin"]
        nobody = world.client.get("/metrics")
        assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, 'Bearer realm="lodeline"')
        for key in (world.names["metrics_secret"], world.names["admin_secret"]):
            assert scrape(world.client, key=key).value("lodeline_store_up") == 1


def test_a_variable_of_another_program_changes_nothing(tmp_path: Path) -> None:
    """The library would count in that folder, together with whatever else does."""
    env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "none"), "PROMETHEUS_DISABLE_CREATED_SERIES": "0"}
    with (
        serving(tmp_path / "store", "--metrics", env={**env, "LODELINE_TESTS_COLD": "1"}) as server,
        server.http() as http,
    ):
        assert scrape(http).value("lodeline_store_up") == 1
        assert not [name for name in scrape(http).families if name.endswith("_created")]
