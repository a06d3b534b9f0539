"""Accounts: people who sign in."""

from lodeline.domain.account import Account, Role
from lodeline.sdk.client.call import Call, ModeT, Noun, call, given, many, nothing, one, path_of


class Accounts(Noun[ModeT]):
    """Calls about accounts."""

    @call
    def set_up(self, token: str, name: str, password: str) -> Call[Account]:
        """Make the first account, an admin, with the token that the server printed; possible once."""
        body = {"token": token, "name": name, "password": password}
        return Call("POST", path_of("setup"), one(Account), body=body, repeat="never")

    @call
    def create(self, name: str, *, role: Role | None = None, password: str | None = None) -> Call[Account]:
        """Create an account; without a password it cannot sign in but can own keys."""
        return Call("POST", path_of("accounts"), one(Account), body=given(name=name, role=role, password=password))

    @call
    def list(self) -> Call[tuple[Account, ...]]:
        """List all accounts, by name."""
        return Call("GET", path_of("accounts"), many(Account))

    @call
    def get(self, account_id: str) -> Call[Account]:
        """Return one account."""
        return Call("GET", path_of("accounts", account_id), one(Account))

    @call
    def set_role(self, account: str, role: Role | None, *, experiment_id: str | None = None) -> Call[Account]:
        """Give a role, or take it away with None, on the whole server or in one experiment."""
        body = {"role": role, **given(experiment_id=experiment_id)}
        return Call("PUT", path_of("accounts", account, "role"), one(Account), body=body)

    @call
    def set_disabled(self, account_id: str, disabled: bool) -> Call[Account]:
        """Shut an account out at once, with its keys and logins, or let it in again."""
        path = path_of("accounts", account_id, "disabled")
        return Call("PUT", path, one(Account), body={"disabled": disabled})

    @call
    def set_password(self, account_id: str, new: str, *, old: str | None = None) -> Call[Account]:
        """Set a password, one's own with the `old` one; the account's logins end."""
        path = path_of("accounts", account_id, "password")
        return Call("PUT", path, one(Account), body=given(new=new, old=old), repeat="never")

    @call
    def link(self, account_id: str, subject: str, *, issuer: str | None = None) -> Call[Account]:
        """Let somebody sign in as the account by single sign-on, known by their `subject` at the provider, which is
        the one that the server is set up with by default."""
        path = path_of("accounts", account_id, "external")
        return Call("PUT", path, one(Account), body=given(subject=subject, issuer=issuer))

    @call
    def unlink(self, account_id: str) -> Call[Account]:
        """Let nobody sign in as the account by single sign-on any more; its logins end."""
        return Call("DELETE", path_of("accounts", account_id, "external"), one(Account))

    @call
    def delete(self, account_id: str) -> Call[None]:
        """Delete an account with its logins and keys."""
        return Call("DELETE", path_of("accounts", account_id), nothing)
