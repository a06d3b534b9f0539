"""The audit trail."""

from collections.abc import Sequence

from lodeline.domain.audit import AuditEntry
from lodeline.sdk.client.call import Listing, ModeT, Noun, listing, names, path_of


class Audit(Noun[ModeT]):
    """Calls about who changed what."""

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[AuditEntry]:
        """List who changed what, newest first."""
        params = {"experiment": names(experiment), "filter": filter, "order": order}
        return Listing(path_of("audit"), AuditEntry, params, limit, cursor)
