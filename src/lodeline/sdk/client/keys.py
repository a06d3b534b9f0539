"""API keys."""

from collections.abc import Sequence

from lodeline.domain.account import ApiKey, IssuedKey, Scope
from lodeline.sdk.client.call import Call, ModeT, Noun, call, given, many, one, path_of


class Keys(Noun[ModeT]):
    """Calls about API keys."""

    @call
    def create(
        self,
        name: str,
        scopes: Sequence[Scope],
        *,
        experiment_ids: Sequence[str] | None = None,
        expires_ms: int | None = None,
        owner_id: str | None = None,
    ) -> Call[IssuedKey]:
        """Create a key; the answer is the only one that ever has its secret.

        Without `experiment_ids` it reaches what its owner reaches; without `owner_id` it is one's own.
        """
        body = given(
            name=name,
            scopes=list(scopes),
            experiment_ids=None if experiment_ids is None else list(experiment_ids),
            expires_ms=expires_ms,
            owner_id=owner_id,
        )
        return Call("POST", path_of("keys"), one(IssuedKey), body=body)

    @call
    def list(self, *, all_owners: bool = False) -> Call[tuple[ApiKey, ...]]:
        """List one's own keys, or everybody's, newest first, revoked and expired ones too."""
        return Call("GET", path_of("keys"), many(ApiKey), params={"all_owners": all_owners})

    @call
    def revoke(self, key_id: str) -> Call[ApiKey]:
        """Revoke a key at once; again is fine."""
        return Call("DELETE", path_of("keys", key_id), one(ApiKey), repeat="always")
