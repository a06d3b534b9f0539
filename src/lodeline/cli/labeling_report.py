"""What a labeling session came to: ``lodeline labeling report``."""

from collections.abc import Mapping
from typing import Annotated

import typer

from lodeline.cli.options import Use
from lodeline.cli.run_names import find_run
from lodeline.cli.texts import clean, counted
from lodeline.cli.trust import LevelOption, interval_text, show_coefficients, show_judge, show_panel
from lodeline.domain.labeling_report import LabelingReport, SchemaReport
from lodeline.domain.span_agreement import SpanReport

_SHOWN, _CHARACTERS = 5, 60


def report(
    use: Use,
    session: Annotated[str, typer.Argument(help="The session, by run id or name.", metavar="SESSION")],
    *,
    experiment: Annotated[
        str | None,
        typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Where the session of this name is."),
    ] = None,
    level: LevelOption = 0.95,
) -> None:
    """Show what the reviews come to: speed, reviewers, gold answers, disputed items, agreement, judges."""
    run_id = find_run(use.client, session, "LABELING", experiment=experiment)
    found = use.client.labeling.report(run_id, level=level)
    if use.out.as_json:
        use.out.document(found)
        return
    _throughput(use, found)
    if found.reviewers:
        use.out.table(
            ("reviewer", "reviews", "median", "gold right", "interval", "skill"),
            [
                (
                    each.reviewer,
                    f"{each.reviews:,}",
                    _seconds(each.median_ms),
                    f"{each.gold_right} of {each.gold}" if each.gold else None,
                    interval_text(each.gold_interval),
                    f"{each.skill:.2f}" if each.gold else None,
                )
                for each in found.reviewers
            ],
        )
    for schema in found.schemas:
        _schema(use, schema, found.titles)
    if found.disputed_items:
        verb = "is" if found.disputed_items == 1 else "are"
        use.out.say(f"{counted(found.disputed_items, 'item')} {verb} in dispute:")
        use.out.table(
            ("item", "about"),
            [(item, clean(found.titles.get(item, ""), _CHARACTERS) or None) for item in found.disputed[:_SHOWN]],
        )
        if found.disputed_items > _SHOWN:
            use.out.say(f"All of them: lodeline labeling items {run_id} --state disputed")
        use.out.say("Decide one: lodeline labeling adjudicate ITEM NAME=VALUE ...")
    for warning in found.warnings:
        use.out.warn(warning)


def _throughput(use: Use, found: LabelingReport) -> None:
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(found.states.items()))
    use.out.say(f"items: {states or 'none'}")
    speed = found.throughput
    if speed.reviews:
        rate = "" if speed.reviews_per_hour is None else f", {speed.reviews_per_hour:,.0f} an hour of work"
        median = _seconds(speed.median_ms) or "unknown"
        on = f"{counted(speed.reviews, 'review')} on {counted(len(speed.days), 'day')}"
        use.out.say(f"{on}, median {median}{rate}")


def _schema(use: Use, schema: SchemaReport, titles: Mapping[str, str]) -> None:
    use.out.say(f"{schema.name}: {counted(schema.answers, 'answer')}", "bold")
    if schema.note is not None:
        use.out.say(schema.note)
    if schema.panel is not None:
        show_panel(use, schema.panel, titles=titles, of=f"{schema.name}: ")
    if schema.spans is not None:
        _spans(use, schema.spans, schema.name)
    for judge in schema.judges:
        show_judge(use, judge, of=f"{schema.name}: ")


def _spans(use: Use, found: SpanReport, name: str) -> None:
    use.out.say(f"{counted(found.items, 'text')} marked by two or more, {counted(found.characters, 'character')}")
    rows = [
        (
            each.rater, f"{each.answers:,}", f"{each.spans:,}", None if each.marked is None else f"{each.marked:.1%}",
            ", ".join(f"{count:,} {label}" for label, count in sorted(each.labels.items())),
        )
        for each in found.raters
    ]  # fmt: skip
    if rows:
        use.out.table(("reviewer", "texts", "spans", "of the text", "labels"), rows)
    if not found.items:
        use.out.say("Agreement needs two people or more.")
        return
    show_coefficients(use, found.coefficients)
    for warning in found.warnings:
        use.out.warn(f"{name}: {warning}")


def _seconds(value_ms: float | None) -> str | None:
    return None if value_ms is None else f"{value_ms / 1000:.3g} s"
