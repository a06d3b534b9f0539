"""Native routes of API keys."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.account import SCOPES, ApiKey, IssuedKey, Scope
from lodeline.domain.ids import AccountId, KeyId, check_experiment_id
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body, EpochMs, Id
from lodeline.server.api.entry import native_router
from lodeline.services.keys import MAX_EXPERIMENTS

router = native_router("/keys", "keys")


class KeyBody(Body):
    """A new key. Without `experiment_ids` it reaches what its owner reaches; without `owner_id` it is one's own."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES))]
    experiment_ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_EXPERIMENTS)] | None = None
    expires_ms: EpochMs | None = None
    owner_id: Id | None = None


@router.post("", **answer(IssuedKey, 404, 409, status=201))
def create_key(actor: ActorDep, services: ServicesDep, body: KeyBody) -> Json:
    """Create an API key; the answer is the only one that ever shows its secret."""
    within = None if body.experiment_ids is None else [check_experiment_id(item) for item in body.experiment_ids]
    made = services.keys.create(
        actor,
        body.name,
        body.scopes,
        experiment_ids=within,
        expires_ms=body.expires_ms,
        owner_id=None if body.owner_id is None else AccountId(body.owner_id),
    )
    return Json(made, status_code=201)


@router.get("", **answer(list[ApiKey]))
def list_keys(
    actor: ActorDep,
    services: ServicesDep,
    all_owners: Annotated[bool, Query(description="Everybody's keys; needs an admin.")] = False,
) -> Json:
    """List one's own keys, newest first, revoked and expired ones too."""
    return Json(services.keys.list(actor, all_owners=all_owners))


@router.delete("/{key_id}", **answer(ApiKey, 404))
def revoke_key(
    actor: ActorDep,
    services: ServicesDep,
    key_id: Annotated[str, Path(min_length=1, max_length=100, description="The key's id.")],
) -> Json:
    """Revoke a key at once; again is fine."""
    return Json(services.keys.revoke(actor, KeyId(key_id)))
