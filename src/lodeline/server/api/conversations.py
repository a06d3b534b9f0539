"""Native routes of sessions and users."""

from typing import Annotated

from fastapi import Path, Query

from lodeline.domain.page import Page
from lodeline.domain.session import Session, User
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import NativeListedDep
from lodeline.server.api.paths import TEXT

router = native_router("", "conversations")


@router.get("/sessions", **answer(Page[Session], 404))
def search_sessions(actor: ActorDep, services: ServicesDep, query: NativeListedDep) -> Json:
    """List sessions that match a filter, last activity first."""
    return Json(services.conversations.sessions(actor, query))


@router.get(f"/sessions/{{session:{TEXT}}}", **answer(Session, 404))
def get_session(
    actor: ActorDep,
    services: ServicesDep,
    session: Annotated[str, Path(min_length=1, max_length=1_000, description="The session's id.")],
    experiment: Annotated[str, Query(min_length=1, max_length=500, description="Id or name of its experiment.")],
) -> Json:
    """Return one session of an experiment."""
    return Json(services.conversations.session(actor, experiment, session))


@router.get("/users", **answer(Page[User], 404))
def search_users(actor: ActorDep, services: ServicesDep, query: NativeListedDep) -> Json:
    """List traced end users that match a filter, last activity first."""
    return Json(services.conversations.users(actor, query))
