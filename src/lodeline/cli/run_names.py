"""Runs that commands take by id or name: plain ones, evaluations, labeling sessions."""

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from lodeline.cli.naming import MOST_NAMESAKES, only_one
from lodeline.domain.errors import NotFound
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
    most = MOST_NAMESAKES + 1
    found = list(islice(client.runs.search(experiment=experiment, filter=wanted, limit=most), most))
    only_one(_NOUNS[kind], name, experiment, [(run.run_id, run.experiment_id) for run in found])
    return found[0].run_id
