"""``lodeline import``: bring over what another platform has."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lodeline.cli.exits import NEGATIVE
from lodeline.cli.options import Use, command
from lodeline.cli.progress import counting
from lodeline.mlflow.artifacts import ArtifactFolder
from lodeline.mlflow.importing import ENTITIES, ImportAccount, MlflowImport
from lodeline.mlflow.source import open_source

app = typer.Typer(help="Bring over what another platform has.", no_args_is_help=True, rich_markup_mode=None)
_REFUSED_SHOWN = 20


@app.callback()
def _group() -> None:
    """Bring over what another platform has."""


@command(app, "mlflow", makes_store=True)
def import_mlflow(
    use: Use,
    database: Annotated[
        str,
        typer.Argument(
            metavar="DB_URI",
            help="MLflow's database: sqlite:///FILE, the file's path, or postgresql://USER@HOST/NAME.",
        ),
    ],
    artifacts: Annotated[
        Path | None,
        typer.Option(
            "--artifacts",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="The folder of MLflow's artifacts: attachments, and the spans of old traces, are read from there.",
        ),
    ] = None,
    experiment: Annotated[
        list[str] | None,
        typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Only this one of MLflow's; may be repeated."),
    ] = None,
    suffix: Annotated[
        str, typer.Option("--suffix", metavar="TEXT", help="Append this to names of experiments; they get new ids.")
    ] = "",
) -> None:
    """Import an MLflow database, which is only read: experiments with all that is in them, their ids kept.

    What is here already is left as it is, so the same command again continues. Experiment 0 goes into experiment 0.
    The exit code is 1 when something was left out, 2 when DB_URI is no database of MLflow's.
    """
    with open_source(database) as source:
        job = MlflowImport(source, use.client, ArtifactFolder(artifacts), only=experiment or (), suffix=suffix)
        with counting(use.out, "importing", job.steps()) as advance:
            account = job.run(advance)
    if use.out.as_json:
        use.out.document(_document(account))
    else:
        _show(use, account)
    if account.refused_count or any(each.into is None for each in account.experiments):
        raise typer.Exit(NEGATIVE)


def _show(use: Use, account: ImportAccount) -> None:
    for each in account.experiments:
        if each.into is None:
            use.out.warn(f"Experiment {each.mlflow_id} ({each.name}) was not imported: {each.reason}")
        else:
            use.out.say(f"Experiment {each.mlflow_id} ({each.name}) of MLflow is experiment {each.into} here.")
    rows = [(row[0].replace("_", " "), *row[1:]) for row in _rows(account)]
    use.out.table(("entity", "in MLflow", "new here", "here before"), rows)
    for reason in account.refused[:_REFUSED_SHOWN]:
        use.out.warn(f"Left out: {reason}")
    if account.refused_count > _REFUSED_SHOWN:
        use.out.warn(f"{account.refused_count - _REFUSED_SHOWN:,} more were left out; --json lists them.")


def _rows(account: ImportAccount) -> list[tuple[str, int, int, int]]:
    """Return each entity with how many MLflow has, how many are new here, and how many were here before."""
    rows: list[tuple[str, int, int, int]] = []
    for entity in ENTITIES:
        found, sent, added = account.found[entity], account.sent[entity], account.added[entity]
        rows.append((entity, max(found, sent), added, max(0, sent - added)))
    return rows


def _document(account: ImportAccount) -> dict[str, object]:
    return {
        "entities": {
            entity: {"mlflow": found, "added": added, "existing": existing}
            for entity, found, added, existing in _rows(account)
        },
        "experiments": [asdict(each) for each in account.experiments],
        "refused": account.refused,
        "refused_count": account.refused_count,
    }
