"""JSON Schema: the output is JSON of a given form."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, cast

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Direction, Feedback, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.json_text import json_in
from lodeline.evals.optional import load_optional
from lodeline.evals.texts import expectation

_MAX_SHOWN = 10
_MAX_MESSAGE = 300


class _Validator(Protocol):
    def iter_errors(self, instance: object) -> Iterable[Any]: ...


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """Whether the output, parsed as JSON, is valid under a JSON Schema (the draft it names, or else 2020-12).

    Value: bool; the rationale lists what is wrong, by JSON pointer. Without `schema` it stands in the expectations.
    An output that is not JSON is a False; a faulty schema is Invalid. References are never fetched. Patterns run on
    an engine without backtracking. Needs ``lodeline[evals]``.

    >>> JsonSchema({"required": ["city"]})(outputs='{"city": "Bern"}', expectations={}).value
    True
    """

    schema: Mapping[str, JsonValue] | None = None
    name: str = "json_schema"
    expected: str = "expected_schema"
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "bool"

    def __post_init__(self) -> None:
        """Check the schema, where it is given."""
        if self.schema is not None:
            _validator(self.schema)

    def __call__(self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue]) -> Feedback:
        """Parse and validate."""
        schema = self.schema if self.schema is not None else expectation(expectations, self.expected)
        validator = _validator(schema)
        try:
            got = json_in(outputs, field="outputs")
        except Invalid as error:
            return Feedback(value=False, rationale=error.message)
        found: list[str] = []
        for error in validator.iter_errors(got):
            pointer = "/" + "/".join(str(step) for step in error.instance_path)
            found.append(f"{pointer}: {str(error.message)[:_MAX_MESSAGE]}")
            if len(found) == _MAX_SHOWN:
                break
        return Feedback(value=not found, rationale="; ".join(found) or None)


def _validator(schema: JsonValue) -> _Validator:
    module = load_optional("jsonschema_rs", install="lodeline[evals]", needed_for="JsonSchema")
    make = cast("Callable[..., _Validator]", module.validator_for)
    try:
        return make(schema, retriever=_refuse, pattern_options=module.RegexOptions())
    except (ValueError, TypeError) as error:
        raise Invalid(f"schema: is not a JSON Schema ({str(error)[:_MAX_MESSAGE]}).", code="bad_schema") from error


def _refuse(uri: str) -> object:
    raise ValueError(f"a reference to {uri[:200]!r} is not fetched; put it under $defs")
