"""The OTLP/HTTP door: what is stored where, partial success, errors in the request's encoding, bounds."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator

import pytest
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.experiment import Experiment, ExperimentDraft, ExperimentSettings
from lodeline.domain.ids import ExperimentId
from lodeline.services.experiments import ExperimentService
from lodeline.services.listing import ListQuery
from tests.server.world import World, populated, request_of, serve

API = "/api/v1"
ONE, TWO = "01" * 16, "02" * 16
REMEDY = "create it first, or send a name by the header x-lodeline-experiment, which creates one that there is not."
JSON_REQUEST = {
    "resourceSpans": [
        {
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": ONE,
                            "spanId": "00000000000000aa",
                            "name": "json",
                            "startTimeUnixNano": "1790000000000000000",
                            "endTimeUnixNano": "1790000000001000000",
                        }
                    ]
                }
            ]
        }
    ]
}


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


def partial(body: bytes) -> tuple[int, str]:
    """Return what an answer says about rejected spans."""
    answer = ExportTraceServiceResponse.FromString(body).partial_success
    return answer.rejected_spans, answer.error_message


def status_of(body: bytes) -> tuple[int, str]:
    """Return code and message of a google.rpc.Status, read off the wire by hand."""
    assert body[0] == 0x08
    assert body[2] == 0x12
    length, start = body[3], 4
    if length & 0x80:
        length, start = (length & 0x7F) | body[4] << 7, 5
    return body[1], body[start : start + length].decode()


def experiment_of(world: World, trace_id: str) -> str:
    """Return the name of the experiment that a trace is in."""
    trace = world.client.get(f"{API}/traces/tr-{trace_id}").json()["trace"]
    return world.client.get(f"{API}/experiments/{trace['experiment_id']}").json()["name"]


def test_what_is_acknowledged_is_seen_by_the_next_read(world: World) -> None:
    answer = world.send(request_of(ONE))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"
    detail = world.client.get(f"{API}/traces/tr-{ONE}").json()
    assert detail["trace"]["duration_ns"] == "5000000"
    assert [span["name"] for span in detail["spans"]] == ["step"]


def test_sending_again_changes_nothing(world: World) -> None:
    world.send(request_of(ONE))
    before = world.client.get(f"{API}/traces/tr-{ONE}").json()
    world.clock.advance(5)
    assert world.send(request_of(ONE)).status_code == 200
    assert world.client.get(f"{API}/traces/tr-{ONE}").json() == before


def test_json_is_answered_in_json(world: World) -> None:
    answer = world.client.post("/v1/traces", json=JSON_REQUEST)
    assert (answer.status_code, answer.json()) == (200, {})
    assert world.client.get(f"{API}/traces/tr-{ONE}").json()["trace"]["name"] == "json"


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
def test_bodies_may_be_compressed(world: World, encoding: str, squeeze: Callable[[bytes], bytes]) -> None:
    assert world.send(squeeze(request_of(ONE)), content_encoding=encoding).status_code == 200
    assert world.client.get(f"{API}/traces/tr-{ONE}").status_code == 200


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "Default"),
        ({"x_lodeline_experiment": "by name"}, "by name"),
        ({"x_lodeline_experiment": "1"}, "known"),
        ({"x_lodeline_experiment": "known"}, "known"),
        ({"x_mlflow_experiment_id": "1"}, "known"),
        ({"x_project_name": "phoenix"}, "phoenix"),
        ({"x_phoenix_project_name": "phoenix"}, "phoenix"),
        ({"x_mlflow_experiment_id": "0", "x_lodeline_experiment": "known"}, "known"),
    ],
)
def test_headers_name_the_experiment(world: World, headers: dict[str, str], name: str) -> None:
    world.services.experiments.create(LOCAL, ExperimentDraft("known"))
    assert world.send(request_of(ONE), **headers).status_code == 200
    assert experiment_of(world, ONE) == name


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ({"lodeline.experiment": "mine"}, "mine"),
        ({"openinference.project.name": "theirs"}, "theirs"),
        ({"lodeline.experiment": "mine", "openinference.project.name": "theirs"}, "mine"),
    ],
)
def test_resources_name_the_experiment_where_headers_do_not(
    world: World, resource: dict[str, str], name: str
) -> None:
    assert world.send(request_of(ONE, resource=resource)).status_code == 200
    assert experiment_of(world, ONE) == name
    assert world.send(request_of(TWO, resource=resource), x_lodeline_experiment="other").status_code == 200
    assert experiment_of(world, TWO) == "other"


@pytest.mark.parametrize("header", ["x_lodeline_experiment", "x_project_name", "x_phoenix_project_name"])
def test_a_name_of_digits_goes_on_meaning_the_same(world: World, header: str) -> None:
    make = world.services.experiments.create
    assert make(LOCAL, ExperimentDraft("2")).experiment_id == "1"
    for number, trace in enumerate((ONE, TWO)):
        assert world.send(request_of(trace), **{header: "2"}).status_code == 200
        assert experiment_of(world, trace) == "2"
        assert make(LOCAL, ExperimentDraft(f"next {number}")).experiment_id == str(number + 3)
    three = "3" * 32
    assert world.send(request_of(three), **{header: "3"}).status_code == 200
    assert experiment_of(world, three) == "next 0"


def test_an_unknown_id_is_never_created(world: World) -> None:
    answer = world.send(request_of(ONE), x_lodeline_experiment="77")
    assert answer.status_code == 404
    assert status_of(answer.content) == (5, f"experiment '77' does not exist; {REMEDY}")
    by_id = world.send(request_of(ONE), x_mlflow_experiment_id="new")
    assert by_id.status_code == 404
    assert status_of(by_id.content) == (
        5,
        f"experiment 'new' does not exist, and is no id, which is asked for here; {REMEDY}",
    )
    client = {"user_agent": "mlflow-python-client/3.14.0"}
    of_mlflow = world.send(request_of(ONE), x_mlflow_experiment_id="77", **client)
    assert of_mlflow.status_code == 404
    assert of_mlflow.json() == {
        "error_code": "RESOURCE_DOES_NOT_EXIST",
        "message": f"experiment '77' does not exist; {REMEDY}",
    }
    assert world.client.get(f"{API}/traces/tr-{ONE}").status_code == 404


@pytest.mark.parametrize(
    ("method", "headers", "expected", "message"),
    [
        ("GET", {}, (405, 12), "GET is no method of '/v1/traces'; it has POST."),
        ("POST", {"host": "evil.example"}, (400, 3), "host: 'evil.example' is not a name of this server; "),
        (
            "POST",
            {"origin": "https://evil.example"},
            (403, 7),
            "origin 'https://evil.example' may not call",
        ),
    ],
)
def test_what_is_refused_before_the_door_is_a_status_too(
    method: str, headers: dict[str, str], expected: tuple[int, int], message: str, world: World
) -> None:
    status, code = expected
    answer = world.client.request(method, "/v1/traces", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json()["code"] == code
    assert answer.json()["message"].startswith(message)
    protobuf = {"content-type": "application/x-protobuf", **headers}
    answer = world.client.request(method, "/v1/traces", headers=protobuf)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/x-protobuf")
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)
    assert status_of(answer.content)[0] == code
    assert status_of(answer.content)[1].startswith(message)


def test_an_unknown_name_is_created_only_by_who_may_create() -> None:
    with populated() as world:
        ingest = {"authorization": world.headers["ingest"]["authorization"]}
        refused = world.send(request_of(ONE), x_lodeline_experiment="new", **ingest)
        assert refused.status_code == 404
        assert status_of(refused.content)[1] == of_another(world, "new")
        editor = {"authorization": f"Bearer {world.names['editor_secret']}"}
        assert world.send(request_of(ONE), x_lodeline_experiment="new", **editor).status_code == 200


def of_another(world: World, name: str) -> str:
    """Return what the ingest key of the world, bound to experiment 1, is told of every other one."""
    prefix = world.headers["ingest"]["authorization"].removeprefix("Bearer ")[:19]
    return (
        f"experiment {name!r} does not exist, or local (key {prefix}) may not send traces to it (it is bound to 1); "
        "name that one by lodeline.set_experiment(experiment_id=...), LODELINE_EXPERIMENT or the header "
        "x-lodeline-experiment, or ask an admin for access."
    )


def test_a_key_of_one_experiment_feeds_no_other() -> None:
    with populated() as world:
        ingest = {"authorization": world.headers["ingest"]["authorization"]}
        assert world.send(request_of(ONE), x_lodeline_experiment="app", **ingest).status_code == 200
        for other in ("0", "Default"):
            answer = world.send(request_of(TWO), x_lodeline_experiment=other, **ingest)
            assert answer.status_code == 404
            assert status_of(answer.content)[1] == of_another(world, other)


def test_who_names_no_experiment_and_may_not_send_to_the_default_one_is_told_what_to_do() -> None:
    """In the same words as of one that there is not: which there are is not told."""
    with populated() as world:
        ingest = {"authorization": world.headers["ingest"]["authorization"]}
        unnamed = world.send(request_of(ONE), **ingest)
        assert (unnamed.status_code, status_of(unnamed.content)[1]) == (404, of_another(world, "0"))
        absent = world.send(request_of(ONE), x_lodeline_experiment="77", **ingest)
        assert (absent.status_code, status_of(absent.content)[1]) == (404, of_another(world, "77"))


def test_a_deleted_experiment_takes_nothing_and_says_so(world: World) -> None:
    made = world.services.experiments.create(LOCAL, ExperimentDraft("gone"))
    world.services.experiments.delete(LOCAL, made.experiment_id)
    answer = world.send(request_of(ONE), x_lodeline_experiment="gone")
    assert answer.status_code == 409
    assert "restore it first" in status_of(answer.content)[1]


def test_bad_spans_are_rejected_and_the_others_kept(world: World) -> None:
    request = ExportTraceServiceRequest.FromString(request_of(ONE, TWO))
    request.resource_spans[0].scope_spans[0].spans[0].span_id = b"short"
    answer = world.send(request.SerializeToString())
    assert answer.status_code == 200
    count, message = partial(answer.content)
    assert count == 1
    assert message.startswith("1 span rejected: ")
    assert world.client.get(f"{API}/traces/tr-{ONE}").status_code == 404
    assert world.client.get(f"{API}/traces/tr-{TWO}").status_code == 200


def test_partial_success_in_json_names_the_spans(world: World) -> None:
    body = json.loads(json.dumps(JSON_REQUEST))
    body["resourceSpans"][0]["scopeSpans"][0]["spans"].append({"traceId": "00", "spanId": "01", "name": "bad"})
    told = world.client.post("/v1/traces", json=body).json()["partialSuccess"]
    assert told["rejectedSpans"] == "1"
    assert "span 01 of trace 00" in told["errorMessage"]


def test_a_trace_stays_in_the_experiment_that_sent_it_first(world: World) -> None:
    world.send(request_of(ONE), x_lodeline_experiment="first")
    answer = world.send(request_of(ONE, TWO), x_lodeline_experiment="second")
    count, message = partial(answer.content)
    assert count == 1
    assert message == f"1 span rejected: trace tr-{ONE}: it belongs to another experiment"
    assert (experiment_of(world, ONE), experiment_of(world, TWO)) == ("first", "second")


def test_spans_of_refused_experiments_are_rejected_and_the_others_kept(world: World) -> None:
    good = ExportTraceServiceRequest.FromString(request_of(ONE))
    bad = ExportTraceServiceRequest.FromString(request_of(TWO, resource={"lodeline.experiment_id": "99"}))
    good.resource_spans.extend(bad.resource_spans)
    answer = world.send(good.SerializeToString())
    assert partial(answer.content) == (1, f"1 span rejected: experiment '99' does not exist; {REMEDY}")
    assert world.client.get(f"{API}/traces/tr-{ONE}").status_code == 200


def test_settings_of_the_experiment_hold_for_what_comes_in(world: World) -> None:
    settings = ExperimentSettings(mask_patterns=("hunter[0-9]",), default_environment="staging")
    made = world.services.experiments.create(LOCAL, ExperimentDraft("masked", settings=settings))
    request = ExportTraceServiceRequest.FromString(request_of(ONE))
    request.resource_spans[0].scope_spans[0].spans[0].name = "login hunter2"
    world.send(request.SerializeToString(), x_lodeline_experiment=made.experiment_id)
    trace = world.client.get(f"{API}/traces/tr-{ONE}").json()["trace"]
    assert (trace["name"], trace["environment"]) == ("login [masked]", "staging")


def test_a_change_of_settings_leaves_those_that_it_does_not_name(world: World) -> None:
    """Two people change two settings at one time: both hold."""
    changes: list[dict[str, object]] = [
        {"capture": "none", "environments": ["production"], "retention": {"max_age_days": 30}},
        {"mask_patterns": ["[0-9]+"], "retention": {"max_traces": 5}},
        {"environments": None, "prices": None, "retention": {}},
        {},
    ]
    for change in changes:
        answer = world.client.patch(f"{API}/experiments/0", json={"settings": change})
        assert answer.status_code == 200, answer.text
    assert world.client.get(f"{API}/experiments/0").json()["settings"] == {
        "capture": "none", "mask_patterns": ["[0-9]+"], "mask_secrets": True, "prices": [], "recommended_tags": [],
        "retention": {"max_age_days": 30, "max_traces": 5, "max_bytes": None}, "environments": [],
        "default_environment": None, "gated_aliases": [], "enforce_label_schemas": False,
        "budget": {"max_usd": None, "period": "month"},
    }  # fmt: skip
    for limits in ({"max_traces": True}, {"max_age_days": True}, {"max_bytes": " 7 "}, {"max_traces": 1.5}):
        refused = world.client.patch(f"{API}/experiments/0", json={"settings": {"retention": limits}})
        assert refused.status_code == 400, limits
        assert f"retention.{next(iter(limits))}" in refused.json()["detail"]
    answer = world.client.patch(f"{API}/experiments/0", json={"settings": {"retention": None}})
    assert answer.json()["settings"]["retention"] == {"max_age_days": None, "max_traces": None, "max_bytes": None}


@pytest.mark.parametrize("most", [True, "5", 1.5])
def test_how_many_traces_are_changed_at_once_is_a_whole_number(most: object, world: World) -> None:
    world.send(request_of(ONE))
    for body in ({"experiments": ["0"]}, {"experiment": "0"}):
        path = "delete" if "experiments" in body else "reprice"
        refused = world.client.post(f"{API}/traces/{path}", json={**body, "max_traces": most})
        assert refused.status_code == 400, refused.text
        assert "max_traces" in refused.json()["detail"]
    assert world.client.get(f"{API}/traces/tr-{ONE}").status_code == 200


def test_new_settings_hold_for_the_next_request(world: World) -> None:
    world.send(request_of(ONE))
    change = {"settings": {"default_environment": "production"}}
    assert world.client.patch(f"{API}/experiments/0", json=change).status_code == 200
    world.send(request_of(TWO))
    assert world.client.get(f"{API}/traces/tr-{TWO}").json()["trace"]["environment"] == "production"
    assert world.services.experiments.get(LOCAL, ExperimentId("0")).settings.mask_secrets


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"content-type": "text/plain"}, b"x", 415, 12),
        ({"content-type": "application/x-protobuf"}, b"\xff\xff", 400, 3),
        ({"content-type": "application/x-protobuf", "content-encoding": "br"}, b"x", 415, 12),
        ({"content-type": "application/x-protobuf", "content-encoding": "gzip"}, b"x", 400, 3),
    ],
)
def test_malformed_requests_are_answered_as_status(
    world: World, headers: dict[str, str], body: bytes, status: int, code: int
) -> None:
    answer = world.client.post("/v1/traces", content=body, headers=headers)
    assert answer.status_code == status
    found, message = status_of(answer.content)
    assert found == code
    assert message


def test_malformed_json_is_answered_in_json(world: World) -> None:
    answer = world.client.post("/v1/traces", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == 3


def test_bodies_over_the_bounds_are_refused() -> None:
    with serve(max_body_bytes=2_000, max_decompressed_bytes=4_000) as world:
        large = request_of(*(f"{n:032x}" for n in range(1, 100)))
        assert len(large) > 4_000
        assert world.send(large).status_code == 413
        assert world.client.post("/v1/traces", content=iter([large[:1500], large[1500:]]),
                                 headers={"content-type": "application/x-protobuf"}).status_code == 413  # fmt: skip
        squeezed = gzip.compress(large)
        assert len(squeezed) < 2_000
        assert world.send(squeezed, content_encoding="gzip").status_code == 413
        assert world.send(request_of(ONE)).status_code == 200


def test_a_full_queue_tells_the_sender_to_wait() -> None:
    with serve(ingest_requests_in_flight=1) as world, world.services.ingest.admit():
        answer = world.send(request_of(ONE))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert status_of(answer.content)[0] == 14
    with serve(ingest_bytes_in_flight=10) as world:
        with world.services.ingest.admit(5):
            assert world.send(request_of(ONE)).status_code == 503
        assert world.send(request_of(ONE)).status_code == 200
        assert world.services.ingest.under_way() == (0, 0)


def test_an_empty_request_is_fine(world: World) -> None:
    assert world.send(b"").status_code == 200
    assert world.client.get(f"{API}/traces").json()["items"] == []


@pytest.mark.parametrize("hinted", ["header", "resource"])
def test_what_brings_no_well_formed_span_makes_no_experiment(world: World, hinted: str) -> None:
    headers = {"x_lodeline_experiment": "new"} if hinted == "header" else {}
    resource = {} if headers else {"lodeline.experiment": "new"}
    bad = ExportTraceServiceRequest.FromString(request_of(ONE, resource=resource))
    bad.resource_spans[0].scope_spans[0].spans[0].span_id = b"short"
    for body in (b"", bad.SerializeToString()):
        assert world.send(body, **headers).status_code == 200
        assert [each.name for each in world.services.experiments.search(LOCAL, ListQuery()).items] == ["Default"]
    assert world.send(request_of(ONE, resource=resource), **headers).status_code == 200
    assert experiment_of(world, ONE) == "new"


@pytest.mark.parametrize("body", [b"", request_of(ONE)])
def test_a_name_that_cannot_be_one_is_refused_whatever_comes(world: World, body: bytes) -> None:
    answer = world.send(body, x_lodeline_experiment="n" * 501)
    assert answer.status_code == 413
    assert "experiment name: 501 characters" in status_of(answer.content)[1]


@pytest.mark.parametrize(("settings", "code"), [(None, 200), (ExperimentSettings(capture="none"), 503)])
def test_an_experiment_that_is_made_meanwhile_takes_what_was_read_as_it_wants_it(
    world: World, settings: ExperimentSettings | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ExperimentService.create

    def second(service: ExperimentService, actor: Actor, draft: ExperimentDraft) -> Experiment:
        monkeypatch.undo()
        create(service, LOCAL, ExperimentDraft(draft.name, settings=settings or ExperimentSettings()))
        return create(service, actor, draft)

    monkeypatch.setattr(ExperimentService, "create", second)
    answer = world.send(request_of(ONE), x_lodeline_experiment="raced")
    assert answer.status_code == code
    assert world.send(request_of(ONE), x_lodeline_experiment="raced").status_code == 200
    assert experiment_of(world, ONE) == "raced"


def test_decompressed_bytes_are_counted(world: World) -> None:
    body = request_of(ONE, resource={"note": "x" * 100_000})
    packed = gzip.compress(body)
    with serve(ingest_bytes_in_flight=len(body)) as bounded:
        with bounded.services.ingest.admit(1_000):
            refused = bounded.send(packed, content_encoding="gzip")
            assert refused.status_code == 503
            assert "queue is full" in status_of(refused.content)[1]
            assert bounded.services.ingest.under_way() == (1, 1_000)
        assert bounded.send(packed, content_encoding="gzip").status_code == 200
        assert bounded.services.ingest.under_way() == (0, 0)
