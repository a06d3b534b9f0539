"""Use cases of traces, their attachments, conversations and analytics."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from lodeline.auth.actor import ANONYMOUS, LOCAL, Actor
from lodeline.domain.analytics import AggregateQuery
from lodeline.domain.assessment import Assessment
from lodeline.domain.blob import trace_folder
from lodeline.domain.errors import Conflict, Forbidden, Invalid, LodelineError, NotFound, TooLarge, Unauthenticated
from lodeline.domain.ids import AccountId, ExperimentId, RunId, SpanId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.session import Session
from lodeline.domain.trace import DeleteReport, TagReport, Trace, TraceInfo
from lodeline.query.ast import Search
from lodeline.services.bundle import Bounds, Services
from lodeline.services.listing import ListQuery
from tests.contract.build import judgment, span, span_id, write
from tests.services.bundled import make, services_over

ONE, TWO = ExperimentId("1"), ExperimentId("2")
VIEWER = Actor("account", "vi", AccountId("acc-1"), role="viewer")
ADA = Actor("account", "ada", AccountId("acc-2"), roles={ONE: "editor"})


@pytest.fixture
def services() -> Iterator[Services]:
    """Experiment 1 holds traces a and b, experiment 2 trace c."""
    with services_over(bounds=Bounds(max_attachment_bytes=100)) as opened:
        make(opened, "one")
        make(opened, "two")
        opened.stores.traces.write(
            [
                write("a", span("root", 1), span("child", 2, parent=1), experiment=ONE),
                write("b", span("other", session="s-1", user="u-1", start_ms=50), experiment=ONE),
                write("c", span("third", start_ms=99), experiment=TWO),
            ]
        )
        yield opened


def ids(services: Services, actor: Actor = LOCAL, query: ListQuery | None = None) -> list[str]:
    return [trace.trace_id for trace in services.traces.search(actor, query or ListQuery()).items]


def last_action(services: Services) -> tuple[str, str, str | None]:
    entry = services.stores.audit.search(Search()).items[0]
    return entry.action, entry.target, entry.experiment_id


def test_lists_reach_all_active_experiments_or_those_named(services: Services) -> None:
    assert ids(services) == ["c", "b", "a"]
    assert ids(services, query=ListQuery(("one",))) == ["b", "a"]
    assert ids(services, query=ListQuery(("2", "two"))) == ["c"]
    assert ids(services, query=ListQuery(filter="name = 'third'")) == ["c"]
    assert ids(services, query=ListQuery(order="start")) == ["a", "b", "c"]
    assert ids(services, query=ListQuery(filter="attributes.name = 'third'", dialect="mlflow")) == ["c"]


@pytest.mark.parametrize("url", ["memory:", "sqlite:{}"])
def test_a_cursor_belongs_to_the_experiments_that_were_asked_for(url: str, tmp_path: Path) -> None:
    with services_over(url.format(tmp_path / "store")) as services:
        for number in "123":
            make(services, f"app {number}")
            written = [write(f"{number}-{i}", span(session=f"s-{i}"), experiment=number) for i in range(3)]
            services.stores.traces.write(written)
            for each in written:
                services.assessments.log(LOCAL, judgment(each.trace_id))
        traces, talks = services.traces, services.conversations
        lists: list[Callable[[Actor, ListQuery], Page[Trace] | Page[Assessment] | Page[Session]]]
        lists = [traces.search, traces.follow, services.assessments.search, talks.sessions]
        for listed in lists:
            one = listed(LOCAL, ListQuery(("1", "app 2"), limit=2)).cursor
            every = listed(LOCAL, ListQuery(limit=2)).cursor
            assert one
            assert every
            assert listed(LOCAL, ListQuery(("2", "1", "2"), limit=2, cursor=one))
            make(services, f"made between pages of {len(services.experiments.search(LOCAL, ListQuery()).items)}")
            assert listed(LOCAL, ListQuery(limit=2, cursor=every))
            for other, cursor in [(("2",), one), (("1", "2", "3"), one), ((), one), (("1",), every)]:
                with pytest.raises(Invalid, match=r"of these experiments.*start again without a cursor") as caught:
                    listed(LOCAL, ListQuery(other, limit=2, cursor=cursor))
                assert caught.value.details["field"] == "cursor"


def test_a_search_that_finds_nothing_says_what_may_have_been_meant(services: Services) -> None:
    services.assessments.log(LOCAL, judgment("a", value=False))
    wrong = ListQuery(filter="feedback.quality = 'false'")
    page = services.traces.search(LOCAL, wrong)
    assert page.items == ()
    assert ["feedback.quality = false" in hint for hint in page.hints] == [True]
    found = services.traces.search(LOCAL, ListQuery(filter="feedback.quality = false"))
    assert ([trace.trace_id for trace in found.items], found.hints) == (["a"], ())
    assert services.traces.search(LOCAL, ListQuery(filter="feedback.quality = true")).hints == ()
    assert len(services.assessments.search(LOCAL, ListQuery(filter="value = 'false'")).hints) == 1
    services.assessments.log(LOCAL, judgment("b", value="false"))
    assert services.traces.search(LOCAL, wrong).hints == ()


def test_lists_hold_only_what_is_in_reach(services: Services) -> None:
    assert ids(services, ADA) == ["b", "a"]
    with pytest.raises(NotFound, match="'two'"):
        ids(services, ADA, ListQuery(("two",)))
    with pytest.raises(Unauthenticated):
        ids(services, ANONYMOUS)


def test_pages_of_a_growing_list_follow_it(services: Services) -> None:
    first = services.traces.search(LOCAL, ListQuery(order="received", limit=2))
    services.stores.traces.write([write("d", span(), experiment=TWO, received_ms=10**13)])
    rest = services.traces.search(LOCAL, ListQuery(order="received", limit=2, cursor=first.cursor))
    assert rest.items[-1].trace_id == "d"
    assert sorted(trace.trace_id for trace in (*first.items, *rest.items)) == ["a", "b", "c", "d"]


def test_arrivals_are_followed_within_reach(services: Services) -> None:
    page = services.traces.follow(ADA, ListQuery(limit=1))
    assert [trace.trace_id for trace in page.items] == ["b"]
    late = [write("d", span(), experiment=TWO, received_ms=1), write("e", span(), experiment=ONE, received_ms=1)]
    services.stores.traces.write(late)
    assert [trace.trace_id for trace in services.traces.follow(ADA, ListQuery(cursor=page.cursor)).items] == ["e"]
    with pytest.raises(Invalid, match="leave order out"):
        services.traces.follow(ADA, ListQuery(order="start"))
    with pytest.raises(Invalid, match="cursor"):
        services.traces.follow(ADA, ListQuery(filter="name = 'x'", cursor=page.cursor))


def test_one_trace_comes_with_its_skeleton_and_assessments(services: Services) -> None:
    logged = services.assessments.log(LOCAL, judgment("a")).assessment
    detail = services.traces.detail(VIEWER, TraceId("a"))
    assert [item.name for item in detail.spans] == ["root", "child"]
    assert detail.assessments == (logged,)
    assert [item.span_id for item in services.traces.spans(VIEWER, TraceId("a"), [span_id(2)])] == [span_id(2)]
    assert len(services.traces.spans(VIEWER, TraceId("a"))) == 2
    assert services.traces.spans(VIEWER, TraceId("a"), [SpanId("f" * 16)]) == []


@pytest.mark.parametrize("trace_id", ["c", "unknown"])
def test_a_trace_out_of_reach_does_not_exist(services: Services, trace_id: str) -> None:
    for use in (
        lambda: services.traces.detail(ADA, TraceId(trace_id)),
        lambda: services.traces.spans(ADA, TraceId(trace_id)),
        lambda: services.traces.tag(ADA, TraceId(trace_id), {"a": "b"}),
        lambda: services.traces.link_run(ADA, RunId("r"), [TraceId(trace_id)]),
        lambda: services.attachments.list(ADA, TraceId(trace_id)),
        lambda: services.assessments.of_trace(ADA, TraceId(trace_id)),
        lambda: services.assessments.log(ADA, judgment(trace_id)),
    ):
        with pytest.raises(NotFound, match=f"trace '{trace_id}' does not exist"):
            use()


def test_spans_are_found_by_words_in_what_they_hold(services: Services) -> None:
    services.stores.traces.write(
        [
            write(
                "f", span("Answer", 1, attributes={"question": "Wo ist die STRASSE?"}),
                span("call", 2, parent=1, kind="TOOL", events=["Straße gesperrt"], attributes={"order": "A-99"}),
                span("call", 3, parent=1, kind="LLM", model="gpt-9", start_ms=-5, status="ERROR"),
                experiment=ONE,
            )
        ]
    )  # fmt: skip

    def find(words: str) -> list[str]:
        hits = services.traces.find_spans(VIEWER, TraceId("f"), words)
        assert not hits.partial
        return [str(found) for found in hits.span_ids]

    assert find("straße") == [span_id(1), span_id(2)]
    assert find("a-99  tool") == [span_id(2)]
    assert find("CALL") == [span_id(3), span_id(2)]
    assert find("gpt-9 error") == [span_id(3)]
    assert find(span_id(3)) == [span_id(3)]
    assert find("nowhere call") == []
    with pytest.raises(Invalid, match="words"):
        find("  ")
    with pytest.raises(NotFound):
        services.traces.find_spans(ADA, TraceId("c"), "third")


def test_finding_spans_ends_at_a_bound(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lodeline.services.traces.MAX_FOUND", 1)
    hits = services.traces.find_spans(LOCAL, TraceId("a"), "span")
    assert (hits.span_ids, hits.partial) == ((), False)
    services.stores.traces.write([write("m", *(span("many", n) for n in range(1, 4)), experiment=ONE)])
    hits = services.traces.find_spans(LOCAL, TraceId("m"), "many")
    assert (len(hits.span_ids), hits.partial) == (1, True)


def test_many_traces_are_tagged_on_record_and_missing_ones_are_named(services: Services) -> None:
    asked = [TraceId(text) for text in ("a", "nowhere", "c", "b", "a")]
    report = services.traces.tag_many(LOCAL, asked, {"x": "1", "y": "2"}, ["y"])
    assert report == TagReport(3, (TraceId("nowhere"),))
    assert [trace.tags for trace in services.traces.search(LOCAL, ListQuery()).items] == [{"x": "1"}] * 3
    entries = services.stores.audit.search(Search()).items[:2]
    assert [(e.action, e.target, e.experiment_id) for e in entries] == [
        ("trace.tag", "c", "2"),
        ("trace.tag", "2 traces", "1"),
    ]
    assert entries[1].details["trace_ids"] == "a b"


def test_who_may_not_tag_one_of_many_tags_none(services: Services) -> None:
    mixed = Actor("account", "mia", AccountId("acc-3"), role="viewer", roles={ONE: "editor"})
    with pytest.raises(Forbidden, match=r"trace\.edit"):
        services.traces.tag_many(mixed, [TraceId("a"), TraceId("c")], {"x": "1"})
    with pytest.raises(NotFound, match="'c'"):
        services.traces.tag_many(ADA, [TraceId("a"), TraceId("c")], {"x": "1"})
    with pytest.raises(Forbidden):
        services.traces.tag_many(VIEWER, [TraceId("a")], {"x": "1"})
    with pytest.raises(Invalid):
        services.traces.tag_many(ADA, [TraceId("a")], {"": "1"})
    with pytest.raises(TooLarge, match=r"1001 .* 1000"):
        services.traces.tag_many(LOCAL, [TraceId(str(n)) for n in range(1_001)], {"x": "1"})
    assert all(not trace.tags for trace in services.traces.search(LOCAL, ListQuery()).items)


def test_tags_are_set_and_deleted_on_record(services: Services) -> None:
    tagged = services.traces.tag(ADA, TraceId("a"), {"x": "1", "y": "2"}, ["y"])
    assert tagged.tags == {"x": "1"}
    assert last_action(services) == ("trace.tag", "a", "1")
    with pytest.raises(Forbidden):
        services.traces.tag(VIEWER, TraceId("a"), {"x": "1"})
    with pytest.raises(Invalid):
        services.traces.tag(ADA, TraceId("a"), {"": "1"})


def test_deleting_removes_what_is_there_and_its_attachments(services: Services) -> None:
    services.attachments.put(ADA, TraceId("a"), "f.txt", BytesIO(b"x"))
    assert services.traces.delete(ADA, [TraceId("a"), TraceId("unknown"), TraceId("a")]) == DeleteReport(
        1, more=False, missing=(TraceId("unknown"),)
    )
    assert last_action(services) == ("trace.delete", "a", "1")
    assert services.stores.blobs.list(trace_folder(ONE, TraceId("a"))) == []
    assert ids(services) == ["c", "b"]


def test_one_trace_out_of_reach_stops_the_whole_delete(services: Services) -> None:
    with pytest.raises(NotFound):
        services.traces.delete(ADA, [TraceId("a"), TraceId("c")])
    assert ids(services) == ["c", "b", "a"]


def test_deleting_by_filter_is_bounded_and_says_what_is_left(services: Services) -> None:
    query = ListQuery(("one",), filter="span_count >= 1")
    with pytest.raises(Invalid, match="experiments"):
        services.traces.delete_matching(LOCAL, ListQuery())
    with pytest.raises(Invalid, match="max_traces"):
        services.traces.delete_matching(LOCAL, query, max_traces=0)
    first = services.traces.delete_matching(ADA, query, max_traces=1)
    assert (first.deleted, first.more) == (1, True)
    second = services.traces.delete_matching(ADA, query, max_traces=10)
    assert (second.deleted, second.more) == (1, False)
    assert ids(services) == ["c"]


def test_links_to_a_run_are_idempotent_and_of_one_experiment(services: Services) -> None:
    assert services.traces.link_run(ADA, RunId("r"), [TraceId("a"), TraceId("b")]).linked == 2
    assert services.traces.link_run(ADA, RunId("r"), [TraceId("a")]).linked == 0
    assert ids(services, query=ListQuery(filter="run = 'r'")) == ["b", "a"]
    with pytest.raises(Invalid, match="one experiment"):
        services.traces.link_run(LOCAL, RunId("r"), [TraceId("a"), TraceId("c")])
    with pytest.raises(NotFound, match="'x'"):
        services.traces.link_run(LOCAL, RunId("r"), [TraceId("a"), TraceId("x")])


def test_what_a_client_says_wins_and_foreign_traces_are_refused(services: Services) -> None:
    said = services.traces.log_info(ADA, ONE, TraceId("a"), TraceInfo(name="said", tags={"k": "v"}))
    assert (said.name, said.tags) == ("said", {"k": "v"})
    assert services.traces.log_info(ADA, ONE, TraceId("new"), TraceInfo(name="first")).state == "IN_PROGRESS"
    with pytest.raises(Conflict):
        services.traces.log_info(LOCAL, ONE, TraceId("c"), TraceInfo(name="mine"))
    with pytest.raises(NotFound):
        services.traces.log_info(ADA, TWO, TraceId("c"), TraceInfo(name="mine"))


def test_what_is_said_without_an_experiment_goes_where_the_trace_is_if_one_may_feed_that(services: Services) -> None:
    assert services.traces.log_info(LOCAL, None, TraceId("c"), TraceInfo(name="said")).experiment_id == TWO
    assert services.traces.log_info(LOCAL, None, TraceId("fresh"), TraceInfo(name="x")).experiment_id == "0"
    with pytest.raises((NotFound, Forbidden)) as refused:
        services.traces.log_info(ADA, None, TraceId("c"), TraceInfo(name="mine"))
    assert TWO not in refused.value.message


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "..", ".", "", "con", "a\x00b", "a\\b", "c:", "trailing.", "trailing ", "x" * 201]
)
def test_names_of_attachments_never_leave_their_folder(services: Services, name: str) -> None:
    with pytest.raises(Invalid):
        services.attachments.put(LOCAL, TraceId("a"), name, BytesIO(b"x"))
    with pytest.raises(Invalid):
        services.attachments.open(LOCAL, TraceId("a"), name)


def test_attachments_are_stored_listed_read_and_deleted(services: Services) -> None:
    services.attachments.put(ADA, TraceId("a"), "b.txt", BytesIO(b"old"))
    services.attachments.put(ADA, TraceId("a"), "b.txt", BytesIO(b"newer"))
    services.attachments.put(ADA, TraceId("a"), "a.txt", BytesIO(b"first"))
    assert [(item.name, item.size_bytes) for item in services.attachments.list(VIEWER, TraceId("a"))] == [
        ("a.txt", 5), ("b.txt", 5),
    ]  # fmt: skip
    found, stream = services.attachments.open(VIEWER, TraceId("a"), "b.txt")
    with stream:
        assert (found.name, stream.read()) == ("b.txt", b"newer")
    services.attachments.delete(ADA, TraceId("a"), "b.txt")
    assert last_action(services) == ("attachment.delete", "a", "1")
    for missing in (services.attachments.delete, services.attachments.open):
        with pytest.raises(NotFound):
            missing(ADA, TraceId("a"), "b.txt")
    with pytest.raises(TooLarge):
        services.attachments.put(ADA, TraceId("a"), "large", BytesIO(b"x" * 101))
    with pytest.raises(Forbidden):
        services.attachments.put(VIEWER, TraceId("a"), "c.txt", BytesIO(b""))


def test_sessions_and_users_are_those_of_the_traces_in_reach(services: Services) -> None:
    services.stores.traces.write([write("d", span(session="s-2", user="u-2"), experiment=TWO)])
    assert [item.session for item in services.conversations.sessions(ADA, ListQuery()).items] == ["s-1"]
    assert [item.user for item in services.conversations.users(ADA, ListQuery()).items] == ["u-1"]
    assert services.conversations.session(ADA, "one", "s-1").trace_count == 1
    with pytest.raises(NotFound):
        services.conversations.session(ADA, "two", "s-2")


def test_counts_facets_and_aggregates_stay_in_reach(services: Services) -> None:
    assert services.analytics.count(ADA, ListQuery()).count == 2
    facet = services.analytics.facet(ADA, ListQuery(), "name")
    assert {value.value for value in facet.values} == {"root", "other"}
    points = services.analytics.aggregate(ADA, ListQuery(), AggregateQuery(("count",))).points
    assert [point.values["count"] for point in points] == [2]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (AggregateQuery(()), "measures"),
        (AggregateQuery(("count",), bucket_ms=999), "bucket_ms"),
        (AggregateQuery(("count",), bucket_ms=1000, offset_ms=1000), "offset_ms"),
        (AggregateQuery(("count",), offset_ms=5), "offset_ms"),
        (AggregateQuery(("count",), max_points=0), "max_points"),
        (AggregateQuery(("assessment_mean",)), "assessment"),
        (AggregateQuery(("count",), edges_ms=(1,)), "edges_ms"),
        (AggregateQuery(("count",), edges_ms=(1, 1)), "edges_ms"),
        (AggregateQuery(("count",), edges_ms=(1, 10**15)), "edges_ms"),
        (AggregateQuery(("count",), bucket_ms=1000, edges_ms=(1, 2)), "edges_ms"),
        (AggregateQuery(("count",), edges_ms=tuple(range(1001))), "edges_ms"),
    ],
)
def test_senseless_aggregates_are_refused(services: Services, query: AggregateQuery, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        services.analytics.aggregate(LOCAL, ListQuery(), query)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (ListQuery(limit=0), Invalid),
        (ListQuery(limit=1001), Invalid),
        (ListQuery(cursor="nonsense"), Invalid),
        (ListQuery(filter="name ="), Invalid),
        (ListQuery(order="nothing"), Invalid),
        (ListQuery(("0",) * 1001), TooLarge),
    ],
)
def test_wrong_lists_are_refused(services: Services, query: ListQuery, error: type[LodelineError]) -> None:
    with pytest.raises(error):
        services.traces.search(LOCAL, query)


def test_too_many_ids_are_refused(services: Services) -> None:
    with pytest.raises(TooLarge):
        services.traces.delete(LOCAL, [TraceId(str(number)) for number in range(1001)])
