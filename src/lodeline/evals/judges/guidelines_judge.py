"""Guidelines: the answer keeps to rules in plain words."""

from collections.abc import Sequence
from typing import Any

from lodeline.domain.errors import Invalid
from lodeline.evals.judges.judge import Judge, make_judge
from lodeline.evals.judges.model import JudgeModel

MAX_GUIDELINES = 100
_INSTRUCTIONS = """\
Decide whether the answer in {{{{ outputs }}}} to the request in {{{{ inputs }}}} keeps to all of these guidelines:

{guidelines}

True: it keeps to every one that applies; one that does not apply to this request is kept. False: it breaks at least \
one. Judge by the guidelines alone, not by taste.

In the rationale go through the guidelines by number."""


def guidelines(
    model: str | JudgeModel, guidelines: Sequence[str], *, name: str = "guidelines", **options: Any
) -> Judge:
    """Return a judge of whether the outputs keep to rules that you give, each a sentence or two.

    Value: bool, True when all are kept. Unvalidated. `options` are those of `make_judge`. Invalid without guidelines,
    for an empty one, and for more than 100.
    """
    if isinstance(guidelines, str) or not 0 < len(guidelines) <= MAX_GUIDELINES:
        raise Invalid.value("guidelines", guidelines, f"a list of 1 to {MAX_GUIDELINES} texts")
    for number, rule in enumerate(guidelines):
        if not rule.strip():
            raise Invalid.value(f"guidelines[{number}]", rule, "a text that is not empty")
        if "{{" in rule:
            raise Invalid.value(
                f"guidelines[{number}]", rule, "a text without {{; inputs and outputs are shown anyway"
            )
    listed = "\n".join(f"{number}. {rule.strip()}" for number, rule in enumerate(guidelines, 1))
    text = _INSTRUCTIONS.replace("{guidelines}", "\0").replace("{{{{", "{{").replace("}}}}", "}}")
    described = "Whether the answer keeps to the guidelines:\n" + listed
    return make_judge(name, text.replace("\0", listed), model, bool, description=described, **options)
