"""Random checked filters over the vocabulary of `tests.generators`: what the two grammars can produce, no more."""

from collections.abc import Sequence
from functools import cache

from hypothesis import strategies as st

from lodeline.query.ast import (
    Compare,
    CompareOp,
    EntityScope,
    Field,
    IsNull,
    JsonText,
    Literal_,
    Match,
    Node,
    Order,
    Text,
)
from lodeline.query.build import ALL, conj, disj, exists, judged, negate, one_of
from lodeline.query.fields import ENTITIES, FieldSpec, Group, feedback, field
from lodeline.query.order import MAX_ORDERS
from lodeline.query.tokens import terms_of
from tests.generators import KEYS, NAMES, NUMBERS, RUNS, SPANS_NS, TEXTS, TIMES_NS, scalars, texts

PATTERNS: tuple[str, ...] = (
    "%", "_", "", "%foo%", "foo%", "%bar", "f_o%", "%a_b%", "%a\\_b%", "50\\%", "%\\", "STRASSE", "%straße%", "%SS%",
    "i̇stanbul", "%東京%", "%東_タ%", "%e\u0301%", "cafe%", "% bar", "foo%baz", "%o b%", '"%', "%5%", "[%", "%x\nb%",
    "%tr_e%", "% the question%", "%nswer the q%", "answer", "%\u0338%", "%é%", "caf%s",
)  # fmt: skip
EXPRESSIONS: tuple[str, ...] = (
    "foo",
    "^foo",
    "bar$",
    "(?i)STRASSE",
    "[0-9]+",
    "^$",
    "a.b",
    "\\bbar\\b",
    "東京|café",
    "e\u0301",
)
_ORDERED: tuple[CompareOp, ...] = ("=", "!=", "<", "<=", ">", ">=")
_EQUAL: tuple[CompareOp, ...] = ("=", "!=")


@cache
def nodes(entity: EntityScope, *, mlflow: bool = False, max_leaves: int = 6) -> st.SearchStrategy[Node]:
    """Any filter of a list of `entity`, the empty one too; with `mlflow` also those only MLflow's grammar makes."""
    return st.one_of(st.just(ALL), _trees(conditions(entity, mlflow=mlflow), max_leaves))


@cache
def conditions(entity: EntityScope, *, mlflow: bool = False) -> st.SearchStrategy[Node]:
    """Single conditions: on fields, full text, and on a span's or an assessment's several properties at once."""
    kinds: list[st.SearchStrategy[Node]] = [st.sampled_from(ENTITIES[entity].fields).flatmap(
        lambda spec: atoms(entity, spec)
    )]  # fmt: skip
    if ENTITIES[entity].text:
        kinds.append(full_texts())
    for group in ENTITIES[entity].groups:
        kinds.append(_groups(group, mlflow=mlflow))
    if "assessment" in ENTITIES[entity].groups:
        kinds.append(_judgments())
    if mlflow and entity in {"span", "assessment"}:
        kinds.append(_json_texts(entity))
    return st.one_of(kinds)


@cache
def atoms(entity: EntityScope, spec: FieldSpec) -> st.SearchStrategy[Node]:
    """Conditions on one field, with each of its operators."""
    if not spec.keyed:
        return _atoms(spec, field(entity, spec.name))
    return st.sampled_from(KEYS).flatmap(lambda key: _atoms(spec, field(entity, spec.name, key)))


@cache
def full_texts() -> st.SearchStrategy[Node]:
    """Full text, one or two words or phrases."""
    searches = st.lists(texts(), min_size=1, max_size=2).map(" ".join)
    phrases = texts().map(lambda text: '"' + text.replace('"', " ") + '"')
    terms = st.one_of(searches, phrases).map(terms_of)
    return terms.filter(bool).map(Text)


@cache
def orders(entity: EntityScope, *, most: int = MAX_ORDERS) -> st.SearchStrategy[tuple[Order, ...]]:
    """Orders by distinct fields; the empty one where a list has an order of its own only."""
    fields = [
        field(entity, spec.name, key)
        for spec in ENTITIES[entity].fields
        if spec.sortable
        for key in (KEYS if spec.keyed else (None,))
    ]
    fields += [feedback(entity, name) for name in NAMES if ENTITIES[entity].by_feedback]
    if not fields:
        return st.just(())
    one = st.builds(Order, st.sampled_from(fields), st.booleans())
    return st.lists(one, max_size=most, unique_by=_field_of).map(tuple)


def _field_of(order: Order) -> Field:
    return order.field


def _trees(leaves: st.SearchStrategy[Node], max_leaves: int) -> st.SearchStrategy[Node]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(negate),
            st.lists(inner, min_size=2, max_size=3).map(conj),
            st.lists(inner, min_size=2, max_size=3).map(disj),
        ),
        max_leaves=max_leaves,
    )


@cache
def _groups(group: Group, *, mlflow: bool) -> st.SearchStrategy[Node]:
    return _trees(conditions(group, mlflow=mlflow), 3).map(lambda node: exists(group, node))


@cache
def _judgments() -> st.SearchStrategy[Node]:
    value = field("assessment", "value")
    spec = next(spec for spec in ENTITIES["assessment"].fields if spec.name == "value")
    kinds, names = st.sampled_from(("FEEDBACK", "EXPECTATION")), st.sampled_from(NAMES)
    present = st.builds(judged, kinds, names)
    compared = st.builds(judged, kinds, names, _atoms(spec, value).filter(lambda node: not _is_null(node)))
    return st.one_of(present, present.map(negate), compared)


def _is_null(node: Node) -> bool:
    return isinstance(node, IsNull) or (node == negate(IsNull(field("assessment", "value"))))


@cache
def _json_texts(entity: EntityScope) -> st.SearchStrategy[Node]:
    of = field("assessment", "value") if entity == "assessment" else field("span", "attributes", KEYS[0])
    quoted = texts().map(lambda text: f'"{text}"')
    equal = st.builds(JsonText, st.just(of), st.sampled_from(("=", "!=")), st.one_of(texts(), quoted))
    like = st.builds(JsonText, st.just(of), st.sampled_from(("LIKE", "ILIKE")), st.sampled_from(PATTERNS))
    return st.one_of(equal, like, st.builds(JsonText, st.just(of), st.just("RLIKE"), st.sampled_from(EXPRESSIONS)))


@cache
def _atoms(spec: FieldSpec, of: Field) -> st.SearchStrategy[Node]:
    kinds: list[st.SearchStrategy[Node]] = []
    if "=" in spec.operators:
        kinds.append(st.builds(Compare, st.just(of), st.sampled_from(_EQUAL), _literals(spec)))
    if "<" in spec.operators:
        kinds.append(st.builds(Compare, st.just(of), st.sampled_from(_ORDERED), _numbers(spec)))
    if "IN" in spec.operators:
        lists = st.lists(_literals(spec), min_size=1, max_size=3)
        kinds.append(st.builds(one_of, st.just(of), lists, negated=st.booleans()))
    if "LIKE" in spec.operators:
        kinds.append(_matches(of))
    if "IS NULL" in spec.operators:
        kinds.append(st.sampled_from((IsNull(of), negate(IsNull(of)))))
    return st.one_of(kinds)


def _matches(of: Field) -> st.SearchStrategy[Node]:
    like = st.builds(Match, st.just(of), st.sampled_from(("LIKE", "ILIKE")), st.sampled_from(PATTERNS), st.booleans())
    return st.one_of(
        like, st.builds(Match, st.just(of), st.just("RLIKE"), st.sampled_from(EXPRESSIONS), st.booleans())
    )


@cache
def _literals(spec: FieldSpec) -> st.SearchStrategy[Literal_]:
    if spec.values:
        return st.sampled_from(spec.values)
    match spec.type:
        case "string":
            return st.sampled_from(_STRINGS.get(spec.name, TEXTS))
        case "json":
            return scalars()
        case "boolean":
            return st.booleans()
        case _:
            return _numbers(spec)


_STRINGS: dict[str, Sequence[str]] = {
    "run": RUNS,
    "name": (*TEXTS, *NAMES),
    "id": ("tr-1", "a-1", "0" * 15 + "1", *TEXTS),
}


def _numbers(spec: FieldSpec) -> st.SearchStrategy[Literal_]:
    match spec.type:
        case "time":
            return st.sampled_from(TIMES_NS)
        case "duration":
            return st.sampled_from(SPANS_NS)
        case _:
            return st.sampled_from(NUMBERS)
