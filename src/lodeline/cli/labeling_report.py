"""What a labeling session came to: ``lodeline labeling report``."""

from typing import Annotated

import typer

from lodeline.cli.options import Use
from lodeline.cli.run_names import find_run
from lodeline.cli.trust import LevelOption, interval_text, show_coefficients, show_judge, show_panel
from lodeline.domain.labeling_report import LabelingReport, SchemaReport
from lodeline.domain.span_agreement import SpanReport


def report(
    use: Use,
    session: Annotated[str, typer.Argument(help="The session, by run id or name.", metavar="SESSION")],
    *,
    level: LevelOption = 0.95,
) -> None:
    """Show what the reviews come to: speed, reviewers, gold answers, disputed items, agreement, judges."""
    found = use.client.labeling.report(find_run(use.client, session, "LABELING"), level=level)
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
        _schema(use, schema)
    if found.disputed_items:
        use.out.say(f"{found.disputed_items:,} items are in dispute, such as these:")
        use.out.table(("item", "about"), [(item, found.titles.get(item)) for item in found.disputed[:5]])
    for warning in found.warnings:
        use.out.warn(warning)


def _throughput(use: Use, found: LabelingReport) -> None:
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(found.states.items()))
    use.out.say(f"items: {states or 'none'}")
    speed = found.throughput
    if speed.reviews:
        rate = "" if speed.reviews_per_hour is None else f", {speed.reviews_per_hour:,.0f} an hour of work"
        median = _seconds(speed.median_ms) or "unknown"
        use.out.say(f"{speed.reviews:,} reviews on {len(speed.days):,} days, median {median}{rate}")


def _schema(use: Use, schema: SchemaReport) -> None:
    use.out.say(f"{schema.name}: {schema.answers:,} answers", "bold")
    if schema.note is not None:
        use.out.say(schema.note)
    if schema.panel is not None:
        show_panel(use, schema.panel)
    if schema.spans is not None:
        _spans(use, schema.spans)
    for judge in schema.judges:
        show_judge(use, judge)


def _spans(use: Use, found: SpanReport) -> None:
    use.out.say(f"{found.items:,} texts marked by two or more, {found.characters:,} characters")
    rows = [
        (
            each.rater, f"{each.answers:,}", f"{each.spans:,}", None if each.marked is None else f"{each.marked:.1%}",
            ", ".join(f"{count:,} {label}" for label, count in sorted(each.labels.items())),
        )
        for each in found.raters
    ]  # fmt: skip
    use.out.table(("reviewer", "texts", "spans", "of the text", "labels"), rows)
    show_coefficients(use, found.coefficients)
    for warning in found.warnings:
        use.out.warn(warning)


def _seconds(value_ms: float | None) -> str | None:
    return None if value_ms is None else f"{value_ms / 1000:.3g} s"
