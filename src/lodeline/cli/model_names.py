"""Models that commands take by id or name."""

import contextlib
from itertools import islice
from typing import Annotated

import typer

from lodeline.cli.options import Use
from lodeline.cli.output import moment
from lodeline.domain.errors import Invalid, NotFound, shown
from lodeline.domain.model import Model
from lodeline.query.literals import quote

NameArgument = Annotated[str, typer.Argument(metavar="MODEL", help="The model, by id or name.")]
OfOption = Annotated[
    str | None,
    typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Where the model is, of which the name is given."),
]
_NAMED = 5


def find_model(use: Use, model: str, experiment: str | None) -> Model:
    """Return the model of this id, or else of this name in one experiment or whatever it is.

    NotFound where there is none, Invalid where several have the name.
    """
    with contextlib.suppress(NotFound, Invalid):
        return use.client.models.get(model)
    search = use.client.models.search(experiment=experiment, filter=f"name = {quote(model)}", limit=_NAMED + 1)
    found = list(islice(search, _NAMED + 1))
    if not found:
        where = "" if experiment is None else f" of experiment {experiment}"
        raise NotFound(
            f"model {shown(model)}: no model{where} has this id or name; see: lodeline models list -e EXPERIMENT"
        )
    if len(found) > 1:
        ids = ", ".join(
            f"{item.model_id} (experiment {item.experiment_id}, {moment(item.created_ms)})" for item in found[:_NAMED]
        )
        more = ", …" if len(found) > _NAMED else ""
        raise Invalid(f"model {shown(model)}: several have this name; give the id of one: {ids}{more}")
    return use.client.models.get(found[0].model_id)  # lists leave the source's diff out
