"""Completion: what may be written next at a place in a filter, for a filter bar and a shell."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from lodeline.query.ast import EntityScope
from lodeline.query.fields import ENTITIES, GROUPS, FieldSpec, find
from lodeline.query.literals import quote
from lodeline.query.syntax import MAX_LENGTH, Token, lex, path_parts

SuggestionKind = Literal["field", "group", "operator", "value", "keyword"]
_State = Literal["condition", "operator", "value", "list", "group", "null", "connective"]
_PATTERNS = frozenset({"LIKE", "ILIKE", "RLIKE"})
_QUOTES = frozenset("'\"")
_NAME = re.compile(r"[^\W\d][\w.]*$")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that may be written: the text to insert, what it is, and a line about it."""

    text: str
    kind: SuggestionKind
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """Suggestions that replace ``text[start:end]``, in the order in which they are offered.

    `field` is the text field of the entity, as written, whose value comes next: one of which a facet tells the values
    that there are. None elsewhere.
    """

    start: int
    end: int
    items: tuple[Suggestion, ...]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class FilterProblem:
    """What is wrong with ``text[position:end]``; `suggestion` is what might stand there instead."""

    message: str
    position: int
    end: int
    suggestion: str | None


@dataclass(frozen=True, slots=True)
class FilterReading:
    """A filter as far as it is written; `problem` is None when it is whole and right."""

    completion: Completion
    problem: FilterProblem | None


@dataclass(slots=True)
class _Place:
    """Where reading has got to: what comes next, in which scopes, and the field on the left."""

    scopes: list[EntityScope]
    state: _State = "condition"
    spec: FieldSpec | None = None
    path: str = ""


def complete(text: str, position: int, entity: EntityScope) -> Completion:
    """Return what may stand at `position`, continuing the word that ends there. Never raises."""
    position = max(0, min(position, len(text), MAX_LENGTH))
    start = _word_start(text[:position])
    place = _Place([entity])
    words = lex(text[:start])[:-1]
    for token, following in zip_longest(words, words[1:]):
        _step(place, token, following)
    typed = text[start:position].casefold()
    items = tuple(item for item in _offers(place) if item.text.casefold().startswith(typed))
    return Completion(start, position, items, _field(place, entity))


def _field(place: _Place, entity: EntityScope) -> str | None:
    spec = place.spec
    if place.state != "value" or spec is None or place.scopes[-1] != entity or spec.type != "string":
        return None
    return place.path


def _word_start(head: str) -> int:
    """Return where the word that ends with `head` begins: at the quote of an open string, or a name."""
    words = lex(head)
    if words[-1].kind == "bad" and words[-1].text in _QUOTES:
        return words[-1].position
    name = _NAME.search(head)
    return (
        name.start()
        if name is not None and (words[-1].kind == "bad" or words[-2:][0].end == len(head))
        else len(head)
    )


def _step(place: _Place, token: Token, following: Token | None) -> None:
    """Read one word: a small automaton that knows the grammar only as far as what comes next depends on it."""
    scope = place.scopes[-1]
    match place.state:
        case "condition":
            _begin(place, scope, token, following)
        case "operator":
            if token.word == "IS":
                place.state = "null"
            elif token.word == "IN":
                place.state = "list"
            elif token.kind == "operator" or token.word in _PATTERNS:
                place.state = "value"
        case "group":
            place.state = "condition"
        case "list":
            place.scopes.append(scope)
            place.state = "value"
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


def _begin(place: _Place, scope: EntityScope, token: Token, following: Token | None) -> None:
    if token.kind == "string":
        place.state = "connective"
    elif token.kind == "(":
        place.scopes.append(scope)
    elif token.kind == "path" and token.word != "NOT":
        group = GROUPS.get(token.text.lower())
        if group is not None and following is not None and following.kind == "(":
            place.scopes.append(group)
            place.state = "group"
        else:
            place.spec, place.path, place.state = _spec(scope, token.text), token.text, "operator"


def _spec(scope: EntityScope, path: str) -> FieldSpec | None:
    parts = path_parts(path)
    first = parts[0].lower()
    group = GROUPS.get(first)
    if first in {"feedback", "expectation"} and len(parts) > 1:
        known = find("assessment", ["value"])
    elif group in ENTITIES[scope].groups and len(parts) > 1:
        known = find(group, parts[1:])
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
        case "list" | "group":
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
