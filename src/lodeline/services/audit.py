"""The audit trail: how entries are made, and who may read them."""

from collections.abc import Mapping, Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import permit, permit_reach
from lodeline.domain.audit import AuditEntry
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.query.ast import Always, Node, Search
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


def _cut(text: str) -> str:
    """Return the text without lone surrogates, which no database takes, and not too long."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 1] + "…"


class AuditService:
    """Reads the audit trail."""

    def __init__(self, stores: Stores, clock: Clock = system_clock):
        self._stores = stores
        self._clock = clock

    def search(
        self,
        actor: Actor,
        *,
        node: Node | None = None,
        experiment_ids: Sequence[ExperimentId] = (),
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[AuditEntry]:
        """List entries, newest first: of the experiments asked for, or when none is of all that the actor may audit.

        Entries about the server itself, such as logins, appear only for who may audit everything, and only when no
        experiment is asked for.
        """
        reach = permit_reach(actor, "audit.read")
        for experiment_id in experiment_ids:
            permit(actor, "audit.read", experiment_id)
        within = tuple(experiment_ids)
        if not within and not reach.everything:
            # Only admins audit, and nothing is taken from a server-wide admin: what is left here is a positive list.
            within = tuple(sorted(reach.experiment_ids))
        search = Search(within, node or Always(), limit=check_limit(limit), cursor=cursor)
        return self._stores.audit.search(search)
