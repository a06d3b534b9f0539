"""``lodeline evaluations``: show evaluations, their rows and what they come to; compare them; cancel."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from lodeline.cli.evaluation_errors import error_text, errors_of, show_errors
from lodeline.cli.options import AllOption, LimitOption, Use, command
from lodeline.cli.output import Output, clean, moment
from lodeline.cli.run_names import OfOption, find_run
from lodeline.domain.aggregate import Interval, ValueSummary
from lodeline.domain.comparison import Comparison, RunComparison
from lodeline.domain.errors import Invalid
from lodeline.domain.evaluation import AmountSummary, CompareOptions
from lodeline.domain.evaluation_row import ROW_STATES, EvaluationRow, RowState
from lodeline.evals.comparison_text import (
    AMOUNT_HEAD,
    SCORER_HEAD,
    amount_cells,
    amount_sentences,
    amount_text,
    headline,
    in_order,
    render_comparison,
    scorer_cells,
    warnings_of,
)

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show, compare and cancel evaluations.")

IdArgument = Annotated[str, typer.Argument(metavar="RUN", help="The evaluation, by id or name of its run.")]
ViewOption = Annotated[
    Literal["as_judged", "effective"],
    typer.Option("--view", help="Scores as they were given, or as the judgments stand now."),
]
ReducerOption = Annotated[
    str, typer.Option("--reducer", help="How repetitions of a record become one value, such as pass^4.")
]
MarkdownOption = Annotated[
    Path | None,
    typer.Option("--markdown", metavar="FILE", help="Also append Markdown, such as to $GITHUB_STEP_SUMMARY."),
]


@command(app, "get")
def get(
    use: Use,
    run: IdArgument,
    *,
    experiment: OfOption = None,
    stacks: Annotated[
        bool, typer.Option("--stacks", help="Also where the first error of each kind was raised.")
    ] = False,
) -> None:
    """Show an evaluation: its state, what it was bound to, how many rows are done, which errors its rows have."""
    run = find_run(use.client, run, "EVALUATION", experiment=experiment)
    found = use.client.evaluations.get(run)
    if use.out.as_json:
        use.out.document(found)
        return
    bindings = found.bindings
    errors = errors_of(use, found)
    use.out.pairs(
        (
            ("id", found.run.run_id),
            ("name", found.run.name),
            ("state", found.state),
            ("message", found.message),
            ("rows", f"{found.rows_total:,}"),
            ("done", f"{found.rows_done:,}"),
            ("errors", errors.told or None),
            ("scorers", ", ".join(found.scorers)),
            ("start", moment(found.run.start_ms)),
            ("end", moment(found.run.end_ms)),
            ("dataset", bindings.dataset_id),
            ("dataset version", bindings.dataset_version),
            ("split", bindings.split),
            ("model", bindings.model_id),
            ("repetitions", bindings.repetitions),
            ("seed", bindings.seed),
            ("bindings", found.bindings_digest),
        )
    )
    show_errors(use, errors, stacks=stacks)
    use.view(found.run.experiment_id, "evaluations", found.run.run_id)


@command(app, "summary")
def summary(
    use: Use,
    run: IdArgument,
    *,
    experiment: OfOption = None,
    view: ViewOption = "as_judged",
    slice: Annotated[list[str] | None, typer.Option("--slice", help="Also by this slice; may be repeated.")] = None,
    reducer: ReducerOption = "mean",
) -> None:
    """Show what each scorer's values come to: n, errors, mean or rate with its interval; and what the rows took."""
    run = find_run(use.client, run, "EVALUATION", experiment=experiment)
    found = use.client.evaluations.summary(run, view=view, slices=slice or (), reducer=reducer)
    if use.out.as_json:
        use.out.document(found)
        return
    rows = [(item.scorer, "", *_summary(item.summary)) for item in found.scorers]
    for item in found.scorers:
        rows += [
            (item.scorer, f"{part.key}={'–' if part.value is None else part.value}", *_summary(part.summary))
            for part in item.slices
        ]
    use.out.table(
        ("scorer", "slice", "n", "errors", "missing", "value", "interval"), sorted(rows, key=lambda r: r[0])
    )
    if found.amounts:
        use.out.say("")
        use.out.table(
            ("per row", "n", "failed", "missing", "mean", "in all"), [_took(item) for item in found.amounts]
        )
    for item in found.scorers:
        if item.reducer != reducer:
            use.out.say(f"{item.scorer}: repetitions reduced by {item.reducer}; {reducer} needs values of 0 and 1.")


@command(app, "compare")
def compare(
    use: Use,
    baseline: Annotated[str, typer.Argument(metavar="BASELINE", help="The run to compare with, by id or name.")],
    candidates: Annotated[list[str], typer.Argument(metavar="RUN...", help="The runs to compare, by ids or names.")],
    *,
    experiment: OfOption = None,
    view: ViewOption = "as_judged",
    reducer: ReducerOption = "mean",
    markdown: MarkdownOption = None,
    worst: Annotated[int, typer.Option("--worst", help="How many of the worst rows to show.", min=0, max=1_000)] = 5,
) -> None:
    """Compare evaluations with a baseline on the records that they share: scorer by scorer, and what their rows took
    in cost, tokens and time."""
    options = CompareOptions(view=view, reducer=reducer, max_rows=worst)
    others = [find_run(use.client, each, "EVALUATION", experiment=experiment) for each in candidates]
    found = use.client.evaluations.compare(
        find_run(use.client, baseline, "EVALUATION", experiment=experiment), others, options
    )
    if markdown is not None:
        with markdown.open("a", encoding="utf-8") as file:
            file.write(render_comparison(found) + "\n")
    if use.out.as_json:
        use.out.document(found)
        return
    for candidate in found.candidates:
        _show_comparison(use.out, found, candidate)


def _show_comparison(out: Output, found: Comparison, candidate: RunComparison) -> None:
    out.say(headline(found, candidate))
    out.table(SCORER_HEAD, [scorer_cells(item) for item in in_order(candidate.scorers)])
    if candidate.amounts:
        out.say("")
        out.table(AMOUNT_HEAD, [amount_cells(item) for item in candidate.amounts])
    for sentence in amount_sentences(candidate):
        out.say(sentence)
    for warning in warnings_of(candidate):
        out.say(f"Warning: {warning}")
    for item in candidate.scorers:
        for row in (each for each in item.rows if each.difference):
            out.say(f"{item.scorer}: {row.record_id} {row.baseline:.4g} → {row.candidate:.4g}")


@command(app, "rows")
def rows(
    use: Use,
    run: IdArgument,
    *,
    experiment: OfOption = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only rows in this state, such as PREDICT_ERROR.")
    ] = None,
    error_of: Annotated[
        str | None, typer.Option("--error-of", help="Only rows for which this scorer failed.")
    ] = None,
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List the rows of an evaluation by key and repetition."""
    run = find_run(use.client, run, "EVALUATION", experiment=experiment)
    states: list[RowState] = [item for item in ROW_STATES if item in {text.upper() for text in state or ()}]
    if state and len(states) != len({text.upper() for text in state}):
        raise Invalid.value("--state", ", ".join(state), "one of " + ", ".join(ROW_STATES))
    most = None if all else limit
    found = use.client.evaluations.rows(run, state=states or None, error_of=error_of, limit=most)
    if use.out.as_json:
        use.out.lines(found)
        return
    use.out.table(
        ("row", "repetition", "state", "trace", "scores", "cost", "tokens", "ms", "error"),
        (_row(item) for item in found),
    )


@command(app, "cancel")
def cancel(
    use: Use,
    run: IdArgument,
    *,
    experiment: OfOption = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Why.")] = None,
) -> None:
    """Cancel an evaluation; the rows it has stay valid."""
    run = find_run(use.client, run, "EVALUATION", experiment=experiment)
    found = use.client.evaluations.cancel(run, message=message)
    if use.out.as_json:
        use.out.document(found)
    use.out.say(f"Evaluation {found.run.run_id} is {found.state}.")


def _summary(found: ValueSummary) -> tuple[object, ...]:
    value = None if found.value is None else f"{found.value:.4g}"
    if found.counts:
        value = ", ".join(f"{item.label} {item.count}" for item in found.counts[:5])
    return found.n, found.errors, found.missing, value, _interval(found.interval)


def _took(found: AmountSummary) -> tuple[object, ...]:
    summary, amount = found.summary, found.amount
    mean, total = amount_text(amount, summary.value), amount_text(amount, found.total)
    return amount, summary.n, summary.errors, summary.missing, mean, total


def _interval(found: Interval | None) -> str | None:
    return None if found is None else f"{found.low:.4g} to {found.high:.4g} ({found.method})"


def _row(row: EvaluationRow) -> tuple[object, ...]:
    scores = ", ".join(
        f"{score.name}={score.value if score.error is None else f'error {clean(error_text(score), 200)}'}"
        for score in row.scores
    )
    took = amount_text("cost_usd", row.cost_usd), row.tokens_total, row.duration_ms
    return row.row_key, row.repetition, row.state, row.trace_id, scores, *took, row.error
