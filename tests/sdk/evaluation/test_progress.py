"""The line that says how far an evaluation is."""

import io
from typing import Any

from lodeline.domain.assessment import AssessmentError
from lodeline.domain.scorer import Feedback
from lodeline.evals.engine.rows import Case, Prediction, Row
from lodeline.sdk.evaluation.progress import MAX_LINE, Progress


def row(**scores: Any) -> Row:
    given = [
        Feedback(name=name, error=AssessmentError("Boom")) if value is None else Feedback(name=name, value=value)
        for name, value in scores.items()
    ]
    return Row(Case("0", {}), "DONE", Prediction(), tuple(given))


def test_each_scorer_has_its_mean_with_its_n_and_its_errors() -> None:
    progress = Progress(4, shown=False)
    for scores in ({"exact": True, "words": 3}, {"exact": False, "words": 4}, {"exact": None, "words": 5}):
        progress.row(row(**scores))
    line = progress.line()
    assert line.startswith("3/4 rows")
    assert "exact 0.5 (n=2) 1 errors" in line
    assert "words 4 (n=3)" in line


def test_text_and_what_is_not_finite_is_in_no_mean() -> None:
    progress = Progress(None, shown=False)
    progress.row(row(kind="good", number=float("nan")))
    assert "kind – · number –" in progress.line()


def test_nothing_is_written_where_nobody_looks() -> None:
    out = io.StringIO()
    progress = Progress(1, out=out)
    progress.row(row(exact=True))
    progress.close()
    assert out.getvalue() == ""


def test_a_hostile_name_cannot_move_the_cursor() -> None:
    out = io.StringIO()
    progress = Progress(1, shown=True, out=out)
    progress.row(row(**{"\x1b[2J\r\nname" * 50: True}))
    progress.close()
    drawn = out.getvalue()
    assert "\x1b" not in drawn
    assert all(len(line) <= MAX_LINE for line in drawn.strip("\r\n").split("\r"))
