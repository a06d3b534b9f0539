"""Accounts in SQLite."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from lodeline.domain.account import Account, AccountChange, ExternalIdentity, Role
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import AccountId, ExperimentId
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.codec import dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.writer import Writer


class SqlAccounts:
    """Implements `storage.base.AccountStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def create(
        self, account: Account, *, password_hash: str | None, audit: AuditEntry, only_first: bool = False
    ) -> Account:
        def run(db: Db) -> Account:
            if only_first and _accounts(db):
                raise Conflict("there is an account already; sign in, or ask an admin for one.")
            _check_free(db, account)
            _check_external(db, account)
            db.execute(
                "INSERT INTO accounts (account_id, folded_name, password_hash, doc) VALUES (?, ?, ?, ?)",
                (account.account_id, account.name.casefold(), password_hash, _doc(account)),
            )
            trail.write(db, audit)
            return account

        return self._writer.call(run)

    def get(self, account_id: AccountId) -> Account:
        with self._readers.read() as db:
            return known(db, account_id)

    def credentials(self, name: str) -> tuple[Account, str | None] | None:
        sql = "SELECT account_id, doc, password_hash FROM accounts WHERE folded_name = ?"
        with self._readers.read() as db:
            row = db.execute(sql, (name.casefold(),)).fetchone()
        return None if row is None else (_account(row[0], row[1]), row[2])

    def find_external(self, external: ExternalIdentity) -> Account | None:
        with self._readers.read() as db:
            return _linked(db, external)

    def list(self) -> Sequence[Account]:
        with self._readers.read() as db:
            return _accounts(db)

    def update(self, account_id: AccountId, change: AccountChange, *, audit: AuditEntry) -> Account:
        def run(db: Db) -> Account:
            account = known(db, account_id)
            if change.if_password_hash is not None and change.if_password_hash != _password_hash(db, account_id):
                raise Conflict(f"the password of account {account.name!r} was changed meanwhile; try again.")
            changed = replace(
                account,
                role=change.role if change.replace_role else account.role,
                disabled=account.disabled if change.disabled is None else change.disabled,
                external=change.external if change.replace_external else account.external,
            )
            _check_external(db, changed)
            _keep_an_admin(db, account, changed)
            _replace(db, changed)
            if change.password_hash is not None:
                sql = "UPDATE accounts SET password_hash = ? WHERE account_id = ?"
                db.execute(sql, (change.password_hash, account_id))
            if change.end_logins:
                db.execute("DELETE FROM logins WHERE account_id = ?", (account_id,))
            trail.write(db, audit)
            return changed

        return self._writer.call(run)

    def set_role(
        self, account_id: AccountId, experiment_id: ExperimentId, role: Role | None, *, audit: AuditEntry
    ) -> Account:
        def run(db: Db) -> Account:
            account = known(db, account_id)
            roles = {e: r for e, r in account.roles.items() if e != experiment_id}
            if role is not None:
                roles[experiment_id] = role
            changed = replace(account, roles=roles)
            _replace(db, changed)
            trail.write(db, audit)
            return changed

        return self._writer.call(run)

    def delete(self, account_id: AccountId, *, audit: AuditEntry) -> None:
        def run(db: Db) -> None:
            _keep_an_admin(db, known(db, account_id), None)
            db.execute("DELETE FROM accounts WHERE account_id = ?", (account_id,))
            db.execute("DELETE FROM logins WHERE account_id = ?", (account_id,))
            db.execute("DELETE FROM api_keys WHERE owner_id = ?", (account_id,))
            trail.write(db, audit)

        self._writer.call(run)


def known(db: Db, account_id: AccountId) -> Account:
    """Return the account; NotFound when there is none of this id."""
    row = db.execute("SELECT doc FROM accounts WHERE account_id = ?", (account_id,)).fetchone()
    if row is None:
        raise NotFound.of("account", account_id)
    return _account(account_id, row[0])


def _accounts(db: Db) -> Sequence[Account]:
    rows = db.execute("SELECT account_id, doc FROM accounts ORDER BY folded_name")
    return [_account(account_id, doc) for account_id, doc in rows]


def _password_hash(db: Db, account_id: AccountId) -> str | None:
    row = db.execute("SELECT password_hash FROM accounts WHERE account_id = ?", (account_id,)).fetchone()
    return None if row is None else row[0]


def _check_free(db: Db, account: Account) -> None:
    sql = "SELECT account_id FROM accounts WHERE folded_name = ?"
    holder = db.execute(sql, (account.name.casefold(),)).fetchone()
    if holder is not None:
        raise Conflict(
            f"account name {account.name!r} is taken; choose another one.",
            details={"name": account.name, "account_id": holder[0]},
        )
    if db.execute("SELECT 1 FROM accounts WHERE account_id = ?", (account.account_id,)).fetchone():
        raise Conflict(f"account id {account.account_id!r} is taken; give a fresh one.")


def _linked(db: Db, external: ExternalIdentity) -> Account | None:
    sql = (
        "SELECT account_id, doc FROM accounts "
        "WHERE json_extract(doc, '$.external.issuer') = ? AND json_extract(doc, '$.external.subject') = ?"
    )
    row = db.execute(sql, (external.issuer, external.subject)).fetchone()
    return None if row is None else _account(row[0], row[1])


def _check_external(db: Db, account: Account) -> None:
    """Raise Conflict when another account has this one's external identity."""
    holder = None if account.external is None else _linked(db, account.external)
    if holder is not None and holder.account_id != account.account_id:
        raise Conflict(
            f"this identity is linked to account {holder.name!r}; unlink it there first.",
            details={"name": holder.name, "account_id": holder.account_id},
        )


def _keep_an_admin(db: Db, account: Account, changed: Account | None) -> None:
    """Raise Conflict when `account` is the last enabled admin and `changed` (None: removed) is not one."""
    if not _administrates(account) or (changed is not None and _administrates(changed)):
        return
    if not any(_administrates(other) for other in _accounts(db) if other.account_id != account.account_id):
        raise Conflict(f"account {account.name!r} is the last enabled admin; make another account an admin first.")


def _administrates(account: Account) -> bool:
    return account.role == "admin" and not account.disabled


def _replace(db: Db, account: Account) -> None:
    db.execute("UPDATE accounts SET doc = ? WHERE account_id = ?", (_doc(account), account.account_id))


def _doc(account: Account) -> str:
    roles: Mapping[ExperimentId, Role] = account.roles
    return dumps(
        {
            "name": account.name,
            "role": account.role,
            "created_ms": account.created_ms,
            "disabled": account.disabled,
            "roles": dict(roles),
            "external": None if account.external is None else asdict(account.external),
        }
    )


def _account(account_id: str, doc: str) -> Account:
    fields = loads(doc)
    external = fields.pop("external", None)  # of an account that was written before there were any
    linked = None if external is None else ExternalIdentity(**external)
    return Account(account_id=AccountId(account_id), external=linked, **fields)
