"""Operation: what the server is and how its store fares."""

from collections.abc import Mapping

from lodeline.auth.actor import Actor
from lodeline.auth.policy import may, permit
from lodeline.domain.operation import Capabilities, Vitals
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

    def vitals(self, actor: Actor) -> Vitals:
        """Return how the store fares; within about a second, however busy it is."""
        permit(actor, "server.measure")
        return self._stores.admin.vitals()

    def queue_length(self) -> int:
        """Return how many writes of this process wait for their commit. For the server itself, whoever asks it."""
        return self._stores.admin.queue_length()

    def ping(self) -> None:
        """Return when the store answers; else Unavailable. Open to everybody: it tells nothing else."""
        self._stores.admin.ping()
