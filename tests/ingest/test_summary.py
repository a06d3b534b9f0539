"""The fold against a plain recursive statement of the same rules, whatever the order, the batches and the copies."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.ids import SpanId
from lodeline.domain.span import ResourceFacts, SpanFacts, SpanStatus
from lodeline.domain.trace import TraceInfo, TraceState, TraceSummary
from lodeline.domain.usage import NO_USAGE, TokenUsage
from lodeline.ingest.rollup import MAX_CLIMB
from lodeline.ingest.summary import TraceFold, merge_info
from tests.examples import examples

MAX_NS = 2**63 - 1


def span_id(number: int) -> SpanId:
    return SpanId(f"{number:016x}")


def span(
    number: int,
    parent: int | None = None,
    *,
    start: int = 10,
    end: int = 20,
    status: SpanStatus = "OK",
    tokens: int | None = None,
    cost: int | None = None,
    digest: int = 0,
) -> SpanFacts:
    return SpanFacts(
        span_id(number),
        None if parent is None else span_id(parent),
        f"span {number}",
        "UNKNOWN",
        status,
        start,
        end,
        digest,
        0,
        100,
        tokens=None if tokens is None else TokenUsage(tokens),
        cost_picousd=cost,
    )


def folded(spans: Sequence[SpanFacts]) -> TraceSummary:
    fold = TraceFold()
    for facts in spans:
        fold.add(facts)
    return fold.summary()


# The reference: every rule again, said as plainly as possible.


def order(facts: SpanFacts) -> tuple[int, str]:
    return (facts.start_ns or MAX_NS, facts.span_id)


def winners_of(spans: Sequence[SpanFacts]) -> dict[SpanId, SpanFacts]:
    winners: dict[SpanId, SpanFacts] = {}
    for facts in spans:
        if facts.span_id not in winners or facts.rank > winners[facts.span_id].rank:
            winners[facts.span_id] = facts
    return winners


def cut_ids(winners: dict[SpanId, SpanFacts]) -> set[SpanId]:
    """The smallest id of every circle of parents."""
    cut: set[SpanId] = set()
    for start in winners:
        path: list[SpanId] = []
        at: SpanId | None = start
        while at is not None and at in winners and at not in path:
            path.append(at)
            at = winners[at].parent_id
        if at is not None and at in path:
            cut.add(min(path[path.index(at) :]))
    return cut


def reference_tokens(winners: dict[SpanId, SpanFacts]) -> TokenUsage | None:
    cut = cut_ids(winners)

    def parent(facts: SpanFacts) -> SpanId | None:
        return facts.parent_id if facts.span_id not in cut and facts.parent_id in winners else None

    def total(found: Sequence[TokenUsage | None]) -> TokenUsage | None:
        known = [usage for usage in found if usage is not None]
        return TokenUsage(*map(sum, zip(*known, strict=True))) if known else None

    def effective(facts: SpanFacts) -> TokenUsage | None:
        below = total([effective(child) for child in winners.values() if parent(child) == facts.span_id])
        if facts.tokens is None or below is None:
            return facts.tokens or below if facts.tokens is None else facts.tokens
        return facts.tokens if facts.tokens.total >= below.total else below

    return total([effective(facts) for facts in winners.values() if parent(facts) is None])


def reference_cost(winners: dict[SpanId, SpanFacts]) -> int | None:
    as_tokens = {
        key: facts._replace(tokens=None if facts.cost_picousd is None else TokenUsage(facts.cost_picousd))
        for key, facts in winners.items()
    }
    usage = reference_tokens(as_tokens)
    return None if usage is None else usage.total


def reference(spans: Sequence[SpanFacts]) -> TraceSummary:
    winners = winners_of(spans)
    ordered = sorted(winners.values(), key=order)
    roots = [facts for facts in ordered if facts.parent_id is None]
    root = roots[0] if roots else None
    first = [root, *ordered] if root else ordered
    by_end = sorted(ordered, key=lambda facts: (facts.end_ns, facts.span_id), reverse=True)
    ends = [facts.end_ns for facts in ordered if facts.end_ns]
    start = min((facts.start_ns for facts in ordered if facts.start_ns), default=0)
    state: TraceState = "IN_PROGRESS"
    if root is not None and root.end_ns:
        state = "ERROR" if root.status == "ERROR" else "OK"

    def pick(name: str, among: Sequence[SpanFacts]) -> str | None:
        return next((value for facts in among if (value := getattr(facts, name))), None)

    def pick_resource(name: str) -> str | None:
        return next((value for facts in first if (value := getattr(facts.resource, name))), None)

    def union(name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for facts in reversed(first):
            found.update(getattr(facts, name) or {})
        return found

    resource_tags: dict[str, str] = {}
    for facts in reversed(first):
        resource_tags.update(facts.resource.tags or {})
    errors = [facts for facts in ordered if facts.status == "ERROR"]
    return TraceSummary(
        name=(first[0].trace_name or first[0].name) if first else "",
        state=state,
        start_ns=start,
        duration_ns=max(0, max(ends) - start) if ends else None,
        root_span_id=root.span_id if root else None,
        request=pick("request", first),
        response=pick("response", [root, *by_end] if root else by_end),
        session=pick("session", first),
        user=pick("user", first),
        environment=pick_resource("environment"),
        service=pick_resource("service"),
        client=pick_resource("client"),
        model_id=pick_resource("model_id"),
        run_id=pick_resource("run_id"),
        tokens=reference_tokens(winners) or NO_USAGE,
        cost_picousd=reference_cost(winners),
        span_count=len(ordered),
        error_count=len(errors),
        size_bytes=sum(facts.size_bytes for facts in ordered),
        status_message=(pick("status_message", [root, *errors] if root else errors)) or "",
        tags=resource_tags | union("tags"),
        metadata=union("metadata"),
    )


_WORDS = st.sampled_from(["", "a", "b", "c"])
_PAIRS = st.none() | st.dictionaries(st.sampled_from("xyz"), _WORDS, max_size=2)
_RESOURCES = st.builds(
    ResourceFacts,
    service=st.none() | _WORDS,
    environment=st.none() | _WORDS,
    model_id=st.none() | _WORDS,
    run_id=st.none() | _WORDS,
    client=st.none() | _WORDS,
    tags=_PAIRS,
)
_IDS = st.integers(1, 8).map(span_id)
_USAGE = st.tuples(st.integers(0, 6), st.integers(0, 3)).map(lambda n: TokenUsage(n[0], output_text=n[1]))


@st.composite
def _span_facts(draw: st.DrawFn) -> SpanFacts:
    return SpanFacts(
        draw(_IDS),
        draw(st.none() | _IDS),
        draw(st.sampled_from(["one", "two"])),
        "UNKNOWN",
        draw(st.sampled_from(("UNSET", "OK", "ERROR"))),
        draw(st.integers(0, 5)),
        draw(st.integers(0, 9)),
        draw(st.integers(0, 3)),
        0,
        draw(st.integers(1, 9)),
        status_message=draw(_WORDS),
        tokens=draw(st.none() | _USAGE),
        cost_picousd=draw(st.none() | st.integers(0, 5)),
        session=draw(st.none() | _WORDS),
        user=draw(st.none() | _WORDS),
        request=draw(st.none() | _WORDS),
        response=draw(st.none() | _WORDS),
        trace_name=draw(st.none() | _WORDS),
        tags=draw(_PAIRS),
        metadata=draw(_PAIRS),
        resource=draw(_RESOURCES),
    )


def _distinct(spans: list[SpanFacts]) -> list[SpanFacts]:
    """Equal ranks mean equal bytes, so of copies with the same rank one is kept."""
    return list({(facts.span_id, facts.rank): facts for facts in spans}.values())


_TRACES = st.lists(_span_facts(), max_size=12).map(_distinct)


@settings(max_examples=examples(75), deadline=None)
@given(_TRACES, st.randoms(use_true_random=False))
def test_any_order_and_any_duplication_give_the_reference(spans: list[SpanFacts], rnd: random.Random) -> None:
    expected = reference(spans)
    arriving = spans + [facts for facts in spans if rnd.random() < 0.3]
    rnd.shuffle(arriving)
    assert folded(spans) == expected
    assert folded(arriving) == expected


@settings(max_examples=examples(75), deadline=None)
@given(_TRACES, st.randoms(use_true_random=False))
def test_a_summary_after_every_batch_changes_nothing(spans: list[SpanFacts], rnd: random.Random) -> None:
    fold = TraceFold()
    for index, facts in enumerate(spans):
        fold.add(facts)
        if rnd.random() < 0.5:
            assert fold.summary() == reference(spans[: index + 1])
    assert fold.summary() == reference(spans)


@settings(max_examples=examples(150), deadline=None)
@given(_TRACES, st.randoms(use_true_random=False))
def test_what_came_together_first_changes_nothing(spans: list[SpanFacts], rnd: random.Random) -> None:
    rnd.shuffle(spans)
    if rnd.random() < 0.7:  # as most traces are: figures on spans without children only
        parents = {facts.parent_id for facts in spans}
        spans = [
            facts._replace(tokens=None, cost_picousd=None) if facts.span_id in parents else facts for facts in spans
        ]
    first = rnd.randint(0, len(spans))
    fold = TraceFold()
    if not fold.begin(spans[:first]):
        assert len(fold) == 0, "what is refused leaves nothing behind"
        first = 0
    assert fold.summary() == reference(spans[:first])
    for index, facts in enumerate(spans[first:], start=first):
        fold.add(facts)
        if rnd.random() < 0.5:
            assert fold.summary() == reference(spans[: index + 1])
    assert fold.summary() == reference(spans)


def test_only_whole_new_traces_whose_parents_report_nothing_begin_together() -> None:
    leaf, parent = span(1, parent=2, tokens=5), span(2)
    assert TraceFold().begin([leaf, parent])
    assert not TraceFold().begin([leaf, leaf]), "a span that comes twice"
    assert not TraceFold().begin([leaf, span(2, tokens=5)]), "a parent that reports"
    begun = TraceFold()
    begun.add(leaf)
    assert not begun.begin([parent]), "a trace that is known"


def test_add_tells_what_it_did() -> None:
    fold = TraceFold()
    assert fold.add(span(1, end=0)) == "stored"
    assert fold.add(span(1, end=0)) == "known"
    assert fold.add(span(1, end=15)) == "replaced"
    assert fold.add(span(1, end=0, digest=9)) == "known"
    assert fold.add(span(1, end=15, digest=1)) == "replaced"
    winner = fold.winner(span_id(1))
    assert winner is not None
    assert winner.digest == 1
    assert len(fold) == 1
    assert [facts.digest for facts in fold.winners()] == [1]
    assert fold.winner(span_id(2)) is None


def test_a_parent_that_reports_the_sum_of_its_children_counts_once() -> None:
    spans = [span(1, tokens=30), span(2, 1, tokens=10), span(3, 1, tokens=20)]
    assert folded(spans).tokens.total == 30


def test_a_wrapper_that_repeats_its_child_counts_once() -> None:
    spans = [span(1), span(2, 1, tokens=10, cost=7), span(3, 2, tokens=10, cost=7)]
    summary = folded(spans)
    assert (summary.tokens.total, summary.cost_picousd) == (10, 7)


def test_children_that_exceed_their_parent_count_instead_of_it() -> None:
    assert folded([span(1, tokens=5), span(2, 1, tokens=10)]).tokens.total == 10


def test_spans_whose_parent_never_came_count() -> None:
    assert folded([span(2, 1, tokens=10), span(3, 1, tokens=20)]).tokens.total == 30


def test_cost_and_tokens_roll_up_apart() -> None:
    summary = folded([span(1, tokens=5, cost=9), span(2, 1, tokens=10, cost=1)])
    assert (summary.tokens.total, summary.cost_picousd) == (10, 9)


def test_nothing_reported_is_no_cost_but_zero_is() -> None:
    assert folded([span(1)]).cost_picousd is None
    assert folded([span(1, cost=0)]).cost_picousd == 0


@pytest.mark.parametrize("seed", range(5))
def test_circles_of_parents_end_and_do_not_depend_on_order(seed: int) -> None:
    # 1 → 2 → 3 → 1 is a circle, 4 hangs on it, 5 is its own parent.
    spans = [
        span(1, 2, tokens=1),
        span(2, 3, tokens=2),
        span(3, 1, tokens=4),
        span(4, 3, tokens=8),
        span(5, 5, tokens=16),
    ]
    random.Random(seed).shuffle(spans)
    assert folded(spans) == reference(spans)
    assert folded(spans).tokens.total == (2 + 8) + 16
    assert folded(spans).state == "IN_PROGRESS"


@pytest.mark.parametrize("order_of", ["parents first", "children first", "shuffled"])
def test_a_chain_deeper_than_any_recursion_is_summed(order_of: str) -> None:
    depth = MAX_CLIMB + 300
    spans = [span(n, n - 1 if n else None, tokens=n) for n in range(depth)]
    if order_of == "children first":
        spans.reverse()
    elif order_of == "shuffled":
        random.Random(0).shuffle(spans)
    fold = TraceFold()
    for facts in spans:
        fold.add(facts)
    assert fold.summary().tokens.total == depth - 1


def test_sums_stop_at_64_bits() -> None:
    spans = [span(n, cost=2**62, tokens=2**62)._replace(size_bytes=2**62) for n in range(4)]
    summary = folded(spans)
    assert summary.cost_picousd == MAX_NS
    assert summary.size_bytes == MAX_NS
    assert 2**53 < summary.tokens.total <= MAX_NS


def test_tags_are_bounded_whatever_the_order() -> None:
    spans = [span(n)._replace(tags={f"{n}-{k}": "x" for k in range(100)}) for n in range(20)]
    tags = folded(spans).tags
    assert len(tags) == 1_000
    assert tags == folded(spans[::-1]).tags


def test_an_unended_root_is_in_progress_until_it_has_ended() -> None:
    fold = TraceFold()
    fold.add(span(1, end=0))
    fold.add(span(2, 1, end=30, status="ERROR"))
    assert (fold.summary().state, fold.summary().duration_ns) == ("IN_PROGRESS", 20)
    fold.add(span(1, end=40))
    assert (fold.summary().state, fold.summary().duration_ns) == ("OK", 30)


def test_no_span_at_all_is_an_empty_summary_in_progress() -> None:
    assert TraceFold().summary() == TraceSummary(name="", state="IN_PROGRESS", start_ns=0, duration_ns=None)


def test_what_the_client_says_wins() -> None:
    fold = TraceFold()
    fold.add_info(
        TraceInfo(name="named", state="ERROR", start_ns=5, duration_ns=6, tags={"a": "info"}, cost_picousd=3)
    )
    fold.add(span(1, tokens=4, cost=9)._replace(tags={"a": "span", "b": "span"}))
    summary = fold.summary()
    assert (summary.name, summary.state, summary.start_ns, summary.duration_ns) == ("named", "ERROR", 5, 6)
    assert summary.tags == {"a": "info", "b": "span"}
    assert (summary.tokens.total, summary.cost_picousd) == (4, 3)
    assert fold.info is not None


def test_infos_merge_field_by_field_and_the_later_wins() -> None:
    merged = merge_info(
        TraceInfo(name="a", session="s", tags={"x": "1", "y": "1"}, metadata={"m": "1"}),
        TraceInfo(name="b", user="u", tags={"y": "2"}, metadata={"m": "2"}),
    )
    assert merged == TraceInfo(name="b", session="s", user="u", tags={"x": "1", "y": "2"}, metadata={"m": "2"})


def test_metadata_is_fixed_once_finalised() -> None:
    final = merge_info(TraceInfo(metadata={"m": "1"}), TraceInfo(metadata={"m": "2", "n": "2"}, finalised=True))
    later = merge_info(final, TraceInfo(metadata={"m": "3", "o": "3"}, tags={"t": "3"}))
    assert later.finalised
    assert later.metadata == {"m": "2", "n": "2"}
    assert later.tags == {"t": "3"}
