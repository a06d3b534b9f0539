"""MLflow's grammar: a conjunction of clauses. A second front end to the same nodes.

Another list joins by an entry in `FRONTS`. An AND at the end is accepted, as MLflow accepts it.
"""

from collections.abc import Mapping
from functools import lru_cache

from lodeline.domain.errors import Unsupported
from lodeline.query.ast import EntityScope, Node
from lodeline.query.build import ALL
from lodeline.query.mlflow_clause import PATTERNS, Clause, Front
from lodeline.query.mlflow_dataset import DATASET
from lodeline.query.mlflow_experiment import EXPERIMENT
from lodeline.query.mlflow_model import MODEL
from lodeline.query.mlflow_prompt import PROMPT
from lodeline.query.mlflow_run import RUN
from lodeline.query.mlflow_trace import TRACE
from lodeline.query.syntax import MAX_NODES, Token, Words, path_parts

FRONTS: Mapping[EntityScope, Front] = {
    front.entity: front for front in (TRACE, EXPERIMENT, RUN, MODEL, DATASET, PROMPT)
}
_CACHED_LENGTH = 2_000


def parse_mlflow(text: str, entity: EntityScope, *, now_ns: int | None = None) -> Node:
    """Return the checked filter that `text` writes in MLflow's grammar for a list of `entity`.

    Empty text is `Always`. Invalid as in our grammar; Unsupported for a list that MLflow's grammar does not have.
    `now_ns` is taken for likeness with `grammar_native.parse`: this grammar has no relative times.
    """
    del now_ns
    return _cached(text, entity) if len(text) <= _CACHED_LENGTH else _parse(text, entity)


def front(entity: EntityScope) -> Front:
    """Return how a list reads MLflow's grammar; Unsupported when it does not."""
    found = FRONTS.get(entity)
    if found is None:
        raise Unsupported(f"filter: MLflow's grammar knows no lists of {entity!r}; use Lodeline's own.")
    return found


def _parse(text: str, entity: EntityScope) -> Node:
    words = Words(text)
    translate = front(entity).translate
    clauses: list[Clause] = []
    while words.here().kind != "end":
        if len(clauses) >= MAX_NODES:
            raise words.error(words.here(), f"more than {MAX_NODES} clauses", expected="a shorter filter")
        clauses.append(_clause(words))
        if words.here().kind != "end" and not words.take_word("AND"):
            raise words.unexpected("AND or the end")
    return translate(clauses) if clauses else ALL


_cached = lru_cache(maxsize=512)(_parse)


def _clause(words: Words) -> Clause:
    at = words.here()
    if at.kind != "path" or at.word in {"AND", "OR", "NOT"}:
        raise words.unexpected("a field such as status or tags.release")
    words.take()
    parts, operator_at = tuple(path_parts(at.text)), words.here()
    if operator_at.kind == "operator" and operator_at.text != "~":
        words.take()
        return Clause(words, at, parts, operator_at.text, operator_at, (_value(words, at.text),))
    if words.take_word("IS"):
        negated = words.take_word("NOT") is not None
        if not words.take_word("NULL"):
            raise words.unexpected("NULL" if negated else "NULL or NOT NULL", field=at.text)
        return Clause(words, at, parts, "IS NOT NULL" if negated else "IS NULL", operator_at)
    if words.take_word(*PATTERNS):
        return Clause(words, at, parts, operator_at.word, operator_at, (_value(words, at.text),))
    negated = words.take_word("NOT") is not None
    if words.take_word("IN"):
        return Clause(words, at, parts, "NOT IN" if negated else "IN", operator_at, _list(words, at.text))
    expected = "IN" if negated else "=, !=, <, <=, >, >=, IN, NOT IN, LIKE, ILIKE, RLIKE, IS NULL or IS NOT NULL"
    raise words.unexpected(expected, field=at.text)


def _value(words: Words, name: str) -> Token:
    if words.here().kind not in {"string", "number"}:
        raise words.unexpected("a quoted string or a number", field=name)
    return words.take()


def _list(words: Words, name: str) -> tuple[Token, ...]:
    if not words.take_mark("("):
        raise words.unexpected("( and a list of quoted strings", field=name)
    values = [_value(words, name)]
    while words.take_mark(","):
        values.append(_value(words, name))
    if not words.take_mark(")"):
        raise words.unexpected(", or )", field=name)
    return tuple(values)
