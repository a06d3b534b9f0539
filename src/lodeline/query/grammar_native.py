"""Our grammar: text → checked nodes. Written down in docs/reference/filter.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from lodeline.domain.errors import Invalid, shown
from lodeline.query.ast import (
    Compare,
    CompareOp,
    EntityScope,
    Field,
    IsNull,
    JsonText,
    Literal_,
    Match,
    MatchOp,
    Node,
    Text,
)  # fmt: skip
from lodeline.query.build import ALL, conj, disj, exists, judged, negate, one_of
from lodeline.query.fields import ENTITIES, GROUPS, FieldSpec, Group, field, find, names, spec_of
from lodeline.query.literals import NowNeeded, literal, quote, unquoted
from lodeline.query.other_words import meant
from lodeline.query.patterns import matcher
from lodeline.query.problem import nearest
from lodeline.query.syntax import MAX_DEPTH, MAX_NODES, Token, Words, listed, path_parts
from lodeline.query.tokens import terms_of

KEYWORDS = frozenset({"AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "RLIKE", "IS", "NULL", "TRUE", "FALSE"})
MAX_TERMS = 32
MAX_TERM_TOKENS = 64
_PATTERNS = ("LIKE", "ILIKE", "RLIKE")
_JUDGMENTS = {"feedback": "FEEDBACK", "expectation": "EXPECTATION"}
_CACHED_LENGTH = 2_000
_MAX_PROSE = 200
_NEAR_PREFIX = 0.75
"""How like the name before a key must be: it is short, and whatever is wrong there may have been meant otherwise."""


def parse(text: str, entity: EntityScope, *, now_ns: int | None = None) -> Node:
    """Return the checked filter that `text` writes in our grammar for a list of `entity`.

    Empty text is `Always`. `now_ns` (epoch nanoseconds) is what relative times such as ``now-1h`` count from;
    without it they are Invalid. Invalid names the place, what was expected and the nearest right word, see
    `problem`; Unsupported for RLIKE where RE2 is not installed.
    """
    if len(text) <= _CACHED_LENGTH:
        node = _parse_absolute(text, entity)
        if node is not None:
            return node
    return _Parser(text, entity, now_ns).parse()


def parse_field(text: str, entity: EntityScope, noun: str = "field") -> Field:
    """Return the field of `entity` that a name such as ``duration`` or ``tags.release`` means; Invalid if none.

    `noun` is what errors call the text.
    """
    words = Words(text, noun)
    known = parse_path(words, entity)
    if words.here().kind != "end":
        raise words.unexpected("one field and nothing after it")
    return known[1]


def parse_path(words: Words, entity: EntityScope) -> tuple[FieldSpec, Field]:
    """Step over one field name that ends the text or stands before a word or a comma; Invalid when it is none."""
    token = words.here()
    if token.kind != "path":
        raise words.unexpected(f"a field of {ENTITIES[entity].plural}")
    known = find(entity, path_parts(token.text))
    if known is None:
        raise unknown_field(words, token, entity)
    words.take()
    return known


def unknown_field(words: Words, token: Token, scope: EntityScope, groups: Sequence[str] = ()) -> Invalid:
    """Return the error for a name that no field has."""
    parts = path_parts(token.text)
    choices = [*names(scope), *groups]
    if token.text + "." in choices:
        example = f"{token.text}.KEY"
        return words.error(token, f"{token.text} needs a key", expected=example, field=token.text)
    keyed = [name for name in choices if name.endswith(".")]
    first = nearest(parts[0] + ".", keyed, cutoff=_NEAR_PREFIX) if len(parts) > 1 else None
    near = first + token.text.split(".", 1)[1] if first else meant(scope, token.text) or nearest(token.text, choices)
    near = near + "KEY" if near is not None and near.endswith(".") else near
    what = f"unknown field {token.text[:100]!r}"
    expected = f"a field of {ENTITIES[scope].plural}"
    return words.error(token, what, expected=expected, suggestion=near, field=token.text)


@lru_cache(maxsize=512)
def _parse_absolute(text: str, entity: EntityScope) -> Node | None:
    """Return the filter if it does not depend on the present time, else None."""
    try:
        return _Parser(text, entity, None, lenient=True).parse()
    except NowNeeded:
        return None


@dataclass(frozen=True, slots=True)
class _Target:
    """What a name on the left of an operator means, and what must be wrapped around its condition."""

    name: str
    spec: FieldSpec
    field: Field
    group: Group | None = None
    judgment: tuple[str, str] | None = None

    def wrap(self, node: Node) -> Node:
        if self.judgment is not None:
            return judged(*self.judgment, node)
        return exists(self.group, node) if self.group is not None else node


class _Parser:
    """Recursive descent: or → and → not → condition."""

    def __init__(self, text: str, entity: EntityScope, now_ns: int | None, *, lenient: bool = False) -> None:
        self._words = Words(text)
        self._entity: EntityScope = entity
        self._now_ns = now_ns
        self._lenient = lenient
        self._nodes = 0

    def parse(self) -> Node:
        """Return the whole text as a node."""
        if self._words.here().kind == "end":
            return ALL
        try:
            node = self._or(self._entity, 0)
        except NowNeeded as error:
            if self._lenient:
                raise
            expected = "an absolute time: relative ones have no meaning here"
            raise self._words.unexpected(expected, at=error.at) from error
        if self._words.here().kind != "end":
            raise self._words.unexpected("AND, OR or the end", suggestion=self._misspelt("AND", "OR"))
        return node

    def _misspelt(self, *keywords: str) -> str | None:
        here = self._words.here()
        return nearest(here.text, keywords) if here.kind == "path" else None

    def _count(self, at: Token) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._words.error(at, f"more than {MAX_NODES} conditions", expected="a shorter filter")

    def _or(self, scope: EntityScope, depth: int) -> Node:
        items = [self._and(scope, depth)]
        while self._words.take_word("OR"):
            items.append(self._and(scope, depth))
        return disj(items)

    def _and(self, scope: EntityScope, depth: int) -> Node:
        items = [self._not(scope, depth)]
        while self._words.take_word("AND"):
            items.append(self._not(scope, depth))
        return conj(items)

    def _not(self, scope: EntityScope, depth: int) -> Node:
        here = self._words.here()
        if depth > MAX_DEPTH:
            raise self._words.error(here, f"nested deeper than {MAX_DEPTH} levels", expected="a flatter filter")
        if self._words.take_word("NOT"):
            self._count(here)
            return negate(self._not(scope, depth + 1))
        if self._words.take_mark("("):
            return self._closed(scope, depth)
        self._count(here)
        return self._condition(scope, depth)

    def _closed(self, scope: EntityScope, depth: int) -> Node:
        node = self._or(scope, depth + 1)
        if not self._words.take_mark(")"):
            raise self._words.unexpected("AND, OR or )", suggestion=self._misspelt("AND", "OR"))
        return node

    def _condition(self, scope: EntityScope, depth: int) -> Node:
        words, token = self._words, self._words.here()
        if token.kind == "string" and ENTITIES[scope].text:
            return self._quoted_text(scope)
        if token.kind != "path" or token.word in KEYWORDS:
            if token.kind == "number":
                self._refuse_prose(token, scope)
            raise words.unexpected(f"a field of {ENTITIES[scope].plural}, NOT or (")
        name = token.text.lower()
        if words.after().kind == "(":
            group = GROUPS.get(name)
            if group in ENTITIES[scope].groups:
                words.take()
                words.take()
                return exists(group, self._closed(group, depth))
            if group is not None:
                what = f"{group}(...) speaks of a trace and cannot stand here"
                raise words.error(token, what, expected=f"a field of {ENTITIES[scope].plural}")
            if name == "json":
                return self._json_text(scope)
        if name == "text" and ENTITIES[scope].text:
            words.take()
            return self._text()
        return self._predicate(self._target(scope))

    def _quoted_text(self, scope: EntityScope) -> Node:
        words, token = self._words, self._words.here()
        after = words.after()
        if after.kind == "operator" or after.word in {"IN", "IS", *_PATTERNS}:
            near = token.text if find(scope, token.text.split(".")) else None
            raise words.error(token, "a field is written without quotes", expected="a field", suggestion=near)
        return self._terms()

    def _text(self) -> Node:
        words, operator = self._words, self._words.here()
        if operator.kind != "operator" or operator.text not in {"~", "="}:
            near = "span.content LIKE '%…%'" if operator.word in _PATTERNS else "text ~ 'words \"a phrase\"'"
            raise words.unexpected("~", field="text", suggestion=near)
        words.take()
        return self._terms()

    def _terms(self) -> Node:
        words, token = self._words, self._words.here()
        if token.kind != "string":
            raise unquoted(words, "a quoted string", "text")
        terms = terms_of(token.text)
        if not terms:
            raise words.error(token, "no word to search for", expected="letters or digits", field="text")
        if len(terms) > MAX_TERMS or max(map(len, terms)) > MAX_TERM_TOKENS:
            limit = f"at most {MAX_TERMS} words or phrases, of at most {MAX_TERM_TOKENS} words each"
            raise words.error(token, "too much to search for at once", expected=limit, field="text")
        words.take()
        return Text(terms)

    def _json_text(self, scope: EntityScope) -> Node:
        words = self._words
        words.take()
        words.take()
        at = words.here()
        target = self._target(scope)
        if target.field.type != "json" or target.judgment is not None:
            what = f"json(...) does not take {target.name}"
            raise words.error(at, what, expected="value or attributes.KEY", field=target.name)
        if not words.take_mark(")"):
            raise words.unexpected(")")
        operator = words.here()
        if operator.text in {"=", "!="} or operator.word in _PATTERNS:
            words.take()
            value = words.here()
            if value.kind != "string":
                raise words.unexpected("a quoted string", field=target.name)
            op = cast(Literal["=", "!=", "LIKE", "ILIKE", "RLIKE"], operator.word or operator.text)
            if operator.word in _PATTERNS:
                self._check_pattern(operator.word, target.name)
            words.take()
            return target.wrap(JsonText(target.field, op, value.text))
        raise words.unexpected("=, !=, LIKE, ILIKE or RLIKE", field=target.name)

    def _target(self, scope: EntityScope) -> _Target:
        token = self._words.here()
        if token.kind != "path":
            raise self._words.unexpected(f"a field of {ENTITIES[scope].plural}")
        parts = path_parts(token.text)
        prefix, groups = parts[0].lower(), ENTITIES[scope].groups
        known: tuple[FieldSpec, Field] | None
        if len(parts) > 1 and "assessment" in groups and prefix in _JUDGMENTS:
            value = field("assessment", "value")
            judgment = (_JUDGMENTS[prefix], ".".join(parts[1:]))
            self._words.take()
            return _Target(token.text, spec_of(value), value, judgment=judgment)
        if prefix in _JUDGMENTS and "assessment" in groups:
            raise self._words.error(token, f"{token.text} needs a name", expected=f"{prefix}.NAME", field=prefix)
        group = GROUPS.get(prefix)
        group = group if group in groups else None
        if group is not None or (prefix == scope and len(parts) > 1):
            inner = group or scope
            known = find(inner, parts[1:]) if len(parts) > 1 else None
            if known is None:
                raise self._unknown_part(token, inner, prefix)
        else:
            known = find(scope, parts)
            if known is None:
                extra = [*(f"{each}." for each in groups), *(f"{each}." for each in _JUDGMENTS if groups)]
                if f"{token.text}." not in names(scope):
                    self._refuse_prose(token, scope)
                if meant(scope, token.text) is None:
                    self._refuse_part(token, scope)
                raise unknown_field(self._words, token, scope, extra)
        self._words.take()
        return _Target(token.text, *known, group=group)

    def _refuse_prose(self, at: Token, scope: EntityScope) -> None:
        """Raise the error for words that stand alone where they begin, as in any other search box."""
        end = self._words.end_of_prose()
        if end is None or not ENTITIES[scope].text:
            return
        prose = self._words.text[at.position : end]
        suggestion = f"text ~ {quote(prose)}" if len(prose) <= _MAX_PROSE and terms_of(prose) else None
        what = f"{shown(prose)} is no condition"
        whole = Token("path", prose, at.position, end)
        raise self._words.error(whole, what, expected="a field, an operator and a value", suggestion=suggestion)

    def _refuse_part(self, at: Token, scope: EntityScope) -> None:
        """Raise the error for a field of a part, such as ``kind`` of a span, that stands without the part's name."""
        part = next((each for each in ENTITIES[scope].groups if find(each, path_parts(at.text)) is not None), None)
        if part is not None:
            what, expected = f"unknown field {at.text[:100]!r}", f"a field of {ENTITIES[scope].plural}"
            suggestion = f"{part}.{at.text}"
            raise self._words.error(at, what, expected=expected, suggestion=suggestion, field=at.text)

    def _unknown_part(self, token: Token, scope: EntityScope, prefix: str) -> Invalid:
        rest = ".".join(path_parts(token.text)[1:])
        near = meant(scope, rest) or nearest(rest, names(scope)) if rest else None
        near = f"{prefix}.{near}KEY" if near and near.endswith(".") else f"{prefix}.{near}" if near else None
        expected = f"{prefix}.FIELD or {prefix}(...)"
        what = f"unknown field {token.text[:100]!r}"
        return self._words.error(token, what, expected=expected, suggestion=near, field=token.text)

    def _predicate(self, target: _Target) -> Node:
        words, operator = self._words, self._words.here()
        if operator.kind == "operator":
            self._allow(target, operator.text, operator)
            words.take()
            value = literal(words, target.spec, target.name, self._now_ns)
            self._ordered(target, operator, value)
            return target.wrap(Compare(target.field, cast(CompareOp, operator.text), value))
        if words.take_word("IS"):
            return self._null(target, operator)
        negated = words.take_word("NOT") is not None
        prefix = "NOT " if negated else ""
        word = words.here()
        if word.word == "IN":
            self._allow(target, prefix + "IN", word)
            words.take()
            return target.wrap(one_of(target.field, self._list(target), negated=negated))
        if word.word in _PATTERNS:
            self._allow(target, prefix + word.word, word)
            words.take()
            op = word.word
            return target.wrap(Match(target.field, op, self._pattern(op, target.name), negated))
        near = nearest(word.text, target.spec.operators) if word.kind == "path" else None
        raise words.unexpected(listed(target.spec.operators), field=target.name, suggestion=near)

    def _allow(self, target: _Target, operator: str, at: Token) -> None:
        if operator in target.spec.operators:
            return
        suggestion = None
        if operator == "~":
            suggestion = "text ~ '…' (or LIKE)" if "LIKE" in target.spec.operators else None
        what = f"{target.name} does not take {operator}"
        expected = listed(target.spec.operators)
        raise self._words.error(at, what, expected=expected, suggestion=suggestion, field=target.name)

    def _ordered(self, target: _Target, operator: Token, value: Literal_) -> None:
        """Refuse an order of anything but numbers: a "json" field has other literals too."""
        if operator.text in {"<", "<=", ">", ">="} and isinstance(value, str | bool):
            what = f"{operator.text} compares numbers only"
            raise self._words.error(operator, what, expected="a number after it", field=target.name)

    def _null(self, target: _Target, at: Token) -> Node:
        negated = self._words.take_word("NOT") is not None
        if not self._words.take_word("NULL"):
            raise self._words.unexpected("NULL" if negated else "NULL or NOT NULL", field=target.name)
        self._allow(target, "IS NOT NULL" if negated else "IS NULL", at)
        if target.judgment is not None:
            present = judged(*target.judgment)
            return present if negated else negate(present)
        node: Node = IsNull(target.field)
        return target.wrap(negate(node) if negated else node)

    def _list(self, target: _Target) -> list[Literal_]:
        words = self._words
        if not words.take_mark("("):
            raise words.unexpected("( and a list of values", field=target.name)
        values = [literal(words, target.spec, target.name, self._now_ns)]
        while words.take_mark(","):
            values.append(literal(words, target.spec, target.name, self._now_ns))
        if not words.take_mark(")"):
            raise words.unexpected(", or )", field=target.name)
        return values

    def _pattern(self, op: MatchOp, name: str) -> str:
        if self._words.here().kind != "string":
            raise self._words.unexpected("a quoted pattern", field=name)
        self._check_pattern(op, name)
        return self._words.take().text

    def _check_pattern(self, op: MatchOp, name: str) -> None:
        token = self._words.here()
        try:
            matcher(op, token.text)
        except Invalid as error:
            raise self._words.error(token, error.message.rstrip("."), field=name) from error
