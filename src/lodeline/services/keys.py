"""API keys: made, listed, revoked, and turned into the actor of each request."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lodeline.auth.actor import Actor, account_actor, key_actor
from lodeline.auth.credentials import Credentials
from lodeline.auth.policy import may, permit, permit_scope
from lodeline.auth.secrets import is_key, new_key
from lodeline.domain.account import Account, ApiKey, IssuedKey, Scope, check_scopes
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, Unauthenticated
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import AccountId, ExperimentId, KeyId, new_hex
from lodeline.services.audit import audit_entry
from lodeline.storage.base import Stores

MAX_NAME = 200
MAX_EXPERIMENTS = 100
MAX_KEYS = 1_000
"""Valid keys of one owner."""
LAST_MS = 253_402_300_799_000
"""The end of the year 9999."""
USE_AUDIT_MS = 24 * 3_600_000


@dataclass(slots=True)
class _Use:
    """Uses of a key that the store has not heard of. `first` is set when it is the first one for a day."""

    at_ms: int
    first: Actor | None


class KeyService:
    """Makes and checks API keys. A key acts for its owner, never with more than its owner's rights."""

    def __init__(self, stores: Stores, credentials: Credentials, clock: Clock = system_clock):
        self._stores = stores
        self._credentials = credentials
        self._clock = clock
        self._lock = threading.Lock()
        self._uses: dict[KeyId, _Use] = {}

    def create(
        self,
        actor: Actor,
        name: str,
        scopes: Sequence[Scope],
        *,
        experiment_ids: Sequence[ExperimentId] | None = None,
        expires_ms: int | None = None,
        owner_id: AccountId | None = None,
    ) -> IssuedKey:
        """Make a key for oneself, or with key.manage_all for another account.

        Forbidden when a scope is more than the actor or the owner has (in each of `experiment_ids` when given, else
        anywhere), or when the actor is a key that expires before the new one would; Invalid for `experiment_ids` and
        a scope that is for the whole server. Without accounts (auth is off) the key has no owner.
        """
        permit(actor, "key.manage_own")
        owner: Account | None = None
        if owner_id is not None and owner_id != actor.account_id:
            permit(actor, "key.manage_all")
            owner = self._stores.accounts.get(owner_id)
        wanted = check_scopes(tuple(scopes))
        now_ms = self._clock.now_ms()
        within = self._check_reach(actor, owner, wanted, experiment_ids)
        self._check_expiry(actor, expires_ms, now_ms)
        owned_by = owner_id or actor.account_id
        self._check_count(owned_by, now_ms)
        secret, prefix = new_key(wanted)
        key = ApiKey(
            key_id=KeyId(new_hex("key-")),
            name=check_name(name, noun="key name", most=MAX_NAME),
            prefix=prefix,
            owner_id=owned_by,
            scopes=wanted,
            created_ms=now_ms,
            experiment_ids=within,
            expires_ms=expires_ms,
        )
        details = {
            "prefix": prefix,
            "scopes": " ".join(wanted),
            "experiment_ids": " ".join(within) if within is not None else None,
            "owner_id": owned_by,
            "expires_ms": expires_ms,
        }
        audit = audit_entry(actor, "key.create", key.key_id, at_ms=now_ms, details=details)
        secret_hash = self._credentials.secrets.key_hash(secret)
        return IssuedKey(self._stores.keys.create(key, secret_hash=secret_hash, audit=audit), secret)

    def list(self, actor: Actor, *, all_owners: bool = False) -> Sequence[ApiKey]:
        """Return one's own keys, or all with key.manage_all, newest first; revoked and expired ones too."""
        if all_owners or actor.account_id is None:
            permit(actor, "key.manage_all")
            return self._with_uses(self._stores.keys.list())
        permit(actor, "key.manage_own")
        return self._with_uses(self._stores.keys.list(actor.account_id))

    def _with_uses(self, keys: Sequence[ApiKey]) -> Sequence[ApiKey]:
        """Return the keys with those uses, too, that the store has not been told yet."""
        with self._lock:
            uses = {key_id: use.at_ms for key_id, use in self._uses.items()}
        return [
            replace(key, last_used_ms=max(uses[key.key_id], key.last_used_ms or 0)) if key.key_id in uses else key
            for key in keys
        ]

    def revoke(self, actor: Actor, key_id: KeyId) -> ApiKey:
        """Make a key useless at once, in every process; again is fine. Another owner's needs key.manage_all, and
        does not exist without it."""
        permit(actor, "key.manage_own")
        visible = None if may(actor, "key.manage_all") else actor.account_id
        key = next((k for k in self._stores.keys.list(visible) if k.key_id == key_id), None)
        if key is None:
            raise NotFound.of("key", key_id)
        now_ms = self._clock.now_ms()
        audit = audit_entry(actor, "key.revoke", key_id, at_ms=now_ms, details={"prefix": key.prefix})
        return self._stores.keys.revoke(key_id, now_ms=now_ms, audit=audit)

    def authenticate(self, secret: str) -> Actor:
        """Return who the key stands for, as of now; open to everybody.

        Unauthenticated when it is mistyped, unknown, revoked or expired, or its owner is disabled: asked of the store
        each time, so that revoking takes effect at once in every process.
        """
        if not is_key(secret):
            raise Unauthenticated("API key: not a whole Lodeline key (ldl_…); was it cut or mistyped?")
        key = self._stores.keys.find(self._credentials.secrets.key_hash(secret))
        now_ms = self._clock.now_ms()
        if key is None:
            raise Unauthenticated("API key: this server does not know it; make one with 'lodeline keys create'.")
        if key.revoked_ms is not None:
            raise Unauthenticated(f"API key {key.prefix}…: it was revoked; make another one.")
        if key.expires_ms is not None and key.expires_ms <= now_ms:
            raise Unauthenticated(f"API key {key.prefix}…: it has expired; make another one.")
        actor = key_actor(key, self._owner(key))
        self._note_use(actor, key, now_ms)
        return actor

    def flush_uses(self) -> int:
        """Tell the store when keys were last used, and the audit trail of the first use in a day; return how many.

        Called by a job every few seconds, and at shutdown.
        """
        with self._lock:
            uses, self._uses = self._uses, {}
        if not uses:
            return 0
        self._stores.keys.touch({key_id: use.at_ms for key_id, use in uses.items()})
        for key_id, use in uses.items():
            if use.first is not None:
                self._stores.audit.append(audit_entry(use.first, "key.use", key_id, at_ms=use.at_ms))
        return len(uses)

    def _owner(self, key: ApiKey) -> Account | None:
        if key.owner_id is None:
            return None
        try:
            owner = self._stores.accounts.get(key.owner_id)
        except NotFound:
            raise Unauthenticated(f"API key {key.prefix}…: its owner was deleted.") from None
        if owner.disabled:
            raise Unauthenticated(f"API key {key.prefix}…: its owner is disabled; ask an admin.")
        return owner

    def _note_use(self, actor: Actor, key: ApiKey, now_ms: int) -> None:
        first = key.last_used_ms is None or now_ms - key.last_used_ms > USE_AUDIT_MS
        with self._lock:
            known = self._uses.get(key.key_id)
            if known is not None:
                known.at_ms = max(known.at_ms, now_ms)
            else:
                self._uses[key.key_id] = _Use(now_ms, actor if first else None)

    def _check_reach(
        self,
        actor: Actor,
        owner: Account | None,
        scopes: tuple[Scope, ...],
        experiment_ids: Sequence[ExperimentId] | None,
    ) -> tuple[ExperimentId, ...] | None:
        """Return the experiments, each once, when actor and owner have every scope there."""
        actors = [actor] if owner is None else [actor, account_actor(owner)]
        if experiment_ids is None:
            for who in actors:
                for scope in scopes:
                    permit_scope(who, scope)
            return None
        within = tuple(dict.fromkeys(experiment_ids))
        if not within:
            raise Invalid("experiment_ids: none given; name some, or leave it out for all that the owner reaches.")
        if len(within) > MAX_EXPERIMENTS:
            raise TooLarge(f"experiment_ids: {len(within)} are over the limit of {MAX_EXPERIMENTS} for one key.")
        for experiment_id in within:
            for who in actors:
                for scope in scopes:
                    permit_scope(who, scope, experiment_id)
            self._stores.experiments.get(experiment_id)
        return within

    @staticmethod
    def _check_expiry(actor: Actor, expires_ms: int | None, now_ms: int) -> None:
        if expires_ms is not None and not now_ms < expires_ms <= LAST_MS:
            raise Invalid.value("expires_ms", expires_ms, "a time in the future, in epoch milliseconds")
        if actor.expires_ms is not None and (expires_ms is None or expires_ms > actor.expires_ms):
            raise Forbidden(
                f"expires_ms: a key does not make keys that outlive it; choose at most {actor.expires_ms}."
            )

    def _check_count(self, owner_id: AccountId | None, now_ms: int) -> None:
        valid = [
            key
            for key in self._stores.keys.list(owner_id)
            if key.owner_id == owner_id
            and key.revoked_ms is None
            and (key.expires_ms is None or key.expires_ms > now_ms)
        ]
        if len(valid) >= MAX_KEYS:
            raise Conflict(f"keys: this owner has {len(valid)} valid ones, the most there may be; revoke some.")
