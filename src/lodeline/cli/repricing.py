"""Pricing the traces of an experiment anew, with a bar of those that were looked at."""

from dataclasses import replace

from lodeline.cli.options import Use
from lodeline.cli.progress import counting
from lodeline.cli.texts import cost, counted
from lodeline.domain.repricing import RepriceReport


def repriced(use: Use, experiment: str, filter: str, *, dry_run: bool) -> RepriceReport:
    """Price all traces of an experiment that match anew, or with `dry_run` find out what that would change."""
    matching = use.client.analytics.count(experiment=experiment, filter=filter)
    what = "Looking at costs" if dry_run else "Pricing anew"
    whole = RepriceReport(0, 0, 0, 0.0, 0.0, dry_run)
    with counting(use.out, what, matching.count if matching.exact else None) as advance:
        while True:
            part = use.client.traces.reprice(experiment, filter=filter, dry_run=dry_run, cursor=whole.cursor)
            advance(part.traces)
            whole = replace(
                part,
                traces=whole.traces + part.traces,
                changed=whole.changed + part.changed,
                spans=whole.spans + part.spans,
                before_usd=whole.before_usd + part.before_usd,
                after_usd=whole.after_usd + part.after_usd,
            )
            if whole.cursor is None:
                return whole


def told(report: RepriceReport) -> str:
    """Return a report as a sentence."""
    if not report.changed:
        return f"Of {counted(report.traces, 'trace')} none costs anything else by the prices of today."
    becomes = "would cost" if report.dry_run else "cost now"
    counts = f"{report.changed:,} of {counted(report.traces, 'trace')}"
    return f"{counts} {becomes} {cost(report.after_usd)} instead of {cost(report.before_usd)}."
