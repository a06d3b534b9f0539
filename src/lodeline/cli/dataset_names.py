"""What commands of datasets and their records share: which dataset, version and message they are about."""

from typing import Annotated

import typer

from lodeline.cli.options import Use
from lodeline.domain.dataset import Dataset
from lodeline.domain.errors import NotFound

NameArgument = Annotated[str, typer.Argument(metavar="NAME-or-ID", help="The dataset.")]
HomeOption = Annotated[
    str, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="The experiment that has or links it.")
]
VersionOption = Annotated[
    str, typer.Option("--version", "-v", help="latest, draft, a number, a label, sha256:DIGEST, time:EPOCH_MS.")
]
MessageOption = Annotated[str, typer.Option("--message", "-m", help="Why the version is made.")]
_ID_LENGTH = 34


def find_dataset(use: Use, name: str, experiment: str) -> Dataset:
    """Return the dataset of this name in an experiment, or of this id."""
    try:
        return use.client.datasets.find(name, experiment=experiment)
    except NotFound:
        if name.startswith("d-") and len(name) == _ID_LENGTH:
            return use.client.datasets.get(name)
        raise
