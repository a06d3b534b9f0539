"""Operation: what the server is and how its store fares."""

from collections.abc import Mapping

from lodeline.auth.actor import Actor
from lodeline.auth.policy import may, permit
from lodeline.domain.operation import Capabilities
from lodeline.storage.base import Stores


class OperationService:
    """Use cases of whoever operates the server."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def capabilities(self, actor: Actor) -> Capabilities:
        """Return what the store can do."""
        permit(actor, "server.read")
        return self._stores.capabilities

    def figures(self, actor: Actor) -> Mapping[str, int | str] | None:
        """Return the store's sizes and counters; None for who does not administrate the server."""
        permit(actor, "server.read")
        return self._stores.admin.figures() if may(actor, "server.admin") else None

    def ping(self) -> None:
        """Return when the store answers; else Unavailable. Open to everybody: it tells nothing else."""
        self._stores.admin.ping()
