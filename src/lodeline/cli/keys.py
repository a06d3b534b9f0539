"""``lodeline keys``: API keys."""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from lodeline.cli.accounts import find_account
from lodeline.cli.naming import ask_password, confirm, experiment_names, find_experiment
from lodeline.cli.options import ExperimentOption, Use, YesOption, command
from lodeline.cli.output import clean, moment
from lodeline.domain.account import SCOPES, ApiKey, check_scopes
from lodeline.domain.errors import Conflict, Forbidden, shown

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Create, list and revoke API keys.")

_COLUMNS = ("id", "name", "prefix", "scopes", "experiments", "created", "expires", "last used", "state")


def _scopes() -> list[str]:
    return list(SCOPES)


@command(app, "create")
def create(
    use: Use,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    *,
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope", "-s", metavar="|".join(SCOPES), autocompletion=_scopes, help="What it may do; may be repeated."
        ),
    ],
    experiment: ExperimentOption = None,
    expires_days: Annotated[
        float | None, typer.Option("--expires-days", min=0, help="When it ends by itself.")
    ] = None,
    sign_in: Annotated[
        str | None,
        typer.Option("--sign-in", metavar="ACCOUNT", help="Sign in for this with a password, which is asked for."),
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="ACCOUNT", help="For somebody else (admin).")
    ] = None,
) -> None:
    """Create a key. It is shown once, on standard output; everything else goes to standard error."""
    scopes = check_scopes(tuple(scope))
    with _signed_in(use.client, sign_in):
        issued = use.client.keys.create(
            name,
            scopes,
            experiment_ids=[find_experiment(use.client, item).experiment_id for item in experiment or ()] or None,
            expires_ms=None if expires_days is None else int((time.time() + expires_days * 86_400) * 1_000),
            owner_id=None if owner is None else find_account(use.client, owner).account_id,
        )
    if use.out.as_json:
        use.out.document(issued)
        return
    use.out.note(f"Created key {issued.key.key_id} ({issued.key.name}). This is the only time it is shown:")
    use.out.console.print(clean(issued.secret), soft_wrap=True)


@command(app, "list")
def list_keys(
    use: Use, *, all: Annotated[bool, typer.Option("--all", help="Everybody's keys (admin).")] = False
) -> None:
    """List your keys, newest first; their secrets are never shown again."""
    found = use.client.keys.list(all_owners=all)
    if use.out.as_json:
        use.out.lines(found)
        return
    now_ms = int(time.time() * 1_000)
    names = experiment_names(use.client, (ident for key in found for ident in key.experiment_ids or ()))
    use.out.table(_COLUMNS, (_row(key, now_ms, names) for key in found))


@command(app, "revoke")
def revoke(
    use: Use,
    name: Annotated[str, typer.Argument(metavar="KEY", help="Its id, or its name if no other valid key has it.")],
    yes: YesOption = False,
) -> None:
    """Revoke a key: it is useless at once."""
    known = _find(use.client, name)
    if known is not None and known.revoked_ms is not None:
        if use.out.as_json:
            use.out.document(known)
        use.out.say(f"Key {known.key_id} ({known.name}) was revoked already, at {moment(known.revoked_ms)}.")
        return
    key_id = name if known is None else known.key_id
    confirm(f"Revoke key {key_id}?" if key_id == name else f"Revoke key {key_id} ({name})?", yes=yes)
    revoked = use.client.keys.revoke(key_id)
    if use.out.as_json:
        use.out.document(revoked)
    use.out.say(f"Revoked key {revoked.key_id} ({revoked.name}).")


@contextmanager
def _signed_in(client: "LodelineClient", account: str | None) -> Generator[None]:
    """Act as an account for a while, whatever key there is; with None as whoever it is."""
    if account is None:
        yield
        return
    client.logins.sign_in(account, ask_password("Password"))
    try:
        yield
    finally:
        client.logins.sign_out()


def _find(client: "LodelineClient", name: str) -> ApiKey | None:
    """Return the key of this id, else the valid one of this name, else the newest revoked one of it; None when
    the server may know better."""
    try:
        known = client.keys.list(all_owners=True)
    except Forbidden:
        known = client.keys.list()
    named = [key for key in known if key.key_id == name] or [key for key in known if key.name == name]
    valid = [key for key in named if key.revoked_ms is None]
    if len(valid) > 1:
        ids = ", ".join(key.key_id for key in valid)
        raise Conflict(f"{len(valid)} keys are named {shown(name)}; give the id of one: {ids}.")
    return next(iter(valid or named), None)


def _row(key: ApiKey, now_ms: int, names: Mapping[str, str]) -> tuple[object, ...]:
    expired = key.expires_ms is not None and key.expires_ms <= now_ms
    return (
        key.key_id,
        key.name,
        key.prefix,
        ", ".join(key.scopes),
        "all" if key.experiment_ids is None else ", ".join(names[ident] for ident in key.experiment_ids),
        moment(key.created_ms),
        moment(key.expires_ms),
        moment(key.last_used_ms),
        "revoked" if key.revoked_ms is not None else "expired" if expired else "valid",
    )
