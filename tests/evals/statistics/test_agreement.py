"""Agreement against statsmodels, krippendorff, SciPy, published examples and real raters."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.agreement import AgreementReport, Coefficient, Scale
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics import coefficients
from lodeline.evals.statistics.agreement import Rating, measure_agreement
from tests.evals import judgments
from tests.evals.statistics import references
from tests.evals.statistics.references import stats
from tests.examples import examples

N = None
KRIPPENDORFF = [
    (1, 1, N, 1), (2, 2, 3, 2), (3, 3, 3, 3), (3, 3, 3, 3), (2, 2, 2, 2), (1, 2, 3, 4), (4, 4, 4, 4), (1, 1, 2, 1),
    (2, 2, 2, 2), (N, 5, 5, 5), (N, N, 1, 1), (N, N, 3, N),
]  # fmt: skip
"""Four observers, twelve units: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C."""
CELLS = st.one_of(st.none(), st.integers(1, 4))
TABLES = st.integers(2, 4).flatmap(
    lambda raters: st.lists(st.lists(CELLS, min_size=raters, max_size=raters), min_size=1, max_size=15)
)
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30)


def measure(
    ratings: Sequence[Sequence[Rating]],
    scale: Scale = "nominal",
    *,
    order: Sequence[str] | None = None,
    draws: int = 50,
) -> AgreementReport:
    raters = [f"rater {number}" for number in range(len(ratings[0]) if ratings else 2)]
    return measure_agreement(ratings, raters, scale=scale, order=order, resamples=draws)


def found(report: AgreementReport, name: str) -> Coefficient:
    (coefficient,) = [item for item in report.coefficients if item.name == name]
    return coefficient


def value(report: AgreementReport, name: str) -> float:
    result = found(report, name).value
    assert result is not None, name
    return result


def test_krippendorffs_own_example():
    """α is 0.743 (nominal), 0.815 (ordinal) and 0.849 (interval)."""
    for scale, alpha in (("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)):
        report = measure(KRIPPENDORFF, scale)  # pyright: ignore[reportArgumentType]
        assert value(report, "krippendorff-alpha") == pytest.approx(alpha, abs=5e-4)
        assert (report.items, report.ratings, report.single) == (11, 40, 1)


def test_gwets_coefficient_of_the_same_example():
    """Gwet's irrCAC has the same table as `cac.raw4raters` and gives AC1 0.77544 for it, over all twelve units' 41
    ratings. A unit with one rating has a part in chance there; here it is left out."""
    counts = np.array([[sum(cell == c for cell in row) for c in range(1, 6)] for row in KRIPPENDORFF], dtype=float)
    assert references.gwet_ac1(counts) == pytest.approx(0.77544, abs=1e-5)
    assert value(measure(KRIPPENDORFF), "gwet-ac1") == pytest.approx(references.gwet_ac1(counts[:11]))


def test_the_intraclass_correlation_of_the_published_example():
    """Shrout and Fleiss 1979, tables 2 and 4: six targets, four judges, ICC(2,1) = 0.29."""
    ratings = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
    assert value(measure(ratings, "interval"), "icc-2-1") == pytest.approx(0.2898, abs=5e-5)


def test_fleiss_kappa_is_statsmodels():
    generator = np.random.default_rng(1)
    ratings: list[list[int]] = generator.integers(0, 4, size=(40, 5)).tolist()
    table = np.array([[row.count(c) for c in range(4)] for row in ratings])
    assert value(measure(ratings), "fleiss-kappa") == pytest.approx(references.inter_rater.fleiss_kappa(table))


@given(PAIRS)
def test_cohens_kappas_are_statsmodels(pairs: list[tuple[int, int]]):
    report = measure(pairs, "ordinal", draws=1)
    categories = sorted({rating for pair in pairs for rating in pair})
    table = np.zeros((len(categories), len(categories)))
    for left, right in pairs:
        table[categories.index(left), categories.index(right)] += 1
    for weights in (None, "linear", "quadratic"):
        ours = found(report, "cohen-kappa" if weights is None else f"cohen-kappa-{weights}").value
        if len(categories) == 1:
            assert ours is None
        else:
            assert ours == pytest.approx(references.cohen_kappa(table, weights))


@given(TABLES)
def test_alpha_is_krippendorffs(table: list[list[int | None]]):
    data = np.array([[math.nan if cell is None else cell for cell in row] for row in table], dtype=float).T
    several = np.isfinite(data).sum(axis=0) > 1
    pairable = data[:, several]
    different = len(np.unique(pairable[np.isfinite(pairable)]))
    for scale in ("nominal", "ordinal", "interval"):
        ours = found(measure(table, scale, draws=1), "krippendorff-alpha").value
        if different < 2:
            assert ours is None
        else:
            expected = references.krippendorff_alpha(reliability_data=pairable, level_of_measurement=scale)
            assert ours == pytest.approx(expected, abs=1e-9)


@given(TABLES)
def test_raters_items_and_names_of_categories_do_not_matter(table: list[list[int | None]]):
    there = measure(table, draws=1)
    renamed = [["zyxw"[cell - 1] if cell is not None else None for cell in row[::-1]] for row in table[::-1]]
    back = measure(renamed, draws=1)
    for left, right in zip(there.coefficients, back.coefficients, strict=True):
        assert left.name == right.name
        assert left.value == pytest.approx(right.value) if right.value is not None else left.value is None
        assert left.value is None or left.value <= 1 + 1e-12


@given(PAIRS)
def test_correlations_are_scipys(pairs: list[tuple[int, int]]):
    left, right = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    report = measure(pairs, "interval", draws=1)
    constant = len(set(left.tolist())) == 1 or len(set(right.tolist())) == 1
    for name, reference in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        if constant:
            assert found(report, name).value is None
        else:
            assert value(report, name) == pytest.approx(float(reference(left, right).statistic))
    # Lin 1989: 2 s_xy / (s_x² + s_y² + (m_x - m_y)²)
    divisor = left.var() + right.var() + (left.mean() - right.mean()) ** 2
    if divisor > 0:
        expected = 2 * float(np.cov(left, right, ddof=0)[0, 1]) / divisor
        assert value(report, "concordance") == pytest.approx(expected)


@settings(max_examples=examples(15))
@given(PAIRS, st.integers(0, 5))
def test_a_coefficient_of_weights_is_that_of_repeated_items(pairs: list[tuple[int, int]], seed: int):
    """What the bootstrap relies on: weights count items."""
    weights = np.random.default_rng(seed).integers(0, 4, len(pairs))
    numbers = np.array(pairs, dtype=float)
    repeated = np.repeat(numbers, weights, axis=0)
    one = np.ones(len(repeated))
    counts = (numbers[:, :, None] == np.arange(4)).sum(axis=1).astype(float)
    some, w = (repeated[:, :, None] == np.arange(4)).sum(axis=1).astype(float), weights.astype(float)
    checks = [
        (
            coefficients.krippendorff_alpha_interval(numbers, w),
            coefficients.krippendorff_alpha_interval(repeated, one),
        ),
        (coefficients.icc_2_1(numbers, w), coefficients.icc_2_1(repeated, one)),
        (coefficients.gwet_ac1(counts, w), coefficients.gwet_ac1(some, one)),
        (
            coefficients.krippendorff_alpha(counts, w, ordinal=True),
            coefficients.krippendorff_alpha(some, one, ordinal=True),
        ),
        (coefficients.fleiss_kappa(counts, w, 2), coefficients.fleiss_kappa(some, one, 2)),
        (
            coefficients.spearman(numbers[:, 0], numbers[:, 1], w),
            coefficients.spearman(repeated[:, 0], repeated[:, 1], one),
        ),
    ]
    for weighted, plain in checks:
        assert weighted == pytest.approx(plain, nan_ok=True, abs=1e-9)


def test_perfect_agreement_is_one():
    report = measure([("a", "a"), ("b", "b"), ("a", "a"), ("b", "b")] * 10, draws=200)
    for name in ("percent", "cohen-kappa", "fleiss-kappa", "krippendorff-alpha", "gwet-ac1"):
        coefficient = found(report, name)
        assert coefficient.value == pytest.approx(1)
        assert coefficient.interval is not None
        assert (coefficient.interval.low, coefficient.interval.high) == pytest.approx((1, 1))


def test_equal_ratings_leave_chance_undefined():
    report = measure([("a", "a")] * 20)
    assert value(report, "percent") == 1
    for name in ("cohen-kappa", "fleiss-kappa", "krippendorff-alpha"):
        coefficient = found(report, name)
        assert (coefficient.value, coefficient.interval) == (None, None)
        assert coefficient.note is not None
        assert "do not vary" in coefficient.note


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("ratings", [[], [(1, None)], [(None, None)] * 3, [(1, 1)]])
def test_too_few_ratings_have_no_coefficient_that_needs_them(ratings: list[tuple[int | None, ...]], scale: Scale):
    report = measure(ratings, scale)
    assert report.items == (1 if ratings == [(1, 1)] else 0)
    for coefficient in report.coefficients:
        assert coefficient.interval is None
        assert coefficient.value is None or (coefficient.name, coefficient.value) == ("percent", 1)


def test_skewed_categories_warn_and_name_the_indices():
    """Byrt, Bishop and Carlin 1993: κ is low although raters agree on 85 of 100."""
    ratings = [("yes", "yes")] * 80 + [("yes", "no")] * 10 + [("no", "yes")] * 5 + [("no", "no")] * 5
    report = measure(ratings, draws=300)
    assert value(report, "percent") == 0.85
    assert value(report, "cohen-kappa") == pytest.approx(0.32, abs=0.01)
    assert value(report, "gwet-ac1") == pytest.approx(0.8, abs=0.02)
    assert report.skew is not None
    assert (report.skew.prevalence, report.skew.bias) == (0.75, 0.05)
    assert any("of one category" in warning for warning in report.warnings)


def test_bland_and_altmans_limits():
    report = measure([(1, 2), (2, 3.5), (3, 3.5), (4, 6)], "interval")
    differences = np.array([1, 1.5, 0.5, 2])
    assert report.limits is not None
    assert report.limits.bias == 1.25
    assert report.limits.high - report.limits.low == pytest.approx(2 * 1.96 * differences.std(ddof=1))


@pytest.mark.parametrize(
    ("ratings", "scale", "order", "message"),
    [
        ([(1, 2), (1,)], "nominal", None, "item 1 has 1 ratings for 2 raters"),
        ([("a", "b")], "ordinal", None, "rating 'a' is not a number; give `order`"),
        ([("a", "b")], "ordinal", ["a"], "rating 'b' is none of 'a'"),
        ([(1.0, math.nan)], "interval", None, "rating nan is not a number"),
        ([(1.0, math.inf)], "interval", None, "rating inf is not a number"),
        ([(str(i), "x") for i in range(300)], "nominal", None, "301 categories"),
    ],
)
def test_ratings_off_the_scale_are_refused(
    ratings: list[tuple[Rating, ...]], scale: Scale, order: list[str] | None, message: str
):
    with pytest.raises(Invalid, match=message):
        measure(ratings, scale, order=order)


def test_one_rater_agrees_with_nobody():
    with pytest.raises(Invalid, match="give two or more"):
        measure_agreement([("a",)], ["one"], scale="nominal")


def test_ordered_texts_are_ranks():
    order = ["poor", "fair", "good"]
    texts = [(a, b) for a in order for b in order] + [("good", "good"), ("poor", "poor")]
    ranks = [(order.index(a), order.index(b)) for a, b in texts]
    left, right = measure(texts, "ordinal", order=order), measure(ranks, "ordinal")
    assert [c.value for c in left.coefficients] == [c.value for c in right.coefficients]
    assert left.categories == ("poor", "fair", "good")


def test_pandalms_annotators():
    rows = judgments.labels("pandalm-pairwise")
    ratings = [tuple(row[f"annotator{number}"] for number in (1, 2, 3)) for row in rows]
    assert sum(len(set(row)) == 1 for row in ratings) == 568
    report = measure(ratings, draws=400)
    table = np.array([[row.count(c) for c in "012"] for row in ratings])
    assert value(report, "fleiss-kappa") == pytest.approx(references.inter_rater.fleiss_kappa(table))
    numbers = np.array(ratings, dtype=float).T
    expected = references.krippendorff_alpha(reliability_data=numbers, level_of_measurement="nominal")
    alpha = found(report, "krippendorff-alpha")
    assert alpha.value == pytest.approx(expected)
    assert alpha.interval is not None
    assert alpha.interval.low < expected < alpha.interval.high
    assert 0.02 < alpha.interval.high - alpha.interval.low < 0.12


def test_ragcheckers_two_people():
    rows = judgments.labels("ragchecker-human")
    ratings = [(int(row["overall_1"]), int(row["overall_2"])) for row in rows]
    report = measure(ratings, "ordinal")
    assert value(report, "percent") == pytest.approx(106 / 196)
    assert value(report, "cohen-kappa-quadratic") > value(report, "cohen-kappa")


def test_xsums_raters_with_missing_labels():
    rows = judgments.labels("xsum-factuality")
    ratings = [
        tuple({"yes": "yes", "no": "no"}.get(row[name]) for name in ("wid_0", "wid_1", "wid_2")) for row in rows
    ]
    report = measure(ratings, draws=200)
    coded = np.array([[math.nan if r is None else float(r == "yes") for r in row] for row in ratings]).T
    pairable = coded[:, np.isfinite(coded).sum(axis=0) > 1]
    expected = references.krippendorff_alpha(reliability_data=pairable, level_of_measurement="nominal")
    assert value(report, "krippendorff-alpha") == pytest.approx(expected)
    assert found(report, "krippendorff-alpha").interval is not None
    assert report.items == pairable.shape[1]


def test_one_judges_three_scores():
    rows = judgments.labels("prometheus-scores")
    ratings = [tuple(int(row[f"score{number}"]) for number in (1, 2, 3)) for row in rows]
    report = measure(ratings, "interval")
    expected = references.krippendorff_alpha(
        reliability_data=np.array(ratings, dtype=float).T, level_of_measurement="interval"
    )
    assert value(report, "krippendorff-alpha") == pytest.approx(expected)
    assert 0.7 < value(report, "icc-2-1") < 1
