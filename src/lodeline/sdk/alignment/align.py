"""`align_judge`: refine a judge by what people said, and find out on other records whether that helped."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import cast

from lodeline.domain.alignment import TUNED_TAG, AlignmentReport, HeldOutResult
from lodeline.domain.errors import Invalid
from lodeline.domain.registered_scorer import RegisteredScorer
from lodeline.domain.scorer import Validation
from lodeline.domain.span import JsonValue
from lodeline.evals.alignment.align import Aligned, align
from lodeline.evals.alignment.optimiser import CONCURRENCY, Optimiser, Trial
from lodeline.evals.alignment.refine import Refine
from lodeline.evals.judges.background import wait_for
from lodeline.evals.judges.judge import Judge
from lodeline.evals.scoring.bound import as_scorer
from lodeline.sdk.alignment.labels import Labels, labels_of, statistics
from lodeline.sdk.alignment.marks import mark_records
from lodeline.sdk.alignment.registry import experiment_of, keep_judge
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.default_client import default_client

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Alignment:
    """What became of `align_judge`: the judge to use, the report, and its registered version, None when nothing was
    better or it was not to be registered."""

    judge: Judge
    report: AlignmentReport
    registered: RegisteredScorer | None = None

    def __str__(self) -> str:
        report = self.report
        better = "" if report.measure == "agreement" else ", less is better"
        lines = [
            f"{report.judge} by {report.optimiser}: {report.verdict}",
            f"{report.train_records} records to learn from, {report.held_out_records} held out",
            f"{report.measure} before  {_result(report.before)}{better}",
            f"{report.measure} after   {_result(report.after)}",
        ]
        if report.difference is not None and report.interval is not None:
            low, high = report.interval.low, report.interval.high
            test = "" if report.p is None else f", p {report.p:.3g} ({report.test})"
            lines.append(f"difference        {report.difference:+.3f} ({low:+.3f} to {high:+.3f}){test}")
        if report.people is not None and report.people.value is not None:
            lines.append(f"people agree: α {report.people.value:.2f}")
        return "\n".join([*lines, *(f"Warning: {warning}" for warning in report.warnings)])


def align_judge(
    judge: Judge,
    *,
    labels: str | None = None,
    experiment: str | None = None,
    filter: str = "",
    optimiser: Optimiser | None = None,
    held_out: float = 0.5,
    seed: int = 0,
    concurrency: int = CONCURRENCY,
    register: bool = True,
) -> Alignment:
    """Refine a judge by the feedback of people on traces, and compare it with itself on records it did not see.

    `labels` is the name of people's feedback, the judge's own unless given; `filter` narrows the assessments. Records
    (traces of equal inputs) are split, evenly over the values, into a part that `optimiser` (`Refine` unless given)
    learns from and the share `held_out`. A refined judge becomes the next registered version, with its parent, the
    digest of the labels and the report. The traces that it learned from, and the records that were made of them, are
    tagged with `TUNED_TAG` and its name; a later `evaluate` over these warns. It is registered whatever the report
    says: read that before you use it.

    Invalid where labels are too few or do not vary. Unsupported without the extra ``stats``.
    """
    reporting = statistics()
    client = default_client()
    where = experiment_of(experiment)
    found = labels_of(client, judge, labels or judge.name, where, filter)
    chosen = optimiser or Refine()
    aligned = wait_for(align(judge, found.rows, chosen, held_out=held_out, seed=seed, concurrency=concurrency))
    _check_trials(aligned.before)
    digests = [as_scorer(each).definition.digest for each in (judge, aligned.judge)]
    facts = reporting.AlignmentFacts(
        judge.name, chosen.name, chosen.params, digests[0], digests[1], aligned.data_digest,
        len({row.key for row in aligned.split.train}),
    )  # fmt: skip
    rows = reporting.HeldOutRows(
        [row.key for row in aligned.split.held_out],
        [trial.points for trial in aligned.before],
        [trial.points for trial in aligned.after],
        aligned.measured,
    )
    report: AlignmentReport = reporting.report_alignment(facts, rows, found.people, seed=seed)
    report = replace(report, warnings=(*report.warnings, *_left_out(found)))
    judge = replace(aligned.judge, validation=_validation(aligned.judge, report, labels or judge.name, where))
    if not aligned.changed or not register:
        return Alignment(judge, report)
    return Alignment(judge, report, _keep(client, replace(aligned, judge=judge), report, where))


def _validation(judge: Judge, report: AlignmentReport, labels: str, experiment: str) -> Validation | None:
    """Return what the held-out records say of the judge as it is now; None of numbers, and without any."""
    after = report.after
    if report.measure != "agreement" or after.value is None:
        return None
    against = f"people's {labels!r} of held-out records in experiment {experiment!r}"
    return Validation(against, judge.model.name, after.n, after.value, after.interval)


def _keep(client: LodelineClient, aligned: Aligned, report: AlignmentReport, experiment: str) -> RegisteredScorer:
    keep_judge(client, aligned.parent, experiment, "before an alignment")
    record = cast("Mapping[str, JsonValue]", asdict(report))
    made = keep_judge(client, aligned.judge, experiment, f"aligned by {report.optimiser}: {report.verdict}", record)
    tag = {f"{TUNED_TAG}{aligned.judge.name}": report.digest[:12]}
    learned = [row.source for row in aligned.split.train]
    for begin in range(0, len(learned), _BATCH):
        client.traces.tag_many(learned[begin : begin + _BATCH], tag)
    mark_records(client, learned, tag, f"judge {aligned.judge.name} was tuned on these records")
    return made.scorer


def _check_trials(trials: Sequence[Trial]) -> None:
    failed = [trial.error for trial in trials if trial.error is not None]
    if len(failed) == len(trials):
        raise Invalid(f"judge: every call failed, the first with {failed[0]!r}; try it on one trace by hand.")


def _left_out(found: Labels) -> tuple[str, ...]:
    if not found.left_out:
        return ()
    return (
        f"{found.left_out} labelled traces are left out: people are tied on them, or said what the judge cannot say.",
    )


def _result(result: HeldOutResult) -> str:
    if result.value is None:
        return f"none ({result.errors} errors)"
    shown = "" if result.interval is None else f" ({result.interval.low:.3f} to {result.interval.high:.3f})"
    return f"{result.value:.3f}{shown}, n {result.n}, {result.errors} errors"
