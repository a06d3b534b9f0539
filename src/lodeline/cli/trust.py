"""Whether people agree, and judges with them: ``lodeline assessments agreement`` and ``… judge``."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from lodeline.cli.options import ExperimentOption, FilterOption, Use
from lodeline.cli.previews import requests_of
from lodeline.cli.texts import clean, counted
from lodeline.domain.aggregate import Interval
from lodeline.domain.agreement import AgreementReport, Coefficient, Scale
from lodeline.domain.errors import Invalid
from lodeline.domain.trust import JudgeBy, JudgeReport, NameTrust, PanelReport, TrustOptions

NameArgument = Annotated[str, typer.Argument(help="What was judged, such as 'correctness'.")]
ScaleOption = Annotated[
    Scale | None, typer.Option("--scale", case_sensitive=False, help="How values are compared; told by the values.")
]
OrderedOption = Annotated[
    list[str] | None, typer.Option("--order", metavar="TEXT", help="A text of an ordinal scale, lowest first.")
]
_SHOWN, _CHARACTERS = 5, 60
LevelOption = Annotated[float, typer.Option("--level", help="The confidence of intervals.")]


def agreement(
    use: Use,
    name: NameArgument,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    scale: ScaleOption = None,
    order: OrderedOption = None,
    level: LevelOption = 0.95,
) -> None:
    """Show how far people agree on a name, each of them beside the others, and what they differ on."""
    options = TrustOptions(scale, tuple(order or ()), level=level)
    found = use.client.assessments.agreement(name, experiment=experiment, filter=filter, options=options)
    if use.out.as_json:
        use.out.document(found)
        return
    disputed = [each.item for each in found.panel.disputed[:_SHOWN]]
    show_panel(use, found.panel, titles=requests_of(use.client, disputed))
    _told(use, found)


def judge(
    use: Use,
    name: NameArgument,
    *,
    judge_name: Annotated[
        list[str] | None, typer.Option("--judge-name", help="The name of the judges' judgments, if another.")
    ] = None,
    by: Annotated[
        JudgeBy, typer.Option("--by", help="A judge is a model (source), or a name with models as versions (name).")
    ] = "source",
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    scale: ScaleOption = None,
    order: OrderedOption = None,
    positive: Annotated[
        str | None, typer.Option("--positive", help="The value whose rate is corrected, if not true.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="A judge's numbers from here up count as true.")
    ] = None,
    level: LevelOption = 0.95,
) -> None:
    """Show how each judge stands to people: agreement under the human ceiling, confusion, corrected rate."""
    options = TrustOptions(scale, tuple(order or ()), positive, threshold, level)
    found = use.client.assessments.judges(
        name, judge_names=judge_name, judge_by=by, experiment=experiment, filter=filter, options=options
    )
    if use.out.as_json:
        use.out.document(found)
        return
    if not found.judges:
        raise Invalid(f"judge: no model and no code judged {', '.join(judge_name or [name])!r}; see --judge-name.")
    for report in found.judges:
        show_judge(use, report)
    _told(use, found)


def show_panel(use: Use, panel: PanelReport, *, titles: Mapping[str, str], of: str = "") -> None:
    """Write how far people agree, items by their ids and what `titles` says of them; warnings begin with `of`, which
    says on what."""
    people = "1 person" if len(panel.people) == 1 else f"{len(panel.people):,} people"
    rated = f"{counted(panel.ratings, 'rating')} of {counted(panel.items, 'item')}"
    use.out.say(f"{rated} by {people} ({panel.scale})")
    if panel.agreement is None:
        use.out.say("Agreement needs two people or more.")
        return
    _agreement(use, panel.agreement, of)
    use.out.table(
        ("rater", "ratings", "agrees with the others", "interval", "n", "deviation"),
        [
            (
                each.rater,
                f"{each.ratings:,}",
                _share(each.agreement),
                interval_text(each.agreement_interval),
                f"{each.compared:,}",
                None if each.deviation is None else f"{each.deviation:+.3g}",
            )
            for each in panel.raters
        ],
    )
    if panel.disputed_items:
        verb = "is" if panel.disputed_items == 1 else "are"
        use.out.say(f"{counted(panel.disputed_items, 'item')} {verb} disputed; those with least agreement:")
        use.out.table(
            ("item", "about", "ratings"),
            [
                (
                    each.item,
                    clean(titles[each.item], _CHARACTERS) if each.item in titles else None,
                    ", ".join(f"{rated.rater} {_value(rated.value)}" for rated in each.ratings),
                )
                for each in panel.disputed[:_SHOWN]
            ],
        )


def show_judge(use: Use, report: JudgeReport, *, of: str = "") -> None:
    """Write how one judge stands to people; warnings begin with `of`, which says on what."""
    use.out.say(
        f"{report.judge}: {report.judged:,} items judged, {report.compared:,} compared with people, on "
        f"{report.undecided:,} people are tied",
        "bold",
    )
    _ceiling(use, report)
    if report.agreement is not None:
        _agreement(use, report.agreement, f"{of}{report.judge}: ")
    if report.confusion is not None and len(report.confusion.labels) <= 20:
        labels = report.confusion.labels
        use.out.table(
            ("people", *(f"judge: {label}" for label in labels), "recall", "precision"),
            [
                (label, *(f"{count:,}" for count in row), _share(own.recall), _share(own.precision))
                for label, row, own in zip(labels, report.confusion.counts, report.confusion.classes, strict=True)
            ],
        )
    if len(report.versions) > 1:
        _versions(use, report)
    if report.repeats is not None:
        use.out.say(f"with itself, on {report.repeats.items:,} items that it judged more than once:")
        _agreement(use, report.repeats, f"{of}{report.judge}: ")
    if report.calibration is not None:
        found = report.calibration
        use.out.say(f"calibration of its {report.calibration_of}: Brier {found.brier:.3g}, error {found.ece:.3g}")
    if report.corrected is not None:
        rate = report.corrected
        use.out.say(
            f"rate: {_share(rate.value)} {interval_text(rate.interval)} corrected; {_share(rate.judge)} by the judge "
            f"alone, {_share(rate.human)} {interval_text(rate.human_interval)} by people on {rate.labelled:,} items"
        )
    for warning in report.warnings:
        use.out.warn(f"{of}{report.judge}: {warning}")


def _ceiling(use: Use, report: JudgeReport) -> None:
    ceiling = report.ceiling
    if ceiling is None:
        return
    what = "agree" if ceiling.measure == "agreement" else "differ by"
    shown = _share if ceiling.measure == "agreement" else "{:.3g}".format
    use.out.say(
        f"pairs of people {what} {shown(ceiling.people)} {interval_text(ceiling.people_interval)}, the judge with a "
        f"person {shown(ceiling.judge)} {interval_text(ceiling.judge_interval)}, over {ceiling.items:,} items"
    )


def _versions(use: Use, report: JudgeReport) -> None:
    changes = {change.after: change for change in report.changes}
    rows: list[Sequence[object]] = []
    for each in report.versions:
        change = changes.get(each.version)
        difference = None if change is None or change.difference is None else f"{change.difference:+.1%}"
        rows.append((
            each.version, f"{each.ratings:,}", f"{each.compared:,}", _share(each.agreement),
            interval_text(each.agreement_interval), difference,
            None if change is None else interval_text(change.interval),
        ))  # fmt: skip
    use.out.table(("version", "ratings", "compared", "agrees", "interval", "change", "of the change"), rows)


def show_coefficients(use: Use, coefficients: Sequence[Coefficient]) -> None:
    """Show coefficients of agreement with their intervals."""
    use.out.table(
        ("coefficient", "value", "interval", "n"),
        [(each.name, _number(each.value), interval_text(each.interval), f"{each.n:,}") for each in coefficients],
    )


def _agreement(use: Use, report: AgreementReport, of: str) -> None:
    show_coefficients(use, report.coefficients)
    for warning in report.warnings:
        use.out.warn(f"{of}{warning}")


def _told(use: Use, found: NameTrust) -> None:
    if not found.complete:
        use.out.warn(f"Only the newest {found.examined:,} assessments were looked at. Narrow the filter.")


def interval_text(found: Interval | None) -> str | None:
    """Return an interval as text; None without one."""
    return None if found is None else f"[{found.low:.3g}, {found.high:.3g}]"


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.1%}"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
