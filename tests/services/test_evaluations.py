"""Evaluations end to end over a store: rows in, summary and comparison out."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.assessment import AssessmentChange, AssessmentSource
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, TooLarge
from lodeline.domain.evaluation import Bindings, CompareOptions, EvaluationDraft
from lodeline.domain.evaluation_row import MAX_LISTED_MESSAGE, MAX_ROWS, RowDraft, RowFilter, ScoreDraft
from lodeline.domain.experiment import ExperimentSettings
from lodeline.domain.ids import AccountId, ExperimentId, ModelId, RunId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.run import RunChange, RunDraft, RunInput
from lodeline.domain.usage import TokenUsage
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import judgment, span, write
from tests.services.bundled import make, services_over

ROWS = 40


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as made:
        yield made


def evaluate(services: Services, name: str, good: int, *, traced: bool = False, bindings: Bindings | None = None
             ) -> RunId:  # fmt: skip
    """Log an evaluation in which the first `good` of the rows pass, and the last ends in an error."""
    draft = EvaluationDraft(RunDraft(name), bindings or Bindings(scorers={"pass": "1"}), ROWS)
    run_id = services.evaluations.create(LOCAL, "0", draft).run.run_id
    services.evaluations.start(LOCAL, run_id)
    rows = [row(n, good, f"{name}-{n}" if traced else None) for n in range(ROWS)]
    if traced:
        services.stores.traces.write([write(f"{name}-{n}", span()) for n in range(ROWS)])
    services.evaluations.log_rows(LOCAL, run_id, rows)
    return run_id


def row(number: int, good: int, trace: str | None) -> RowDraft:
    score = ScoreDraft("pass", number < good) if number < ROWS - 1 else ScoreDraft("pass", error="TIMEOUT")
    return RowDraft(
        f"{number:03d}", content_hash=f"h{number}", trace_id=None if trace is None else TraceId(trace),
        slices={"half": "first" if number < ROWS // 2 else "second"}, scores=(score,),
    )  # fmt: skip


def test_a_summary_has_n_errors_rate_and_interval_also_by_slice(services: Services) -> None:
    run_id = evaluate(services, "a", 30)
    found = services.evaluations.summary(LOCAL, run_id, slices=["half"])
    (scorer,) = found.scorers
    assert (scorer.scorer, scorer.summary.n, scorer.summary.errors) == ("pass", ROWS - 1, 1)
    assert scorer.summary.value == pytest.approx(30 / 39)
    assert scorer.summary.interval is not None
    assert [(s.value, s.summary.value) for s in scorer.slices] == [("first", 1.0), ("second", pytest.approx(10 / 19))]


def test_rows_say_what_their_scorers_failed_with(services: Services) -> None:
    draft = EvaluationDraft(RunDraft("a"))
    run_id = services.evaluations.create(LOCAL, "0", draft).run.run_id
    services.evaluations.start(LOCAL, run_id)
    services.stores.traces.write([write("a-1", span()), write("a-2", span())])
    long, secret = "x" * 2 * MAX_LISTED_MESSAGE, "sk-ant-api03-" + "a1B2" * 24
    scores = [
        ScoreDraft("p", error="E", error_message=f"no {secret}"), ScoreDraft("q", error="E", error_message=long),
        ScoreDraft("r", 1),
    ]  # fmt: skip
    rows = [RowDraft("1", trace_id=TraceId("a-1"), scores=tuple(scores)), RowDraft("2", scores=(scores[1],))]
    services.evaluations.log_rows(LOCAL, run_id, rows)

    def messages() -> list[list[str]]:
        found = services.evaluations.rows(LOCAL, run_id, RowFilter()).items
        return [[score.error_message for score in row.scores] for row in found]

    ((masked, cut, none), untraced) = messages()
    assert masked.startswith("no ")
    assert secret not in masked
    assert (cut, none) == ("x" * MAX_LISTED_MESSAGE, "")
    assert untraced == [""]
    (first, second, _) = services.evaluations.rows(LOCAL, run_id, RowFilter(), limit=1).items[0].scores
    assert first.assessment_id is not None
    assert second.assessment_id is not None
    services.assessments.update(LOCAL, first.assessment_id, AssessmentChange(replace_value=True, value=1.0))
    services.assessments.delete(LOCAL, second.assessment_id)
    assert messages() == [["", "", ""], [""]]


def test_evaluations_of_a_model_are_found_among_runs(services: Services) -> None:
    bound = Bindings(scorers={"pass": "1"}, model_id=ModelId("m-1"))
    named = RunDraft("named", inputs=(RunInput(model_id=ModelId("m-1")),))
    runs = [
        services.evaluations.create(LOCAL, "0", EvaluationDraft(draft, bound)).run for draft in (RunDraft("a"), named)
    ]
    evaluate(services, "of none", 10)
    page = services.runs.search(LOCAL, ListQuery(("0",), "model = 'm-1'"))
    assert {run.run_id for run in page.items} == {run.run_id for run in runs}
    assert [len(run.inputs) for run in page.items] == [1, 1]


def test_a_comparison_pairs_rows_by_content_and_says_which_is_better(services: Services) -> None:
    worse, better = evaluate(services, "a", 10), evaluate(services, "b", 30)
    found = services.evaluations.compare(LOCAL, worse, [better], CompareOptions())
    (candidate,) = found.candidates
    assert (found.baseline, candidate.candidate, candidate.pairing.paired) == (worse, better, ROWS)
    (scorer,) = candidate.scorers
    assert (scorer.wins, scorer.losses, scorer.verdict, scorer.test) == (20, 0, "better", "mcnemar-exact")
    back = services.evaluations.compare(LOCAL, better, [worse], CompareOptions())
    assert back.candidates[0].scorers[0].verdict == "worse"


def test_passes_are_counted_of_what_passes_or_not_and_numbers_keep_their_mean(services: Services) -> None:
    runs: list[RunId] = []
    for name, length in (("a", 4.0), ("b", 5.0)):
        run_id = services.evaluations.create(LOCAL, "0", EvaluationDraft(RunDraft(name))).run.run_id
        services.evaluations.start(LOCAL, run_id)
        rows = [
            RowDraft(
                f"{record}", repetition, content_hash=f"h{record}",
                scores=(ScoreDraft("pass", repetition < record % 4), ScoreDraft("length", length + repetition)),
            )
            for record in range(8) for repetition in range(3)
        ]  # fmt: skip
        services.evaluations.log_rows(LOCAL, run_id, rows)
        runs.append(run_id)
    found = {each.scorer: each for each in services.evaluations.summary(LOCAL, runs[0], reducer="pass^3").scorers}
    assert {name: (each.reducer, each.summary.value) for name, each in found.items()} == {
        "pass": ("pass^3", 0.25), "length": ("mean", 5.0),
    }  # fmt: skip
    (compared,) = services.evaluations.compare(LOCAL, runs[0], runs[1:], CompareOptions(reducer="pass^3")).candidates
    by_name = {each.scorer: each for each in compared.scorers}
    assert (by_name["pass"].baseline_value, by_name["length"].difference) == (0.25, 1.0)
    assert "Repetitions are reduced by mean: pass^3 needs values of 0 and 1." in by_name["length"].warnings
    assert not any("reduced" in warning for warning in by_name["pass"].warnings)


def test_the_direction_is_the_baselines_unless_it_is_given(services: Services) -> None:
    lower = Bindings(scorers={"pass": "1"}, directions={"pass": "lower"})
    few, many = evaluate(services, "a", 10, bindings=lower), evaluate(services, "b", 30)
    assert (
        services.evaluations.compare(LOCAL, few, [many], CompareOptions()).candidates[0].scorers[0].verdict == "worse"
    )
    given = CompareOptions(directions={"pass": "higher"})
    assert services.evaluations.compare(LOCAL, few, [many], given).candidates[0].scorers[0].verdict == "better"


def test_what_people_override_counts_in_the_effective_view_alone(services: Services) -> None:
    run_id = evaluate(services, "a", 30, traced=True)
    (judged,) = services.assessments.of_trace(LOCAL, TraceId("a-0"))
    services.assessments.log(LOCAL, judgment("a-0", "pass", False, source="HUMAN", overrides=judged.assessment_id))
    as_judged = services.evaluations.summary(LOCAL, run_id)
    effective = services.evaluations.summary(LOCAL, run_id, view="effective")
    assert as_judged.scorers[0].summary.value == pytest.approx(30 / 39)
    assert effective.scorers[0].summary.value == pytest.approx(29 / 39)


def test_it_ends_by_what_its_rows_say(services: Services) -> None:
    run_id = evaluate(services, "a", 30)
    assert services.evaluations.finish(LOCAL, run_id).state == "COMPLETED_WITH_ERRORS"
    resumed = services.evaluations.resume(LOCAL, run_id, bindings=Bindings(scorers={"pass": "1"}))
    services.evaluations.log_rows(LOCAL, run_id, [RowDraft("039", scores=(ScoreDraft("pass", True),))])
    assert (resumed.state, services.evaluations.finish(LOCAL, run_id).state) == ("RUNNING", "COMPLETED")
    assert services.runs.get(LOCAL, run_id).status == "FINISHED"


def test_resuming_with_other_bindings_must_be_forced(services: Services) -> None:
    run_id = evaluate(services, "a", 30)
    services.evaluations.finish(LOCAL, run_id, state="INTERRUPTED", message="Ctrl-C")
    other = Bindings(scorers={"pass": "2"}, seed=3)
    with pytest.raises(Conflict, match="scorers, seed changed") as refused:
        services.evaluations.resume(LOCAL, run_id, bindings=other)
    assert refused.value.details == {"changed": ["scorers", "seed"]}
    assert services.evaluations.resume(LOCAL, run_id, bindings=other, force=True).bindings == other


def test_states_are_refused_with_what_to_do(services: Services) -> None:
    run_id = evaluate(services, "a", 30)
    assert services.evaluations.start(LOCAL, run_id).state == "RUNNING"
    with pytest.raises(Conflict, match="RUNNING and cannot become RUNNING"):
        services.evaluations.resume(LOCAL, run_id)
    assert services.evaluations.cancel(LOCAL, run_id).state == "CANCELLED"
    assert services.evaluations.cancel(LOCAL, run_id).state == "CANCELLED"
    with pytest.raises(Conflict, match="resume it"):
        services.evaluations.start(LOCAL, run_id)
    with pytest.raises(Invalid, match="from its state"):
        services.runs.update(LOCAL, run_id, RunChange(status="FINISHED"))
    with pytest.raises(Invalid, match="kind"):
        services.runs.create(LOCAL, "0", RunDraft(kind="EVALUATION"))


BAD_ROWS = {
    "row_key": RowDraft(" "),
    "repetition": RowDraft("1", -1),
    "value or error": RowDraft("1", scores=(ScoreDraft("a", 1, "E"),)),
    "finite": RowDraft("1", scores=(ScoreDraft("a", float("nan")),)),
    "short text": RowDraft("1", scores=(ScoreDraft("a", [1]),)),
    "one name": RowDraft("1", scores=(ScoreDraft("a", 1), ScoreDraft("a", 2))),
    "cost_usd": RowDraft("1", cost_usd=-1.0),
    "confidence": RowDraft("1", scores=(ScoreDraft("a", 1, confidence=2.0),)),
}


@pytest.mark.parametrize("what", BAD_ROWS)
def test_a_bad_row_is_refused_with_its_reason(services: Services, what: str) -> None:
    run_id = evaluate(services, "a", 30)
    with pytest.raises(Invalid, match=what):
        services.evaluations.log_rows(LOCAL, run_id, [BAD_ROWS[what]])


def test_bounds_are_named(services: Services) -> None:
    run_id = evaluate(services, "a", 30)
    with pytest.raises(TooLarge, match=str(MAX_ROWS)):
        services.evaluations.log_rows(LOCAL, run_id, [RowDraft(str(n)) for n in range(MAX_ROWS + 1)])
    with pytest.raises(Invalid, match="twice"):
        services.evaluations.log_rows(LOCAL, run_id, [RowDraft("1"), RowDraft("1")])
    with pytest.raises(Invalid, match="level"):
        services.evaluations.summary(LOCAL, run_id, level=1.0)
    with pytest.raises(Invalid, match="reducer"):
        services.evaluations.summary(LOCAL, run_id, reducer="best")
    with pytest.raises(NotFound):
        services.evaluations.compare(LOCAL, run_id, [RunId("unknown")], CompareOptions())


def test_deleting_a_run_ends_its_evaluation_which_can_be_taken_up_after_a_restore(services: Services) -> None:
    run_id = evaluate(services, "going", 3)
    services.runs.delete(LOCAL, run_id)
    found = services.evaluations.get(LOCAL, run_id)
    assert (found.state, found.run.status, found.run.lifecycle) == ("CANCELLED", "KILLED", "DELETED")
    assert found.message == "its run was deleted"
    with pytest.raises(Deleted):
        services.evaluations.log_rows(LOCAL, run_id, [RowDraft("late")])
    services.runs.restore(LOCAL, run_id)
    assert services.evaluations.resume(LOCAL, run_id).state == "RUNNING"
    services.evaluations.finish(LOCAL, run_id)
    services.runs.delete(LOCAL, run_id)
    assert services.evaluations.get(LOCAL, run_id).state == "COMPLETED_WITH_ERRORS"


def test_nothing_is_linked_to_a_run_of_another_experiment(services: Services) -> None:
    make(services, "one")
    make(services, "two")
    run_id = services.runs.create(LOCAL, "one", RunDraft("of one")).run_id
    services.stores.traces.write([write("tr-2", span(), experiment="2"), write("tr-1", span(), experiment="1")])
    only_two = Actor("account", "two", AccountId("acc-3"), roles={ExperimentId("2"): "editor"})

    def judge(actor: Actor, trace: str, run: str) -> None:
        services.assessments.log(actor, replace(judgment(trace, "good"), run_id=run))

    for actor, raised in ((LOCAL, Invalid), (only_two, NotFound)):
        with pytest.raises(raised, match=run_id):
            services.traces.link_run(actor, run_id, [TraceId("tr-2")])
        with pytest.raises(raised, match=run_id):
            judge(actor, "tr-2", run_id)
    assert services.stores.assessments.of_traces([TraceId("tr-2")]).get(TraceId("tr-2"), ()) == ()
    assert services.traces.link_run(LOCAL, run_id, [TraceId("tr-1")]).linked == 1
    judge(LOCAL, "tr-1", run_id)
    assert services.traces.link_run(only_two, RunId("not-here-yet"), [TraceId("tr-2")]).linked == 1
    judge(only_two, "tr-2", "not-here-yet")


BY_PERSON: dict[str, Callable[[RowDraft], RowDraft]] = {
    "score": lambda row: replace(row, scores=(ScoreDraft("stars", 9, source=AssessmentSource("HUMAN", "ann")),)),
    "expectation": lambda row: replace(row, expectations={"stars": 9}),
}


@pytest.mark.parametrize("spoil", BY_PERSON.values(), ids=BY_PERSON)
def test_rows_hold_what_people_say_to_label_schemas_that_are_enforced(
    services: Services, spoil: Callable[[RowDraft], RowDraft]
) -> None:
    holder = make(services, "app", ExperimentSettings(enforce_label_schemas=True)).experiment_id
    stars = LabelSchemaDraft("stars", "FEEDBACK", LabelInput("numeric", min_value=1, max_value=5))
    services.label_schemas.create(LOCAL, holder, stars)
    services.stores.traces.write([write("tr-1", span(), experiment=holder)])
    run_id = services.evaluations.create(LOCAL, holder, EvaluationDraft(RunDraft("a"), Bindings(), 2)).run.run_id
    services.evaluations.start(LOCAL, run_id)
    judged = RowDraft("one", trace_id=TraceId("tr-1"), scores=(ScoreDraft("stars", 9),))
    with pytest.raises(Invalid, match="row 'two': stars: 9 is no answer to this label schema"):
        services.evaluations.log_rows(LOCAL, run_id, [judged, spoil(replace(judged, row_key="two"))])
    assert services.evaluations.rows(LOCAL, run_id, RowFilter()).items == ()
    assert len(services.evaluations.log_rows(LOCAL, run_id, [judged]).rows) == 1


def spend(services: Services, name: str, factor: float, *, failed: int | None = None) -> RunId:
    """Log an evaluation of traced rows that cost `factor` times what their number says."""
    run_id = services.evaluations.create(LOCAL, "0", EvaluationDraft(RunDraft(name))).run.run_id
    services.evaluations.start(LOCAL, run_id)
    services.stores.traces.write([
        write(f"{name}-{n}", span(tokens=TokenUsage(input_uncached=n + 1), cost_usd=factor * (n + 1) / 1_000))
        for n in range(20)
    ])  # fmt: skip
    rows = [
        RowDraft(
            f"{n:02d}", content_hash=f"h{n}", trace_id=TraceId(f"{name}-{n}"), scores=(ScoreDraft("pass", True),),
        )
        for n in range(20)
    ]  # fmt: skip
    if failed is not None:
        rows[failed] = replace(rows[failed], state="PREDICT_ERROR", error="boom", scores=())
    services.evaluations.log_rows(LOCAL, run_id, rows)
    return run_id


def test_rows_summary_and_comparison_say_what_rows_took(services: Services) -> None:
    cheap, dear = spend(services, "cheap", 1), spend(services, "dear", 17, failed=3)
    row = services.evaluations.rows(LOCAL, dear, RowFilter()).items[1]
    assert (row.cost_usd, row.tokens_total, row.duration_ms) == (pytest.approx(0.034), 2, 100)
    took = {each.amount: each for each in services.evaluations.summary(LOCAL, dear).amounts}
    assert took["cost_usd"].total == pytest.approx(17 * 0.210)
    assert (took["tokens_total"].summary.n, took["tokens_total"].summary.errors) == (19, 1)
    found = services.evaluations.compare(LOCAL, cheap, [dear], CompareOptions())
    assert found.names == {cheap: "cheap", dear: "dear"}
    cost, tokens, duration = found.candidates[0].amounts
    assert (cost.amount, tokens.amount, duration.amount) == ("cost_usd", "tokens_total", "duration_ms")
    assert (cost.change, cost.n, cost.ratio) == ("more", 19, pytest.approx(17))
    assert (tokens.change, duration.ratio) == ("inconclusive", 1.0)
    assert [each.scorer for each in found.candidates[0].scorers] == ["pass"]


def test_a_gate_holds_a_run_to_what_its_rows_cost(services: Services) -> None:
    cheap, dear = spend(services, "cheap", 1), spend(services, "dear", 17)
    rules = """
[[gate]]
metric = "cost_usd"
op = "<="
threshold = 0.1

[[gate]]
metric = "cost_usd"
versus = "baseline"
margin_ratio = 0.2
"""
    report = services.evaluations.gate(LOCAL, dear, rules, baseline=cheap)
    assert [result.status for result in report.results] == ["fail", "fail"]
    assert "may be worse by 0.0021 (0.2 of 0.0105)" in report.results[1].message
    assert (report.run_name, report.baseline_name) == ("dear", "cheap")
    assert services.evaluations.gate(LOCAL, cheap, rules, baseline=dear).status == "pass"


def test_a_gate_warns_of_rows_without_a_value_and_of_records_without_a_pair(services: Services) -> None:
    first, second = evaluate(services, "a", 30), evaluate(services, "b", 30)
    more = RowDraft("extra", content_hash="new", scores=(ScoreDraft("pass", True),))
    services.evaluations.log_rows(LOCAL, second, [more])
    rules = "[[gate]]\nmetric='pass'\nversus='baseline'\nmargin=0.2\n[[gate]]\nmetric='pass'\nop='>='\nthreshold=0.1"
    paired, absolute = services.evaluations.gate(LOCAL, second, rules, baseline=first).results
    lost = "1 of 41 rows have no value (errors and missing); no mean has them."
    assert paired.warnings == (lost, "Records without a pair are left out: 1 that only this run has.")
    assert absolute.warnings == (lost,)
