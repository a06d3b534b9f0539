"""Decide with the reference interpreter what SQL could not."""

from collections.abc import Sequence

from lodeline.domain.assessment import Assessment
from lodeline.domain.span import Span
from lodeline.domain.trace import Trace
from lodeline.query.ast import Always, And, Exists, Node, Not, Or, Text
from lodeline.query.reference import matches
from lodeline.query.subjects import TraceSubject
from lodeline.query.tokens import MAX_TOKEN, Term, all_in
from lodeline.storage.sql.assessment_rows import assessments_of
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.filter import compile_filter
from lodeline.storage.sql.plan import conjuncts
from lodeline.storage.sql.spans import narrow_spans, span_texts
from lodeline.storage.sql.text import Wanted


class Verifier:
    """Checks candidates that SQL let through against those conjuncts that SQL does not decide."""

    def __init__(self, db: Db, node: Node, wanted: Wanted | None) -> None:
        self._db = db
        self._wanted = wanted
        open_parts = tuple(part for part in conjuncts(node) if not compile_filter(part).exact)
        self.exact = not open_parts
        self._texts = [part.terms for part in open_parts if isinstance(part, Text)]
        rest = [part for part in open_parts if not isinstance(part, Text)]
        self._rest: Node | None = And(tuple(rest)) if rest else None
        self._keys = _attribute_keys(self._rest) if self._rest is not None else None

    def matches(self, row_id: int, trace: Trace) -> bool:
        """Tell whether a candidate matches."""
        if self._texts and not self._texts_match(row_id, trace.span_count):
            return False

        def spans() -> Sequence[Span]:
            return narrow_spans(self._db, row_id, trace, self._keys)

        def assessments() -> Sequence[Assessment]:
            return assessments_of(self._db, [row_id]).get(row_id, ())

        return self._rest is None or matches(self._rest, TraceSubject(trace, spans, assessments))

    def _texts_match(self, row_id: int, span_count: int) -> bool:
        """Full text needs no span as a whole, only its strings; a single word often not even those."""
        missing = [terms for terms in self._texts if not self._indexed(row_id, span_count, terms)]
        if not missing:
            return True
        for texts in span_texts(self._db, row_id, span_count):
            missing = [terms for terms in missing if not all_in(texts, terms)]
            if not missing:
                return True
        return False

    def _indexed(self, row_id: int, span_count: int, terms: tuple[Term, ...]) -> bool:
        """Tell whether the index knows for sure that the trace has these terms."""
        if self._wanted is None or len(terms) != 1 or len(terms[0]) != 1 or len(terms[0][0]) >= MAX_TOKEN:
            return False
        return bool(self._wanted.has_word(self._db, row_id, span_count, terms[0][0]))


def _attribute_keys(node: Node) -> frozenset[str] | None:
    """Return the span attributes that a filter speaks of; None when it asks for other content of spans too."""
    match node:
        case And(items) | Or(items):
            found = [_attribute_keys(item) for item in items]
            known = [keys for keys in found if keys is not None]
            return frozenset[str]().union(*known) if len(known) == len(found) else None
        case Not(item) | Exists(_, item):
            return _attribute_keys(item)
        case Text():
            return None
        case Always():
            return frozenset()
        case _:
            if node.field.scope != "span" or node.field.name not in {"attributes", "content"}:
                return frozenset()
            return None if node.field.name == "content" else frozenset({node.field.key or ""})
