"""Label schema: what people are asked about an item, and which answers are sound.

A schema belongs to an experiment, has a name of its own there, and is versioned: every change makes a new version,
and what was answered under an older one stays as it was. A labeling session keeps the versions it was made with.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NewType, cast

from lodeline.domain.comparison import Direction
from lodeline.domain.errors import Conflict, Invalid, TooLarge, shown
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import ExperimentId
from lodeline.domain.run import check_moment
from lodeline.domain.span import JsonValue
from lodeline.domain.text_span import MAX_SPANS, MarkedPart, spans_of

LabelSchemaId = NewType("LabelSchemaId", str)
"""``ls-`` and 32 hex digits."""
LabelKind = Literal["FEEDBACK", "EXPECTATION"]
"""What an answer becomes: a judgment of the output, or what the output should have been."""
InputKind = Literal["pass_fail", "categorical", "numeric", "text", "text_list", "spans"]
INPUT_KINDS: tuple[InputKind, ...] = ("pass_fail", "categorical", "numeric", "text", "text_list", "spans")

MAX_NAME = 250
MAX_TITLE = 256
MAX_INSTRUCTION = 1_000
MAX_OPTIONS = 10
MAX_LABEL = 64
"""Characters of an option and of the labels of pass and fail."""
MAX_TEXT_LENGTH = 100_000
MAX_TEXTS = 100
MAX_SCHEMAS = 1_000
"""Schemas of one experiment."""

EXPECTED_FACTS = "expected_facts"
EXPECTED_RESPONSE = "expected_response"
GUIDELINES = "guidelines"
DEFAULT_NAME = "Feedback"
"""Every experiment has a schema of this name, which is not deleted."""


@dataclass(frozen=True, slots=True)
class LabelInput:
    """How an answer is given. Which of the fields count is said by `kind`:

    - pass_fail: `positive_label`, `negative_label`; the answer is true or false;
    - categorical: `options`, of which one is chosen, or with `multi_select` any number; `ordered` says that they go
      from the least to the most;
    - numeric: a number from `min_value` to `max_value`, where these are given;
    - text: at most `max_length` characters;
    - text_list: at most `max_count` texts of at most `max_length` characters each;
    - spans: at most `max_count` stretches of what is shown of the item's `marks` (its response, or its request), each
      with one of `options` as its label (`domain.text_span`); none is an answer, too.
    """

    kind: InputKind
    positive_label: str = "Pass"
    negative_label: str = "Fail"
    options: tuple[str, ...] = ()
    multi_select: bool = False
    ordered: bool = False
    min_value: float | None = None
    max_value: float | None = None
    max_length: int | None = None
    max_count: int | None = None
    marks: MarkedPart = "response"


@dataclass(frozen=True, slots=True)
class LabelSchemaDraft:
    """What a new schema is made from. `schema_id` is given by importers alone."""

    name: str
    kind: LabelKind
    input: LabelInput
    title: str = ""
    instruction: str | None = None
    enable_comment: bool = False
    direction: Direction = "higher"
    schema_id: LabelSchemaId | None = None


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """One version of a schema. Times are epoch milliseconds; `updated_ms` is when this version was made.

    `direction` says which answers are good: true, later options and greater numbers ("higher"), or the other ones.
    """

    schema_id: LabelSchemaId
    experiment_id: ExperimentId
    name: str
    version: int
    kind: LabelKind
    input: LabelInput
    created_ms: int
    updated_ms: int
    title: str = ""
    instruction: str | None = None
    enable_comment: bool = False
    direction: Direction = "higher"
    created_by: str | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class LabelSchemaChange:
    """A change of a schema: None leaves a field; an empty instruction takes it away. What answers become
    (`LabelSchema.kind`) stays."""

    name: str | None = None
    title: str | None = None
    instruction: str | None = None
    enable_comment: bool | None = None
    input: LabelInput | None = None
    direction: Direction | None = None


BUILT_IN: Mapping[str, LabelSchemaDraft] = {
    EXPECTED_FACTS: LabelSchemaDraft(
        EXPECTED_FACTS, "EXPECTATION", LabelInput("text_list"), "Expected facts",
        "Facts that a correct response must contain, one each.", direction="none",
    ),
    EXPECTED_RESPONSE: LabelSchemaDraft(
        EXPECTED_RESPONSE, "EXPECTATION", LabelInput("text"), "Expected response",
        "What the response should have been.", direction="none",
    ),
    GUIDELINES: LabelSchemaDraft(
        GUIDELINES, "EXPECTATION", LabelInput("text_list"), "Guidelines",
        "Rules that the response must keep to, one each.", direction="none",
    ),
}  # fmt: skip
"""Schemas that a labeling session may name although the experiment has none of the name yet."""
DEFAULT = LabelSchemaDraft(
    DEFAULT_NAME, "FEEDBACK", LabelInput("pass_fail"), "Is the response good?", None, enable_comment=True
)


def default_schema(experiment_id: ExperimentId, created_ms: int) -> LabelSchema:
    """Return the default schema of an experiment that has not changed it; its id says whose it is."""
    made = schema_of(DEFAULT, default_id(experiment_id), experiment_id, by=None, now_ms=created_ms)
    return replace(made, is_default=True)


def default_id(experiment_id: ExperimentId) -> LabelSchemaId:
    """Return the id of an experiment's default schema."""
    return LabelSchemaId(f"{_DEFAULT_ID}{int(experiment_id):08x}")


def holder_of_default(schema_id: LabelSchemaId) -> ExperimentId | None:
    """Return the experiment whose default schema has this id; None when it is the id of none."""
    number = schema_id.removeprefix(_DEFAULT_ID)
    if len(number) != 8 or len(schema_id) != len(_DEFAULT_ID) + 8 or not _HEX.issuperset(number):
        return None
    return ExperimentId(str(int(number, 16)))


_DEFAULT_ID = "ls-" + "0" * 24
_HEX = frozenset("0123456789abcdef")


def schema_of(
    draft: LabelSchemaDraft, schema_id: LabelSchemaId, experiment_id: ExperimentId, *, by: str | None, now_ms: int
) -> LabelSchema:
    """Return the first version that a draft becomes."""
    return LabelSchema(
        schema_id=schema_id,
        experiment_id=experiment_id,
        name=draft.name,
        version=1,
        kind=draft.kind,
        input=draft.input,
        created_ms=now_ms,
        updated_ms=now_ms,
        title=draft.title or draft.name,
        instruction=draft.instruction,
        enable_comment=draft.enable_comment,
        direction=draft.direction,
        created_by=by,
    )


def changed_schema(schema: LabelSchema, change: LabelSchemaChange, *, now_ms: int) -> LabelSchema:
    """Return the version after a change, or the same one when nothing differs; Conflict for another name of the
    default schema."""
    instruction = schema.instruction if change.instruction is None else change.instruction or None
    changed = replace(
        schema,
        name=schema.name if change.name is None else change.name,
        title=schema.title if change.title is None else change.title,
        instruction=instruction,
        enable_comment=schema.enable_comment if change.enable_comment is None else change.enable_comment,
        input=schema.input if change.input is None else change.input,
        direction=schema.direction if change.direction is None else change.direction,
    )
    if changed == schema:
        return schema
    if schema.is_default and changed.name != schema.name:
        raise Conflict(
            f"label schema {shown(schema.name)} is the default one and keeps its name; make another schema.",
            code="label_schema_default",
        )
    return replace(changed, version=schema.version + 1, updated_ms=now_ms)


def name_taken(name: str) -> Conflict:
    """Return the error for a name that another schema of the experiment has."""
    return Conflict(
        f"label schema {shown(name)} exists already; change that one, or choose another name.",
        code="label_schema_exists",
        details={"name": name},
    )


def check_schema(schema: LabelSchemaDraft | LabelSchema) -> None:
    """Return when a schema can be one; else Invalid or TooLarge, naming the field."""
    if isinstance(schema, LabelSchema):
        check_name(schema.schema_id, noun="schema_id", most=MAX_NAME)
        check_moment(schema.created_ms, "created_ms")
        check_moment(schema.updated_ms, "updated_ms")
    check_name(schema.name, noun="label schema name", most=MAX_NAME)
    if schema.title:
        check_name(schema.title, noun="title", most=MAX_TITLE)
    if schema.instruction is not None and len(schema.instruction) > MAX_INSTRUCTION:
        raise TooLarge(f"instruction: {len(schema.instruction)} characters are over the limit of {MAX_INSTRUCTION}.")
    check_input(schema.input)


def check_input(given: LabelInput) -> None:
    """Return when an input can be shown and answered; else Invalid or TooLarge, naming the field."""
    _check_foreign_fields(given)
    match given.kind:
        case "pass_fail":
            for noun in ("positive_label", "negative_label"):
                check_name(getattr(given, noun), noun=f"input.{noun}", most=MAX_LABEL)
            if given.positive_label == given.negative_label:
                raise Invalid(f"input: both labels are {shown(given.positive_label)}; give two that differ.")
        case "categorical":
            _check_options(given.options)
        case "numeric":
            _check_bounds(given.min_value, given.max_value)
        case "text" | "text_list":
            _check_count("input.max_length", given.max_length, MAX_TEXT_LENGTH)
            _check_count("input.max_count", given.max_count, MAX_TEXTS)
        case "spans":
            _check_options(given.options)
            _check_count("input.max_count", given.max_count, MAX_SPANS)


_FIELDS: Mapping[InputKind, frozenset[str]] = {
    "pass_fail": frozenset({"positive_label", "negative_label"}),
    "categorical": frozenset({"options", "multi_select", "ordered"}),
    "numeric": frozenset({"min_value", "max_value"}),
    "text": frozenset({"max_length"}),
    "text_list": frozenset({"max_length", "max_count"}),
    "spans": frozenset({"options", "max_count", "marks"}),
}


def _check_foreign_fields(given: LabelInput) -> None:
    plain = LabelInput(given.kind)
    every = frozenset[str]().union(*_FIELDS.values())
    for name in sorted(every - _FIELDS[given.kind]):
        if getattr(given, name) != getattr(plain, name):
            raise Invalid(f"input.{name}: an input of kind {given.kind} has none; leave it out.")


def _check_options(options: Sequence[str]) -> None:
    if not options:
        raise Invalid("input.options: give at least one option.", details={"field": "input.options"})
    if len(options) > MAX_OPTIONS:
        raise TooLarge(f"input.options: {len(options)} are over the limit of {MAX_OPTIONS}.")
    for option in options:
        check_name(option, noun="input.options", most=MAX_LABEL)
        if list(options).count(option) > 1:
            raise Invalid(f"input.options: {shown(option)} is given twice.", details={"field": "input.options"})


def _check_bounds(least: float | None, most: float | None) -> None:
    for noun, bound in (("min_value", least), ("max_value", most)):
        if bound is not None and not math.isfinite(bound):
            raise Invalid.value(f"input.{noun}", bound, "a finite number")
    if least is not None and most is not None and least >= most:
        raise Invalid(
            f"input.min_value: {least:g} is not below the greatest number, {most:g}.",
            details={"field": "input.min_value"},
        )


def _check_count(noun: str, count: int | None, most: int) -> None:
    if count is not None and not 1 <= count <= most:
        raise Invalid.value(noun, count, f"a whole number from 1 to {most}")


def canonical_value(schema: LabelSchema, value: JsonValue) -> JsonValue:
    """Return a value as answers to the schema are kept; Invalid, naming schema and value, when it is no answer.

    Pass and fail are true and false (their labels mean the same), several options come in the order of the schema,
    each once, spans by position, each once, and one text counts as a list of it where texts are asked for. Nothing
    else is changed. Whether spans lie in the text that they mark is said by `text_span.quoted`.
    """
    given = schema.input
    match given.kind:
        case "pass_fail":
            labels = {given.positive_label: True, given.negative_label: False}
            found = labels.get(value) if isinstance(value, str) else value
            if isinstance(found, bool):
                return found
            raise _no_answer(schema, value, f"true ({given.positive_label}) or false ({given.negative_label})")
        case "categorical":
            return _chosen(schema, value)
        case "numeric":
            return _number(schema, value)
        case "text":
            return _text(schema, value)
        case "text_list":
            return _texts(schema, value)
        case "spans":
            return _spans(schema, value)


def _chosen(schema: LabelSchema, value: JsonValue) -> JsonValue:
    options = schema.input.options
    if not schema.input.multi_select:
        if isinstance(value, str) and value in options:
            return value
        raise _no_answer(schema, value, f"one of {', '.join(options)}")
    if isinstance(value, str) or not isinstance(value, Sequence) or any(each not in options for each in value):
        raise _no_answer(schema, value, f"a list of {', '.join(options)}")
    return [option for option in options if option in value]


def _number(schema: LabelSchema, value: JsonValue) -> JsonValue:
    least, most = schema.input.min_value, schema.input.max_value
    expected = f"a number from {'-∞' if least is None else f'{least:g}'} to {'∞' if most is None else f'{most:g}'}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _no_answer(schema, value, expected)
    finite = -(2**63) <= value < 2**63 if isinstance(value, int) else math.isfinite(value)
    if not finite or (least is not None and value < least) or (most is not None and value > most):
        raise _no_answer(schema, value, expected)
    return value


def _text(schema: LabelSchema, value: JsonValue) -> str:
    most = schema.input.max_length or MAX_TEXT_LENGTH
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise _no_answer(schema, value, f"a text of 1 to {most} characters")
    return value


def _texts(schema: LabelSchema, value: JsonValue) -> JsonValue:
    most = schema.input.max_count or MAX_TEXTS
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, Sequence) or isinstance(texts, Mapping) or not 1 <= len(texts) <= most:
        raise _no_answer(schema, value, f"1 to {most} texts")
    return [_text(schema, cast(JsonValue, each)) for each in texts]


def _spans(schema: LabelSchema, value: JsonValue) -> JsonValue:
    try:
        return [span.to_value() for span in spans_of(value, schema.input.options, schema.input.max_count)]
    except (Invalid, TooLarge) as error:
        raise Invalid(
            f"{schema.name}: {error.message}", code="label_value",
            details={"field": schema.name, "schema_id": schema.schema_id},
        ) from error  # fmt: skip


def _no_answer(schema: LabelSchema, value: JsonValue, expected: str) -> Invalid:
    return Invalid(
        f"{schema.name}: {shown(value)} is no answer to this label schema; expected {expected}.",
        code="label_value",
        details={"field": schema.name, "expected": expected, "schema_id": schema.schema_id},
    )
