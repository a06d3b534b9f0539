"""What a judge may answer: the JSON Schema asked for, and the answer held against it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args, get_origin

from lodeline.domain.errors import Invalid, shown
from lodeline.domain.scorer import ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.model import JudgeFailed, JudgeReply

ValueType: TypeAlias = Any
"""bool, int, float, str, or a Literal of texts or numbers."""
MAX_RATIONALE = 20_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """The form of a judgment's value: `kind`, and either the `options` to choose from or the bounds of a number."""

    kind: Literal["bool", "int", "float", "str"]
    options: tuple[str | int | float, ...] = ()
    lowest: float | None = None
    highest: float | None = None

    @property
    def value_kind(self) -> ValueKind:
        """What the values are."""
        return "bool" if self.kind == "bool" else "string" if self.kind == "str" else "number"

    def schema(self) -> Mapping[str, JsonValue]:
        """Return the JSON Schema of an answer: the rationale first, then the value.

        A model writes in this order, so the value can follow from the reasons. Bounds are told in words, because
        several providers refuse them in a schema.
        """
        value: dict[str, JsonValue] = {"type": _JSON_TYPES[self.kind]}
        if self.options:
            value["enum"] = list(self.options)
        if self.lowest is not None and self.highest is not None:
            value["description"] = f"From {self.lowest:g} to {self.highest:g}."
        return {
            "type": "object",
            "properties": {"rationale": {"type": "string"}, "value": value},
            "required": ["rationale", "value"],
            "additionalProperties": False,
        }

    def read(self, reply: JudgeReply) -> tuple[bool | int | float | str, str]:
        """Return the value and the rationale; `JudgeFailed` (``malformed_answer``) when the form is another."""
        value, rationale = reply.answer.get("value"), reply.answer.get("rationale")
        if not isinstance(rationale, str):
            raise self._malformed(reply, f"rationale {shown(rationale)} is not a text")
        made = self._value(value)
        if made is None:
            raise self._malformed(reply, f"value {shown(value)} is not {self.described()}")
        return made, rationale[:MAX_RATIONALE]

    def check(self, value: JsonValue) -> bool | int | float | str:
        """Return a value of this form; Invalid for another."""
        made = self._value(value)
        if made is None:
            raise Invalid.value("value", value, self.described())
        return made

    def described(self) -> str:
        """Return the form in words."""
        if self.options:
            return "one of " + ", ".join(map(repr, self.options))
        if self.lowest is not None and self.highest is not None:
            return f"a number from {self.lowest:g} to {self.highest:g}"
        return {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "a text"}[self.kind]

    def _value(self, value: JsonValue) -> bool | int | float | str | None:
        if self.kind == "bool":
            return value if isinstance(value, bool) else None
        if self.kind == "str":
            return value if isinstance(value, str) and (not self.options or value in self.options) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        if self.kind == "int" and value != int(value):
            return None
        if self.options and value not in self.options:
            return None
        if self.lowest is not None and self.highest is not None and not self.lowest <= value <= self.highest:
            return None
        return int(value) if self.kind == "int" else float(value)

    def _malformed(self, reply: JudgeReply, why: str) -> JudgeFailed:
        return JudgeFailed(f"{reply.model}: the judgment's {why}.", code="malformed_answer", reply=reply)


_JSON_TYPES = {"bool": "boolean", "int": "integer", "float": "number", "str": "string"}


def verdict_of(value_type: ValueType, scale: tuple[float, float] | None = None) -> Verdict:
    """Return the form of values of a type; Invalid for a type that judges cannot give.

    `scale` bounds a number, both ends included.
    """
    kinds: dict[object, Literal["bool", "int", "float", "str"]] = {
        bool: "bool",
        int: "int",
        float: "float",
        str: "str",
    }
    if value_type in kinds:
        kind = kinds[value_type]
        if scale is None:
            return Verdict(kind)
        if kind not in ("int", "float") or not scale[0] < scale[1]:
            raise Invalid.value(
                "scale", scale, "a lowest and a higher highest number, for the value types int and float"
            )
        return Verdict(kind, lowest=scale[0], highest=scale[1])
    if get_origin(value_type) is Literal:
        options: tuple[object, ...] = get_args(value_type)
        texts = tuple(option for option in options if isinstance(option, str))
        numbers = tuple(option for option in options if isinstance(option, int) and not isinstance(option, bool))
        if len(texts) == len(options):
            return Verdict("str", texts)
        if len(numbers) == len(options):
            return Verdict("int", numbers)
    raise Invalid.value("value_type", value_type, "bool, int, float, str, or a Literal of texts or of whole numbers")
