"""What a scorer returned, as a list of feedback: one form for every kind of answer."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from lodeline.domain.assessment import MAX_RATIONALE, STACK_KEY, AssessmentError, AssessmentSource
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.scorer import MAX_FEEDBACKS, Feedback
from lodeline.domain.span import JsonValue


def feedbacks_of(returned: object, *, name: str, source: AssessmentSource) -> tuple[Feedback, ...]:
    """Return the judgments in what a scorer returned.

    A bool, number or string is one judgment, a `Feedback` is itself, None is none (the scorer does not apply). A
    list gives one for each item, the unnamed ones called ``name/1``, ``name/2``; a mapping one for each key,
    ``name/key``. A `Feedback` in them that has a name keeps it. Invalid for any other value, for a number that is
    not finite, for two judgments of one name, and for more than `MAX_FEEDBACKS`.
    """
    if returned is None:
        return ()
    if isinstance(returned, Feedback):
        return (_filled(returned, name, source),)
    named: list[tuple[str, object]]
    if isinstance(returned, Mapping):
        named = [(f"{name}/{key}", value) for key, value in cast("Mapping[object, object]", returned).items()]
    elif isinstance(returned, list | tuple):
        items = cast("Sequence[object]", returned)
        named = [(f"{name}/{index}", value) for index, value in enumerate(items, 1)]
    else:
        return (_filled(Feedback(value=plain_value(returned)), name, source),)
    if len(named) > MAX_FEEDBACKS:
        raise Invalid(f"scorer {shown(name)} gave {len(named)} judgments at once; the most is {MAX_FEEDBACKS}.")
    made = tuple(_filled(_feedback(value), default, source) for default, value in named if value is not None)
    _check_names(made, name)
    return made


def plain_value(value: object) -> bool | int | float | str:
    """Return a bool, number or string as such; scalars of NumPy and the like are taken as what they hold."""
    item = getattr(value, "item", None)
    if callable(item) and not isinstance(value, bool | int | float | str):
        value = item()
    if isinstance(value, bool | str):
        # An enumeration's member that is a string is stored as its value.
        return str.__str__(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Invalid.value("score", value, "a finite number; raise an error or return None when there is none")
        return float(value)
    raise Invalid.value("score", value, "a bool, a number, a string, a Feedback, or a list or mapping of them")


def failed(error: AssessmentError, *, name: str, source: AssessmentSource, stack: str = "") -> Feedback:
    """Return the judgment of a scorer that failed; `stack` says where the error was raised, as far as it is known."""
    return Feedback(error=error, name=name, source=source, metadata={STACK_KEY: stack} if stack else {})


def _feedback(value: object) -> Feedback:
    return value if isinstance(value, Feedback) else Feedback(value=plain_value(value))


def _filled(feedback: Feedback, name: str, source: AssessmentSource) -> Feedback:
    if feedback.error is None and feedback.value is None:
        raise Invalid(f"scorer {shown(name)} gave a Feedback with neither value nor error; give one of them.")
    if feedback.error is not None and feedback.value is not None:
        raise Invalid(f"scorer {shown(name)} gave a Feedback with both value and error; give one of them.")
    if feedback.confidence is not None and not 0 <= feedback.confidence <= 1:
        raise Invalid.value("confidence", feedback.confidence, "a number from 0 to 1")
    cost_usd: Any = feedback.cost_usd
    if cost_usd is not None and not (isinstance(cost_usd, int | float) and 0 <= cost_usd < math.inf):
        raise Invalid.value("cost_usd", cost_usd, "US dollars from 0, or None")
    value = None if feedback.error is not None else _json(feedback.value)
    rationale = None if feedback.rationale is None else feedback.rationale[:MAX_RATIONALE]
    return replace(
        feedback,
        value=value,
        rationale=rationale,
        name=feedback.name or name,
        source=feedback.source or source,
        metadata={str(key): str(item) for key, item in feedback.metadata.items()},
    )


def _json(value: JsonValue) -> JsonValue:
    """Return a value of a Feedback, checked: lists and mappings are allowed within it, as one value."""
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_json(item) for item in value]
    return None if value is None else plain_value(cast("Any", value))


def _check_names(made: Iterable[Feedback], name: str) -> None:
    seen: set[str | None] = set()
    for feedback in made:
        if feedback.name in seen:
            raise Invalid(f"scorer {shown(name)} gave two judgments named {shown(feedback.name)}; name them apart.")
        seen.add(feedback.name)
