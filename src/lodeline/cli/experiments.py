"""``lodeline experiments``: create, list, change, delete, export and import experiments."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal, cast

import orjson
import typer

from lodeline.cli.exits import NEGATIVE
from lodeline.cli.listing import write_list
from lodeline.cli.naming import confirm, find_experiment, pairs, value_of
from lodeline.cli.options import (
    AllOption,
    FilterOption,
    LimitOption,
    OrderOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.output import moment, size
from lodeline.cli.purging import purged
from lodeline.cli.texts import cost
from lodeline.cli.transfer import download, uploading
from lodeline.domain.budget import BudgetState
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.experiment import Experiment, ExperimentSettings
from lodeline.query.problem import nearest

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Create, list, change and move experiments.")

NameArgument = Annotated[str, typer.Argument(metavar="ID-or-NAME", help="The experiment.")]
_TagOption = Annotated[list[str] | None, typer.Option("--tag", "-t", metavar="KEY=VALUE", help="May be repeated.")]


@command(app, "list")
def list_experiments(
    use: Use,
    *,
    filter: FilterOption = "",
    order: OrderOption = "",
    lifecycle: Annotated[
        Literal["ACTIVE", "DELETED", "ALL"], typer.Option(help="Which ones.", case_sensitive=False)
    ] = "ACTIVE",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List experiments, newest first."""
    most = None if all else limit
    found = use.client.experiments.search(filter=filter, order=order, lifecycle=lifecycle, limit=most)
    write_list(
        use,
        found,
        {
            "id": lambda item: item.experiment_id,
            "name": lambda item: item.name,
            "state": lambda item: item.lifecycle,
            "created": lambda item: moment(item.created_ms or None),
            "tags": lambda item: _tags({key: item.tags[key] for key in item.tags if not key.startswith(_OWN)}),
        },
    )


@command(app, "create", makes_store=True)
def create(
    use: Use,
    name: Annotated[str, typer.Argument(help="A new name.")],
    description: Annotated[str, typer.Option("--description", "-d", help="What it is about.")] = "",
    tag: _TagOption = None,
) -> None:
    """Create an experiment."""
    made = use.client.experiments.create(name, description=description, tags=pairs(tag, "--tag"))
    if use.out.as_json:
        use.out.document(made)
    use.out.say(f"Created experiment {made.experiment_id}: {made.name}")
    use.view(made.experiment_id)


@command(app, "get")
def get(use: Use, name: NameArgument) -> None:
    """Show one experiment."""
    found = find_experiment(use.client, name)
    _show(use, found)
    use.view(found.experiment_id)


@command(app, "rename")
def rename(use: Use, name: NameArgument, new_name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Give an experiment another name; its id stays."""
    found = find_experiment(use.client, name)
    _show(use, use.client.experiments.update(found.experiment_id, name=new_name))


@command(app, "describe")
def describe(use: Use, name: NameArgument, description: Annotated[str, typer.Argument(help="The new text.")]) -> None:
    """Set the description of an experiment."""
    found = find_experiment(use.client, name)
    _show(use, use.client.experiments.update(found.experiment_id, description=description))


@command(app, "tag")
def tag(
    use: Use,
    name: NameArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Tags to set.")] = None,
    delete: Annotated[list[str] | None, typer.Option(metavar="KEY", help="A tag to delete; may be repeated.")] = None,
) -> None:
    """Set and delete tags of an experiment."""
    ident = find_experiment(use.client, name).experiment_id
    changed = use.client.experiments.update(ident, set_tags=pairs(tags, "tag"), delete_tags=delete or ())
    _show(use, changed)


@command(app, "configure")
def configure(
    use: Use,
    name: NameArgument,
    settings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SETTING=VALUE",
            help="Such as capture=structure, retention.max_age_days=30, 'mask_patterns=[\"[0-9]{16}\"]'.",
        ),
    ] = None,
) -> None:
    """Change settings that every new trace inherits: capture, masking, own prices, retention, environments, a budget.

    Values are JSON, or text; null takes a setting back to its default. Without any, show the settings.
    """
    found = find_experiment(use.client, name)
    if settings:
        changed = _settings(pairs(settings, "setting"))
        found = use.client.experiments.update(found.experiment_id, settings=changed)
    if use.out.as_json:
        use.out.document(found.settings)
        return
    use.out.pairs([(key, _shown(value)) for key, value in _flat(asdict(found.settings)).items()])


@command(app, "budget")
def budget(use: Use, name: NameArgument) -> None:
    """Show what an experiment's traces cost in the present day, week or month (UTC), beside its budget.

    Set one with 'configure': budget.max_usd=50 budget.period=week. The exit code is 1 when it is exceeded.
    """
    found = use.client.experiments.budget(find_experiment(use.client, name).experiment_id)
    if use.out.as_json:
        use.out.document(found)
    else:
        use.out.pairs(
            (
                ("period", f"{found.period}, {moment(found.from_ms)} to {moment(found.to_ms)}"),
                ("spent", ("" if found.complete else "at least ") + str(cost(found.spent_usd))),
                ("budget", "none" if found.max_usd is None else cost(found.max_usd)),
                ("at this rate", cost(found.projected_usd)),
                ("state", _STATES[found.state]),
            )
        )
    if found.state == "over":
        raise typer.Exit(NEGATIVE)


_STATES: Mapping[BudgetState, str] = {
    "none": "no budget is set",
    "within": "within the budget",
    "ahead": "within the budget, but not to the end of the period at this rate",
    "over": "over the budget",
}


@command(app, "delete")
def delete_experiment(use: Use, name: NameArgument, yes: YesOption = False) -> None:
    """Delete an experiment: hide it with everything in it until it is restored or purged."""
    found = find_experiment(use.client, name)
    confirm(f"Delete experiment {found.experiment_id} ({found.name})?", yes=yes)
    _show(use, use.client.experiments.delete(found.experiment_id))


@command(app, "restore")
def restore(use: Use, name: NameArgument) -> None:
    """Restore a deleted experiment without loss."""
    found = find_experiment(use.client, name)
    _show(use, use.client.experiments.restore(found.experiment_id))


@command(app, "purge")
def purge(use: Use, name: NameArgument, yes: YesOption = False) -> None:
    """Remove a deleted experiment and everything in it for good."""
    found = find_experiment(use.client, name)
    confirm(f"Remove experiment {found.experiment_id} ({found.name}) and all of its traces for good?", yes=yes)
    receipt = purged(use, found)
    if use.out.as_json:
        use.out.document(receipt)
    use.out.say(
        f"Purged {receipt.name}: {receipt.traces:,} traces, {receipt.spans:,} spans, {receipt.assessments:,} "
        f"assessments, {receipt.blobs:,} files; {size(receipt.bytes_freed)} freed."
    )


@command(app, "export")
def export(
    use: Use,
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="Where to write; must not exist.")],
) -> None:
    """Export an experiment, lossless, into one file."""
    found = find_experiment(use.client, name)
    written = download(use, use.client.transfer.export_experiment(found.experiment_id), file)
    if use.out.as_json:
        use.out.document({"experiment_id": found.experiment_id, "file": str(file), "bytes": written})
    use.out.say(f"Exported experiment {found.experiment_id} ({found.name}) to {file}: {size(written)}.")


@command(app, "import", makes_store=True)
def import_experiment(
    use: Use,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that 'export' wrote.")],
    as_name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Import as a new experiment of this name.")
    ] = None,
) -> None:
    """Import an exported experiment; ids are kept where they are free, existing traces are never overwritten.

    The exit code is 1 when something in the file was refused.
    """
    with uploading(use, file) as parts:
        report = use.client.transfer.import_experiment(parts, as_name=as_name)
    existing = report.existing_traces
    if use.out.as_json:
        use.out.document(report)
    else:
        made = report.experiment
        use.out.say(
            f"Imported into experiment {made.experiment_id} ({made.name}): {report.traces:,} traces, "
            f"{report.spans:,} spans, {report.assessments:,} assessments, {report.attachments:,} attachments, "
            f"{report.runs:,} runs, {report.models:,} models."
        )
        if existing:
            shown = ", ".join(existing[:_EXISTING_SHOWN]) + (", …" if len(existing) > _EXISTING_SHOWN else "")
            use.out.say(f"{report.existing_count} traces exist already and were left where they are: {shown}")
    for reason in report.refused:
        use.out.warn(f"Refused: {reason}")
    if report.refused:
        raise typer.Exit(NEGATIVE)


_EXISTING_SHOWN = 5


def _settings(changes: Mapping[str, str]) -> dict[str, object]:
    """Return changes of settings by their dotted names as a request has them."""
    changed: dict[str, object] = {}
    for key, text in changes.items():
        _check_setting(key)
        group, dot, last = key.rpartition(".")
        place = changed.setdefault(group, {}) if dot else changed
        if not isinstance(place, dict) or (not dot and last in changed):
            raise Invalid(f"setting: {group or last} is set twice, whole and in parts; set it once.")
        cast("dict[str, object]", place)[last] = value_of(text)
    return changed


def _check_setting(name: str) -> None:
    """Return when there is a setting, or a group of settings, of this dotted name; else Invalid with the nearest."""
    defaults = asdict(ExperimentSettings())
    single = _flat(defaults)
    if name not in single and name not in defaults:
        near = nearest(name, {**single, **defaults})
        hint = "" if near is None else f" Did you mean {near!r}?"
        raise Invalid(f"setting: there is no {shown(name)}.{hint} There are {', '.join(single)}.")


def _flat(settings: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return settings by their dotted names."""
    found: dict[str, object] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found.update(_flat(cast("Mapping[str, object]", value), f"{prefix}{key}."))
        else:
            found[prefix + key] = value
    return found


def _shown(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _show(use: Use, experiment: Experiment) -> None:
    if use.out.as_json:
        use.out.document(experiment)
        return
    use.out.pairs(
        (
            ("id", experiment.experiment_id),
            ("name", experiment.name),
            ("state", experiment.lifecycle),
            ("created", moment(experiment.created_ms or None)),
            ("created by", experiment.created_by),
            ("description", experiment.description),
            ("tags", _tags(experiment.tags)),
            ("capture", experiment.settings.capture),
        )
    )


_OWN = "lodeline."
"""Tags that begin so are Lodeline's own; lists leave them out."""


def _tags(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items())
