"""``lodeline audit``: who changed what."""

import typer

from lodeline.cli.options import AllOption, ExperimentOption, FilterOption, LimitOption, OrderOption, Use, command
from lodeline.cli.output import moment

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show who changed what.")


@app.callback()
def _audit() -> None:
    """Show who changed what."""


@command(app, "list")
def list_entries(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List changes, newest first."""
    most = None if all else limit
    found = use.client.audit.search(experiment=experiment, filter=filter, order=order, limit=most)
    if use.out.as_json:
        use.out.lines(found)
        return
    use.out.table(
        ("time", "actor", "action", "target", "experiment", "details"),
        (
            (
                moment(item.at_ms),
                item.actor,
                item.action,
                item.target,
                item.experiment_id,
                ", ".join(f"{key}={value}" for key, value in item.details.items()) or None,
            )
            for item in found
        ),
    )
