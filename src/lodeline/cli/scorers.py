"""``lodeline scorers``: list and show registered scorers."""

from collections.abc import Mapping
from typing import Annotated

import typer

from lodeline.cli.listing import write_list
from lodeline.cli.naming import confirm
from lodeline.cli.options import ExperimentOption, Use, YesOption, command
from lodeline.cli.output import moment
from lodeline.domain.document import from_document
from lodeline.domain.scorer import Validation
from lodeline.domain.span import JsonValue

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, show and delete registered scorers.")

NameArgument = Annotated[str, typer.Argument(help="The scorer's name.")]
HomeOption = Annotated[
    str, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="The experiment that has it.")
]


@command(app, "list")
def list_scorers(use: Use, *, experiment: ExperimentOption = None) -> None:
    """List the latest version of every registered scorer."""
    found = use.client.scorers.list(experiment)
    write_list(
        use,
        found,
        {
            "name": lambda item: item.name,
            "experiment": lambda item: item.experiment_id,
            "version": lambda item: item.version,
            "kind": lambda item: item.definition.get("kind"),
            "agrees with people": lambda item: _validated(item.definition),
            "digest": lambda item: item.digest[:12],
            "registered": lambda item: moment(item.created_ms),
            "by": lambda item: item.created_by,
        },
    )


def _validated(definition: Mapping[str, JsonValue]) -> str | None:
    """Say of a judge how far it was measured to agree with people."""
    found = definition.get("validation")
    if isinstance(found, Mapping):
        return str(from_document(Validation, found))
    return "not validated" if definition.get("validated") is False else None


@command(app, "get")
def get(use: Use, name: NameArgument, *, experiment: HomeOption = "0") -> None:
    """Show every version of a registered scorer, the latest first, as JSON lines."""
    use.out.lines(use.client.scorers.versions(name, experiment=experiment))


@command(app, "delete")
def delete_scorer(use: Use, name: NameArgument, *, experiment: HomeOption = "0", yes: YesOption = False) -> None:
    """Remove a registered scorer with all of its versions for good; what it judged stays."""
    confirm(f"Remove scorer {name} for good?", yes=yes)
    use.client.scorers.delete(name, experiment=experiment)
    use.out.say(f"Removed scorer {name}.")
