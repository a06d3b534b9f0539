"""Words of a filter and where they stand: the lexer both grammars share, bounded in length."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lodeline.domain.errors import Invalid
from lodeline.query.problem import found, problem

MAX_LENGTH = 20_000
MAX_DEPTH = 50
MAX_NODES = 500

TokenKind = Literal["path", "string", "number", "operator", "(", ")", ",", "bad", "end"]

_BARE_KEY = r"[\w\-/:@]+"
_QUOTED_KEY = r'`[^`]+`|"(?:[^"\\]++|\\.|"")++"'
# Before Python 3.11.5 a possessive group keeps what a sequence in it took before a choice or a repetition failed
# (CPython issue 106052): none here has such a sequence. The other groups give nothing back, as nothing behind them
# can fail.
_LEXER = re.compile(
    rf"""
      (?P<space>   \s++ )
    | (?P<path>    [^\W\d]\w*+ (?: \. (?: {_BARE_KEY} | {_QUOTED_KEY} ) )* )
    | (?P<string>  '(?:[^'\\]++|\\.|'')*+' | "(?:[^"\\]++|\\.|"")*+" )
    | (?P<number>  [+-]? (?: [0-9]++ (?:\.[0-9]*+)? | \.[0-9]++ ) (?: [eE][+-]?[0-9]++ )? [^\W\d_]*+ )
    | (?P<operator> <= | >= | != | <> | == | = | < | > | ~ )
    | (?P<mark>    [(),] )
    """,
    re.VERBOSE | re.DOTALL,
)
_KEY = re.compile(rf"\.({_BARE_KEY}|{_QUOTED_KEY})", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\'\"])|''|\"\"")
_NUMBER = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(.*)", re.DOTALL)
_UNSPACED = re.compile(r"[^\s(),]+")
_SAME = {"==": "=", "<>": "!="}
_QUOTES = frozenset("'\"")
_CONDITIONS = frozenset({"LIKE", "ILIKE", "RLIKE", "NULL"})


@dataclass(frozen=True, slots=True)
class Token:
    """One word. `text` is its value: a string without its quotes, an operator in its one spelling."""

    kind: TokenKind
    text: str
    position: int
    end: int

    @property
    def word(self) -> str:
        """The word in capitals if it could be a keyword, else nothing."""
        return self.text.upper() if self.kind == "path" else ""


def lex(text: str, noun: str = "filter") -> list[Token]:
    """Return the words of `text`, the last of kind "end".

    What is no word ends the list as kind "bad", so that an error before it is reported first. Invalid when `text` is
    over `MAX_LENGTH`.
    """
    if len(text) > MAX_LENGTH:
        raise Invalid(
            f"{noun}: {len(text)} characters are over the limit of {MAX_LENGTH}; shorten it.",
            details={"position": MAX_LENGTH, "end": len(text), "expected": f"at most {MAX_LENGTH} characters"},
        )
    tokens: list[Token] = []
    position, length, match = 0, len(text), _LEXER.match
    while position < length:
        hit = match(text, position)
        if hit is None:
            tokens.append(Token("bad", text[position], position, position + 1))
            return tokens
        end, kind = hit.end(), hit.lastgroup
        if kind != "space":
            tokens.append(_token(kind, hit[0], position, end))
        position = end
    tokens.append(Token("end", "", length, length))
    return tokens


def _token(kind: str | None, raw: str, position: int, end: int) -> Token:
    match kind:
        case "string":
            return Token("string", unquote(raw), position, end)
        case "operator":
            return Token("operator", _SAME.get(raw, raw), position, end)
        case "path" | "number":
            return Token(kind, raw, position, end)
        case _:
            return Token("(" if raw == "(" else ")" if raw == ")" else ",", raw, position, end)


def unquote(raw: str) -> str:
    """Return what a quoted string means.

    A doubled quote and a backslash before a quote give the quote, two backslashes one; any other backslash stands
    for itself, so that LIKE and RLIKE patterns keep theirs.
    """
    inner, quote = raw[1:-1], raw[0]
    if "\\" not in inner and quote not in inner:
        return inner
    doubled = quote * 2
    return _ESCAPE.sub(lambda hit: hit[1] or (quote if hit[0] == doubled else hit[0]), inner)


def path_parts(path: str) -> list[str]:
    """Return the segments of a dotted name, quoted ones without their quotes."""
    if "`" not in path and '"' not in path:
        return path.split(".")
    first = path.split(".", 1)[0]
    return [first, *(_key(hit[1]) for hit in _KEY.finditer(path, len(first)))]


def _key(raw: str) -> str:
    return raw[1:-1] if raw[0] == "`" else unquote(raw) if raw[0] == '"' else raw


def number_parts(text: str) -> tuple[str, str]:
    """Return a number's digits and its unit."""
    hit = _NUMBER.fullmatch(text)
    return (hit[1], hit[2]) if hit is not None else (text, "")


class Words:
    """A place in the words of one filter (or of what `noun` names), with the errors that point to it."""

    def __init__(self, text: str, noun: str = "filter") -> None:
        self.text = text
        self.noun = noun
        self._tokens = lex(text, noun)
        self._index = 0

    def here(self) -> Token:
        """Return the next word."""
        return self._tokens[self._index]

    def after(self) -> Token:
        """Return the word after the next."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next word and step over it; the end and what is no word are never stepped over."""
        token = self._tokens[self._index]
        if token.kind not in {"end", "bad"}:
            self._index += 1
        return token

    def unspaced(self, at: Token) -> Token:
        """Return all that stands from `at` up to a space, a bracket, a comma or the end, as one word."""
        hit = _UNSPACED.match(self.text, at.position)
        end = at.end if hit is None else max(at.end, hit.end())
        return Token("path", self.text[at.position : end], at.position, end)

    def end_of_prose(self) -> int | None:
        """Return where the words that begin here end: at AND, OR, a bracket or the end of the text.

        None when something among them says that they are meant as a condition.
        """
        for token in self._tokens[self._index :]:
            if token.kind in {"operator", "("} or token.word in _CONDITIONS or token.text == ".":
                return None
            if token.kind in {")", "end"} or token.word in {"AND", "OR"}:
                return len(self.text[: token.position].rstrip())
        return len(self.text.rstrip())

    def take_word(self, *keywords: str) -> Token | None:
        """Step over the next word if it is one of these keywords (in capitals, compared in any letter case)."""
        token = self._tokens[self._index]
        if token.kind == "path" and token.text.upper() in keywords:
            self._index += 1
            return token
        return None

    def take_mark(self, mark: Literal["(", ")", ","]) -> Token | None:
        """Step over the next word if it is this mark."""
        token = self._tokens[self._index]
        if token.kind == mark:
            self._index += 1
            return token
        return None

    def error(
        self,
        at: Token,
        what: str,
        *,
        expected: str | None = None,
        suggestion: str | None = None,
        field: str | None = None,
    ) -> Invalid:
        """Return the error that points to `at`."""
        return problem(
            self.text,
            at.position,
            at.end,
            what,
            expected=expected,
            suggestion=suggestion,
            field=field,
            noun=self.noun,
        )

    def unexpected(
        self, expected: str, *, field: str | None = None, suggestion: str | None = None, at: Token | None = None
    ) -> Invalid:
        """Return the error that something else stands here (or at `at`) than what was expected."""
        at = at or self.here()
        if at.kind == "bad":
            return self._bad(at, field)
        what = f"unexpected {found(self.text, at.position, at.end, self.noun)}"
        return self.error(at, what, expected=expected, suggestion=suggestion, field=field)

    def _bad(self, at: Token, field: str | None) -> Invalid:
        if at.text in _QUOTES:
            what, expected = f"the string that begins here has no closing {at.text}", f"a closing {at.text}"
            return problem(
                self.text, at.position, len(self.text), what, expected=expected, field=field, noun=self.noun
            )
        if at.text == ".":
            return self.error(at, "a key is missing after the dot", expected="a key, such as tags.release")
        what = f"the character {found(self.text, at.position, at.end, self.noun)} has no meaning here"
        return self.error(at, what, expected="a field, an operator or a value", field=field)


def listed(words: Iterable[str]) -> str:
    """Return words as a message lists them: "a, b or c"."""
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last
