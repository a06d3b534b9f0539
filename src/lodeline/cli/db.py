"""``lodeline db``: the store itself, opened in this process."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lodeline.cli.exits import NEGATIVE
from lodeline.cli.naming import confirm
from lodeline.cli.options import JsonOption, YesOption, closing_quietly
from lodeline.cli.output import Output, size
from lodeline.cli.progress import working
from lodeline.server.settings import load_settings
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores, plan_upgrade, upgrade_store
from lodeline.storage.upgrade import UpgradePlan

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Migrate, check, back up and vacuum a store.")

StorePathOption = Annotated[
    str | None,
    typer.Option("--store", metavar="DIR-or-URL", help="The store (or LODELINE_STORE) [./lodeline-data]."),
]


@app.command("migrate")
def migrate(
    *,
    store: StorePathOption = None,
    backup: Annotated[
        Path | None, typer.Option("--backup", metavar="DIR", help="Where the copy that is made first goes.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring a store to this version's schema, after a backup; nothing else may have it open meanwhile."""
    out, url = Output(as_json=as_json), _url(store)
    plan = plan_upgrade(url, backup=backup)
    if as_json and (dry_run or not plan.steps):
        out.document(plan)
    _show(out, plan)
    if not plan.steps or dry_run:
        return
    confirm("Go on?", yes=yes)
    with working(out, "migrating"):
        done = upgrade_store(url, backup=backup)
    if as_json:
        out.document(done)
    out.say(f"The store is at version {done.target}; the copy from before is in {done.backup}.")


@app.command("check")
def check(
    *,
    store: StorePathOption = None,
    every: Annotated[
        bool, typer.Option("--every", help="Compare every trace with its payload, not a sample.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Verify a store's consistency; exit code 1 when something is wrong."""
    with _opened(store, as_json=as_json) as (stores, out):
        with working(out, "checking"):
            wrong = list(stores.admin.check(every=every))
        if as_json:
            out.document({"ok": not wrong, "wrong": wrong})
        for finding in wrong:
            out.say(finding, "red")
        out.say("The store is consistent." if not wrong else f"Wrong: {len(wrong)}.")
    if wrong:
        raise typer.Exit(NEGATIVE)


@app.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A new directory; the backup opens as a store.")],
    *,
    store: StorePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy a store into a new directory, consistent even while a server writes to it."""
    with _opened(store, as_json=as_json) as (stores, out):
        with working(out, "copying"):
            copied = stores.admin.backup(str(target))
        if as_json:
            out.document({"target": str(target), **asdict(copied)})
        sizes = {"file_bytes": copied.file_bytes, "blobs": copied.blobs, "blob_bytes": copied.blob_bytes}
        out.say(f"Copied to {target}: {_figures(sizes)}.")
        for name in copied.left_out:
            out.warn(f"{name} lies in the store's folder, is no part of the store, and was not copied.")
        for path in copied.leftovers:
            out.warn(f"{path} is what a broken-off backup left; nothing needs it.")


@app.command("vacuum")
def vacuum(*, store: StorePathOption = None, as_json: JsonOption = False) -> None:
    """Give the space of what was deleted back to the system."""
    with _opened(store, as_json=as_json) as (stores, out):
        with working(out, "rewriting"):
            sizes = dict(stores.admin.vacuum())
        if as_json:
            out.document(sizes)
        out.say(f"Done: {_figures(sizes)}.")


@app.command("figures")
def figures(*, store: StorePathOption = None, as_json: JsonOption = False) -> None:
    """Show sizes and counters of a store."""
    with _opened(store, as_json=as_json) as (stores, out):
        found = dict(stores.admin.figures())
        if as_json:
            out.document(found)
        else:
            out.pairs((name.replace("_", " "), _figure(name, value)) for name, value in found.items())


@contextmanager
def _opened(store: str | None, *, as_json: bool) -> Generator[tuple[Stores, Output]]:
    """Give an existing store and the output; the store is closed afterwards."""
    with closing_quietly():
        stores = open_stores(_url(store), create=False)
        try:
            yield stores, Output(as_json=as_json)
        finally:
            stores.close()


def _url(store: str | None) -> str:
    return load_settings(flags={"store": store}, environ=os.environ).store


def _show(out: Output, plan: UpgradePlan) -> None:
    if not plan.steps:
        out.say(f"The store is at version {plan.version}, which is the newest: nothing to do.")
        return
    out.say(f"The store is at version {plan.version}; version {plan.target} needs these steps:")
    for step in plan.steps:
        out.say(f"  {step.number}  {step.summary}")
    out.say(
        f"First it is copied to {plan.backup}. Needed: {size(plan.needed_bytes)} beside the store "
        f"({size(plan.free_bytes)} free), {size(plan.backup_needed_bytes)} for the copy "
        f"({size(plan.backup_free_bytes)} free)."
    )


def _figures(found: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_figure(name, value)}" for name, value in found.items())


def _figure(name: str, value: int | str) -> str:
    if isinstance(value, str):
        return value
    return size(value) if "bytes" in name or name in {"before", "after"} else f"{value:,}"
