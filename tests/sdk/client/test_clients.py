"""Both clients against the real application: what is sent is understood, and what comes back is the domain's."""

import asyncio
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from lodeline import local
from lodeline.demo.otlp import SpanDraft, hashed_span_id, hashed_trace_id, request
from lodeline.domain import errors
from lodeline.domain.analytics import AggregateQuery
from lodeline.domain.assessment import (
    Assessment,
    AssessmentDraft,
    AssessmentError,
    AssessmentSource,
    AssessmentTarget,
)
from lodeline.domain.experiment import Experiment, ExperimentSettings, PriceOverride, Retention
from lodeline.domain.ids import TraceId, otel_trace_id
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import TraceInfo
from lodeline.domain.usage import TokenUsage
from lodeline.local import LocalClient, connect, connect_async

T0_NS = 1_790_000_000_000_000_000


def span(trace: str, **attributes: str | int) -> SpanDraft:
    return SpanDraft(
        trace_id=hashed_trace_id(trace),
        span_id=hashed_span_id(trace, "root"),
        parent_id=b"",
        name=trace,
        start_ns=T0_NS,
        end_ns=T0_NS + 5_000_000,
        attributes={"session.id": "s1", "user.id": "u1", **attributes},
    )


def trace_of(name: str) -> TraceId:
    return otel_trace_id(hashed_trace_id(name))


def judgment(trace: str, value: JsonValue = True, *, identifier: str | None = None) -> AssessmentDraft:
    target = AssessmentTarget(trace_id=trace_of(trace))
    source = AssessmentSource("CODE", "test")
    return AssessmentDraft(target, "good", "FEEDBACK", source, value, identifier=identifier)


@pytest.fixture
def client(tmp_path: Path) -> Generator[LocalClient]:
    with connect(tmp_path / "store") as made:
        yield made


@pytest.fixture
def app(client: LocalClient) -> Experiment:
    """An experiment with the traces a, b and c."""
    made = client.experiments.create("app", tags={"team": "x"})
    spans = [span(name, rank=index) for index, name in enumerate("abc")]
    answer = client.otlp.export(request([({"service.name": "t"}, "tests", "1", spans)]), experiment="app")
    assert answer == b""
    return made


def test_experiments_live_their_life(client: LocalClient) -> None:
    settings = ExperimentSettings(
        capture="hashed", mask_patterns=("a+",), prices=(PriceOverride("m", input_usd_per_mtok=1.5),),
        retention=Retention(max_traces=9), environments=("prod",),
    )  # fmt: skip
    made = client.experiments.create("app", description="d", settings=settings, client_key="k")
    assert made.settings == settings
    assert client.experiments.create("app", client_key="k") == made
    with pytest.raises(errors.Conflict) as taken:
        client.experiments.create("app")
    assert made.experiment_id in taken.value.details.values()
    ident = made.experiment_id
    changed = client.experiments.update(ident, name="new", set_tags={"a": "1", "b": "2"}, delete_tags=["b"])
    assert (changed.name, changed.tags) == ("new", {"a": "1"})
    assert client.experiments.get(ident) == client.experiments.find("new") == changed
    client.experiments.delete(ident)
    assert client.experiments.search(filter="name = 'new'").all() == []
    assert client.experiments.search(filter="name = 'new'", lifecycle="ALL").first() is not None
    client.experiments.restore(ident)
    client.experiments.delete(ident)
    assert client.experiments.purge(ident).name == "new"
    with pytest.raises(errors.NotFound):
        client.experiments.get(ident)


def test_traces_are_found_read_tagged_and_deleted(client: LocalClient, app: Experiment) -> None:
    found = client.traces.search(experiment="app", order="name").all()
    assert [trace.name for trace in found] == ["a", "b", "c"]
    detail = client.traces.get(found[0].trace_id)
    assert detail.trace == found[0]
    assert detail.spans[0].start_ns == T0_NS
    (whole,) = client.traces.spans(found[0].trace_id, [detail.spans[0].span_id])
    assert whole.attributes["rank"] == 0
    assert client.traces.tag(found[0].trace_id, {"x/y": "1", "..": "2", "z": "3"}, ["z"]).tags == {
        "x/y": "1", "..": "2"
    }  # fmt: skip
    client.traces.delete_tag(found[0].trace_id, "x/y")
    assert client.traces.delete_tag(found[0].trace_id, "..").tags == {}
    assert client.traces.find_spans(found[0].trace_id, "A").span_ids == (detail.spans[0].span_id,)
    tagged = client.traces.tag_many([trace.trace_id for trace in found] + ["tr-unknown"], {"many": "yes"}, ["absent"])
    assert (tagged.tagged, tagged.missing) == (3, ("tr-unknown",))
    assert len(client.traces.search(experiment="app", filter="tags.many = 'yes'").all()) == 3
    assert client.traces.link("run-1", [trace.trace_id for trace in found]).linked == 3
    assert client.traces.delete(found[0].trace_id).deleted == 1
    assert client.traces.delete_many([found[1].trace_id, "tr-unknown"]).deleted == 1
    assert client.traces.delete_matching("app", filter="name = 'c'").deleted == 1
    with pytest.raises(errors.NotFound) as gone:
        client.traces.get(found[0].trace_id)
    assert gone.value.error_code == "trace_not_found"


def test_what_is_known_beside_the_spans_is_kept(client: LocalClient, app: Experiment) -> None:
    tokens = TokenUsage(input_uncached=3, output_text=4)
    info = TraceInfo(
        name="turn", state="ERROR", start_ns=T0_NS - 1, user="ada", tokens=tokens, cost_picousd=2_500_000_000,
        tags={"a": "b"}, metadata={"c": "d"}, finalised=True,
    )  # fmt: skip
    told = client.traces.log_info(trace_of("a"), info, experiment="app")
    assert (told.name, told.state, told.start_ns) == ("turn", "ERROR", T0_NS - 1)
    assert (told.user, told.tokens) == ("ada", tokens)
    assert (told.cost_usd, told.tags, told.metadata) == (0.0025, {"a": "b"}, {"c": "d"})
    assert client.traces.get(trace_of("a")).trace == told
    assert client.traces.log_info(trace_of("a"), TraceInfo(environment="prod")).experiment_id == app.experiment_id
    with pytest.raises(errors.Conflict):
        client.traces.log_info(trace_of("a"), TraceInfo(user="eve"), experiment="0")


def test_traces_are_followed_as_they_arrive(client: LocalClient, app: Experiment) -> None:
    page = client.traces.follow(experiment="app", limit=2)
    assert len(page.items) == 2
    assert client.traces.follow(experiment="app", cursor=page.cursor).items == ()
    client.otlp.export(request([({}, "tests", "1", [span("late")])]), experiment="app")
    assert [trace.name for trace in client.traces.follow(experiment="app", cursor=page.cursor).items] == ["late"]


def test_a_wrong_filter_is_refused_with_its_place(client: LocalClient) -> None:
    with pytest.raises(errors.Invalid) as wrong:
        client.traces.search(filter="nmae = 'x'").first()
    assert "nmae" in wrong.value.message
    assert "position" in wrong.value.details


def test_analytics_sessions_and_users(client: LocalClient, app: Experiment) -> None:
    assert client.analytics.count(experiment=["app"]).count == 3
    assert [value.count for value in client.analytics.facet("name").values] == [1, 1, 1]
    query = AggregateQuery(("count", "duration_p50"), group_by="name")
    assert [point.values for point in client.analytics.aggregate(query, experiment="app").points] == [
        {"count": 1.0, "duration_p50": 5.0}
    ] * 3
    (session,) = client.sessions.search(experiment="app")
    assert client.sessions.get("s1", experiment="app") == session
    assert [user.user for user in client.users.search()] == ["u1"]


def test_judgments_are_logged_revised_and_deleted(client: LocalClient, app: Experiment) -> None:
    logged = client.assessments.log(judgment("a"))
    made = logged.assessment
    assert logged.changed
    assert made.value is True
    assert not client.assessments.log(judgment("b", identifier="x")).assessment.overrides
    assert not client.assessments.log(judgment("b", identifier="x")).changed
    revised = client.assessments.update(made.assessment_id, value=0.5, rationale="second look", reason="typo")
    assert (revised.value, revised.rationale, revised.revision) == (0.5, "second look", 2)
    failed = client.assessments.update(made.assessment_id, error=AssessmentError("TIMEOUT", "slow"))
    assert (failed.value, failed.error) == (None, AssessmentError("TIMEOUT", "slow"))
    assert [item.assessment.revision for item in client.assessments.history(made.assessment_id)] == [1, 2, 3]
    assert client.assessments.get(made.assessment_id) == failed
    assert client.assessments.of_trace(trace_of("a")) == (failed,)
    batch = client.assessments.log_many([judgment("c"), judgment("unknown")])
    assert isinstance(batch[0].assessment, Assessment)
    assert (batch[1].assessment, batch[1].code) == (None, "trace_not_found")
    malformed = [replace(judgment("c"), name=""), judgment("c", float("nan")), replace(judgment("c"), confidence=7.0)]
    told = client.assessments.log_many([*malformed, judgment("c", identifier="y")])
    assert [item.code for item in told] == ["invalid", "invalid", "invalid", None]
    client.assessments.delete(told[3].assessment.assessment_id if told[3].assessment else "")
    session = AssessmentDraft(
        AssessmentTarget(session="s1"), "tone", "FEEDBACK", AssessmentSource("HUMAN"), {"a": [1, None]}
    )
    assert client.assessments.log(session, experiment="app").assessment.value == {"a": [1, None]}
    client.assessments.delete(made.assessment_id)
    assert len(client.assessments.search(experiment="app").all()) == 3


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_a_judgment_without_a_value_is_refused_before_it_is_sent(client: LocalClient, value: float | None) -> None:
    with pytest.raises(errors.Invalid, match="value"):
        client.assessments.log(judgment("a", value))


def test_what_json_cannot_hold_is_refused(client: LocalClient) -> None:
    with pytest.raises(errors.Invalid, match="JSON"):
        client.request("POST", "/api/v1/assessments", body={"value": object()})


def test_attachments_and_whole_experiments_move(client: LocalClient, app: Experiment, tmp_path: Path) -> None:
    trace = trace_of("a")
    content = bytes(range(256)) * 3_000
    stored = client.attachments.put(trace, "a b.png", iter([content[:1_000], content[1_000:]]))
    assert client.attachments.list(trace) == (stored,)
    assert client.attachments.get(trace, "a b.png") == content
    with client.attachments.download(trace, "a b.png") as parts:
        assert b"".join(parts) == content
    file = tmp_path / "app.zip"
    with client.transfer.export_experiment(app.experiment_id) as parts, file.open("wb") as stream:
        stream.writelines(parts)
    client.attachments.delete(trace, "a b.png")
    with connect(tmp_path / "other") as other:
        report = other.transfer.import_experiment(file, as_name="copy")
        assert (report.experiment.name, report.traces, report.attachments) == ("copy", 3, 1)


def test_accounts_and_keys(client: LocalClient, app: Experiment) -> None:
    made = client.accounts.create("ada", role="viewer", password="tulips in the rain")
    assert client.accounts.list() == (made,)
    ident = made.account_id
    assert client.accounts.set_role("ada", "editor", experiment_id=app.experiment_id).roles == {
        app.experiment_id: "editor"
    }
    assert client.accounts.set_role(ident, None).role is None
    assert client.accounts.set_disabled(ident, True).disabled
    client.accounts.set_password(ident, "another password")
    issued = client.keys.create("ci", ["ingest", "read"], experiment_ids=[app.experiment_id])
    assert issued.secret not in repr(issued)
    assert [key.key_id for key in client.keys.list(all_owners=True)] == [issued.key.key_id]
    assert client.keys.revoke(issued.key.key_id).revoked_ms is not None
    client.accounts.delete(ident)
    with pytest.raises(errors.NotFound):
        client.accounts.get(ident)
    assert client.audit.search(filter="action = 'account.delete'").first() is not None
    me = client.logins.me()
    assert me.kind == "local"
    assert me.may("server.admin")
    assert me.may("trace.edit", "1")
    assert not me.may("no.such_action")


def test_a_filter_is_completed(client: LocalClient) -> None:
    read = client.filters.complete("stat", 4)
    assert "state" in [item.text for item in read.completion.items]
    assert read.problem is not None
    assert (read.problem.position, read.problem.end) == (0, 4)


def test_the_server_and_any_route(client: LocalClient) -> None:
    assert client.server.healthy()
    info = client.server.get()
    assert client.request("GET", "/api/v1/traces/count", params={"filter": ""}) == {"count": 0, "exact": True}
    assert info.capabilities.durable


def test_the_same_calls_are_awaited(tmp_path: Path) -> None:
    async def run() -> None:
        async with connect_async(tmp_path / "store") as client:
            await client.experiments.create("app")
            body = request([({}, "tests", "1", [span("a"), span("b")])])
            await client.otlp.export(body, experiment="app")
            first, second = await asyncio.gather(client.traces.get(trace_of("a")), client.traces.get(trace_of("b")))
            assert [first.trace.name, second.trace.name] == ["a", "b"]
            assert [trace.name async for trace in client.traces.search(order="name")] == ["a", "b"]
            pages = [page async for page in client.traces.search().pages()]
            assert len(pages) == 1
            await client.attachments.put(trace_of("a"), "x", iter([b"1", b"2"]))
            async with client.attachments.download(trace_of("a"), "x") as parts:
                assert b"".join([part async for part in parts]) == b"12"
            with pytest.raises(errors.NotFound):
                await client.traces.get("tr-nothing")

    asyncio.run(run())


def test_a_store_is_held_by_one_process_s_lock_and_let_go(tmp_path: Path) -> None:
    with connect(tmp_path / "store") as client:
        client.close()
        client.close()
    with connect(tmp_path / "store") as again:
        assert again.server.healthy()


def test_without_the_server_s_packages_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "lodeline.server.app")
    monkeypatch.delattr("lodeline.server.app")
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(errors.Unsupported, match=r"fastapi is not installed; run pip install 'lodeline\[server\]'"):
        local.connect(tmp_path / "store")
