"""Unitising α beside coincidence matrices that are summed code point by code point, examples worked out by hand and
published elsewhere, and the nominal α where the two must be equal."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, islice, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import TooLarge
from lodeline.domain.span_agreement import MarkedItem, SpanReport
from lodeline.domain.text_span import TextSpan
from lodeline.evals.statistics.spans import measure_spans
from tests.evals.statistics import references

GAP = ""


def item(length: int, *people: Sequence[tuple[int, int, str]], name: str = "one") -> MarkedItem:
    spans = {
        f"person {number}": [TextSpan("response", start, end, label) for start, end, label in marks]
        for number, marks in enumerate(people)
    }
    return MarkedItem(name, length, spans)


def value(report: SpanReport, name: str) -> float | None:
    return next(each.value for each in report.coefficients if each.name == name)


def naive(items: Sequence[MarkedItem]) -> tuple[float, float]:
    """uα and |uα by the whole matrices of equations 1 to 6, one code point after the other."""
    observed: dict[tuple[str, str], float] = {}
    own: dict[str, float] = {}
    for each in items:
        written = {who: letters(each.length, spans) for who, spans in each.spans.items()}
        for one, other in permutations(written, 2):
            for c, k in zip(written[one], written[other], strict=True):
                observed[c, k] = observed.get((c, k), 0) + 1 / (len(written) - 1)
        for who, line in written.items():
            edges = {edge for span in each.spans[who] for edge in (span.start, span.end)}
            begin = 0
            for at in range(1, each.length + 1):
                if at == each.length or at in edges or line[at] != line[begin]:
                    label, size = line[begin], at - begin
                    own[label] = own.get(label, 0) + (size if label == GAP else size**2)
                    begin = at
    categories = sorted({c for pair in observed for c in pair})
    table = np.array([[observed.get((c, k), 0.0) for k in categories] for c in categories])
    sums, total, selves = table.sum(axis=1), table.sum(), np.array([own.get(c, 0.0) for c in categories])
    expected = total * (np.outer(sums, sums) - np.diag(selves)) / (total**2 - selves.sum())
    u_alpha = 1 - (total - np.trace(table)) / (expected.sum() - np.trace(expected))
    if GAP not in categories or len(categories) < 2:
        return float(u_alpha), math.nan
    gap = categories.index(GAP)
    unmarked = 1 - (sums[gap] - table[gap, gap]) / (expected[gap].sum() - expected[gap, gap])
    return float(u_alpha), float(unmarked)


def letters(length: int, spans: Sequence[TextSpan]) -> list[str]:
    return [" + ".join(sorted({s.label for s in spans if s.start <= at < s.end})) for at in range(length)]


def test_by_hand() -> None:
    # One marks 0-4, the other 2-6, of ten code points. l(marked) = 8 of l = 20; unlike are 4 + 4 of the 20 pairs;
    # S = 4² + 4² + 6 + 6 = 44; the expected ones are 20 · (400 - 64 - 144) / (400 - 44) = 10.786...
    report = measure_spans([item(10, [(0, 4, "a")], [(2, 6, "a")])])
    expected = 20 * 192 / 356
    assert value(report, "u-alpha") == pytest.approx(1 - 8 / expected)
    assert value(report, "u-alpha-marked") == pytest.approx(1 - 8 / expected)
    assert value(report, "percent") == pytest.approx(0.6)
    assert (report.characters, report.items, report.single) == (10, 1, 0)


def test_bertha_and_bill() -> None:
    # The example of Krippendorff (1995), part A: cut into code points its nominal α is 0.329. As whole units chance
    # explains less: l = 48, l(marked) = 20, 8 code points are unlike, counted twice, S = 64 + 36 + 16 + 4 + 10 + 18.
    bertha, bill = [(2, 10, "a"), (14, 20, "a")], [(4, 8, "a"), (15, 17, "a")]
    digitised = [
        [(at, at + 1, "a") for start, end, _ in person for at in range(start, end)] for person in (bertha, bill)
    ]
    assert value(measure_spans([item(24, *digitised)]), "u-alpha") == pytest.approx(0.329, abs=0.001)
    expected = 48 * (48**2 - 20**2 - 28**2) / (48**2 - 148)
    assert value(measure_spans([item(24, bertha, bill)]), "u-alpha") == pytest.approx(1 - 16 / expected)


def test_units_of_one_code_point_give_the_nominal_alpha() -> None:
    lines = ["aab.b.a.ca", "aabb..a.cc", "abb..ba.c."]
    people = [[(at, at + 1, c) for at, c in enumerate(line) if c != "."] for line in lines]
    codes = np.array([[float(".abc".index(c)) for c in line] for line in lines])
    alpha = references.krippendorff_alpha(reliability_data=codes, level_of_measurement="nominal")
    assert value(measure_spans([item(10, *people)]), "u-alpha") == pytest.approx(alpha)


def test_labels_may_differ_where_the_marks_agree() -> None:
    report = measure_spans([item(20, [(0, 5, "a"), (10, 15, "b")], [(0, 5, "b"), (10, 15, "a")])])
    assert value(report, "u-alpha-marked") == pytest.approx(1)
    found = value(report, "u-alpha")
    assert found is not None
    assert found < 0.5
    assert [each.overlap for each in report.disputed] == [0]


def test_what_people_agree_on_and_what_says_nothing() -> None:
    same = item(30, [(3, 9, "a")], [(3, 9, "a")], [(3, 9, "a")])
    alone, empty = item(5, [(0, 1, "a")], name="alone"), item(0, [], [], name="empty")
    report = measure_spans([same, alone, empty])
    assert value(report, "u-alpha") == pytest.approx(1)
    assert (report.items, report.single, report.disputed_items) == (1, 1, 0)
    assert [(each.rater, each.answers, each.spans) for each in report.raters] == [
        ("person 0", 3, 2), ("person 1", 2, 1), ("person 2", 1, 1),
    ]  # fmt: skip
    assert report.raters[0].marked == pytest.approx(7 / 35)
    nothing = measure_spans([item(30, [], [])])
    assert value(nothing, "u-alpha") is None
    assert value(nothing, "percent") == pytest.approx(1)
    assert measure_spans([]).coefficients == ()


def test_fields_are_texts_of_their_own() -> None:
    one = {"a": [TextSpan("response/0", 0, 4, "x")], "b": [TextSpan("response/1", 0, 4, "x")]}
    assert value(measure_spans([MarkedItem("one", 20, one)]), "percent") == pytest.approx(0.6)


def test_too_many_combinations_of_labels() -> None:
    marks = [(at, at + 1, f"label {at}") for at in range(201)]
    with pytest.raises(TooLarge, match="201 labels are over the limit"):
        measure_spans([item(300, marks, marks)])
    both = [
        (at, at + 1, f"label {label}")
        for at, pair in enumerate(islice(combinations(range(30), 2), 201))
        for label in pair
    ]
    with pytest.raises(TooLarge, match="201 combinations of labels are over the limit"):
        measure_spans([item(300, both, both)])


def test_a_label_with_a_plus_is_not_two_labels() -> None:
    report = measure_spans([item(10, [(0, 5, "a + b")], [(0, 5, "a"), (0, 5, "b")])])
    assert value(report, "percent") == pytest.approx(0.5)
    assert value(report, "u-alpha-marked") == pytest.approx(1)
    found = value(report, "u-alpha")
    assert found is not None
    assert found < 1


def test_units_of_many_spans_are_counted_in_one_sweep() -> None:
    people = [[(at + person, at + person + 50, "a") for at in range(5_000)] for person in range(5)]
    report = measure_spans([item(10_000, *people)], resamples=2)
    # All but the ends is marked alike: 0 to 5,049 by the first, 4 to 5,053 by the last; of a pair as many code points
    # at each end as the two are apart.
    apart = [2 * (one - other) for one, other in combinations(range(4, -1, -1), 2)]
    assert value(report, "percent") == pytest.approx(1 - sum(apart) / len(apart) / 10_000)


def test_the_interval_surrounds_the_value_and_is_the_same_again() -> None:
    generator = np.random.default_rng(7)
    items: list[MarkedItem] = []
    for number in range(40):
        start = int(generator.integers(0, 20))
        moved = start + int(generator.integers(0, 6))
        items.append(item(60, [(start, start + 15, "a")], [(moved, moved + 15, "a")], name=str(number)))
    first, again = measure_spans(items, resamples=300), measure_spans(items, resamples=300)
    assert first == again
    found = first.coefficients[0]
    assert found.value is not None
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high


marks = st.lists(
    st.tuples(st.integers(0, 11), st.integers(1, 6), st.sampled_from("ab")).map(
        lambda mark: (mark[0], min(12, mark[0] + mark[1]), mark[2])
    ),
    max_size=4,
)


@given(st.lists(st.lists(marks, min_size=2, max_size=4), min_size=1, max_size=4))
def test_as_the_formula_says_code_point_by_code_point(texts: list[list[list[tuple[int, int, str]]]]) -> None:
    items = [item(12, *people, name=str(number)) for number, people in enumerate(texts)]
    report = measure_spans(items, resamples=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected: Mapping[str, float] = dict(zip(("u-alpha", "u-alpha-marked"), naive(items), strict=True))
    for name, wanted in expected.items():
        found = value(report, name)
        if math.isfinite(wanted):
            assert found == pytest.approx(wanted, abs=1e-9)
        else:
            assert found is None
