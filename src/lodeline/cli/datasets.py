"""``lodeline datasets``: create, list, import, export, publish and compare datasets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer

from lodeline.cli import records
from lodeline.cli.dataset_names import HomeOption, MessageOption, NameArgument, VersionOption, find_dataset
from lodeline.cli.listing import living_list_command, write_list
from lodeline.cli.naming import confirm, pairs
from lodeline.cli.options import (
    AllOption,
    LimitOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.output import count, moment
from lodeline.domain.dataset import Dataset, DatasetVersion, Identity
from lodeline.domain.errors import Invalid

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Create, fill, publish and compare datasets.")


living_list_command(
    app,
    "List datasets, newest first.",
    lambda client: client.datasets.search,
    {
        "id": lambda item: item.dataset_id,
        "name": lambda item: item.name,
        "experiment": lambda item: item.experiment_id,
        "version": lambda item: item.latest_version,
        "count": lambda item: item.record_count,
        "draft": lambda item: count(item.draft_changes),
        "updated": lambda item: moment(item.updated_ms),
    },
)


@command(app, "create", makes_store=True)
def create(
    use: Use,
    name: Annotated[str, typer.Argument(help="A new name.")],
    *,
    experiment: HomeOption = "0",
    identity: Annotated[
        Literal["by_input", "by_external_id", "none"], typer.Option(help="When two records are the same.")
    ] = "by_input",
    description: Annotated[str, typer.Option("--description", "-d", help="What it is about.")] = "",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", "-t", metavar="KEY=VALUE", help="May be repeated.")
    ] = None,
    input_schema: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file with a JSON Schema of inputs.")
    ] = None,
    expectation_schema: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file with a JSON Schema of expectations.")
    ] = None,
) -> None:
    """Create an empty dataset."""
    kind: Identity = identity
    made = use.client.datasets.create(
        name,
        experiment=experiment,
        identity=kind,
        description=description,
        tags=pairs(tag, "--tag"),
        input_schema=_schema(input_schema),
        expectation_schema=_schema(expectation_schema),
    )
    if use.out.as_json:
        use.out.document(made)
    use.out.say(f"Created dataset {made.dataset_id}: {made.name}")
    use.view(made.experiment_id, "datasets", made.dataset_id)


@command(app, "get")
def get(use: Use, name: NameArgument, experiment: HomeOption = "0") -> None:
    """Show one dataset."""
    found = find_dataset(use, name, experiment)
    _show(use, found)
    use.view(found.experiment_id, "datasets", found.dataset_id)


@command(app, "delete")
def delete_dataset(use: Use, name: NameArgument, *, experiment: HomeOption = "0", yes: YesOption = False) -> None:
    """Delete a dataset: it leaves the lists until it is restored."""
    found = find_dataset(use, name, experiment)
    confirm(f"Delete dataset {found.dataset_id} ({found.name})?", yes=yes)
    _show(use, use.client.datasets.delete(found.dataset_id))


@command(app, "restore")
def restore(use: Use, dataset_id: Annotated[str, typer.Argument(metavar="ID", help="The dataset's id.")]) -> None:
    """Restore a deleted dataset, by its id: its name may have gone to another."""
    _show(use, use.client.datasets.restore(dataset_id))


command(app, "import")(records.import_records)
command(app, "export")(records.export)
command(app, "add-traces")(records.add_traces)


@command(app, "publish")
def publish(use: Use, name: NameArgument, *, experiment: HomeOption = "0", message: MessageOption = "") -> None:
    """Make a version of the draft."""
    published = use.client.datasets.publish(find_dataset(use, name, experiment).dataset_id, message=message)
    if use.out.as_json:
        use.out.document(published)
        return
    made = published.version
    if published.made:
        use.out.say(f"Published version {made.version}: {_counts(made)}, {made.total:,} records.")
    else:
        use.out.say(f"There was nothing to publish; the latest version is {made.version}.")


@command(app, "discard")
def discard(use: Use, name: NameArgument, *, experiment: HomeOption = "0", yes: YesOption = False) -> None:
    """Undo the draft."""
    found = find_dataset(use, name, experiment)
    confirm(f"Undo the draft of {found.name}, with {found.draft_changes:,} changed records?", yes=yes)
    _show(use, use.client.datasets.discard(found.dataset_id))


@command(app, "versions")
def versions(
    use: Use, name: NameArgument, *, experiment: HomeOption = "0", limit: LimitOption = 50, all: AllOption = False
) -> None:
    """List the published versions, the latest first."""
    found = use.client.datasets.versions(find_dataset(use, name, experiment).dataset_id, limit=None if all else limit)
    write_list(
        use,
        found,
        {
            "version": lambda item: item.version,
            "count": lambda item: item.total,
            "changes": _counts,
            "published": lambda item: moment(item.created_ms),
            "author": lambda item: item.author,
            "labels": lambda item: ", ".join(item.labels) or None,
            "digest": lambda item: item.digest[:12],
            "message": lambda item: item.message or None,
        },
    )


@command(app, "label")
def label(
    use: Use,
    name: NameArgument,
    labels: Annotated[list[str], typer.Argument(metavar="LABEL", help="Labels to put on the version.")],
    *,
    experiment: HomeOption = "0",
    version: VersionOption = "latest",
) -> None:
    """Put labels on a version, such as golden, which takes them from others."""
    found = find_dataset(use, name, experiment)
    labelled = use.client.datasets.label(found.dataset_id, version, set_labels=labels)
    if use.out.as_json:
        use.out.document(labelled)
    use.out.say(f"Version {labelled.version} of {found.name} is now {', '.join(labelled.labels)}.")


command(app, "records")(records.list_records)
command(app, "diff")(records.diff)
command(app, "near-duplicates")(records.list_near_duplicates)
command(app, "split")(records.split)


def _schema(file: Path | None) -> Mapping[str, object] | None:
    if file is None:
        return None
    try:
        schema: object = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{file.name}: it is not JSON ({error}).") from error
    if not isinstance(schema, dict):
        raise Invalid(f"{file.name}: it is no JSON Schema: no object.")
    return schema  # pyright: ignore[reportUnknownVariableType] - the server checks what is in it


def _show(use: Use, dataset: Dataset) -> None:
    if use.out.as_json:
        use.out.document(dataset)
        return
    use.out.pairs(
        (
            ("id", dataset.dataset_id),
            ("name", dataset.name),
            ("experiment", dataset.experiment_id),
            ("linked to", ", ".join(dataset.linked_experiment_ids)),
            ("state", dataset.lifecycle),
            ("identity", dataset.identity),
            ("version", dataset.latest_version),
            ("records", dataset.record_count),
            ("digest", dataset.digest),
            ("draft", f"{dataset.draft_changes:,} changed records" if dataset.draft_changes else None),
            ("created", moment(dataset.created_ms)),
            ("created by", dataset.created_by),
            ("description", dataset.description),
            ("tags", ", ".join(f"{key}={value}" for key, value in dataset.tags.items())),
        )
    )


def _counts(version: DatasetVersion) -> str:
    return f"+{version.added:,} ~{version.changed:,} −{version.removed:,}"
