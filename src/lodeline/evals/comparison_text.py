"""A comparison of evaluations in words: for a terminal, and as Markdown. Numbers say what they are of."""

from collections.abc import Iterable, Sequence

from lodeline.domain.aggregate import Interval
from lodeline.domain.comparison import AmountComparison, Comparison, RunComparison, ScorerComparison
from lodeline.domain.evaluation_row import Amount
from lodeline.domain.run import run_title
from lodeline.evals.markdown import plain

SCORER_HEAD = ("scorer", "verdict", "baseline", "candidate", "difference", "interval", "p", "wins", "losses", "ties")
AMOUNT_HEAD = ("per row", "baseline", "candidate", "is", "difference", "interval", "p", "pairs", "in all")
_NOUNS: dict[Amount, str] = {"cost_usd": "cost", "tokens_total": "tokens", "duration_ms": "time"}
_TIMES = 2
"""From this ratio on, it is told as how many times as much it is; below it in per cent."""
_ORDER = ("worse", "better", "different", "inconclusive", "equivalent", None)


def in_order(scorers: Iterable[ScorerComparison]) -> list[ScorerComparison]:
    """Return scorers with those that differ first: what got worse, then what got better; each in the order given."""
    return sorted(scorers, key=lambda each: _ORDER.index(each.verdict))


def headline(comparison: Comparison, candidate: RunComparison) -> str:
    """Return which runs are compared, by name, and on how many records."""
    pairing = candidate.pairing
    of, other = (
        run_title(comparison.names.get(run_id, ""), run_id) for run_id in (candidate.candidate, comparison.baseline)
    )
    return (
        f"{of} against {other}: {pairing.paired:,} records paired, {pairing.changed:,} changed, "
        f"{pairing.only_baseline:,} only in the baseline, {pairing.only_candidate:,} only in the other."
    )


def scorer_cells(one: ScorerComparison) -> tuple[str, ...]:
    """Return the cells of `SCORER_HEAD`; empty where there is nothing to say."""
    return (
        one.scorer,
        one.verdict or "",
        _number(one.baseline_value),
        _number(one.candidate_value),
        "" if one.difference is None else f"{one.difference:+.4g}",
        _interval(one.interval),
        _p(one.p, one.p_adjusted),
        str(one.wins),
        str(one.losses),
        str(one.ties),
    )


def amount_cells(one: AmountComparison) -> tuple[str, ...]:
    """Return the cells of `AMOUNT_HEAD`. Of a difference that may be chance the ratio is in brackets."""
    difference = None if one.difference is None else amount_text(one.amount, abs(one.difference))
    sign = "-" if one.difference is not None and one.difference < 0 else "+"
    ratio = ratio_text(one.ratio)
    totals = (amount_text(one.amount, total) or "–" for total in (one.baseline_total, one.candidate_total))
    return (
        _NOUNS[one.amount],
        amount_text(one.amount, one.baseline_value),
        amount_text(one.amount, one.candidate_value),
        ratio if one.change in {"more", "less"} or not ratio else f"({ratio})",
        "" if difference is None else f"{sign}{difference}",
        _interval(one.interval),
        _p(one.p, one.p_adjusted),
        str(one.n),
        " → ".join(totals),
    )


def amount_text(amount: Amount, value: float | None) -> str:
    """Return an amount with its unit; empty for None."""
    if value is None:
        return ""
    if amount == "cost_usd":
        return f"${value:.4g}"
    number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{number} ms" if amount == "duration_ms" else number


def ratio_text(ratio: float | None) -> str:
    """Return how a ratio is told: "17 times" from twice on, else "+12 %"; empty for None."""
    if ratio is None:
        return ""
    return f"{ratio:.3g} times" if ratio >= _TIMES else f"{100 * (ratio - 1):+.3g} %"


def amount_sentences(candidate: RunComparison) -> list[str]:
    """Return what the candidate takes more or less of, beyond chance: "Takes 17 times the cost of the baseline."."""
    told: list[str] = []
    for one in candidate.amounts:
        if one.change not in {"more", "less"} or one.ratio is None:
            continue
        noun = _NOUNS[one.amount]
        if one.ratio >= _TIMES:
            told.append(f"Takes {one.ratio:.3g} times the {noun} of the baseline.")
        else:
            told.append(f"Takes {abs(100 * (one.ratio - 1)):.3g} % {one.change} {noun} than the baseline.")
    return told


def warnings_of(candidate: RunComparison) -> list[str]:
    """Return why figures mean less than they seem to, each with what it is about."""
    about = [(one.scorer, one.warnings) for one in candidate.scorers]
    about += [(_NOUNS[one.amount], one.warnings) for one in candidate.amounts]
    told = [f"{name}: {warning}" for name, warnings in about for warning in warnings]
    if candidate.not_compared:
        told.append(f"Only one of the two has {', '.join(candidate.not_compared)}: not compared.")
    return told


def render_comparison(comparison: Comparison) -> str:
    """Return a comparison as Markdown: for each candidate a headline, tables and warnings. Names are shown as they
    are, whatever they contain."""
    parts: list[str] = []
    for candidate in comparison.candidates:
        of, other = (
            plain(run_title(comparison.names.get(run_id, ""), run_id))
            for run_id in (candidate.candidate, comparison.baseline)
        )
        parts += [f"### {of} against {other}", "", plain(f"{candidate.pairing.paired:,} records are paired."), ""]
        parts += _table(SCORER_HEAD, [scorer_cells(one) for one in in_order(candidate.scorers)])
        if candidate.amounts:
            parts += _table(AMOUNT_HEAD, [amount_cells(one) for one in candidate.amounts])
        parts += [f"- {plain(sentence)}" for sentence in amount_sentences(candidate)]
        parts += [f"- Warning: {plain(warning)}" for warning in warnings_of(candidate)]
        parts.append("")
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *cells, ""]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _p(p: float | None, adjusted: float | None) -> str:
    known = p if adjusted is None else adjusted
    return "" if known is None else f"{known:.3g}"


def _interval(found: Interval | None) -> str:
    return "" if found is None else f"{found.low:.4g} to {found.high:.4g} ({found.method})"
