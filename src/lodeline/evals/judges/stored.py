"""A judge as a document, and back: all but its model's key and address."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, cast, get_args

from lodeline.domain.document import from_document
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.scorer import Direction, Validation
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.evidence import check_evidence
from lodeline.evals.judges.examples import MAX_EXAMPLES, JudgeExample
from lodeline.evals.judges.judge import MAX_INSTRUCTIONS, Judge
from lodeline.evals.judges.model import DataBlock, JudgeModel
from lodeline.evals.judges.verdict import Verdict

_KINDS: tuple[str, ...] = ("bool", "int", "float", "str")


def judge_document(judge: Judge) -> Mapping[str, JsonValue]:
    """Return what `judge_of` makes the judge from again, given a model."""
    return {
        "instructions": judge.instructions,
        "evidence": list(judge.evidence),
        "verdict": {
            "kind": judge.verdict.kind,
            "options": list(judge.verdict.options),
            "lowest": judge.verdict.lowest,
            "highest": judge.verdict.highest,
        },
        "direction": judge.direction,
        "description": judge.description,
        "version": judge.version,
        "validated": judge.validated,
        "validation": None if judge.validation is None else asdict(judge.validation),
        "max_output_tokens": judge.max_output_tokens,
        "examples": [cast("JsonValue", {**asdict(each), "data": [asdict(block) for block in each.data]})
                     for each in judge.examples],
        "tuned_on": sorted(judge.tuned_on),
        "model": judge.model.name,
    }  # fmt: skip


def judge_of(name: str, document: Mapping[str, Any], model: JudgeModel) -> Judge:
    """Return the judge that a document describes; Invalid, naming the field, for a document that describes none."""
    instructions = _text(document, "instructions", most=MAX_INSTRUCTIONS)
    verdict = _mapping(document, "verdict")
    kind = _one_of(verdict, "kind", _KINDS)
    direction = _one_of(document, "direction", get_args(Direction))
    read = Verdict(
        cast("Literal['bool', 'int', 'float', 'str']", kind),
        tuple(_list(verdict, "options")),
        _number(verdict, "lowest"),
        _number(verdict, "highest"),
    )
    return Judge(
        name=name,
        instructions=instructions,
        model=model,
        verdict=read,
        evidence=tuple(check_evidence(str(each)) for each in _list(document, "evidence")),
        direction=cast("Direction", direction),
        description=_text(document, "description", most=MAX_INSTRUCTIONS),
        version=_text(document, "version", most=250),
        validation=_validation(document, model),
        max_output_tokens=int(_number(document, "max_output_tokens") or 2_000),
        examples=tuple(_example(each, read) for each in _list(document, "examples")[:MAX_EXAMPLES]),
        tuned_on=frozenset(str(key) for key in _list(document, "tuned_on")),
    )


def _validation(document: Mapping[str, Any], model: JudgeModel) -> Validation | None:
    """Return what was measured of the judge; nothing when another model was."""
    found = document.get("validation")
    if not isinstance(found, Mapping):
        return None
    read = from_document(Validation, cast("Mapping[str, JsonValue]", found))
    return read if read.model == model.name else None


def _example(found: object, verdict: Verdict) -> JudgeExample:
    if not isinstance(found, Mapping):
        raise Invalid(f"judge.examples: {shown(found)} is no example.")
    example = cast("Mapping[str, Any]", found)
    blocks = [cast("Mapping[str, Any]", block) for block in _list(example, "data") if isinstance(block, Mapping)]
    data = tuple(DataBlock(str(block.get("label", "")), str(block.get("text", ""))) for block in blocks)
    return JudgeExample(data, verdict.check(example.get("value")), _text(example, "reason", most=MAX_INSTRUCTIONS))


def _text(document: Mapping[str, Any], key: str, *, most: int) -> str:
    found = cast("object", document.get(key))
    if not isinstance(found, str) or len(found) > most:
        raise Invalid.value(f"judge.{key}", found, f"a text of at most {most:,} characters")
    return found


def _number(document: Mapping[str, Any], key: str) -> float | None:
    found = cast("object", document.get(key))
    if found is not None and (isinstance(found, bool) or not isinstance(found, int | float)):
        raise Invalid.value(f"judge.{key}", found, "a number")
    return found


def _list(document: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = cast("object", document.get(key))
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise Invalid.value(f"judge.{key}", found, "a list")
    return cast("Sequence[Any]", found)


def _mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = cast("object", document.get(key))
    if not isinstance(found, Mapping):
        raise Invalid.value(f"judge.{key}", found, "an object")
    return cast("Mapping[str, Any]", found)


def _one_of(document: Mapping[str, Any], key: str, options: Sequence[str]) -> str:
    found = cast("object", document.get(key))
    if found not in options:
        raise Invalid.value(f"judge.{key}", found, "one of " + ", ".join(options))
    return str(found)
