"""Decide with the reference interpreter what SQL could not."""

from collections.abc import Sequence

from lodeline.domain.assessment import Assessment
from lodeline.domain.span import Span
from lodeline.domain.trace import Trace
from lodeline.query.ast import Always, And, Node
from lodeline.query.reference import matches
from lodeline.query.subjects import TraceSubject
from lodeline.storage.sql.assessments import assessments_of
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.filter import compile_filter
from lodeline.storage.sql.plan import conjuncts
from lodeline.storage.sql.spans import load_spans


class Verifier:
    """Checks candidates that SQL let through against those conjuncts that SQL does not decide."""

    def __init__(self, db: Db, node: Node) -> None:
        self._db = db
        open_parts = tuple(part for part in conjuncts(node) if not compile_filter(part).exact)
        self.exact = not open_parts
        self._node: Node = And(open_parts) if len(open_parts) > 1 else open_parts[0] if open_parts else Always()

    def matches(self, row_id: int, trace: Trace) -> bool:
        """Tell whether a candidate matches."""

        def spans() -> Sequence[Span]:
            return load_spans(self._db, row_id, trace.trace_id, want_view=False)

        def assessments() -> Sequence[Assessment]:
            return assessments_of(self._db, [row_id]).get(row_id, ())

        return matches(self._node, TraceSubject(trace, spans, assessments))
