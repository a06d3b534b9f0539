"""Records of datasets on the command line: import, export, list and compare them; give them splits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import orjson
import typer

from lodeline.cli.dataset_names import HomeOption, MessageOption, NameArgument, VersionOption, find_dataset
from lodeline.cli.exits import NEGATIVE
from lodeline.cli.listing import write_list
from lodeline.cli.naming import pairs
from lodeline.cli.options import AllOption, FilterOption, LimitOption, Use
from lodeline.cli.output import moment
from lodeline.cli.progress import counting
from lodeline.domain.dataset import Dataset
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.ids import RecordId
from lodeline.domain.record import Record, RecordDifference, WriteReport
from lodeline.evals.near_duplicates import MAX_TEXTS, inputs_text, near_duplicates

if TYPE_CHECKING:
    from lodeline.sdk.datasets.handle import Dataset as Handle

DraftOption = Annotated[bool, typer.Option("--draft", help="Change the draft instead of making a version.")]
_SHOWN = 20


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

    if Path(name).is_file() and not file.exists():
        raise Invalid(f"file: there is no {shown(str(file))}; the dataset comes first, then the file.")
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
    keep_source: Annotated[
        bool, typer.Option("--keep-source", help="Pin the traces: retention leaves them.")
    ] = False,
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
        keep_source=keep_source,
        message=message,
        draft=draft,
    )
    _report(use, report)


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


def list_near_duplicates(
    use: Use,
    name: NameArgument,
    *,
    experiment: HomeOption = "0",
    version: VersionOption = "latest",
    threshold: Annotated[float, typer.Option(help="How similar, above 0.3 and at most 1.")] = 0.8,
) -> None:
    """List the records whose inputs say almost the same, group by group; of the draft with --version draft."""
    dataset_id = find_dataset(use, name, experiment).dataset_id
    listed = use.client.records.search(dataset_id, version=version, limit=MAX_TEXTS + 1)
    records = {item.record_id: item for item in listed}
    texts = ((record_id, inputs_text(item.inputs)) for record_id, item in records.items())
    report = near_duplicates(texts, threshold=threshold)
    if use.out.as_json:
        use.out.document(report)
        return
    use.out.table(
        ("group", "id", "request", "similarity"),
        (
            (number, each, _json(records[RecordId(each)].inputs), f"{group.similarity:.2f}")
            for number, group in enumerate(report.groups, 1)
            for each in group.names
        ),
    )
    looked_at = f"{report.texts:,} records{'; there was more to compare' if report.partial else ''}"
    use.out.note(f"{len(report.groups):,} groups among {looked_at}.")


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


def _handle(use: Use, found: Dataset, version: str) -> "Handle":
    # Its imports are what --help need not wait for.
    from lodeline.sdk.datasets.handle import Dataset as Handle  # noqa: PLC0415

    return Handle(use.client, found).at(version)


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
