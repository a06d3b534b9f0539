"""Contract of `TraceStore.search`: what filters find, in which order, page by page."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lodeline.domain.assessment import AssessmentError
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.span import ResourceFacts
from lodeline.domain.trace import TraceChange, TraceInfo
from lodeline.domain.usage import TokenUsage
from lodeline.storage.base import Stores
from tests.contract.build import (
    T0_MS,
    all_pages,
    audit,
    found,
    judgment,
    make_experiment,
    search,
    settle,
    span,
    write,
)

PROD = ResourceFacts("web", "production", "v2", "run-9", "otel")


@pytest.fixture(scope="module")
def five(shared_stores: Stores) -> Stores:
    """The five traces, to be read only."""
    fill(shared_stores)
    settle(shared_stores)
    return shared_stores


def fill(stores: Stores) -> Stores:
    """Write five traces, a to e, newest last, each different in most respects."""
    stores.traces.write(
        [
            write(
                "a",
                span("chat", 1, start_ms=0, end_ms=100, session="s1", user="ann", tags={"release": "1.0"}),
                span("llm", 2, parent=1, kind="LLM", model="gpt-5", provider="openai", tokens=TokenUsage(10),
                     cost_usd=0.1, attributes={"temp": 0.5, "n": 3, "deep.key": "v", "ok": True}),
                span("tool", 3, parent=1, kind="TOOL", status="ERROR", status_message="Timeout after 5 s"),
            ),
            write(
                "b",
                span("chat", 1, start_ms=1000, end_ms=1500, status="ERROR", status_message="quota", session="s1",
                     tags={"release": "2.0", "team": "blue"}, metadata={"commit": "abc"}, resource=PROD),
                span("llm", 2, parent=1, start_ms=1000, kind="LLM", status="ERROR", model="gpt-5",
                     attributes={"temp": 0.5, "prompt": "Where is the Nice café? It's 50% off_peak"}),
            ),
            write("c", span("child", 2, parent=1, start_ms=2000, end_ms=2001, attributes={"temp": "0.5"})),
            write("d", span("embed 漢字", 1, start_ms=3000, end_ms=3010, kind="EMBEDDING", user="Ann",
                            request="STRASSE", response="Straße", attributes={"temp": 1, "x": float("nan")},
                            events=["cache miss"])),
            write("e", info=TraceInfo(name="said", state="OK", start_ns=(T0_MS + 4000) * 1_000_000, duration_ns=7,
                                      client_request_id="req-1", environment="staging", cost_picousd=5 * 10**12,
                                      tokens=TokenUsage(1, 2, 3, 4, 5, 6))),
        ]
    )  # fmt: skip
    zero = ExperimentId("0")
    error = AssessmentError("JudgeTimeout", "late")
    for draft in (
        judgment("a", "quality", 0.2),
        judgment("b", "quality", 0.9, source="HUMAN", source_id="ann", rationale="Because it's 100% right"),
        judgment("b", "correct", True, span=2),
        judgment("c", "quality", error=error, source="LLM_JUDGE"),
        judgment("d", "quality", "yes"),
        judgment("e", "answer", {"k": ["Paris"]}, kind="EXPECTATION"),
    ):
        stores.assessments.log(zero, draft, by=None, now_ms=T0_MS, audit=audit())
    stores.traces.link_run(RunId("run-1"), [TraceId("a"), TraceId("b")], audit=audit())
    stores.traces.update(TraceId("c"), TraceChange(set_tags={"note": ""}), now_ms=T0_MS, audit=audit())
    return stores


FILTERS = [
    ("", "edcba"),
    ("id = 'c'", "c"),
    ("id IN ('a', 'e', 'zz')", "ea"),
    ("id NOT IN ('a', 'e')", "dcb"),
    ("experiment = '0'", "edcba"),
    ("experiment = '1'", ""),
    ("name = 'chat'", "ba"),
    ("name != 'chat'", "edc"),
    ("name LIKE '%字'", "d"),
    ("name ILIKE 'CH%'", "cba"),
    ("name LIKE 'CH%'", ""),
    ("name LIKE 'ch_t'", "ba"),
    ("name NOT LIKE 'ch%'", "ed"),
    ("name RLIKE '^(chat|said)$'", "eba"),
    ("state = 'OK'", "eda"),
    ("state = ERROR", "b"),
    ("state IN ('ERROR', 'IN_PROGRESS')", "cb"),
    ("start > '2026-09-21T14:13:21Z'", "edc"),
    ("start >= 1790000001000", "edcb"),
    ("end <= 1790000001500", "ba"),
    ("duration > 100ms", "b"),
    ("duration <= 100ms", "edca"),
    ("duration < 8ns", "e"),
    ("session = 's1'", "ba"),
    ("session IS NULL", "edc"),
    ("session != 's2'", "ba"),
    ("NOT session = 's1'", "edc"),
    ("user = 'ann'", "a"),
    ("user ILIKE 'ANN'", "da"),
    ("environment = 'production'", "b"),
    ("environment IS NOT NULL", "eb"),
    ("service = 'web' AND client = 'otel' AND model = 'v2'", "b"),
    ("run = 'run-1'", "ba"),
    ("run = 'run-9'", "b"),
    ("run != 'run-9'", "a"),
    ("run IS NULL", "edc"),
    ("run IN ('run-9', 'x')", "b"),
    ("request LIKE 'STRA%'", "d"),
    ("request ILIKE 'straße'", "d"),
    ("response ILIKE 'STRASSE'", "d"),
    ("client_request_id = 'req-1'", "e"),
    ("status_message = 'quota'", "b"),
    ("status_message LIKE 'Timeout%'", "a"),
    ("tokens.total > 10", "e"),
    ("tokens.total = 0", "dcb"),
    ("tokens.input = 10", "ea"),
    ("tokens.output = 11", "e"),
    ("tokens.cache_read = 2 AND tokens.cache_write = 7 AND tokens.reasoning = 6", "e"),
    ("cost >= 0.1", "ea"),
    ("cost IS NULL", "dcb"),
    ("cost != 5", "a"),
    ("span_count = 3", "a"),
    ("span_count = 0", "e"),
    ("error_count >= 1", "ba"),
    ("size > 0", "dcba"),
    ("tags.release = '1.0'", "a"),
    ("tags.release != '1.0'", "b"),
    ("NOT tags.release = '1.0'", "edcb"),
    ("tags.release > ''", None),
    ("tags.note = ''", "c"),
    ("tags.note IS NOT NULL", "c"),
    ("tags.`release` = '2.0' AND tags.team = 'blue'", "b"),
    ("tags.release IN ('1.0', '2.0') AND NOT tags.team = 'blue'", "a"),
    ("metadata.commit = 'abc'", "b"),
    ("metadata.commit IS NULL", "edca"),
    ("name = 'chat' AND (state = OK OR tags.team = 'red')", "a"),
    ("NOT (name = 'chat' OR name = 'said')", "dc"),
    ("NOT (NOT (name = 'chat'))", "ba"),
    ("span.name = 'llm'", "ba"),
    ("span.name != 'llm'", "dcba"),
    ("NOT span.name = 'llm'", "edc"),
    ("span(name = 'llm' AND status = 'ERROR')", "b"),
    ("span.name = 'llm' AND span.status = 'ERROR'", "ba"),
    ("span(name = 'chat' AND NOT status = 'OK')", "b"),
    ("span(kind = 'LLM' AND model = 'gpt-5' AND provider = 'openai')", "a"),
    ("span.model = 'gpt-5'", "ba"),
    ("span.model LIKE 'gpt%'", "ba"),
    ("span(model ILIKE 'GPT%' AND tokens.total = 10)", "a"),
    ("span(model != 'x' AND attributes.n = 3)", "a"),
    ("span(provider IS NULL AND model IS NOT NULL)", "b"),
    ("span(tokens.input >= 10 OR cost > 1)", "a"),
    ("span(cost < 1)", "a"),
    ("span(cost IS NULL AND kind = 'LLM')", "b"),
    ("span(kind IN ('TOOL', 'EMBEDDING'))", "da"),
    ("NOT span(kind = 'UNKNOWN')", "ed"),
    ("span(duration > 400ms)", "b"),
    ("span(start < 1790000000100)", "a"),
    ("span(status_message LIKE '%5 s')", "a"),
    ("span(id = '0000000000000003')", "a"),
    ("span.attributes.temp = 0.5", "ba"),
    ("span.attributes.temp = '0.5'", "c"),
    ("span.attributes.temp >= 0.5", "dba"),
    ("span.attributes.temp != 0.5", "dc"),
    ("span.attributes.temp IS NOT NULL", "dcba"),
    ("span.attributes.ok = true", "a"),
    ("span.attributes.n = true", ""),
    ("span.attributes.`deep.key` = 'v'", "a"),
    ("span.attributes.x = 'NaN'", "d"),
    ("span.attributes.prompt LIKE '%50\\% off\\_peak'", "b"),
    ("span.attributes.prompt ILIKE '%CAFÉ%'", "b"),
    ("span.content LIKE '%Nice caf%'", "b"),
    ("span.content ILIKE '%timeout%'", "a"),
    ("span.content RLIKE '[0-9]+%'", "b"),
    ("text ~ 'nice'", "b"),
    ("text ~ 'NICE CAFÉ'", "b"),
    ("text ~ '\"nice café\"'", "b"),
    ("text ~ '\"café nice\"'", ""),
    ("text ~ 'caf'", ""),
    ("text ~ 'timeout'", "a"),
    ("text ~ '漢'", "d"),
    ("text ~ 'cache miss'", "d"),
    ("text ~ 'llm gpt'", ""),
    ("NOT text ~ 'nice'", "edca"),
    ("span(text ~ 'llm' AND status = ERROR)", None),
    ("feedback.quality > 0.5", "b"),
    ("feedback.quality <= 0.2", "a"),
    ("feedback.quality = 'yes'", "d"),
    ("feedback.quality IS NULL", None),
    ("feedback.correct = true", "b"),
    ("feedback.correct = 1", ""),
    ("assessment(name = 'quality' AND number >= 0.9)", "db"),
    ("assessment(error = 'JudgeTimeout')", "c"),
    ("assessment(source = 'HUMAN' AND source_id = 'ann')", "b"),
    ("assessment(rationale LIKE '%100\\% right')", "b"),
    ("assessment(kind = 'EXPECTATION')", "e"),
    ("NOT assessment(name = 'quality')", "e"),
    ("assessment(name = 'quality' AND value IS NULL)", "c"),
    ("expectation.answer LIKE '%Paris%'", "e"),
    ("feedback.answer IS NOT NULL", ""),
]


@pytest.mark.parametrize(("text", "expected"), [case for case in FILTERS if case[1] is not None])
def test_a_filter_finds_what_it_says(five: Stores, text: str, expected: str) -> None:
    assert "".join(found(five, text)) == expected


ORDERS = [
    ("start", "abcde"),
    ("start desc", "edcba"),
    ("duration", "ecdab"),
    ("duration desc", "badce"),
    ("name", "bacde"),
    ("name desc", "edcba"),
    ("state", "bceda"),
    ("tokens.total, start", "bcdae"),
    ("tokens.total desc, start desc", "eadcb"),
    ("cost", "aedcb"),
    ("cost desc", "eadcb"),
    ("session, start", "abcde"),
    ("session desc, user desc, start desc", "abdec"),
    ("tags.release desc", "baedc"),
    ("tags.release", "abedc"),
    ("metadata.commit", "bedca"),
    ("span_count desc, duration", "abcde"),
    ("error_count, id desc", "edcab"),
    ("received", "abcde"),
    ("received desc, name", "edcba"),
    ("session, received", "abcde"),
    ("session desc, received desc", "baedc"),
    ("user", "daecb"),
    ("model", "bedca"),
    ("environment", "bedca"),
    ("id", "abcde"),
]


@pytest.mark.parametrize(("order", "expected"), ORDERS)
def test_every_order_has_missing_values_last_and_completes_ties_by_arrival(
    five: Stores, order: str, expected: str
) -> None:
    got = "".join(found(five, order=order))
    assert (order, got) == (order, expected)
    paged = all_pages(five.traces.search, search(order=order, limit=1))
    assert "".join(t.trace_id for t in paged) == expected


def ids(stores: Stores, text: str = "", *, order: str = "", limit: int, experiments: Sequence[str] = ("0",)
        ) -> list[str]:  # fmt: skip
    first = search(text, order=order, limit=limit, experiments=experiments)
    return [t.trace_id for t in all_pages(stores.traces.search, first)]


def test_no_experiments_means_an_empty_answer(five: Stores) -> None:
    assert five.traces.search(search(experiments=())).items == ()


def test_only_traces_of_the_named_experiments_are_found(stores: Stores) -> None:
    five = fill(stores)
    other = make_experiment(five).experiment_id
    five.traces.write([write("z", span("chat", start_ms=500, end_ms=550), experiment=other)])
    assert found(five, "name = 'chat'", experiments=(other,)) == ["z"]
    assert found(five, "name = 'chat'", experiments=("0", other, "77", other)) == ["b", "z", "a"]
    assert ids(five, limit=2, order="duration", experiments=(other, "0")) == ["e", "c", "d", "z", "a", "b"]


def test_equal_starts_are_completed_by_arrival_later_first(stores: Stores) -> None:
    for trace_id in "cab":
        stores.traces.write([write(trace_id, span())])
    assert ids(stores, limit=2) == ["b", "a", "c"]
    assert ids(stores, limit=1, order="start") == ["b", "a", "c"]
    assert ids(stores, limit=1, order="name") == ["b", "a", "c"]


def test_the_last_page_has_no_cursor(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span()) for n in range(4)])
    first = stores.traces.search(search(limit=2))
    assert len(first.items) == 2
    assert first.cursor is not None
    second = stores.traces.search(search(limit=2, cursor=first.cursor))
    assert len(second.items) == 2
    assert second.cursor is None
    assert stores.traces.search(search(limit=4)).cursor is None
    assert stores.traces.search(search("name = 'nothing'")).cursor is None


@pytest.mark.parametrize("order", ["", "start", "duration desc", "tags.k", "name, duration desc"])
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_pages_neither_overlap_nor_skip(stores: Stores, order: str, limit: int) -> None:
    stores.traces.write(
        [
            write(
                f"tr-{n:02}",
                span(f"name {n % 3}", start_ms=n % 5, end_ms=None if n % 4 == 0 else 10 + n % 2,
                     tags=None if n % 3 else {"k": str(n % 2)}),
            )
            for n in range(23)
        ]
    )  # fmt: skip
    whole = ids(stores, order=order, limit=100)
    assert len(set(whole)) == 23
    assert ids(stores, order=order, limit=limit) == whole


@pytest.mark.parametrize("order", ["", "start", "duration", "tags.k desc"])
def test_writes_between_pages_move_no_row_from_its_place(stores: Stores, order: str) -> None:
    def make(prefix: str) -> None:
        stores.traces.write(
            [write(f"{prefix}-{n}", span(start_ms=n, end_ms=n + n % 3, tags={"k": str(n)})) for n in range(8)]
        )

    make("old")
    seen: list[str] = []
    cursor: str | None = None
    for round_ in range(100):
        page = stores.traces.search(search(order=order, limit=2, cursor=cursor))
        seen += [t.trace_id for t in page.items]
        cursor = page.cursor
        if cursor is None:
            break
        if round_ < 3:
            make(f"new{round_}")
            stores.traces.delete([TraceId(f"new{round_}-3")], audit=audit())
    old = [trace_id for trace_id in seen if trace_id.startswith("old")]
    assert len(seen) == len(set(seen))
    expected = [i for i in found(stores, order=order) if i.startswith("old")]
    assert old == expected


def test_a_cursor_whose_row_is_gone_continues_after_its_place(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span(start_ms=n)) for n in range(4)])
    page = stores.traces.search(search(limit=2))
    stores.traces.delete([page.items[-1].trace_id], audit=audit())
    rest = stores.traces.search(search(limit=2, cursor=page.cursor))
    assert [t.trace_id for t in rest.items] == ["tr-1", "tr-0"]


def test_a_cursor_of_another_filter_or_order_is_invalid(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span()) for n in range(3)])
    cursor = stores.traces.search(search(limit=1)).cursor
    for bad in (search("name = 'x'", cursor=cursor), search(order="name", cursor=cursor), search(cursor="nonsense")):
        with pytest.raises(Invalid):
            stores.traces.search(bad)


def test_a_page_that_hits_its_deadline_is_partial_and_continues(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span(f"n{n}", start_ms=n)) for n in range(60)])
    hurried = search("span.content RLIKE 'n(7|11|59)$'", deadline_s=1e-9)
    first = stores.traces.search(hurried)
    assert first.partial
    assert first.cursor is not None
    assert [t.trace_id for t in all_pages(stores.traces.search, hurried)] == ["tr-59", "tr-11", "tr-7"]


def test_lists_carry_no_more_than_previews(five: Stores) -> None:
    (trace,) = five.traces.search(search("id = 'd'")).items
    assert trace == five.traces.get([TraceId("d")])[0]


def test_what_was_written_is_found_at_once_by_text(stores: Stores) -> None:
    for n in range(30):
        stores.traces.write([write(f"tr-{n}", span(attributes={"q": f"needle{n} straw"}))])
        assert found(stores, f"text ~ 'needle{n}'") == [f"tr-{n}"]
    assert len(found(stores, "text ~ 'straw'")) == 30


def test_a_replaced_or_deleted_text_is_no_longer_found(stores: Stores) -> None:
    old, new = span(end_ms=1, attributes={"q": "alpha"}), span(end_ms=2, attributes={"q": "beta"})
    stores.traces.write([write("tr-1", old), write("tr-2", old)])
    stores.traces.write([write("tr-1", new)])
    assert found(stores, "text ~ 'alpha'") == ["tr-2"]
    assert found(stores, "text ~ 'beta'") == ["tr-1"]
    stores.traces.delete([TraceId("tr-2")], audit=audit())
    assert found(stores, "text ~ 'alpha'") == []


def test_later_changes_show_in_every_index(stores: Stores) -> None:
    stores.traces.write([write("tr-1", span("old", session="s1", tags={"k": "1"}))])
    stores.traces.write([write("tr-1", info=TraceInfo(name="new", session="s2", tags={"k": "2"}, state="ERROR"))])
    assert found(stores, "name = 'old' OR session = 's1' OR tags.k = '1' OR state = OK") == []
    assert found(stores, "name = 'new' AND session = 's2' AND tags.k = '2' AND state = ERROR") == ["tr-1"]


def test_overridden_and_deleted_judgments_stop_counting(stores: Stores) -> None:
    zero = ExperimentId("0")
    stores.traces.write([write("tr-1", span())])
    first, _ = stores.assessments.log(zero, judgment(value=0.1), by=None, now_ms=T0_MS, audit=audit())
    second, _ = stores.assessments.log(
        zero, judgment(value=0.9, overrides=first.assessment_id), by=None, now_ms=T0_MS, audit=audit()
    )
    assert found(stores, "feedback.quality < 0.5") == []
    assert found(stores, "feedback.quality > 0.5") == ["tr-1"]
    assert found(stores, "assessment(number < 0.5 AND valid = false)") == ["tr-1"]
    stores.assessments.delete(second.assessment_id, by=None, now_ms=T0_MS, audit=audit())
    assert found(stores, "feedback.quality < 0.5") == ["tr-1"]
    assert found(stores, "feedback.quality > 0.5") == []


def test_the_limit_bounds_a_page(stores: Stores) -> None:
    stores.traces.write([write(f"tr-{n}", span()) for n in range(5)])
    assert len(stores.traces.search(replace(search(), limit=3)).items) == 3
