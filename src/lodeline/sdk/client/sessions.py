"""Sessions: traced conversations."""

from collections.abc import Sequence

from lodeline.domain.session import Session
from lodeline.sdk.client.call import Call, Listing, ModeT, Noun, call, listing, names, one, path_of


class Sessions(Noun[ModeT]):
    """Calls about traced conversations."""

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Session]:
        """List sessions that match a filter, last activity first."""
        params = {"experiment": names(experiment), "filter": filter, "order": order}
        return Listing(path_of("sessions"), Session, params, limit, cursor)

    @call
    def get(self, session: str, *, experiment: str) -> Call[Session]:
        """Return one session of an experiment (id or name)."""
        return Call("GET", path_of("sessions", session), one(Session), params={"experiment": experiment})
