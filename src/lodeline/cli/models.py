"""``lodeline models``: versions of the application, their aliases and differences."""

import re
from pathlib import Path
from typing import Annotated

import typer

from lodeline.cli import artifacts as files
from lodeline.cli.listing import living_list_command, write_list
from lodeline.cli.model_names import NameArgument, OfOption, find_model
from lodeline.cli.naming import confirm, pairs
from lodeline.cli.options import (
    LimitOption,
    OneExperimentOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.output import moment
from lodeline.cli.transfer import read_text
from lodeline.domain.errors import Invalid
from lodeline.domain.gate import GateRun
from lodeline.domain.ids import RunId
from lodeline.domain.model import Model, ModelDraft

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List, show and compare versions of applications."
)

IdArgument = Annotated[str, typer.Argument(metavar="MODEL", help="The model's id.")]
_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{32,}")


living_list_command(
    app,
    "List models, newest first.",
    lambda client: client.models.search,
    {
        "id": lambda item: item.model_id,
        "name": lambda item: item.name,
        "status": lambda item: item.status if item.lifecycle == "ACTIVE" else f"{item.status} (deleted)",
        "created": lambda item: moment(item.created_ms),
        "commit": lambda item: None if item.git is None or item.git.commit is None else item.git.commit[:12],
        "aliases": lambda item: ", ".join(item.aliases),
    },
)


@command(app, "create")
def create(
    use: Use,
    name: Annotated[str, typer.Argument(help="The version's name.")],
    experiment: OneExperimentOption = "0",
    param: Annotated[list[str] | None, typer.Option("--param", metavar="KEY=VALUE", help="May be repeated.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", "-t", metavar="KEY=VALUE", help="May be repeated.")
    ] = None,
) -> None:
    """Create a model, READY, without what git says; programs use lodeline.create_model."""
    draft = ModelDraft(name, status="READY", params=pairs(param, "--param"), tags=pairs(tag, "--tag"))
    made = use.client.models.create(draft, experiment=experiment)
    _show(use, made)
    use.view(made.experiment_id, "models")


@command(app, "get")
def get(use: Use, model: NameArgument, *, experiment: OfOption = None) -> None:
    """Show a model: source, params, prompts, metrics and aliases."""
    found = find_model(use, model, experiment)
    _show(use, found)
    use.view(found.experiment_id, "models")


@command(app, "diff")
def diff(
    use: Use,
    left: NameArgument,
    right: Annotated[str, typer.Argument(metavar="OTHER", help="Another one, by id or name.")],
    *,
    experiment: OfOption = None,
) -> None:
    """Show how two models differ in params, prompts, source and metrics."""
    before, after = find_model(use, left, experiment), find_model(use, right, experiment)
    found = use.client.models.diff(before.model_id, after.model_id)
    if use.out.as_json:
        use.out.document(found)
        return
    parts = (
        ("param", found.params), ("prompt", found.prompts), ("git", found.git), ("metric", found.metrics),
        ("model", found.other),
    )  # fmt: skip
    use.out.table(
        ("part", "name", *_headings(before, after)),
        [
            ("model", "id", before.model_id, after.model_id),
            *((part, item.name, _short(item.left), _short(item.right)) for part, items in parts for item in items),
        ],
    )


@command(app, "alias")
def alias(
    use: Use,
    name: Annotated[str, typer.Argument(metavar="ALIAS", help="The alias, such as production.")],
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="The model that it is to point at, by id or name.")
    ] = None,
    *,
    experiment: OneExperimentOption = "0",
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why it moves.")] = "",
    gate_file: Annotated[
        Path | None, typer.Option("--gate", metavar="FILE", help="A gate file that the server is to hold.")
    ] = None,
    evaluation: Annotated[
        str | None, typer.Option("--evaluation", metavar="RUN", help="The evaluation of MODEL to hold it on.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="RUN", help="The evaluation that rules compare with.")
    ] = None,
    gate_passed: Annotated[
        str | None,
        typer.Option("--gate-passed", metavar="REPORT", help="A gate passed elsewhere: where its report is."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the alias away.")] = False,
) -> None:
    """Move an alias to a model, or show the model that it points at."""
    models = use.client.models
    if model is None and not remove:
        _show(use, models.by_alias(name, experiment=experiment))
        return
    gate_run = _gate_run(gate_file, evaluation, baseline)
    if gate_run is not None and gate_passed is not None:
        raise Invalid("alias: --gate-passed is for a gate held elsewhere; leave it out beside --gate.")
    found = models.set_alias(
        name,
        None if remove or model is None else find_model(use, model, experiment).model_id,
        experiment=experiment,
        reason=reason,
        gate=None if gate_passed is None else "passed",
        gate_report=gate_passed,
        gate_run=gate_run,
    )
    if use.out.as_json:
        use.out.document(found)
        return
    use.out.say(f"{name} points at {'nothing' if found is None else found.model_id}.")


@command(app, "moves")
def moves(
    use: Use,
    name: Annotated[str | None, typer.Argument(metavar="ALIAS", help="Only moves of this alias.")] = None,
    experiment: OneExperimentOption = "0",
    limit: LimitOption = 50,
) -> None:
    """List the moves of an experiment's aliases, the last first."""
    found = use.client.models.alias_events(experiment=experiment, alias=name, limit=limit)
    write_list(
        use,
        found,
        {
            "at": lambda event: moment(event.at_ms),
            "alias": lambda event: event.alias,
            "model": lambda event: event.model_id,
            "before": lambda event: event.previous_model_id,
            "by": lambda event: event.by,
            "gate": lambda event: event.gate,
            "evaluation": lambda event: event.gate_run_id,
            "reason": lambda event: event.reason or None,
        },
    )


@command(app, "artifacts")
def artifacts(
    use: Use, model: NameArgument, folder: files.FolderArgument = "", *, experiment: OfOption = None
) -> None:
    """List the files of a model."""
    files.list_files(use, use.client.model_artifacts, find_model(use, model, experiment).model_id, folder)


@command(app, "upload")
def upload(
    use: Use,
    model: NameArgument,
    file: files.FileArgument,
    path: files.PlaceArgument = None,
    *,
    experiment: OfOption = None,
) -> None:
    """Store a file, or a folder with all in it, with a model; files of the same path are replaced."""
    files.send(use, use.client.model_artifacts, find_model(use, model, experiment).model_id, file, path)


@command(app, "download")
def download(
    use: Use,
    model: NameArgument,
    path: files.PathArgument,
    file: files.SavedArgument = None,
    *,
    experiment: OfOption = None,
) -> None:
    """Save a file of a model. What is in it is a stranger's: look before you open it."""
    files.save(use, use.client.model_artifacts, find_model(use, model, experiment).model_id, path, file)


@command(app, "delete-artifact")
def delete_artifact(
    use: Use, model: NameArgument, path: files.RemovedArgument, *, experiment: OfOption = None, yes: YesOption = False
) -> None:
    """Delete a file of a model, or a folder with all in it, for good."""
    files.remove(use, use.client.model_artifacts, find_model(use, model, experiment).model_id, path, yes=yes)


@command(app, "delete")
def delete_model(use: Use, model: IdArgument, yes: YesOption = False) -> None:
    """Delete a model: hide it from lists until it is restored. Its traces stay."""
    confirm(f"Delete model {model}?", yes=yes)
    _show(use, use.client.models.delete(model))


@command(app, "restore")
def restore(use: Use, model: IdArgument) -> None:
    """Restore a deleted model without loss."""
    _show(use, use.client.models.restore(model))


def _headings(left: Model, right: Model) -> tuple[str, str]:
    """Return the names of two models, or their ids where names do not tell them apart."""
    if not left.name or not right.name or left.name == right.name:
        return left.model_id, right.model_id
    return left.name, right.name


def _short(value: str | None) -> str | None:
    """Return a value as people can read it: of a digest in hexadecimal digits the beginning, which tells it apart."""
    return value if value is None or not _DIGEST.fullmatch(value) else f"{value[:12]}…"


def _gate_run(file: Path | None, evaluation: str | None, baseline: str | None) -> GateRun | None:
    if file is None and evaluation is None and baseline is None:
        return None
    if file is None or evaluation is None:
        raise Invalid("alias: --gate FILE and --evaluation RUN go together; --baseline goes with both.")
    return GateRun(RunId(evaluation), read_text(file), None if baseline is None else RunId(baseline))


def _show(use: Use, model: Model) -> None:
    git = model.git
    use.out.entity(
        model,
        (
            ("id", model.model_id),
            ("name", model.name),
            ("experiment", model.experiment_id),
            ("status", model.status),
            ("message", model.status_message),
            ("lifecycle", model.lifecycle),
            ("type", model.model_type),
            ("created", moment(model.created_ms)),
            ("created by", model.created_by),
            ("aliases", ", ".join(model.aliases)),
            ("commit", None if git is None else git.commit),
            ("branch", None if git is None else git.branch),
            ("uncommitted", "yes" if git is not None and git.dirty else None),
            *((f"param {key}", value) for key, value in model.params.items()),
            *((f"prompt {item.name}", str(item.version)) for item in model.prompt_versions),
            *((f"metric {item.key}", f"{item.value:.6g}") for item in model.metrics),
            *((f"tag {key}", value) for key, value in model.tags.items()),
        ),
    )
