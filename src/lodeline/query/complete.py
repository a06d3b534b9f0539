"""Completion: what may be written next at a place in a filter, for a filter bar and a shell."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lodeline.query.ast import EntityScope
from lodeline.query.fields import ENTITIES, FieldSpec, Group, find
from lodeline.query.literals import quote
from lodeline.query.syntax import MAX_LENGTH, Token, lex, path_parts

SuggestionKind = Literal["field", "group", "operator", "value", "keyword"]
_State = Literal["condition", "operator", "value", "list", "null", "connective"]
_NEGATABLE = frozenset({"IN", "LIKE", "ILIKE", "RLIKE"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that may be written: the text to insert, what it is, and a line about it."""

    text: str
    kind: SuggestionKind
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """Suggestions that replace ``text[start:end]``, in the order in which they are offered."""

    start: int
    end: int
    items: tuple[Suggestion, ...]


@dataclass(slots=True)
class _Place:
    """Where reading has got to: what comes next, in which scopes, and the field on the left."""

    scopes: list[EntityScope]
    state: _State = "condition"
    spec: FieldSpec | None = None


def complete(text: str, position: int, entity: EntityScope) -> Completion:
    """Return what may stand at `position`, continuing the word that ends there. Never raises."""
    position = max(0, min(position, len(text), MAX_LENGTH))
    words = [token for token in lex(text[:position]) if token.kind != "end"]
    partial = ""
    if words and words[-1].end == position and words[-1].kind in {"path", "bad"}:
        partial = text[words.pop().position : position]
    if "." in partial and partial.endswith("."):
        partial = partial.rstrip()
    elif words and text[words[-1].position : position].endswith("."):
        partial = text[words.pop().position : position]
    place = _Place([entity])
    for index, token in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        _step(place, token, following)
    prefix = partial.lower()
    items = tuple(item for item in _offers(place) if item.text.lower().startswith(prefix))
    return Completion(position - len(partial), position, items)


def _step(place: _Place, token: Token, following: Token | None) -> None:
    scope = place.scopes[-1]
    match place.state:
        case "condition":
            if token.kind == "string":
                place.state = "connective"
            elif token.kind == "(":
                place.scopes.append(scope)
            elif token.kind == "path" and token.word != "NOT":
                if following is not None and following.kind == "(" and token.text.lower() in ENTITIES[scope].groups:
                    inner: Group = "span" if token.text.lower() == "span" else "assessment"
                    place.scopes.append(inner)
                    place.spec = None
                    place.state = "list"
                    return
                place.spec, place.state = _spec(scope, token.text), "operator"
        case "operator":
            if token.word == "IS":
                place.state = "null"
            elif token.word == "IN":
                place.state = "list"
            elif token.kind == "operator" or token.word in _NEGATABLE:
                place.state = "value"
        case "list":
            place.state = "condition" if place.spec is None else "value"
            if place.spec is not None:
                place.scopes.append(scope)
        case "value":
            place.state = "connective"
        case "null":
            place.state = "null" if token.word == "NOT" else "connective"
        case "connective":
            if token.kind == ")" and len(place.scopes) > 1:
                place.scopes.pop()
            elif token.kind == ",":
                place.state = "value"
            elif token.word in {"AND", "OR"}:
                place.state = "condition"


def _spec(scope: EntityScope, path: str) -> FieldSpec | None:
    parts = path_parts(path)
    first = parts[0].lower()
    if first in {"feedback", "expectation"} and len(parts) > 1:
        known = find("assessment", ["value"])
    elif first in ENTITIES[scope].groups and len(parts) > 1:
        known = find("span" if first == "span" else "assessment", parts[1:])
    else:
        known = find(scope, parts)
    return known[0] if known else None


def _offers(place: _Place) -> Iterable[Suggestion]:
    scope = place.scopes[-1]
    match place.state:
        case "condition":
            yield from _conditions(scope)
        case "operator":
            operators = place.spec.operators if place.spec else ("~", "=")
            yield from (Suggestion(operator, "operator") for operator in operators)
        case "value":
            yield from _values(place.spec)
        case "null":
            yield from (Suggestion(word, "keyword") for word in ("NULL", "NOT NULL"))
        case "list":
            yield Suggestion("(", "keyword")
        case "connective":
            words = ("AND", "OR", ")") if len(place.scopes) > 1 else ("AND", "OR")
            yield from (Suggestion(word, "keyword") for word in words)


def _conditions(scope: EntityScope) -> Iterable[Suggestion]:
    entity = ENTITIES[scope]
    for spec in entity.fields:
        yield Suggestion(spec.name + "." if spec.keyed else spec.name, "field", spec.doc)
    if entity.text:
        yield Suggestion("text", "field", 'Words and "phrases" in one span.')
    for group in entity.groups:
        yield Suggestion(f"{group}(", "group", f"Conditions on one and the same {group}.")
        for spec in ENTITIES[group].fields if group == "span" else ():
            yield Suggestion(f"{group}.{spec.name}{'.' if spec.keyed else ''}", "field", spec.doc)
    if "assessment" in entity.groups:
        yield Suggestion("feedback.", "field", "The value of the standing feedback NAME.")
        yield Suggestion("expectation.", "field", "The value of the standing expectation NAME.")
    yield Suggestion("NOT", "keyword")


def _values(spec: FieldSpec | None) -> Iterable[Suggestion]:
    if spec is None:
        return
    yield from (Suggestion(quote(value), "value") for value in spec.values)
    if spec.type in {"boolean", "json"}:
        yield from (Suggestion(word, "value") for word in ("true", "false"))
    if spec.type == "time":
        yield from (Suggestion(f"now-{age}", "value") for age in ("15m", "1h", "24h", "7d", "30d"))
