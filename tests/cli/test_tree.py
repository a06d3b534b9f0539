"""The span tree: every span once, whatever the parents say."""

from hypothesis import given
from hypothesis import strategies as st

from lodeline.cli.tree import MAX_DEPTH, branches
from lodeline.domain.ids import SpanId
from lodeline.domain.span import SpanSkeleton


def span(number: int, parent: int | None = None) -> SpanSkeleton:
    parent_id = None if parent is None else SpanId(f"{parent:016x}")
    return SpanSkeleton(SpanId(f"{number:016x}"), parent_id, f"span {number}", "UNKNOWN", "OK", number, number + 1)


def shown(spans: list[SpanSkeleton]) -> list[str]:
    return [branch.lead + branch.span.name for branch in branches(spans)]


def test_children_stand_below_their_parent_in_the_order_given() -> None:
    assert shown([span(1), span(2, 1), span(3, 2), span(4, 1)]) == [
        "span 1",
        "├─ span 2",
        "│  └─ span 3",
        "└─ span 4",
    ]


def test_a_span_without_its_parent_stands_at_the_top() -> None:
    assert shown([span(1), span(2, 99)]) == ["span 1", "span 2"]


def test_spans_that_are_each_others_ancestors_are_shown() -> None:
    assert shown([span(1, 2), span(2, 1)]) == ["span 1", "└─ span 2"]
    assert shown([span(1, 1)]) == ["span 1"]


def test_lines_about_a_span_keep_the_guides() -> None:
    below = [branch.below for branch in branches([span(1), span(2, 1), span(3, 1)])]
    assert below == ["│ ", "│    ", "     "]


def test_a_chain_of_ten_thousand_is_shown_without_growing_wider() -> None:
    spans = [span(number, number - 1 if number else None) for number in range(10_000)]
    leads = [len(branch.lead) for branch in branches(spans)]
    assert len(leads) == 10_000
    assert max(leads) <= 3 * (MAX_DEPTH + 1)


@given(st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=30))
def test_every_span_is_shown_exactly_once(parents: list[int | None]) -> None:
    spans = [span(number, parent) for number, parent in enumerate(parents)]
    found = [branch.span.span_id for branch in branches(spans)]
    assert sorted(found) == sorted(item.span_id for item in spans)
