"""Sessions and users: conversations and end users as the traces tell them."""

from lodeline.auth.actor import Actor
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.page import Page
from lodeline.domain.session import Session, User
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores


class ConversationService:
    """Use cases of sessions and users; whoever may read the traces may read them."""

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def session(self, actor: Actor, experiment: str, session: str) -> Session:
        """Return one session of an experiment (id or name); NotFound when no trace names it."""
        holder = self._scope.one(actor, "trace.read", experiment)
        return self._stores.conversations.session(holder.experiment_id, session, now_ms=self._clock.now_ms())

    def sessions(self, actor: Actor, query: ListQuery) -> Page[Session]:
        """List sessions, last activity first unless ordered otherwise."""
        search = self._listing.search(actor, "trace.read", query, "session")
        found = self._stores.conversations.sessions(search, now_ms=self._clock.now_ms())
        return self._listing.explained(actor, found, query, search)

    def users(self, actor: Actor, query: ListQuery) -> Page[User]:
        """List users, last activity first unless ordered otherwise."""
        return self._stores.conversations.users(self._listing.search(actor, "trace.read", query, "user"))
