"""Users: traced end users, never accounts."""

from collections.abc import Sequence

from lodeline.domain.session import User
from lodeline.sdk.client.call import Listing, ModeT, Noun, listing, names, path_of


class Users(Noun[ModeT]):
    """Calls about traced end users."""

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[User]:
        """List users that match a filter, last activity first."""
        params = {"experiment": names(experiment), "filter": filter, "order": order}
        return Listing(path_of("users"), User, params, limit, cursor)
