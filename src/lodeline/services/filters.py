"""Filters as they are written: what may come next, and what is wrong so far."""

from lodeline.auth.actor import Actor
from lodeline.auth.policy import permit
from lodeline.domain.clock import Clock
from lodeline.domain.errors import Invalid
from lodeline.query.ast import EntityScope
from lodeline.query.complete import FilterProblem, FilterReading, complete
from lodeline.query.grammar_native import parse


class FilterService:
    """Use cases of writing filters; they look at the language only, never at the store."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def read(self, actor: Actor, text: str, position: int, entity: EntityScope) -> FilterReading:
        """Return what may be written at `position` (clamped to the text), and the first problem of the text."""
        permit(actor, "server.read")
        return FilterReading(complete(text, position, entity), self._problem(text, entity))

    def _problem(self, text: str, entity: EntityScope) -> FilterProblem | None:
        if not text.strip():
            return None
        try:
            parse(text, entity, now_ns=self._clock.now_ns())
        except Invalid as invalid:
            at = invalid.details.get("position")
            end = invalid.details.get("end")
            suggestion = invalid.details.get("suggestion")
            start = at if isinstance(at, int) else 0
            return FilterProblem(
                message=invalid.message.partition("\n")[0],
                position=start,
                end=end if isinstance(end, int) else len(text),
                suggestion=suggestion if isinstance(suggestion, str) else None,
            )
        return None
