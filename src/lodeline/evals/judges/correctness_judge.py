"""Correctness: the answer agrees with what is expected."""

from typing import Any

from lodeline.evals.judges.judge import Judge, make_judge
from lodeline.evals.judges.model import JudgeModel

_INSTRUCTIONS = """\
Decide whether the answer in {{ outputs }} to the request in {{ inputs }} is correct, going by {{ expected }} alone \
and by nothing you know yourself.

{{ expected }} is either a reference answer or a list of facts. True: every fact that it states is stated or clearly \
implied by the answer, and nothing in the answer contradicts it. Other wording, another order, and further details \
that \
do not contradict it are fine. False: a fact is missing, wrong or contradicted, or the answer leaves open which of \
several contradictory answers it means.

In the rationale go through the facts one by one."""


def correctness(model: str | JudgeModel, *, name: str = "correctness", **options: Any) -> Judge:
    """Return a judge of whether the outputs say what the expectations want: ``expected_response``, or
    ``expected_facts``.

    Value: bool. Other wording and further true details pass; a missing fact, a contradiction and a hedge between
    right
    and wrong do not. Unvalidated. `options` are those of `make_judge`.
    """
    return make_judge(
        name, _INSTRUCTIONS, model, bool, description="Whether the answer says what is expected of it.", **options
    )
