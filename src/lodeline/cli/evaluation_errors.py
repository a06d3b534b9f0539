"""Why rows of an evaluation have an error: one line for each error, with how many rows have it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lodeline.cli.options import Use
from lodeline.cli.output import clean, clean_lines
from lodeline.domain.assessment import STACK_KEY
from lodeline.domain.errors import NotFound
from lodeline.domain.evaluation import Evaluation
from lodeline.domain.evaluation_row import EvaluationRow, RowScore, errors_told
from lodeline.domain.experiment import MAX_TAG_VALUE
from lodeline.domain.ids import AssessmentId

MOST_ROWS = 1_000
"""Rows of each kind of error that are looked at."""
MOST_SHOWN = 20
PROGRAM = "the program"
_MOST_CHARS = 200


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Rows with one and the same error of the program or of a scorer (`of`).

    `row` is the key of the first of them, and `assessment_id` the judgment there that says where it was raised.
    """

    of: str
    error: str
    rows: int
    row: str
    assessment_id: AssessmentId | None = None


def error_text(score: RowScore) -> str:
    """Return the type and the message of a scorer's error; only the type where no message is known."""
    return f"{score.error}: {score.error_message}" if score.error_message else str(score.error)


def groups_of(rows: Iterable[EvaluationRow]) -> list[ErrorGroup]:
    """Return the errors that rows have, the most frequent first, ties in order of the rows."""
    found: dict[tuple[str, str], ErrorGroup] = {}
    for row in rows:
        errors = [] if row.error is None else [ErrorGroup(PROGRAM, row.error, 0, row.row_key)]
        errors += [
            ErrorGroup(score.name, error_text(score), 0, row.row_key, score.assessment_id)
            for score in row.scores
            if score.error is not None
        ]
        for error in errors:
            known = found.setdefault((error.of, error.error), error)
            found[error.of, error.error] = replace(known, rows=known.rows + 1)
    return sorted(found.values(), key=lambda group: -group.rows)


@dataclass(frozen=True, slots=True)
class RowErrors:
    """The errors of an evaluation: how many rows have which, and the errors of the first `MOST_ROWS` of each kind."""

    told: str
    groups: tuple[ErrorGroup, ...]


def errors_of(use: Use, evaluation: Evaluation) -> RowErrors:
    """Ask for the rows with an error, at most `MOST_ROWS` of each kind; for none when no row has one."""
    if not evaluation.rows_failed:
        return RowErrors("", ())
    run_id = evaluation.run.run_id
    program = list(use.client.evaluations.rows(run_id, state="PREDICT_ERROR", limit=MOST_ROWS))
    scorer = list(use.client.evaluations.rows(run_id, state="SCORE_ERROR", limit=MOST_ROWS))
    told = f"with errors: {evaluation.rows_failed:,}"
    if len(program) < MOST_ROWS:
        told = errors_told(len(program), max(0, evaluation.rows_failed - len(program)))
    return RowErrors(told, tuple(groups_of([*program, *scorer])))


def show_errors(use: Use, errors: RowErrors, *, stacks: bool) -> None:
    """Write the most frequent errors as a table and, with `stacks`, where the first of each was raised."""
    shown = errors.groups[:MOST_SHOWN]
    if not shown:
        return
    use.out.say("")
    use.out.table(
        ("failed", "error", "rows", "first"),
        [(group.of, clean(group.error, _MOST_CHARS), group.rows, group.row) for group in shown],
    )
    if len(errors.groups) > len(shown):
        use.out.say(f"{len(errors.groups) - len(shown):,} further errors are not shown.")
    for group in shown if stacks else ():
        stack = _stack(use, group)
        if stack:
            use.out.say("")
            use.out.say(f"{group.of}, row {group.row}:")
            for line in clean_lines(stack, MAX_TAG_VALUE):
                use.out.say(line)


def _stack(use: Use, group: ErrorGroup) -> str:
    if group.assessment_id is None:
        return ""
    try:
        judgment = use.client.assessments.get(group.assessment_id)
    except NotFound:
        return ""
    return judgment.metadata.get(STACK_KEY, "").rstrip()
