"""API keys and browser logins in SQLite."""

from collections.abc import Mapping, Sequence

from lodeline.domain.account import ApiKey, Login
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import AccountId, KeyId
from lodeline.storage.sql import accounts
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.codec import dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row
from lodeline.storage.sql.writer import Writer

_KEY = "SELECT key_id, owner_id, created_ms, revoked_ms, last_used_ms, doc FROM api_keys "


class SqlKeys:
    """Implements `storage.base.KeyStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def create(self, key: ApiKey, *, secret_hash: bytes, audit: AuditEntry) -> ApiKey:
        def run(db: Db) -> ApiKey:
            sql = "SELECT 1 FROM api_keys WHERE key_id = ? OR secret_hash = ?"
            if db.execute(sql, (key.key_id, secret_hash)).fetchone():
                raise Conflict(f"key {key.key_id!r} exists already; make a fresh one.")
            if key.owner_id is not None:
                accounts.known(db, key.owner_id)
            db.execute(
                "INSERT INTO api_keys (key_id, secret_hash, owner_id, created_ms, revoked_ms, last_used_ms, doc) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    key.key_id, secret_hash, key.owner_id, key.created_ms, key.revoked_ms, key.last_used_ms, _doc(key)
                ),
            )  # fmt: skip
            trail.write(db, audit)
            return key

        return self._writer.call(run)

    def find(self, secret_hash: bytes) -> ApiKey | None:
        with self._readers.read() as db:
            row = db.execute(_KEY + "WHERE secret_hash = ?", (secret_hash,)).fetchone()
        return None if row is None else _key(row)

    def list(self, owner_id: AccountId | None = None) -> Sequence[ApiKey]:
        order = "ORDER BY created_ms DESC, id DESC"
        with self._readers.read() as db:
            if owner_id is None:
                rows = db.execute(_KEY + order).fetchall()
            else:
                rows = db.execute(_KEY + "WHERE owner_id = ? " + order, (owner_id,)).fetchall()
        return [_key(row) for row in rows]

    def revoke(self, key_id: KeyId, *, now_ms: int, audit: AuditEntry) -> ApiKey:
        def run(db: Db) -> ApiKey:
            db.execute("UPDATE api_keys SET revoked_ms = ? WHERE key_id = ? AND revoked_ms IS NULL", (now_ms, key_id))
            if db.changes():
                trail.write(db, audit)
            row = db.execute(_KEY + "WHERE key_id = ?", (key_id,)).fetchone()
            if row is None:
                raise NotFound.of("key", key_id)
            return _key(row)

        return self._writer.call(run)

    def touch(self, used_ms: Mapping[KeyId, int]) -> None:
        def run(db: Db) -> None:
            sql = (
                "UPDATE api_keys SET last_used_ms = ? WHERE key_id = ? AND (last_used_ms < ? OR last_used_ms IS NULL)"
            )
            db.executemany(sql, [(at_ms, key_id, at_ms) for key_id, at_ms in used_ms.items()])

        if used_ms:
            self._writer.call(run)

    def add_login(self, login: Login, *, secret_hash: bytes, audit: AuditEntry) -> None:
        def run(db: Db) -> None:
            accounts.known(db, login.account_id)
            db.execute("DELETE FROM logins WHERE expires_ms <= ?", (login.created_ms,))
            doc = dumps({"created_ms": login.created_ms, "csrf_token": login.csrf_token})
            db.execute(
                "INSERT OR REPLACE INTO logins (secret_hash, account_id, expires_ms, doc) VALUES (?, ?, ?, ?)",
                (secret_hash, login.account_id, login.expires_ms, doc),
            )
            trail.write(db, audit)

        self._writer.call(run)

    def find_login(self, secret_hash: bytes) -> Login | None:
        sql = "SELECT account_id, expires_ms, doc FROM logins WHERE secret_hash = ?"
        with self._readers.read() as db:
            row = db.execute(sql, (secret_hash,)).fetchone()
        if row is None:
            return None
        return Login(account_id=AccountId(row[0]), expires_ms=row[1], **loads(row[2]))

    def end_login(self, secret_hash: bytes, *, audit: AuditEntry) -> None:
        def run(db: Db) -> None:
            db.execute("DELETE FROM logins WHERE secret_hash = ?", (secret_hash,))
            if db.changes():
                trail.write(db, audit)

        self._writer.call(run)


def _doc(key: ApiKey) -> str:
    return dumps(
        {
            "name": key.name,
            "prefix": key.prefix,
            "scopes": key.scopes,
            "experiment_ids": key.experiment_ids,
            "expires_ms": key.expires_ms,
        }
    )


def _key(row: Row) -> ApiKey:
    key_id, owner_id, created_ms, revoked_ms, last_used_ms, doc = row
    data = loads(doc)
    within = data["experiment_ids"]
    return ApiKey(
        key_id=KeyId(key_id),
        name=data["name"],
        prefix=data["prefix"],
        owner_id=None if owner_id is None else AccountId(owner_id),
        scopes=tuple(data["scopes"]),
        created_ms=created_ms,
        experiment_ids=None if within is None else tuple(within),
        expires_ms=data["expires_ms"],
        revoked_ms=revoked_ms,
        last_used_ms=last_used_ms,
    )
