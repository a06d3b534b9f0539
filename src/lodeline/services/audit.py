"""The audit trail: how entries are made, and who may read them."""

from collections.abc import Mapping, Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import permit_reach
from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.page import Page
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores

MAX_DETAIL = 500


def audit_entry(
    actor: Actor,
    action: str,
    target: object,
    *,
    at_ms: int,
    experiment_id: ExperimentId | None = None,
    details: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Return the entry for a change: who did what (``"<noun>.<verb>"``) to what.

    Details become text of at most 500 characters each; those that are None are left out. The caller sees to it that
    they hold no content of traces and no secrets.
    """
    shown = {key: _cut(str(value)) for key, value in (details or {}).items() if value is not None}
    return AuditEntry(at_ms, actor.label, action, _cut(str(target)), experiment_id, shown)


def target_of(trace_ids: Sequence[TraceId]) -> str:
    """Return what the trail calls these traces."""
    return trace_ids[0] if len(trace_ids) == 1 else f"{len(trace_ids)} traces"


def _cut(text: str) -> str:
    """Return the text without lone surrogates, which no database takes, and not too long."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 1] + "…"


class AuditService:
    """Reads the audit trail."""

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing

    def search(self, actor: Actor, query: ListQuery) -> Page[AuditEntry]:
        """List entries, newest first: of the experiments asked for, deleted ones too, or when none is asked for of
        all that the actor may audit.

        Entries about the server itself, such as logins, appear only for who may audit everything, and only when no
        experiment is asked for.
        """
        reach = permit_reach(actor, "audit.read")
        wanted = [self._scope.lookup(actor, "audit.read", item).experiment_id for item in query.experiments]
        if not wanted and not reach.everything:
            # Only admins audit, and nothing is taken from a server-wide admin: what is left here is a positive list.
            wanted = sorted(reach.experiment_ids)
        return self._stores.audit.search(self._listing.unbound(query, "audit", tuple(dict.fromkeys(wanted))))
