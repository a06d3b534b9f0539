"""Panels and judges beside them: real raters, independent implementations, and cases that can be counted by hand."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.rating import Rating, RatingValue, rating_value
from lodeline.domain.trust import JudgeReport, TrustOptions
from lodeline.evals.statistics import panel
from lodeline.evals.statistics.intervals import newcombe
from lodeline.evals.statistics.judging import report_trust
from lodeline.evals.statistics.rating_table import RatingScale, decision, is_binary, scale_of, table_of
from lodeline.evals.statistics.trust import corrected_rate
from tests.evals import judgments
from tests.evals.statistics import references

FAST = TrustOptions(resamples=200)
PEOPLE = ("annotator1", "annotator2", "annotator3")
VALUES = st.lists(st.integers(0, 2), min_size=2, max_size=8)


def pandalm() -> tuple[list[Rating], list[Rating]]:
    """The labels of three people, and those of two judges; GPT-3.5 writes a tie as "Tie"."""
    people: list[Rating] = []
    judges: list[Rating] = []
    for number, row in enumerate(judgments.labels("pandalm-pairwise")):
        item = f"{number:03}"
        people += [Rating(item, name, row[name]) for name in PEOPLE]
        judges += [Rating(item, name, row[name]) for name in ("gpt35", "pandalm7b")]
    return people, judges


def by_name(reports: tuple[JudgeReport, ...], name: str) -> JudgeReport:
    (found,) = [report for report in reports if report.judge == name]
    return found


def test_pandalms_people_and_judges():
    people, judges = pandalm()
    report, found = report_trust(people, judges, FAST)
    assert (report.scale, report.items, report.ratings, report.people) == ("nominal", 672, 2016, PEOPLE)
    assert report.disputed_items == 672 - 568
    assert len(report.disputed) == 100
    assert [judge.judge for judge in found] == ["gpt35", "pandalm7b"]
    # Three people may say three things: then there is nothing that the judge could equal.
    undecided = sum(len({rating.value for rating in people[k : k + 3]}) == 3 for k in range(0, 2016, 3))
    for name, hits in (("gpt35", 450), ("pandalm7b", 433)):
        judge = by_name(found, name)
        assert (judge.judged, judge.undecided, judge.compared) == (672, undecided, 672 - undecided)
        assert judge.confusion is not None
        assert judge.confusion.accuracy == pytest.approx(hits / judge.compared)
        (version,) = judge.versions
        assert (version.agreed, version.compared) == (hits, judge.compared)


def test_a_judges_kappa_is_statsmodels():
    people, judges = pandalm()
    _, found = report_trust(people, judges, FAST)
    judge = by_name(found, "pandalm7b")
    assert judge.confusion is not None
    assert judge.agreement is not None
    (kappa,) = [each.value for each in judge.agreement.coefficients if each.name == "cohen-kappa"]
    assert kappa == pytest.approx(references.cohen_kappa(np.array(judge.confusion.counts, dtype=float), None))


def test_the_ceiling_is_the_mean_of_pairs():
    people, judges = pandalm()
    _, found = report_trust(people, judges, FAST)
    ceiling = by_name(found, "gpt35").ceiling
    assert ceiling is not None
    rows = [[row[name] for name in (*PEOPLE, "gpt35")] for row in judgments.labels("pandalm-pairwise")]
    people_agree = np.mean([((a == b) + (a == c) + (b == c)) / 3 for a, b, c, _ in rows])
    judge_agrees = np.mean([((a == j) + (b == j) + (c == j)) / 3 for a, b, c, j in rows])
    assert (ceiling.people, ceiling.judge) == pytest.approx((people_agree, judge_agrees))
    assert ceiling.difference == pytest.approx(judge_agrees - people_agree)
    assert ceiling.difference_interval is not None
    assert ceiling.difference_interval.high < 0, "GPT-3.5 stays below the ceiling"
    assert (ceiling.measure, ceiling.items) == ("agreement", 672)


def test_few_labels_of_people_and_all_of_a_judge_give_the_rate_of_people():
    """People's labels of 200 pairs, the judge's of all 672: how often is the first response better? The truth is
    what the people say of all."""
    people, judges = pandalm()
    judge = [replace(rating) for rating in judges if rating.rater == "pandalm7b"]
    known = {f"{number:03}" for number in np.random.default_rng(3).choice(672, 200, replace=False)}
    options = replace(FAST, positive="1")
    _, (found,) = report_trust([rating for rating in people if rating.item in known], judge, options)
    truth = sum(rating.value == "1" for rating in people) / len(people)
    corrected = found.corrected
    assert corrected is not None
    assert (corrected.labelled, corrected.unlabelled) == (200, 472)
    assert corrected.interval.low < truth < corrected.interval.high
    width = corrected.interval.high - corrected.interval.low
    assert width < corrected.human_interval.high - corrected.human_interval.low
    assert corrected.judge == pytest.approx(sum(rating.value == "1" for rating in judge) / 672)


def test_the_tuned_weight_is_the_one_of_least_error():
    """PPI++: no other weight has a smaller standard error, but for the sampling error of the variances."""
    generator = np.random.default_rng(11)
    truth = generator.random(6000) < 0.5
    judge = np.where(truth, generator.random(6000) < 0.8, generator.random(6000) < 0.3).astype(float)
    y = truth.astype(float)[:1000].tolist()
    f, g = judge[:1000].tolist(), judge[1000:].tolist()
    errors = [corrected_rate(y, f, g, weight=weight).standard_error for weight in np.linspace(0, 1, 101)]
    assert corrected_rate(y, f, g).standard_error == pytest.approx(min(errors), rel=1e-3)


def test_raters_with_missing_labels_stand_beside_the_others():
    rows = judgments.labels("xsum-factuality")
    names = ("wid_0", "wid_1", "wid_2")
    people = [
        Rating(str(number), name, row[name])
        for number, row in enumerate(rows)
        for name in names
        if row[name] in {"yes", "no"}
    ]
    report, _ = report_trust(people, (), FAST)
    assert report.agreement is not None
    alpha = next(each for each in report.agreement.coefficients if each.name == "krippendorff-alpha")
    assert alpha.interval is not None
    assert [standing.ratings for standing in report.raters] == [
        sum(row[name] in {"yes", "no"} for row in rows) for name in names
    ]
    # By hand: the first rater beside the other two, where these say the same or one of them says nothing.
    compared = agreed = 0
    deviations: list[float] = []
    for row in rows:
        own, others = row["wid_0"], [row[name] for name in names[1:] if row[name] in {"yes", "no"}]
        if own not in {"yes", "no"} or not others:
            continue
        deviations.append((own == "yes") - others.count("yes") / len(others))
        if len(set(others)) == 1:
            compared, agreed = compared + 1, agreed + (own == others[0])
    first = report.raters[0]
    assert (first.compared, first.agreed) == (compared, agreed)
    assert first.deviation == pytest.approx(np.mean(deviations))
    assert first.deviation_interval is not None


def test_one_judges_three_scores_are_a_panel():
    rows = judgments.labels("prometheus-scores")
    scores = [
        Rating(str(number), f"verdict {k}", int(row[f"score{k}"]))
        for number, row in enumerate(rows)
        for k in (1, 2, 3)
    ]
    report, _ = report_trust(scores, (), FAST)
    assert report.scale == "ordinal"
    assert report.agreement is not None
    alpha = next(each.value for each in report.agreement.coefficients if each.name == "krippendorff-alpha")
    table = np.array([[float(row[f"score{k}"]) for row in rows] for k in (1, 2, 3)])
    assert alpha == pytest.approx(
        references.krippendorff_alpha(reliability_data=table, level_of_measurement="ordinal")
    )
    worst = report.disputed[0]
    assert worst.distance == max(each.distance or 0 for each in report.disputed if each.agreement == worst.agreement)


@pytest.mark.parametrize("case", [(8, 10, 3, 12), (50, 60, 40, 60), (0, 20, 5, 20), (20, 20, 20, 20)])
def test_newcombes_interval_is_statsmodels(case: tuple[int, int, int, int]):
    a, n, b, m = case
    interval = newcombe(a, n, b, m)
    expected = references.proportion.confint_proportions_2indep(a, n, b, m, method="newcomb")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-9)


def versions_of(old: str, new: str, truth: str) -> JudgeReport:
    """A judge's two versions over the same items, a letter an item; "." is an item it did not rate."""
    people = [Rating(str(k), "ann", value) for k, value in enumerate(truth)]
    judges = [
        Rating(str(k), "j", value, version=version, at_ms=at_ms)
        for version, said, at_ms in (("v1", old, 1), ("v2", new, 2))
        for k, value in enumerate(said)
        if value != "."
    ]
    return report_trust(people, judges, FAST)[1][0]


def test_versions_are_compared_on_the_items_of_both():
    found = versions_of("aabbb", "aaaab", "aaaaa")
    assert [(each.version, each.agreed, each.compared) for each in found.versions] == [("v1", 2, 5), ("v2", 4, 5)]
    (change,) = found.changes
    assert (change.before, change.after, change.shared, change.changed, change.pairs) == ("v1", "v2", 5, 2, 5)
    assert change.difference == pytest.approx(0.4)
    assert change.p == 0.5
    assert any("2 versions" in warning for warning in found.warnings)
    assert found.confusion is not None
    assert found.confusion.accuracy == pytest.approx(4 / 5), "the latest version's rating counts"


def test_versions_without_items_in_common_are_compared_as_two_samples():
    (change,) = versions_of("aab...", "...aaa", "aaaaaa").changes
    assert (change.shared, change.pairs, change.p) == (0, 0, None)
    assert change.difference == pytest.approx(1 / 3)
    assert change.interval is not None
    assert change.interval.method == "newcombe"


def test_stated_confidence_is_calibrated():
    people = [Rating(str(k), "ann", k < 3) for k in range(4)]
    judge = [Rating(str(k), "j", True, confidence=0.75) for k in range(4)]
    _, (found,) = report_trust(people, judge, FAST)
    assert found.calibration_of == "confidence"
    assert found.calibration is not None
    assert found.calibration.ece == pytest.approx(0)
    assert found.calibration.brier == pytest.approx((3 * 0.25**2 + 0.75**2) / 4)


def test_scores_of_a_judge_are_calibrated_against_a_yes_or_no():
    people = [Rating(str(k), "ann", "yes" if k % 2 else "no") for k in range(10)]
    judge = [Rating(str(k), "j", 0.9 if k % 2 else 0.2) for k in range(10)]
    _, (found,) = report_trust(people, judge, replace(FAST, threshold=0.5))
    assert found.confusion is not None
    assert (found.confusion.labels, found.confusion.accuracy) == (("false", "true"), 1.0)
    assert found.calibration_of == "score"
    assert found.calibration is not None
    assert found.calibration.brier == pytest.approx((5 * 0.1**2 + 5 * 0.2**2) / 10)


def test_numbers_on_an_interval_scale_have_distances():
    people = [Rating(str(k), name, k + shift) for k in range(12) for name, shift in (("a", 0.0), ("b", 0.5))]
    judge = [Rating(str(k), "j", k + 2.25) for k in range(12)]
    report, (found,) = report_trust(people, judge, FAST)
    assert report.scale == "interval"
    assert found.confusion is None
    assert found.ceiling is not None
    assert (found.ceiling.measure, found.ceiling.people, found.ceiling.judge) == ("distance", 0.5, 2.0)
    assert found.versions[0].distance == pytest.approx(2.0)
    assert found.agreement is not None
    assert found.agreement.limits is not None
    assert found.agreement.limits.bias == pytest.approx(2.0)


def test_without_people_a_judge_is_not_trusted():
    report, (found,) = report_trust((), [Rating("1", "j", True)], FAST)
    assert (report.items, report.agreement) == (0, None)
    assert (found.compared, found.agreement, found.confusion, found.corrected) == (0, None, None, None)
    assert found.warnings == ("No item was rated by people and by this judge.",)


def test_nothing_at_all():
    report, found = report_trust((), (), FAST)
    assert (report.items, report.people, report.raters, found) == (0, (), (), ())


@given(VALUES)
def test_pairs_are_counted_as_pairs(values: list[RatingValue]):
    pairs = [(a, b) for k, a in enumerate(values) for b in values[k + 1 :]]
    assert panel.pair_agreement(values) == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))
    numbers = [abs(float(a) - float(b)) for a, b in pairs]
    assert panel.pair_distance(values, RatingScale("ordinal")) == pytest.approx(sum(numbers) / len(pairs))


def test_many_raters_are_a_small_table(monkeypatch: pytest.MonkeyPatch):
    """A crowd: 150 people, three to an item. The coefficients do not need to know who is who."""
    generator = np.random.default_rng(5)
    ratings = [
        Rating(str(item), f"p{rater:03}", str(generator.integers(0, 3)))
        for item in range(400)
        for rater in generator.choice(150, 3, replace=False)
    ]
    report, _ = report_trust(ratings, (), FAST)
    assert report.agreement is not None
    assert len(report.agreement.raters) == 150
    assert len(report.raters) == panel.MAX_RATERS
    counts = [[0] * 3 for _ in range(400)]
    for rating in ratings:
        counts[int(rating.item)][int(str(rating.value))] += 1
    fleiss = next(each for each in report.agreement.coefficients if each.name == "fleiss-kappa")
    assert fleiss.n == 400
    assert fleiss.value == pytest.approx(references.inter_rater.fleiss_kappa(np.array(counts)))
    monkeypatch.setattr(panel, "MAX_CELLS", 1000)
    with pytest.raises(TooLarge, match="narrow the filter"):
        report_trust(ratings, (), FAST)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False], "nominal"),
        (["yes", "no", True], "nominal"),
        (["good", "bad"], "nominal"),
        ([1, 2, 5], "ordinal"),
        ([1.5, 2], "interval"),
        (list(range(30)), "interval"),
        ([], "ordinal"),
    ],
)
def test_the_scale_follows_from_the_values(values: list[RatingValue], kind: str):
    assert scale_of(values, threshold=None).kind == kind


def test_words_for_yes_and_no_are_one_category():
    assert is_binary(["Yes", "no", True, 0])
    assert not is_binary([1, 2])
    assert not is_binary([1, 1])
    scale = scale_of(["yes", True], threshold=None)
    table = table_of([Rating("1", "a", "YES"), Rating("1", "b", True)], scale)
    assert table.rows() == [[True, True]]


def test_the_latest_of_a_raters_ratings_counts():
    ratings = [Rating("1", "a", 1, at_ms=5), Rating("1", "a", 2, at_ms=9), Rating("1", "a", 3, at_ms=7)]
    assert table_of(ratings, RatingScale("ordinal")).rows() == [[2.0]]


@pytest.mark.parametrize(
    ("values", "scale", "decided"),
    [
        (["a", "a", "b"], RatingScale("nominal"), "a"),
        (["a", "b"], RatingScale("nominal"), None),
        ([1.0, 2.0, 5.0], RatingScale("ordinal"), 2.0),
        ([1.0, 2.0], RatingScale("ordinal"), None),
        ([2.0, 2.0, 5.0, 1.0], RatingScale("ordinal"), 2.0),
        (["low", "high", "mid"], RatingScale("ordinal", ("low", "mid", "high")), "mid"),
        ([1.0, 2.0], RatingScale("interval"), 1.5),
        ([], RatingScale("nominal"), None),
    ],
)
def test_what_raters_decide(values: list[RatingValue], scale: RatingScale, decided: RatingValue | None):
    assert decision(values, scale) == decided


@pytest.mark.parametrize(
    ("options", "value", "message"),
    [
        (TrustOptions(scale="interval"), "a", "'a' is a text; give the order"),
        (TrustOptions(order=("a", "b")), "c", "'c' is none of 'a', 'b'"),
        (TrustOptions(threshold=0.5), "maybe", "'maybe' is neither true nor false"),
        (TrustOptions(scale="nominal", order=("a",)), "a", "ordinal, or nothing"),
        (TrustOptions(positive="z"), "a", "expected one of a"),
    ],
)
def test_values_off_the_scale_are_refused(options: TrustOptions, value: str, message: str):
    judge = [Rating(str(k), "j", value) for k in range(3)]
    with pytest.raises(Invalid, match=message):
        report_trust([Rating("0", "ann", value)], judge, replace(options, resamples=10))


def test_values_of_assessments_become_ratings():
    assert rating_value(["b", "a", "b"]) == rating_value(["a", "b"]) == "a, b"
    assert rating_value({"y": 1, "x": [2]}) == '{"x": [2], "y": 1}'
    assert rating_value(None) is None
    assert rating_value(True) is True
    assert Counter(map(rating_value, [[1, True], [True, 1]])) == {"1, true": 2}
