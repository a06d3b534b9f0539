"""Tool calls compared with those expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.domain.span import JsonValue, ToolCall
from lodeline.evals.json_compare import EXACT, Tolerance, differences, matching, same

Order: TypeAlias = Literal["exact", "any"]
Extra: TypeAlias = Literal["forbid", "allow"]
MAX_CALLS = 500
LEFT_OUT = ""
"""Among an argument's accepted values: it may be left out (as in the ground truth of BFCL)."""


@dataclass(frozen=True, slots=True)
class CallRule:
    """How one call is compared.

    Without `alternatives` an argument must equal the expected value. With it, the expectation of each argument is the
    list of accepted values, in which ``""`` means that it may be left out; an accepted value that is a mapping lists
    accepted values for each of its keys in the same way. `arguments` "ignore" compares names alone.
    """

    alternatives: bool = False
    arguments: Literal["compare", "ignore"] = "compare"
    tolerance: Tolerance = EXACT


BY_VALUE = CallRule()


@dataclass(frozen=True, slots=True)
class CallsReport:
    """What came of a comparison: the matched pairs' number, and what is wrong, in words."""

    matched: int
    given: int
    expected: int
    problems: tuple[str, ...]


def compare_calls(
    given: Sequence[ToolCall], expected: Sequence[ToolCall], *, rule: CallRule, order: Order, extra: Extra
) -> CallsReport:
    """Compare the calls; no problems means that they are what is expected.

    With order "exact" the expected calls must come in their order (as a subsequence when extra calls are allowed);
    with "any" a largest matching is sought. TooLarge over `MAX_CALLS` on either side.
    """
    if max(len(given), len(expected)) > MAX_CALLS:
        raise TooLarge(f"tool calls: {len(given)} given, {len(expected)} expected; the most is {MAX_CALLS}.")
    partners = _in_any_order(given, expected, rule) if order == "any" else _in_order(given, expected, rule, extra)
    problems = [
        _why_unmatched(index, call, given, rule, order)
        for index, (call, partner) in enumerate(zip(expected, partners, strict=True))
        if partner is None
    ]
    taken = {partner for partner in partners if partner is not None}
    if extra == "forbid" and len(given) > len(expected):
        names = ", ".join(call.name for i, call in enumerate(given) if i not in taken)
        problems.append(f"{len(given)} calls instead of {len(expected)}; not expected: {names[:500]}")
    return CallsReport(len(taken), len(given), len(expected), tuple(problems))


def call_problems(given: ToolCall, expected: ToolCall, rule: CallRule) -> list[str]:
    """Return what is wrong with a call; empty when it is what is expected."""
    if given.name != expected.name:
        return [f"{given.name} instead of {expected.name}"]
    if rule.arguments == "ignore":
        return []
    if not rule.alternatives:
        return [
            f"{given.name}: {found}" for found in differences(given.arguments, expected.arguments, rule.tolerance)
        ]
    if not isinstance(expected.arguments, Mapping):
        raise Invalid.value("arguments", expected.arguments, "a mapping from each argument to its accepted values")
    if not isinstance(given.arguments, Mapping):
        return [f"{given.name}: its arguments are {shown(given.arguments)}, not a mapping"]
    return [f"{given.name}: {found}" for found in _accepted(given.arguments, expected.arguments, rule.tolerance)]


def _in_order(
    given: Sequence[ToolCall], expected: Sequence[ToolCall], rule: CallRule, extra: Extra
) -> list[int | None]:
    partners: list[int | None] = []
    position = 0
    for index, call in enumerate(expected):
        if extra == "forbid":
            fits = index < len(given) and not call_problems(given[index], call, rule)
            partners.append(index if fits else None)
            continue
        found = next((i for i in range(position, len(given)) if not call_problems(given[i], call, rule)), None)
        partners.append(found)
        position = position if found is None else found + 1
    return partners


def _in_any_order(given: Sequence[ToolCall], expected: Sequence[ToolCall], rule: CallRule) -> list[int | None]:
    return matching(len(expected), len(given), lambda e, g: not call_problems(given[g], expected[e], rule))


def _why_unmatched(index: int, call: ToolCall, given: Sequence[ToolCall], rule: CallRule, order: Order) -> str:
    same_name = [one for one in given if one.name == call.name]
    if order == "exact" and index < len(given) and (found := call_problems(given[index], call, rule)):
        return f"call {index}: {'; '.join(found)}"
    if not same_name:
        return f"call {index}: {call.name} was not called"
    found = call_problems(same_name[0], call, rule)
    return f"call {index}: " + ("; ".join(found) if found else f"{call.name} was called at another place")


def _accepted(given: Mapping[str, JsonValue], accepted: Mapping[str, JsonValue], tolerance: Tolerance) -> list[str]:
    problems = [f"argument {key!r} is not expected" for key in given if key not in accepted]
    for key, options in accepted.items():
        if not isinstance(options, Sequence) or isinstance(options, str):
            raise Invalid.value(f"arguments.{key}", options, "the list of its accepted values")
        if key not in given:
            if LEFT_OUT not in options:
                problems.append(f"argument {key!r} is missing")
        elif not any(_accepts(given[key], option, tolerance) for option in options):
            problems.append(f"argument {key!r} is {shown(given[key])}; accepted are {shown(options)}")
    return problems


def _accepts(given: JsonValue, option: JsonValue, tolerance: Tolerance) -> bool:
    if isinstance(given, Mapping) and isinstance(option, Mapping):
        if not all(isinstance(inner, Sequence) and not isinstance(inner, str) for inner in option.values()):
            return same(given, option, tolerance)
        return not _accepted(given, option, tolerance)
    both_lists = not isinstance(given, str) and not isinstance(option, str)
    if both_lists and isinstance(given, Sequence) and isinstance(option, Sequence):
        return len(given) == len(option) and all(
            _accepts(one, other, tolerance) for one, other in zip(given, option, strict=True)
        )
    return same(given, option, tolerance)
