"""API keys and browser logins in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.domain.account import ApiKey, Login
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import AccountId, KeyId
from lodeline.storage.memory.state import State


class MemoryKeys:
    """Implements `storage.base.KeyStore`."""

    def __init__(self, state: State):
        self._state = state

    def create(self, key: ApiKey, *, secret_hash: bytes, audit: AuditEntry) -> ApiKey:
        with self._state.lock:
            if key.key_id in self._state.keys or secret_hash in self._state.key_hashes:
                raise Conflict(f"key {key.key_id!r} exists already; make a fresh one.")
            if key.owner_id is not None and key.owner_id not in self._state.accounts:
                raise NotFound.of("account", key.owner_id)
            self._state.keys[key.key_id] = key
            self._state.key_hashes[secret_hash] = key.key_id
            self._state.record(audit)
            return key

    def find(self, secret_hash: bytes) -> ApiKey | None:
        with self._state.lock:
            key_id = self._state.key_hashes.get(secret_hash)
            return None if key_id is None else self._state.keys[key_id]

    def list(self, owner_id: AccountId | None = None) -> Sequence[ApiKey]:
        with self._state.lock:
            found = [key for key in self._state.keys.values() if owner_id is None or key.owner_id == owner_id]
            # Kept in order of arrival; the sort is stable, so of keys made in one millisecond the later comes first.
            found.reverse()
            return sorted(found, key=lambda key: -key.created_ms)

    def revoke(self, key_id: KeyId, *, now_ms: int, audit: AuditEntry) -> ApiKey:
        with self._state.lock:
            key = self._state.keys.get(key_id)
            if key is None:
                raise NotFound.of("key", key_id)
            if key.revoked_ms is None:
                key = self._state.keys[key_id] = replace(key, revoked_ms=now_ms)
                self._state.record(audit)
            return key

    def touch(self, used_ms: Mapping[KeyId, int]) -> None:
        with self._state.lock:
            for key_id, at_ms in used_ms.items():
                key = self._state.keys.get(key_id)
                if key is not None and (key.last_used_ms is None or key.last_used_ms < at_ms):
                    self._state.keys[key_id] = replace(key, last_used_ms=at_ms)

    def add_login(self, login: Login, *, secret_hash: bytes, audit: AuditEntry) -> None:
        with self._state.lock:
            if login.account_id not in self._state.accounts:
                raise NotFound.of("account", login.account_id)
            for expired in [h for h, known in self._state.logins.items() if known.expires_ms <= login.created_ms]:
                del self._state.logins[expired]
            self._state.logins[secret_hash] = login
            self._state.record(audit)

    def find_login(self, secret_hash: bytes) -> Login | None:
        with self._state.lock:
            return self._state.logins.get(secret_hash)

    def end_login(self, secret_hash: bytes, *, audit: AuditEntry) -> None:
        with self._state.lock:
            if self._state.logins.pop(secret_hash, None) is not None:
                self._state.record(audit)
