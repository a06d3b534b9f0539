"""Filters as they are written."""

from lodeline.query.ast import EntityScope
from lodeline.query.complete import FilterReading
from lodeline.sdk.client.call import Call, ModeT, Noun, call, one, path_of


class Filters(Noun[ModeT]):
    """Calls about the filter language."""

    @call
    def complete(self, text: str, position: int = 0, *, entity: EntityScope = "trace") -> Call[FilterReading]:
        """Return what may be written at a place of a filter, and the first thing that is wrong with it."""
        params = {"text": text, "position": position, "entity": entity}
        return Call("GET", path_of("filters", "complete"), one(FilterReading), params=params)
