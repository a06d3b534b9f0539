"""The checked filter: what both front ends (ours and MLflow's) produce and every backend compiles.

Logic is two-valued. An atom over a missing value is false (also with ``!=``, ``NOT IN`` and ``NOT LIKE``, which
need a value to differ from); `IsNull` asks for absence; `Not` is the plain complement, so ``NOT tags.a = 'x'`` also
holds where the tag is missing. Nodes are immutable and hashable; equal filters are equal trees.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Dialect = Literal["lodeline", "mlflow"]
"""The grammar that the text of a filter is written in."""
EntityScope = Literal[
    "trace", "span", "assessment", "experiment", "session", "user", "audit", "run", "model",
    "dataset", "record", "prompt",
]  # fmt: skip
"""Whose field it is. "span" and "assessment" fields occur only inside an `Exists` of that scope, except in lists
of assessments, where "assessment" is the entity itself."""
FieldType = Literal["string", "number", "boolean", "time", "duration", "json"]
"""`time` is integer epoch nanoseconds, `duration` integer nanoseconds; `json` is a dynamically typed value (span
attributes, assessment values): it equals a literal of its own type, and only numbers compare with numbers."""
CompareOp = Literal["=", "!=", "<", "<=", ">", ">="]
MatchOp = Literal["LIKE", "ILIKE", "RLIKE"]
Literal_: TypeAlias = "str | int | float | bool"
"""Never NaN or infinite."""


def same_kinds(left: tuple[Literal_, ...], right: tuple[Literal_, ...]) -> bool:
    """Tell whether booleans stand opposite booleans: Python holds ``True == 1``, filters do not."""
    return [isinstance(v, bool) for v in left] == [isinstance(v, bool) for v in right]


@dataclass(frozen=True, slots=True)
class Field:
    """A resolved field: its scope, canonical name, type, and the key for keyed fields such as ``tags.release``."""

    scope: EntityScope
    name: str
    type: FieldType
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Always:
    """True for everything: the empty filter."""


@dataclass(frozen=True, slots=True)
class And:
    """True when every item is (at least two items; nested conjunctions are flattened)."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when any item is (at least two items; nested disjunctions are flattened)."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the item is not; ``Not(Always())`` holds for nothing."""

    item: "Node"


@dataclass(frozen=True, slots=True)
class Compare:
    """The field has a value and it stands in this relation to the literal.

    In a "json" field NaN and infinities are the strings 'NaN', 'Infinity', '-Infinity', as JSON writes them; in a
    "number" field NaN is no value. A field with several values (a trace's `run`, a span's `content`) satisfies a
    positive operator when any of them does, and a negative one (``!=``, ``NOT IN``, ``NOT LIKE``) when it has a
    value and none does.
    """

    field: Field
    op: CompareOp
    value: Literal_

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Compare):
            return NotImplemented
        mine, its = (self.field, self.op, self.value), (other.field, other.op, other.value)
        return mine == its and same_kinds((self.value,), (other.value,))

    def __hash__(self) -> int:
        return hash((self.field, self.op, self.value))


@dataclass(frozen=True, slots=True)
class In:
    """The field has a value and it is (or with `negated` is not) one of `values`."""

    field: Field
    values: tuple[Literal_, ...]
    negated: bool = False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, In):
            return NotImplemented
        mine, its = (self.field, self.values, self.negated), (other.field, other.values, other.negated)
        return mine == its and same_kinds(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.field, self.values, self.negated))


@dataclass(frozen=True, slots=True)
class Match:
    """The field has a text value and the pattern matches it (or with `negated` does not).

    LIKE: ``%`` any run, ``_`` any one character, backslash escapes, case-sensitive, whole value. ILIKE: the same
    after Unicode case folding of both. RLIKE: an RE2 expression found anywhere. Values that are not text are
    matched in their JSON form (`query.values.json_form`).
    """

    field: Field
    op: MatchOp
    pattern: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    """The field has no value."""

    field: Field


@dataclass(frozen=True, slots=True)
class Text:
    """Full text: within one and the same span every term occurs, as whole tokens, in some text of that span.

    A term is a sequence of tokens (`query.tokens`); of a term with several tokens they stand side by side in one
    string value (a phrase). A span's texts are its name, status message, the strings in its attributes (not their
    keys), and its events' names and attribute strings. In scope "trace" it may be any span; inside an `Exists` of
    scope "span" it is that span.
    """

    terms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """Some span (or some assessment) of the trace satisfies `item` alone: predicates on one and the same one."""

    scope: Literal["span", "assessment"]
    item: "Node"


@dataclass(frozen=True, slots=True)
class JsonText:
    """A quirk of MLflow's grammar: compare the JSON text of a value ('"high"' with its quotes, '5.0').

    `op` LIKE/ILIKE/RLIKE match as in `Match`; = and != compare MLflow's way: the quoted literal equals the JSON
    text, or the JSON text is that literal as a JSON string. The text is `query.values.mlflow_json`.
    """

    field: Field
    op: Literal["=", "!=", "LIKE", "ILIKE", "RLIKE"]
    value: str


Node: TypeAlias = Always | And | Or | Not | Compare | In | Match | IsNull | Text | Exists | JsonText


SORT_CHARS = 80


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key. Missing values come last in both directions.

    Strings sort by code point over their first `SORT_CHARS` characters, so that a cursor stays small whatever a
    trace holds; false sorts before true.
    """

    field: Field
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Search:
    """A checked request for one page of a list.

    `experiment_ids` restricts experiment-bound entities (empty: none of them, so an empty answer). `order` empty
    means the entity's default; every order is completed by the entity's own id, so pages never overlap or skip.
    An order of traces by `received` goes by arrival. `deadline_s` bounds the time spent; a page that hits it is
    `partial`. `written` is the filter before names in it became ids, where it had some: cursors belong to that, and
    to `wanted`, the experiments that were asked for, empty when all in reach were.
    """

    experiment_ids: tuple[str, ...] = ()
    node: Node = Always()
    order: tuple[Order, ...] = ()
    limit: int = 50
    cursor: str | None = None
    deadline_s: float = 10.0
    written: Node | None = None
    wanted: tuple[str, ...] = ()

    @property
    def listed(self) -> Node:
        """The filter that makes this list another than others, from its first page to its last."""
        return self.node if self.written is None else self.written
