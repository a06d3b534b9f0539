"""Bounds of what an assessment holds, beside those of `domain.assessment.check_draft`: for doors and for imports."""

import math
from collections.abc import Mapping, Sequence
from typing import cast

from lodeline.domain.assessment import MAX_RATIONALE, AssessmentDraft
from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.experiment import check_name, check_tags
from lodeline.domain.ids import check_assessment_id

MAX_VALUE_SIZE = 1_000_000
MAX_VALUE_DEPTH = 64
MAX_TEXT = 500


def check_texts(draft: AssessmentDraft) -> None:
    """Bound everything in a draft that `check_draft` leaves open, but for its session."""
    if draft.assessment_id is not None:
        check_assessment_id(draft.assessment_id)
    check_tags(draft.metadata)
    check_value(draft.value)
    check_name(draft.source.source_id, noun="source_id", most=MAX_TEXT)
    for noun in ("identifier", "run_id"):
        text = getattr(draft, noun)
        if text is not None:
            check_name(text, noun=noun, most=MAX_TEXT)
    if draft.error is not None:
        check_error(draft.error.code, draft.error.message)


def check_error(code: str, message: str) -> None:
    """Bound what says why there is no value."""
    check_name(code, noun="error.code", most=MAX_TEXT)
    if len(message) > MAX_RATIONALE:
        raise TooLarge(f"error.message: {len(message)} characters are over the limit of {MAX_RATIONALE}.")


def check_value(value: object) -> None:
    """Bound a value in size and depth; numbers must be such as every store and every mean can hold."""
    pending: list[tuple[object, int]] = [(value, 0)]
    size = 0
    while pending:
        item, depth = pending.pop()
        size += len(item) if isinstance(item, str) else 8
        if size > MAX_VALUE_SIZE:
            raise TooLarge(f"value: it is over the limit of {MAX_VALUE_SIZE} characters.", details={"field": "value"})
        if depth > MAX_VALUE_DEPTH:
            raise Invalid(f"value: it is nested over {MAX_VALUE_DEPTH} levels deep.", details={"field": "value"})
        match item:
            case None | bool() | str():
                pass
            case int():
                if not -(2**63) <= item < 2**63:
                    raise Invalid.value("value", item, "whole numbers of 64 bits")
            case float():
                if not math.isfinite(item):
                    raise Invalid.value("value", item, "finite numbers; log an error where there is none")
            case bytes() | bytearray():
                raise Invalid.value("value", item, "a JSON value")
            case Mapping():
                pairs = cast("Mapping[str, object]", item)
                pending += [(each, depth + 1) for pair in pairs.items() for each in pair]
            case Sequence():
                pending += [(each, depth + 1) for each in cast("Sequence[object]", item)]
            case _:
                raise Invalid.value("value", item, "a JSON value")
