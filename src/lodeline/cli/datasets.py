"""``lodeline datasets``: create, list, import, export, publish and compare datasets."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import orjson
import typer

from lodeline.cli.exits import NEGATIVE
from lodeline.cli.listing import write_list
from lodeline.cli.naming import confirm, pairs
from lodeline.cli.options import (
    AllOption,
    ExperimentOption,
    FilterOption,
    LimitOption,
    OrderOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.output import count, moment
from lodeline.cli.progress import counting
from lodeline.domain.dataset import Dataset, DatasetVersion, Identity
from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.record import Record, RecordDifference, WriteReport

if TYPE_CHECKING:
    from lodeline.sdk.datasets.handle import Dataset as Handle

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Create, fill, publish and compare datasets.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME-or-ID", help="The dataset.")]
HomeOption = Annotated[
    str, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="The experiment that has or links it.")
]
VersionOption = Annotated[
    str, typer.Option("--version", "-v", help="latest, draft, a number, a label, sha256:DIGEST, time:EPOCH_MS.")
]
MessageOption = Annotated[str, typer.Option("--message", "-m", help="Why the version is made.")]
DraftOption = Annotated[bool, typer.Option("--draft", help="Change the draft instead of making a version.")]
_ID_LENGTH = 34
_SHOWN = 20


@command(app, "list")
def list_datasets(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    lifecycle: Annotated[
        Literal["ACTIVE", "DELETED", "ALL"], typer.Option(help="Which ones.", case_sensitive=False)
    ] = "ACTIVE",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List datasets, newest first."""
    most = None if all else limit
    found = use.client.datasets.search(
        experiment=experiment, filter=filter, order=order, lifecycle=lifecycle, limit=most
    )
    write_list(
        use,
        found,
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


@command(app, "get")
def get(use: Use, name: NameArgument, experiment: HomeOption = "0") -> None:
    """Show one dataset."""
    _show(use, find_dataset(use, name, experiment))


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


@command(app, "import")
def import_records(
    use: Use,
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="Records as .jsonl, .csv or .parquet.")],
    *,
    experiment: HomeOption = "0",
    mode: Annotated[
        Literal["append", "merge", "put", "replace"],
        typer.Option(
            help="append: new records only; merge: expectations and tags key by key; put: whole records; replace: "
            "put, and delete all others.",
        ),
    ] = "merge",
    input: Annotated[
        list[str] | None, typer.Option("--input", metavar="COLUMN", help="A plain column that is an input.")
    ] = None,
    expect: Annotated[
        list[str] | None, typer.Option("--expect", metavar="COLUMN", help="A plain column that is an expectation.")
    ] = None,
    message: MessageOption = "",
    draft: DraftOption = False,
) -> None:
    """Write the records of a file into a dataset, as one version. The exit code is 1 when some were rejected."""
    from lodeline.sdk.datasets.loading import load  # noqa: PLC0415 - what --help need not wait for
    from lodeline.sdk.datasets.rows import Columns, drafts_of  # noqa: PLC0415

    found = find_dataset(use, name, experiment)
    columns = Columns(inputs=input or (), expectations=expect or ()) if input or expect else None
    with counting(use.out, "importing", None) as advance:
        report = load(
            use.client,
            found.dataset_id,
            drafts_of(file, columns),
            operation=mode,
            message=message,
            draft=draft,
            progress=advance,
        )
    _report(use, report)


@command(app, "export")
def export(
    use: Use,
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="Where to write, as .jsonl, .csv or .parquet; must not exist.")],
    *,
    experiment: HomeOption = "0",
    version: VersionOption = "latest",
) -> None:
    """Write the records of a version into a new file."""
    handle = _handle(use, find_dataset(use, name, experiment), version)
    written = handle.export(file)
    if use.out.as_json:
        use.out.document({"dataset_id": handle.dataset_id, "file": str(file), "records": written})
    use.out.say(f"Exported {written:,} records of {handle.name} to {file}.")


@command(app, "add-traces")
def add_traces(
    use: Use,
    name: NameArgument,
    trace_ids: Annotated[list[str] | None, typer.Argument(metavar="TRACE-ID", help="Traces to add.")] = None,
    *,
    experiment: HomeOption = "0",
    filter: Annotated[
        str | None, typer.Option("--filter", "-f", help="Add the traces of the experiment that match.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000, help="Most traces of --filter.")] = 100,
    split: Annotated[str | None, typer.Option(help="The split of the records.")] = None,
    message: MessageOption = "",
    draft: DraftOption = False,
) -> None:
    """Merge records made of traces: what went in, what came out, and the expectations that were logged."""
    if not trace_ids and filter is None:
        raise Invalid("trace: name traces, or give --filter (empty for every trace of the experiment).")
    found = find_dataset(use, name, experiment)
    report = use.client.records.add_traces(
        found.dataset_id,
        trace_ids=trace_ids or (),
        experiment=experiment,
        filter=filter,
        limit=limit,
        split=split,
        message=message,
        draft=draft,
    )
    _report(use, report)


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


@command(app, "records")
def list_records(
    use: Use,
    name: NameArgument,
    *,
    experiment: HomeOption = "0",
    version: VersionOption = "latest",
    filter: FilterOption = "",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List the records of a version, in the order of the dataset."""
    found = use.client.records.search(
        find_dataset(use, name, experiment).dataset_id,
        version=version,
        filter=filter,
        limit=None if all else limit,
    )
    write_list(
        use,
        found,
        {
            "id": lambda item: item.record_id,
            "request": lambda item: _json(item.inputs),
            "value": lambda item: _json(item.expectations) if item.expectations else None,
            "split": lambda item: item.split,
            "source": _source,
            "updated": lambda item: moment(item.updated_ms),
        },
    )


@command(app, "diff")
def diff(
    use: Use,
    name: NameArgument,
    before: Annotated[str, typer.Argument(help="A version.")],
    after: Annotated[str, typer.Argument(help="Another version.")] = "latest",
    *,
    experiment: HomeOption = "0",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List the records that two versions do not have the same."""
    found = use.client.records.diff(
        find_dataset(use, name, experiment).dataset_id, before, after, limit=None if all else limit
    )
    write_list(
        use,
        found,
        {
            "change": lambda item: item.kind,
            "id": lambda item: item.record_id,
            "request": lambda item: _json(_either(item).inputs),
            "value": _what,
        },
    )


@command(app, "split")
def split(
    use: Use,
    name: NameArgument,
    shares: Annotated[list[str], typer.Argument(metavar="SPLIT=SHARE", help="Such as train=80 test=20.")],
    *,
    experiment: HomeOption = "0",
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other splits.")] = 0,
    stratify_by: Annotated[
        str | None, typer.Option(help="A tag, or expectations.KEY, whose values are split alike.")
    ] = None,
    message: MessageOption = "",
    draft: DraftOption = False,
) -> None:
    """Give every record a split; the same records and seed give the same splits on any machine."""
    ratios = {key: _share(key, value) for key, value in pairs(shares, "SPLIT=SHARE").items()}
    report = use.client.records.assign_splits(
        find_dataset(use, name, experiment).dataset_id,
        ratios,
        seed=seed,
        stratify_by=stratify_by,
        message=message,
        draft=draft,
    )
    _report(use, report)


def find_dataset(use: Use, name: str, experiment: str) -> Dataset:
    """Return the dataset of this name in an experiment, or of this id."""
    try:
        return use.client.datasets.find(name, experiment=experiment)
    except NotFound:
        if name.startswith("d-") and len(name) == _ID_LENGTH:
            return use.client.datasets.get(name)
        raise


def _handle(use: Use, found: Dataset, version: str) -> "Handle":
    # Its imports are what --help need not wait for.
    from lodeline.sdk.datasets.handle import Dataset as Handle  # noqa: PLC0415

    return Handle(use.client, found).at(version)


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


def _report(use: Use, report: WriteReport) -> None:
    if use.out.as_json:
        use.out.document(report)
    where = f"version {report.version}" if report.version is not None else f"a draft of {report.draft_changes:,}"
    use.out.say(
        f"Inserted {report.inserted:,}, updated {report.updated:,}, unchanged {report.unchanged:,}, deleted "
        f"{report.deleted:,}, rejected {len(report.rejected):,}: {where}."
    )
    for each in report.rejected[:_SHOWN]:
        use.out.warn(f"Rejected record {each.index}: {each.reason}")
    if len(report.rejected) > _SHOWN:
        use.out.warn(f"… and {len(report.rejected) - _SHOWN:,} more")
    if report.rejected:
        raise typer.Exit(NEGATIVE)


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


def _either(item: RecordDifference) -> Record:
    record = item.after or item.before
    assert record is not None  # noqa: S101  # a difference has at least one
    return record


def _what(item: RecordDifference) -> str | None:
    """Return which parts of a changed record differ."""
    if item.before is None or item.after is None:
        return None
    before, after = item.before, item.after
    names = ("inputs", "expectations", "outputs", "tags", "split", "external_id", "source")
    return ", ".join(name for name in names if getattr(before, name) != getattr(after, name))


def _source(record: Record) -> str | None:
    source = record.source
    return None if source is None else f"{source.kind} {source.source_id or ''}".strip()


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _share(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Invalid.value(name, text, "a number above 0") from error
