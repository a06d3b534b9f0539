"""Runs that commands take by id or name: plain ones, evaluations, labeling sessions."""

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.run import RunKind
from lodeline.query.literals import quote

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

OfOption = Annotated[
    str | None,
    typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Where the run is, of which the name is given."),
]
_NOUNS: Mapping[RunKind | None, str] = {
    None: "run", "RUN": "run", "EVALUATION": "evaluation", "LABELING": "labeling session",
}  # fmt: skip
_SHOWN = 10
_ONE = "Give the id of one."
_ONE_OR_WHERE = "Give the id of one, or its experiment with -e."


def find_run(
    client: "LodelineClient", name: str, kind: RunKind | None = None, *, experiment: str | None = None
) -> str:
    """Return the id of the run that has this id, or else this very name, in one experiment or whatever it is.

    Deleted runs are found by their ids alone. NotFound when there is none, Invalid when several have the name: it
    lists their ids, the newest first.
    """
    try:
        return client.runs.get(name).run_id
    except NotFound:
        pass
    wanted = f"name = {quote(name)}" if kind is None else f"name = {quote(name)} AND kind = {quote(kind)}"
    found = list(islice(client.runs.search(experiment=experiment, filter=wanted, limit=_SHOWN + 1), _SHOWN + 1))
    if not found:
        within = "" if experiment is None else f" in experiment {experiment!r}"
        raise NotFound(f"{_NOUNS[kind]} {name!r} not found{within}, neither by id nor by name.")
    if len(found) > 1:
        shown = ", ".join(f"{run.run_id} (experiment {run.experiment_id})" for run in found[:_SHOWN])
        more = " and more" if len(found) > _SHOWN else ""
        raise Invalid(
            f"{name!r} is the name of several: {shown}{more}. {_ONE if experiment is not None else _ONE_OR_WHERE}",
            code="ambiguous_name",
        )
    return found[0].run_id
