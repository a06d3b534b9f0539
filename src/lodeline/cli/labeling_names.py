"""What labeling commands share: which session and dataset they are about, and what errors name."""

import re
from typing import Annotated

import typer

from lodeline.cli.options import Use
from lodeline.cli.output import Output
from lodeline.cli.run_names import find_run

SessionArgument = Annotated[str, typer.Argument(help="The session, by run id or name.", metavar="SESSION")]
OfOption = Annotated[
    str | None,
    typer.Option(
        "--experiment", "-e", metavar="ID-or-NAME", help="Where the session is, of which the name is given."
    ),
]


def session_id(use: Use, name: str, experiment: str | None) -> str:
    """Return the run id of the session that a command is about, by id or name."""
    return find_run(use.client, name, "LABELING", experiment=experiment)


def dataset_id(use: Use, dataset: str, experiment: str) -> str:
    """Return the id of a dataset that is named by it, or by its name in the session's experiment."""
    if re.fullmatch(r"d-[0-9a-f]{32}", dataset):
        return dataset
    return use.client.datasets.find(dataset, experiment=experiment).dataset_id


def said(out: Output, document: object, text: str) -> None:
    """Write a document for programs, a sentence for people."""
    if out.as_json:
        out.document(document)
    out.say(text)
