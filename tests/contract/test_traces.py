"""Contract of `TraceStore`: writing, editing, deleting. Searching has its own module."""

import io
from dataclasses import replace
from itertools import permutations

import pytest

from lodeline.domain.blob import trace_folder
from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, RunId, TraceId
from lodeline.domain.span import ResourceFacts
from lodeline.domain.trace import Trace, TraceChange, TraceInfo, WriteOutcome
from lodeline.domain.usage import TokenUsage
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import (
    T0_MS,
    SpanSpec,
    at_ns,
    audit,
    delete_experiment,
    found,
    judgment,
    make_experiment,
    restore_experiment,
    span,
    span_id,
    write,
)

ONE = TraceId("tr-1")
RESOURCE = ResourceFacts("svc", "prod", "v1", "run-1", "sdk", {"team": "blue"})


def get(stores: Stores, trace_id: str = ONE) -> Trace:
    (trace,) = stores.traces.get([TraceId(trace_id)])
    return trace


def edit(stores: Stores, change: TraceChange, trace_id: str = ONE, *, now_ms: int = T0_MS) -> Trace:
    return stores.traces.update(TraceId(trace_id), change, now_ms=now_ms, audit=audit())


def test_a_written_trace_has_the_summary_of_its_spans(stores: Stores) -> None:
    usage = TokenUsage(input_uncached=3, cache_read=2, output_text=5)
    root = span(
        "answer", 1, end_ms=250.5, status="ERROR", status_message="no", session="s", user="u",
        request="question", response="reply", tags={"a": "1"}, metadata={"m": "2"}, resource=RESOURCE,
    )  # fmt: skip
    llm = span("llm", 2, parent=1, start_ms=-10, kind="LLM", tokens=usage, cost_usd=0.25, resource=RESOURCE)
    one = write(ONE, root, llm, received_ms=T0_MS + 7)
    assert stores.traces.write([one]) == [WriteOutcome(ONE, stored=2)]
    assert get(stores) == Trace(
        trace_id=ONE, experiment_id=ExperimentId("0"), name="answer", state="ERROR", start_ns=at_ns(-10),
        duration_ns=260_500_000, received_ms=T0_MS + 7, updated_ms=T0_MS + 7, root_span_id=span_id(1),
        request="question", response="reply", session="s", user="u", environment="prod", service="svc",
        client="sdk", model_id="v1", run_id="run-1", tokens=usage, cost_usd=0.25, span_count=2, error_count=1,
        size_bytes=sum(facts.size_bytes for facts in one.spans), status_message="no",
        tags={"team": "blue", "a": "1"}, metadata={"m": "2"},
    )  # fmt: skip


@pytest.mark.parametrize("source", [None, "reported", "override, genai-prices 1.2.3"])
def test_where_a_cost_is_from_is_kept_with_its_span(stores: Stores, source: str | None) -> None:
    stores.traces.write([write(ONE, span("llm", cost_usd=0.25, cost_source=source))])
    (whole,) = stores.spans.load(ONE)
    assert (whole.cost_usd, whole.cost_source) == (0.25, source)


def test_there_is_one_outcome_a_write_in_order(stores: Stores) -> None:
    outcomes = stores.traces.write(
        [write("tr-2", span()), write("tr-1", span(), experiment="99"), write("tr-1", span(), span("b", 2))]
    )
    assert [(o.trace_id, o.stored, o.known, o.refused is None) for o in outcomes] == [
        ("tr-2", 1, 0, True),
        ("tr-1", 0, 0, False),
        ("tr-1", 2, 0, True),
    ]


def test_nothing_to_write_makes_nothing(stores: Stores) -> None:
    assert stores.traces.write([]) == []
    assert stores.traces.write([write(ONE)]) == [WriteOutcome(ONE)]
    assert stores.traces.get([ONE]) == []


def test_a_span_sent_again_changes_nothing(stores: Stores) -> None:
    one = write(ONE, span(tags={"a": "1"}), span("b", 2, parent=1))
    stores.traces.write([one])
    before, chunks = get(stores), list(stores.spans.chunks(ONE))
    again = replace(one, received_ms=T0_MS + 1_000)
    assert stores.traces.write([again, again]) == [WriteOutcome(ONE, known=2), WriteOutcome(ONE, known=2)]
    assert get(stores) == before
    assert list(stores.spans.chunks(ONE)) == chunks


COPIES: list[SpanSpec] = [
    span("open", end_ms=None, status="UNSET"),
    span("short", end_ms=50, tags={"copy": "short"}),
    span("long", end_ms=90, status="ERROR", tags={"copy": "long"}),
    span("long again", end_ms=90, status="ERROR"),
]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_of_several_copies_the_greatest_rank_is_kept_in_any_order(stores: Stores, order: tuple[int, ...]) -> None:
    best = max((write(ONE, copy).spans[0] for copy in COPIES), key=lambda facts: facts.rank)
    for index in order:
        stores.traces.write([write(ONE, COPIES[index])])
    trace = get(stores)
    assert trace.name == best.name
    assert trace.tags == (best.tags or {})
    assert (trace.span_count, trace.error_count, trace.size_bytes) == (1, 1, best.size_bytes)
    assert [s.name for s in stores.spans.load(ONE)] == [best.name]
    assert found(stores, f"span.name = '{best.name}'") == [ONE]
    assert found(stores, "span.name = 'short'") == []
    assert found(stores, "tags.copy = 'short'") == []


def test_copies_within_one_write_are_ranked_too(stores: Stores) -> None:
    (outcome,) = stores.traces.write([write(ONE, span("short", end_ms=1), span("long", end_ms=9))])
    assert outcome.refused is None
    assert [s.name for s in stores.spans.load(ONE)] == ["long"]
    assert get(stores).span_count == 1


def spans_of_a_trace() -> list[SpanSpec]:
    return [
        span("root", 1, start_ms=0, end_ms=100, session="root's", tags={"k": "root"}),
        span("early", 2, parent=1, start_ms=-50, end_ms=10, session="early", tags={"k": "early", "e": "1"}),
        span("late", 3, parent=2, start_ms=20, end_ms=400, tokens=TokenUsage(7), cost_usd=0.5, status="ERROR"),
    ]


def test_spans_come_in_any_order_and_in_any_requests(stores: Stores) -> None:
    whole = write("tr-0", *spans_of_a_trace())
    stores.traces.write([whole])
    expected = replace(get(stores, "tr-0"), trace_id=ONE)
    for number, order in enumerate(permutations(spans_of_a_trace()), start=1):
        trace_id = TraceId(f"tr-{number}")
        for one in order:
            stores.traces.write([write(trace_id, one)])
        assert replace(get(stores, trace_id), trace_id=ONE, size_bytes=0) == replace(expected, size_bytes=0)


def test_a_trace_without_a_root_is_readable_and_a_late_root_completes_it(stores: Stores) -> None:
    root, *children = spans_of_a_trace()
    stores.traces.write([write(ONE, *children)])
    before = get(stores)
    assert (before.state, before.name, before.root_span_id, before.session) == (
        "IN_PROGRESS", "early", None, "early",
    )  # fmt: skip
    assert [s.name for s in stores.spans.skeleton(ONE)] == ["early", "late"]
    stores.traces.write([write(ONE, root, received_ms=T0_MS + 60_000)])
    after = get(stores)
    assert (after.state, after.name, after.root_span_id, after.session) == ("OK", "root", span_id(1), "root's")
    assert (after.received_ms, after.updated_ms) == (T0_MS, T0_MS + 60_000)
    assert found(stores, "session = 'early'") == []


def test_an_unended_span_shows_and_its_end_replaces_it(stores: Stores) -> None:
    stores.traces.write([write(ONE, span(end_ms=None, status="UNSET"))])
    assert (get(stores).state, get(stores).duration_ns) == ("IN_PROGRESS", None)
    stores.traces.write([write(ONE, span(end_ms=30))])
    assert (get(stores).state, get(stores).duration_ns) == ("OK", 30_000_000)


def test_a_write_for_a_trace_of_another_experiment_is_refused_whole(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    stores.traces.write([write(ONE, span())])
    before = get(stores)
    refused, taken = stores.traces.write(
        [
            write(ONE, span("b", 2), experiment=other, info=TraceInfo(name="x")),
            write("tr-2", span(), experiment=other),
        ]
    )
    assert refused.refused is not None
    assert (refused.trace_id, refused.refused) == (ONE, "it belongs to another experiment")
    assert (refused.stored, refused.known, taken.stored, taken.refused) == (0, 0, 1, None)
    assert get(stores) == before
    assert found(stores, experiments=(other,)) == ["tr-2"]


def test_within_one_call_the_first_experiment_owns_the_trace(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    first, second = stores.traces.write([write(ONE, span(), experiment=other), write(ONE, span("b", 2))])
    assert (first.refused, second.refused is None) == (None, False)
    assert get(stores).experiment_id == other


def test_a_write_to_an_unknown_or_deleted_experiment_is_refused_and_the_others_kept(stores: Stores) -> None:
    gone = make_experiment(stores).experiment_id
    delete_experiment(stores, gone)
    unknown, deleted, taken = stores.traces.write(
        [write("tr-7", span(), experiment="99"), write("tr-8", span(), experiment=gone), write("tr-9", span())]
    )
    assert unknown.refused is not None
    assert "99" in unknown.refused
    assert deleted.refused is not None
    assert "deleted" in deleted.refused
    assert taken.refused is None
    restore_experiment(stores, gone)
    assert found(stores, experiments=("0", gone)) == ["tr-9"]


def test_get_answers_in_the_order_asked_for_and_leaves_unknown_ids_out(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span()) for n in range(4)])
    asked = [TraceId(i) for i in ("tr-3", "nothing", "tr-0", "tr-2", "", "\x00")]
    assert [t.trace_id for t in stores.traces.get(asked)] == ["tr-3", "tr-0", "tr-2"]
    assert stores.traces.get([]) == []


def test_ids_differ_by_letter_case(stores: Stores) -> None:
    stores.traces.write([write("abc", span("lower")), write("ABC", span("upper"))])
    assert [get(stores, i).name for i in ("abc", "ABC")] == ["lower", "upper"]


INFO = TraceInfo(
    name="said", state="ERROR", start_ns=at_ns(-5), duration_ns=9_000_000, request="q", response="r", session="s",
    user="u", environment="e", model_id="m", run_id="r-1", client_request_id="c", tokens=TokenUsage(1),
    cost_picousd=10**12, tags={"k": "info"}, metadata={"m": "info"},
)  # fmt: skip


def test_what_the_client_says_wins_over_the_spans_in_any_order(stores: Stores) -> None:
    spans = span(session="x", tags={"k": "span", "own": "1"}, metadata={"m": "span"}, resource=RESOURCE)
    stores.traces.write([write(ONE, info=INFO), write(ONE, spans)])
    stores.traces.write([write("tr-2", spans)])
    stores.traces.write([write("tr-2", info=INFO)])
    for trace in stores.traces.get([ONE, TraceId("tr-2")]):
        assert (trace.name, trace.state, trace.start_ns, trace.duration_ns) == (
            "said", "ERROR", at_ns(-5), 9_000_000,
        )  # fmt: skip
        assert (trace.request, trace.response, trace.session, trace.user) == ("q", "r", "s", "u")
        assert (trace.environment, trace.model_id, trace.run_id) == ("e", "m", "r-1")
        assert (trace.client_request_id, trace.tokens, trace.cost_usd) == ("c", TokenUsage(1), 1.0)
        assert trace.tags == {"team": "blue", "k": "info", "own": "1"}
        assert trace.metadata == {"m": "info"}
        assert (trace.service, trace.span_count, trace.root_span_id) == ("svc", 1, span_id(1))


def test_info_alone_makes_a_trace(stores: Stores) -> None:
    info = TraceInfo(name="started", state="IN_PROGRESS", start_ns=at_ns(0))
    assert stores.traces.write([write(ONE, info=info)]) == [WriteOutcome(ONE)]
    trace = get(stores)
    assert (trace.name, trace.state, trace.span_count, trace.duration_ns) == ("started", "IN_PROGRESS", 0, None)
    assert stores.spans.skeleton(ONE) == []
    assert stores.spans.load(ONE) == []
    assert found(stores, "span_count = 0") == [ONE]


def test_metadata_is_fixed_once_the_trace_is_finalised(stores: Stores) -> None:
    stores.traces.write([write(ONE, info=TraceInfo(metadata={"a": "1"}))])
    assert not get(stores).finalised
    stores.traces.write([write(ONE, info=TraceInfo(metadata={"a": "2", "b": "2"}, finalised=True))])
    assert get(stores).finalised
    stores.traces.write([write(ONE, info=TraceInfo(name="later", metadata={"a": "3", "c": "3"}))])
    assert get(stores).metadata == {"a": "2", "b": "2"}
    assert get(stores).finalised
    assert get(stores).name == "later"


def test_late_spans_of_a_finalised_trace_fill_what_is_missing(stores: Stores) -> None:
    stores.traces.write([write(ONE, span("root", 1, metadata={"a": "root"}, tags={"t": "root"}))])
    stores.traces.write([write(ONE, info=TraceInfo(metadata={"b": "said"}, user="u-1", finalised=True))])
    late = {"a": "late", "b": "late", "c": "late"}
    spec = span(
        "late", 2, parent=1, start_ms=9, metadata=late, tags={"t": "late", "u": "late"}, session="s", user="x"
    )
    stores.traces.write([write(ONE, spec)])
    found = get(stores)
    assert found.metadata == {"a": "root", "b": "said", "c": "late"}
    assert found.tags == {"t": "root", "u": "late"}
    assert (found.session, found.user, found.finalised) == ("s", "u-1", True)


def test_many_traces_are_tagged_at_once_and_unknown_ones_are_left_out(stores: Stores) -> None:
    gone = make_experiment(stores, "gone").experiment_id
    stores.traces.write([write(f"tr-{n}", span(tags={"a": "1"})) for n in (1, 2, 3)])
    stores.traces.write([write("tr-hidden", span(), experiment=gone)])
    delete_experiment(stores, gone)
    asked = [TraceId(text) for text in ("tr-3", "tr-unknown", "tr-1", "tr-3", "tr-hidden")]
    change = TraceChange(set_tags={"b": "2"}, delete_tags=("a",))
    assert stores.traces.update_many(asked, change, now_ms=T0_MS + 9, audit=audit()) == ["tr-3", "tr-1"]
    assert [get(stores, f"tr-{n}").tags for n in (1, 2, 3)] == [{"b": "2"}, {"a": "1"}, {"b": "2"}]
    assert get(stores, "tr-3").updated_ms == T0_MS + 9
    assert sorted(found(stores, "tags.b = '2'")) == ["tr-1", "tr-3"]
    assert found(stores, "tags.a = '1'") == ["tr-2"]
    late = span("late", 2, parent=1, tags={"a": "late", "b": "late"})
    stores.traces.write([write("tr-1", late)])
    assert get(stores, "tr-1").tags == {"b": "2"}


def test_tagging_no_trace_leaves_no_audit_entry(stores: Stores) -> None:
    before = stores.audit.search(Search()).items
    assert stores.traces.update_many([ONE], TraceChange(set_tags={"b": "2"}), now_ms=T0_MS, audit=audit()) == []
    assert stores.audit.search(Search()).items == before


def test_edits_of_tags_are_set_before_they_are_deleted(stores: Stores) -> None:
    stores.traces.write([write(ONE, span(tags={"a": "1", "b": "2"}))])
    change = TraceChange(set_tags={"b": "9", "c": "3", "d": "4"}, delete_tags=("a", "d", "absent"))
    edited = edit(stores, change, now_ms=T0_MS + 50)
    assert edited == get(stores)
    assert edited.tags == {"b": "9", "c": "3"}
    assert edited.updated_ms == T0_MS + 50
    assert found(stores, "tags.c = '3' AND tags.b = '9'") == [ONE]
    assert found(stores, "tags.a = '1' OR tags.b = '2'") == []


def test_edits_win_over_what_spans_and_info_bring_later(stores: Stores) -> None:
    stores.traces.write([write(ONE, span(tags={"a": "1"}))])
    edit(stores, TraceChange(set_tags={"b": "edited"}, delete_tags=("a", "c")))
    late = span("late", 2, parent=1, tags={"a": "2", "b": "2", "c": "2", "d": "2"})
    stores.traces.write([write(ONE, late, info=TraceInfo(tags={"b": "said", "c": "said"}))])
    assert get(stores).tags == {"b": "edited", "d": "2"}
    assert edit(stores, TraceChange(set_tags={"a": "again"})).tags == {"a": "again", "b": "edited", "d": "2"}


def test_update_of_an_unknown_trace_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        edit(stores, TraceChange(set_tags={"a": "1"}))


def test_a_trace_of_a_deleted_experiment_takes_no_edits(stores: Stores) -> None:
    gone = make_experiment(stores).experiment_id
    stores.traces.write([write(ONE, span(), experiment=gone)])
    delete_experiment(stores, gone)
    with pytest.raises(Deleted):
        edit(stores, TraceChange(set_tags={"a": "1"}))
    with pytest.raises(Deleted):
        stores.traces.link_run(RunId("r"), [ONE], audit=audit())
    assert stores.traces.delete([ONE], audit=audit()) == 0
    restore_experiment(stores, gone)
    assert get(stores).tags == {}
    assert get(stores).linked_run_ids == ()


def test_delete_removes_all_of_a_trace_and_counts_each_once(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span(session="s", user="u", tags={"n": str(n)})) for n in (1, 2, 3)])
    stores.assessments.log(
        ExperimentId("0"), judgment(assessment_id=AssessmentId("a-1")), by=None, now_ms=T0_MS, audit=audit()
    )
    path = f"{trace_folder(ExperimentId('0'), ONE)}/image.png"
    stores.blobs.put(path, io.BytesIO(b"x"), max_bytes=1)
    asked = [TraceId(i) for i in ("tr-1", "tr-1", "unknown", "tr-3")]
    assert stores.traces.delete(asked, audit=audit()) == 2
    assert stores.traces.delete(asked, audit=audit()) == 0
    assert found(stores) == ["tr-2"]
    assert found(stores, "tags.n = '1' OR session = 's'") == ["tr-2"]
    for read in (
        lambda: stores.spans.skeleton(ONE),
        lambda: stores.spans.load(ONE),
        lambda: list(stores.spans.chunks(ONE)),
        lambda: stores.assessments.get(AssessmentId("a-1")),
        lambda: stores.assessments.history(AssessmentId("a-1")),
    ):
        with pytest.raises(NotFound):
            read()
    assert stores.assessments.of_traces([ONE]) == {}
    assert stores.conversations.session(ExperimentId("0"), "s", now_ms=T0_MS).trace_count == 1
    assert stores.blobs.list("") == []
    assert stores.admin.check() == []


def test_a_deleted_trace_that_is_sent_again_comes_back_as_a_new_one(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    stores.traces.write([write(ONE, span("old", end_ms=900), span("child", 2)), write("tr-2", span())])
    edit(stores, TraceChange(set_tags={"a": "1"}))
    stores.traces.link_run(RunId("r"), [ONE], audit=audit())
    stores.traces.delete([ONE], audit=audit())
    again = write(ONE, span("new", end_ms=5), experiment=other, received_ms=T0_MS + 9)
    assert stores.traces.write([again]) == [WriteOutcome(ONE, stored=1)]
    trace = get(stores)
    assert (trace.experiment_id, trace.name, trace.span_count, trace.tags) == (other, "new", 1, {})
    assert (trace.received_ms, trace.linked_run_ids) == (T0_MS + 9, ())
    assert found(stores, experiments=("0", other)) == [ONE, "tr-2"]


def test_linking_a_run_is_idempotent_and_counts_new_links(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span(resource=RESOURCE)) for n in (1, 2, 3)])
    one, two = TraceId("tr-1"), TraceId("tr-2")
    assert stores.traces.link_run(RunId("r-a"), [one, one], audit=audit()) == 1
    assert stores.traces.link_run(RunId("r-a"), [one, two], audit=audit()) == 1
    assert stores.traces.link_run(RunId("r-b"), [one], audit=audit()) == 1
    assert stores.traces.link_run(RunId("r-a"), [], audit=audit()) == 0
    assert [set(get(stores, i).linked_run_ids) for i in ("tr-1", "tr-2", "tr-3")] == [{"r-a", "r-b"}, {"r-a"}, set()]
    assert get(stores).run_id == "run-1"
    assert found(stores, "run = 'r-a'") == ["tr-2", "tr-1"]
    assert found(stores, "run = 'run-1' AND run = 'r-b'") == ["tr-1"]
    assert found(stores, "run != 'r-a'") == ["tr-3"]


def test_linking_unknown_traces_names_them_and_links_nothing(stores: Stores) -> None:
    stores.traces.write([write(ONE, span())])
    with pytest.raises(NotFound, match="tr-missing"):
        stores.traces.link_run(RunId("r"), [ONE, TraceId("tr-missing")], audit=audit())
    assert get(stores).linked_run_ids == ()


def test_links_stay_when_spans_come_later(stores: Stores) -> None:
    stores.traces.write([write(ONE, span())])
    stores.traces.link_run(RunId("r"), [ONE], audit=audit())
    stores.traces.write([write(ONE, span("late", 2, parent=1))])
    assert get(stores).linked_run_ids == ("r",)
    assert found(stores, "run = 'r'") == [ONE]


def abandon(stores: Stores, *, silent_since_ms: int = T0_MS + 100, limit: int = 10) -> int:
    return stores.traces.abandon(silent_since_ms=silent_since_ms, now_ms=T0_MS + 200, limit=limit)


OPEN = span("child", 2, parent=1)


def test_abandon_closes_silent_open_traces_and_keeps_their_content(stores: Stores) -> None:
    stores.traces.write(
        [
            write("tr-silent", OPEN, received_ms=T0_MS),
            write("tr-fresh", OPEN, received_ms=T0_MS + 100),
            write("tr-done", span(), received_ms=T0_MS),
            write("tr-info", info=TraceInfo(state="IN_PROGRESS"), received_ms=T0_MS),
        ]
    )
    assert abandon(stores) == 2
    states = {i: get(stores, i).state for i in ("tr-silent", "tr-fresh", "tr-done", "tr-info")}
    assert states == {"tr-silent": "ABANDONED", "tr-fresh": "IN_PROGRESS", "tr-done": "OK", "tr-info": "ABANDONED"}
    assert [s.name for s in stores.spans.load(TraceId("tr-silent"))] == ["child"]
    assert set(found(stores, "state = 'ABANDONED'")) == {"tr-silent", "tr-info"}
    assert found(stores, "state = 'IN_PROGRESS'") == ["tr-fresh"]
    assert abandon(stores) == 0


def test_abandon_does_at_most_the_limit_at_once(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", OPEN) for n in range(5)])
    assert [abandon(stores, limit=2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(("root", "state"), [(span(), "OK"), (span(status="ERROR"), "ERROR")])
def test_a_late_root_revives_an_abandoned_trace(stores: Stores, root: SpanSpec, state: str) -> None:
    stores.traces.write([write(ONE, OPEN)])
    assert abandon(stores) == 1
    stores.traces.write([write(ONE, root, received_ms=T0_MS + 900)])
    assert get(stores).state == state
    assert found(stores, "state = 'ABANDONED'") == []


def test_late_content_without_an_end_makes_it_open_again(stores: Stores) -> None:
    stores.traces.write([write(ONE, OPEN)])
    abandon(stores)
    stores.traces.write([write(ONE, span("more", 3, parent=1), received_ms=T0_MS + 900)])
    assert get(stores).state == "IN_PROGRESS"
    assert abandon(stores, silent_since_ms=T0_MS + 901) == 1


def test_content_known_already_and_edits_do_not_revive(stores: Stores) -> None:
    info = TraceInfo(name="said")
    stores.traces.write([write(ONE, OPEN, info=info)])
    abandon(stores)
    abandoned = get(stores)
    assert abandoned.state == "ABANDONED"
    stores.traces.write([write(ONE, OPEN, info=info, received_ms=T0_MS + 900)])
    assert get(stores) == abandoned
    edit(stores, TraceChange(set_tags={"a": "1"}))
    assert get(stores).state == "ABANDONED"


def test_size_counts_traces_and_bytes_of_one_experiment(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    assert stores.traces.size(other) == (0, 0)
    writes = [write(f"tr-{n}", span(attributes={"x": "y" * n}), experiment=other) for n in (1, 50)]
    stores.traces.write([*writes, write("tr-0", span())])
    assert stores.traces.size(other) == (2, sum(w.spans[0].size_bytes for w in writes))


def test_every_kind_of_text_survives(stores: Stores) -> None:
    hostile = "'; DROP TABLE traces; --\n\x00\x7f\u202e\U0001f600ß漢\\%_\""
    spans = span(
        hostile, tags={hostile: hostile, "": "empty key"}, session=hostile, request=hostile, metadata={hostile: ""},
        attributes={hostile: [hostile, {hostile: None}]}, status_message=hostile,
    )  # fmt: skip
    stores.traces.write([write(ONE, spans)])
    trace = get(stores)
    assert (trace.name, trace.session, trace.request, trace.status_message) == (hostile,) * 4
    assert trace.tags == {hostile: hostile, "": "empty key"}
    assert trace.metadata == {hostile: ""}
    (whole,) = stores.spans.load(ONE)
    assert (whole.name, whole.attributes) == (hostile, {hostile: [hostile, {hostile: None}]})
    assert stores.conversations.session(ExperimentId("0"), hostile, now_ms=T0_MS).trace_count == 1


def test_a_lone_surrogate_does_not_break_anything(stores: Stores) -> None:
    info = TraceInfo(name="a\ud800b", session="\udfff", tags={"k\ud800": "v\ud800"}, metadata={"m": "\ud800"})
    assert stores.traces.write([write(ONE, info=info)])[0].refused is None
    assert get(stores).name.encode("utf-8", "replace").startswith(b"a")
    assert found(stores) == [ONE]


def test_times_and_numbers_at_their_limits_survive(stores: Stores) -> None:
    most = 2**63 - 1
    stores.traces.write([write(ONE, info=TraceInfo(start_ns=0, duration_ns=most, cost_picousd=most))])
    trace = get(stores)
    assert (trace.start_ns, trace.duration_ns) == (0, most)
    assert found(stores, order="duration desc") == [ONE]


def test_a_trace_of_thirty_thousand_spans_is_written_and_read(stores: Stores) -> None:
    spans = [span("root", 1, end_ms=1e6)] + [
        span(f"s{n % 7}", n, parent=n // 10 or 1, start_ms=n, end_ms=n + 5) for n in range(2, 30_001)
    ]
    for start in range(0, len(spans), 10_000):
        stores.traces.write([write(ONE, *spans[start : start + 10_000])])
    assert get(stores).span_count == 30_000
    skeleton = stores.spans.skeleton(ONE)
    assert (len(skeleton), skeleton[0].name) == (30_000, "root")
    asked = [span_id(n) for n in (2, 15_000, 30_000)]
    assert [s.span_id for s in stores.spans.load(ONE, asked)] == asked
