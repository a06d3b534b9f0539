"""Relevance: the answer is about what was asked."""

from typing import Any

from lodeline.evals.judges.judge import Judge, make_judge
from lodeline.evals.judges.model import JudgeModel

_INSTRUCTIONS = """\
Decide whether the answer in {{ outputs }} addresses the request in {{ inputs }}.

True: it deals with what was asked, fully or in its main part; a justified refusal and a question back for something \
that is needed deal with it too. False: it is about something else, evades the request, or buries a small relevant \
part \
under much that was not asked for. Whether it is correct is not the question here.

In the rationale say what was asked and what of it the answer deals with."""


def relevance(model: str | JudgeModel, *, name: str = "relevance", **options: Any) -> Judge:
    """Return a judge of whether the outputs address the inputs.

    Value: bool. Whether they are true is not judged. Unvalidated. `options` are those of `make_judge`.
    """
    return make_judge(
        name, _INSTRUCTIONS, model, bool, description="Whether the answer is about what was asked.", **options
    )
