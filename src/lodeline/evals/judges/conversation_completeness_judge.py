"""Conversation completeness: a session dealt with all that its user wanted. Judges sessions."""

from typing import Any

from lodeline.evals.judges.judge import Judge, make_judge
from lodeline.evals.judges.model import JudgeModel

_INSTRUCTIONS = """\
Decide whether {{ session }}, a conversation of a user with an assistant, dealt with all that the user wanted.

True: each request of the user was met, or was refused or passed on with a reason that the assistant gave. False: a \
request was left open, met in part only, or met wrongly by what the conversation itself shows. A request that the \
user \
took back does not count.

In the rationale list the user's requests in their order, and for each what became of it."""


def conversation_completeness(
    model: str | JudgeModel, *, name: str = "conversation_completeness", **options: Any
) -> Judge:
    """Return a judge of sessions: whether everything that the user asked for was dealt with.

    Value: bool. Unvalidated. `options` are those of `make_judge`.
    """
    described = "Whether a session dealt with all that its user wanted."
    return make_judge(name, _INSTRUCTIONS, model, bool, description=described, **options)
