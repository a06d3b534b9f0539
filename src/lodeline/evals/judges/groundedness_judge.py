"""Groundedness: the answer says nothing that its documents do not."""

from typing import Any

from lodeline.evals.judges.judge import Judge, make_judge
from lodeline.evals.judges.model import JudgeModel

_INSTRUCTIONS = """\
Decide whether every claim of the answer in {{ outputs }} is supported by {{ documents }} alone, and by nothing you \
know yourself. The answer was given to {{ inputs }}.

True: each factual claim is stated in the documents or follows from them directly; saying that they do not tell is \
supported when they do not. False: a claim has no support in them or contradicts them, even if it is true in the \
world. \
Greetings, questions and offers of help are no claims.

In the rationale list the claims, and for each the document that supports it or that none does."""


def groundedness(model: str | JudgeModel, *, name: str = "groundedness", **options: Any) -> Judge:
    """Return a judge of whether what the outputs claim is supported by the documents.

    Value: bool. The documents are those that the trace last retrieved, or else ``context`` in the inputs or
    expectations; without any it is an error (``no_documents``). Unvalidated. `options` are those of `make_judge`.
    """
    return make_judge(
        name,
        _INSTRUCTIONS,
        model,
        bool,
        description="Whether all that the answer claims is supported by its documents.",
        **options,
    )
