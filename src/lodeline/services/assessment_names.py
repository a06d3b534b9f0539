"""Which judgments there are: their names and values, for a filter bar that completes them."""

import json
from collections import Counter
from collections.abc import Iterable

from lodeline.domain.analytics import AssessmentName, AssessmentNames, AssessmentValue, ValueType
from lodeline.domain.assessment import Assessment, AssessmentKind
from lodeline.domain.span import JsonValue

MAX_NAMES = 200
MAX_VALUES = 20
_MAX_VALUE_CHARACTERS = 200


def names_of(assessments: Iterable[Assessment], *, examined: int, complete: bool) -> AssessmentNames:
    """Return the names of standing feedback and expectations, the most frequent first, ties by name."""
    counts: Counter[tuple[str, AssessmentKind]] = Counter()
    of_sessions: Counter[tuple[str, AssessmentKind]] = Counter()
    types: dict[tuple[str, AssessmentKind], set[ValueType]] = {}
    values: dict[tuple[str, AssessmentKind], Counter[str]] = {}
    for item in assessments:
        if not item.valid or item.kind == "ISSUE_REF":
            continue
        key = (item.name, item.kind)
        counts[key] += 1
        of_sessions[key] += item.target.session is not None
        found = values.setdefault(key, Counter())
        known = types.setdefault(key, set())
        if item.error is None:
            known.add(_type(item.value))
            written = json.dumps(item.value, ensure_ascii=False)
            if _type(item.value) != "json" and len(written) <= _MAX_VALUE_CHARACTERS:
                found[written] += 1
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    names = tuple(
        AssessmentName(
            *key, counts[key], tuple(sorted(types[key])), _frequent(values[key]), session_count=of_sessions[key]
        )
        for key in ordered[:MAX_NAMES]
    )
    return AssessmentNames(names, examined, complete and len(ordered) <= MAX_NAMES)


def _frequent(values: Counter[str]) -> tuple[AssessmentValue, ...]:
    ordered = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(AssessmentValue(json.loads(written), count) for written, count in ordered[:MAX_VALUES])


def _type(value: JsonValue) -> ValueType:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return "json"
