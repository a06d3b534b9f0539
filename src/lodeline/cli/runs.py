"""``lodeline runs``: list, show, tag, delete and restore runs of every kind, and their files."""

from typing import Annotated

import typer

from lodeline.cli import artifacts as files
from lodeline.cli.listing import living_list_command, write_list
from lodeline.cli.naming import confirm, experiment_names, pairs
from lodeline.cli.options import (
    LimitOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.output import duration, moment
from lodeline.cli.run_names import OfOption, find_run
from lodeline.domain.run import Run

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, show and change runs.")

IdArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run, by id or name.")]


def _duration(run: Run) -> str | None:
    return None if run.end_ms is None else duration((run.end_ms - run.start_ms) * 1_000_000)


living_list_command(
    app,
    "List runs of every kind, newest first.",
    lambda client: client.runs.search,
    {
        "id": lambda item: item.run_id,
        "name": lambda item: item.name,
        "kind": lambda item: item.kind.lower(),
        "status": lambda item: item.status if item.lifecycle == "ACTIVE" else f"{item.status} (deleted)",
        "start": lambda item: moment(item.start_ms),
        "duration": _duration,
        "metrics": lambda item: ", ".join(f"{key}={point.value:.6g}" for key, point in item.metrics.items()),
    },
)


@command(app, "get")
def get(use: Use, run: IdArgument, *, experiment: OfOption = None) -> None:
    """Show a run: params, tags, latest metrics, inputs and outputs."""
    run = find_run(use.client, run, experiment=experiment)
    _show(use, use.client.runs.get(run))


@command(app, "metrics")
def metrics(
    use: Use,
    run: IdArgument,
    metric: Annotated[str, typer.Argument(help="Its name.")],
    *,
    experiment: OfOption = None,
    limit: LimitOption = 1_000,
) -> None:
    """Show the history of one metric, by step."""
    run = find_run(use.client, run, experiment=experiment)
    page = use.client.runs.metric_history(run, metric, limit=limit)
    write_list(
        use,
        page.items,
        {
            "step": lambda point: point.step,
            "at": lambda point: moment(point.timestamp_ms),
            "value": lambda point: f"{point.value:.6g}",
            "dataset": lambda point: point.dataset_id,
            "model": lambda point: point.model_id,
        },
    )
    if page.cursor is not None and not use.out.as_json:
        use.out.note(f"There are more than {limit} points; show them with --limit.")


@command(app, "artifacts")
def artifacts(use: Use, run: IdArgument, folder: files.FolderArgument = "", *, experiment: OfOption = None) -> None:
    """List the files of a run."""
    files.list_files(use, use.client.artifacts, find_run(use.client, run, experiment=experiment), folder)


@command(app, "upload")
def upload(
    use: Use,
    run: IdArgument,
    file: files.FileArgument,
    path: files.PlaceArgument = None,
    *,
    experiment: OfOption = None,
) -> None:
    """Store a file, or a folder with all in it, with a run; files of the same path are replaced."""
    files.send(use, use.client.artifacts, find_run(use.client, run, experiment=experiment), file, path)


@command(app, "download")
def download(
    use: Use,
    run: IdArgument,
    path: files.PathArgument,
    file: files.SavedArgument = None,
    *,
    experiment: OfOption = None,
) -> None:
    """Save a file of a run. What is in it is a stranger's: look before you open it."""
    files.save(use, use.client.artifacts, find_run(use.client, run, experiment=experiment), path, file)


@command(app, "delete-artifact")
def delete_artifact(
    use: Use, run: IdArgument, path: files.RemovedArgument, *, experiment: OfOption = None, yes: YesOption = False
) -> None:
    """Delete a file of a run, or a folder with all in it, for good."""
    files.remove(use, use.client.artifacts, find_run(use.client, run, experiment=experiment), path, yes=yes)


@command(app, "tag")
def tag(
    use: Use,
    run: IdArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Tags to set.")] = None,
    delete: Annotated[list[str] | None, typer.Option(metavar="KEY", help="A tag to delete; may be repeated.")] = None,
    *,
    experiment: OfOption = None,
) -> None:
    """Set and delete tags of a run."""
    run = find_run(use.client, run, experiment=experiment)
    _show(use, use.client.runs.update(run, set_tags=pairs(tags, "tag"), delete_tags=delete or ()))


@command(app, "delete")
def delete_run(use: Use, run: IdArgument, *, experiment: OfOption = None, yes: YesOption = False) -> None:
    """Delete a run: hide it from lists until it is restored. Its traces stay."""
    run = find_run(use.client, run, experiment=experiment)
    confirm(f"Delete run {run}?", yes=yes)
    _show(use, use.client.runs.delete(run))


@command(app, "restore")
def restore(use: Use, run: IdArgument) -> None:
    """Restore a deleted run without loss."""
    run = find_run(use.client, run)
    _show(use, use.client.runs.restore(run))


def _show(use: Use, run: Run) -> None:
    use.out.entity(
        run,
        (
            ("id", run.run_id),
            ("name", run.name),
            ("experiment", experiment_names(use.client, [run.experiment_id])[run.experiment_id]),
            ("kind", run.kind.lower()),
            ("status", run.status),
            ("lifecycle", run.lifecycle),
            ("start", moment(run.start_ms)),
            ("end", moment(run.end_ms)),
            ("created by", run.created_by),
            ("parent", run.parent_run_id),
            *((f"param {key}", value) for key, value in run.params.items()),
            *((f"metric {key}", f"{point.value:.6g}") for key, point in run.metrics.items()),
            *((f"tag {key}", value) for key, value in run.tags.items()),
            *(("input", item.name or item.dataset_id or item.model_id) for item in run.inputs),
            *(("output", item.model_id) for item in run.outputs),
        ),
    )
