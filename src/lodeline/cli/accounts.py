"""``lodeline accounts``: who may sign in."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lodeline.cli.naming import ask_password, confirm, find_experiment
from lodeline.cli.options import Use, YesOption, command
from lodeline.cli.output import moment
from lodeline.domain.account import Account, Role
from lodeline.domain.errors import NotFound

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Create, list and change accounts.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its name or id.")]
_COLUMNS = ("id", "name", "role", "roles in experiments", "created", "state")


def find_account(client: "LodelineClient", name: str) -> Account:
    """Return the account of this id or name (names compare case-folded); NotFound when there is none."""
    for account in client.accounts.list():
        if name == account.account_id or name.casefold() == account.name.casefold():
            return account
    raise NotFound.of("account", name)


@command(app, "setup")
def set_up(
    use: Use,
    name: Annotated[str, typer.Argument(help="The name to sign in with.")] = "admin",
    *,
    token: Annotated[str, typer.Option("--token", help="The token that the server printed when it started.")],
) -> None:
    """Make the first account of a server, an admin; possible once. Its password is asked for.

    Then make a key to go on with: lodeline keys create --sign-in NAME --scope admin MY-KEY
    """
    password = ask_password("New password", twice=True)
    _show(use, "Created", use.client.accounts.set_up(token, name, password))


@command(app, "create")
def create(
    use: Use,
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    *,
    role: Annotated[Role | None, typer.Option("--role", help="On the whole server; none without.")] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Ask for no password: it can own keys but not sign in.")
    ] = False,
) -> None:
    """Create an account; its password is asked for, or read from standard input."""
    password = None if no_password else ask_password("New password", twice=True)
    _show(use, "Created", use.client.accounts.create(name, role=role, password=password))


@command(app, "list")
def list_accounts(use: Use) -> None:
    """List all accounts, by name."""
    found = use.client.accounts.list()
    if use.out.as_json:
        use.out.lines(found)
        return
    use.out.table(_COLUMNS, map(_row, found))


@command(app, "set-role")
def set_role(
    use: Use,
    account: AccountArgument,
    role: Annotated[
        Literal["admin", "editor", "viewer", "reviewer", "none"],
        typer.Argument(help="The role; 'none' takes it away."),
    ],
    *,
    experiment: Annotated[
        str | None, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Only in this experiment.")
    ] = None,
) -> None:
    """Give or take a role, on the whole server or in one experiment."""
    found = find_account(use.client, account)
    within = None if experiment is None else find_experiment(use.client, experiment).experiment_id
    given = None if role == "none" else role
    _show(use, "Changed", use.client.accounts.set_role(found.account_id, given, experiment_id=within))


@command(app, "disable")
def disable(
    use: Use,
    account: AccountArgument,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Let it in again.")] = False,
) -> None:
    """Shut an account out at once, with its keys and logins."""
    found = find_account(use.client, account)
    _show(use, "Changed", use.client.accounts.set_disabled(found.account_id, not undo))


@command(app, "delete")
def delete(use: Use, account: AccountArgument, yes: YesOption = False) -> None:
    """Delete an account with its logins and keys."""
    found = find_account(use.client, account)
    confirm(f"Delete account {found.name} with its keys?", yes=yes)
    use.client.accounts.delete(found.account_id)
    if use.out.as_json:
        use.out.document({"deleted": found.account_id})
    use.out.say(f"Deleted account {found.name}.")


@command(app, "link")
def link(
    use: Use,
    account: AccountArgument,
    *,
    subject: Annotated[str, typer.Option("--subject", metavar="SUB", help="What the provider calls them: `sub`.")],
    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="URL", help="The provider [the server's oidc_issuer].")
    ] = None,
) -> None:
    """Let somebody sign in as an account by single sign-on. The audit trail has the subject of who was refused."""
    found = find_account(use.client, account)
    _show(use, "Linked", use.client.accounts.link(found.account_id, subject, issuer=issuer))


@command(app, "unlink")
def unlink(use: Use, account: AccountArgument) -> None:
    """Let nobody sign in as an account by single sign-on any more; its logins end."""
    found = find_account(use.client, account)
    _show(use, "Unlinked", use.client.accounts.unlink(found.account_id))


@command(app, "set-password")
def set_password(
    use: Use,
    account: AccountArgument,
    *,
    ask_old: Annotated[bool, typer.Option("--own", help="Your own: the old password is asked for.")] = False,
) -> None:
    """Set the password of an account; its logins end."""
    found = find_account(use.client, account)
    old = ask_password("Old password") if ask_old else None
    new = ask_password("New password", twice=True)
    _show(use, "Changed", use.client.accounts.set_password(found.account_id, new, old=old))


def _show(use: Use, what: str, account: Account) -> None:
    if use.out.as_json:
        use.out.document(account)
    state = ", disabled" if account.disabled else ""
    if account.external is not None:
        state += f", signs in as {account.external.subject}"
    roles = "".join(f", {role} in experiment {experiment}" for experiment, role in account.roles.items())
    use.out.say(f"{what} account {account.name} ({account.account_id}): role {account.role or 'none'}{roles}{state}.")


def _row(account: Account) -> tuple[object, ...]:
    roles = ", ".join(f"{experiment}: {role}" for experiment, role in account.roles.items())
    state = "disabled" if account.disabled else "enabled"
    return (account.account_id, account.name, account.role, roles, moment(account.created_ms), state)
