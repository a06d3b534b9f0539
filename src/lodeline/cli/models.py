"""``lodeline models``: versions of the application, their aliases and differences."""

from typing import Annotated

import typer

from lodeline.cli.listing import write_list
from lodeline.cli.naming import confirm, pairs
from lodeline.cli.options import (
    AllOption,
    ExperimentOption,
    FilterOption,
    LifecycleOption,
    LimitOption,
    OneExperimentOption,
    OrderOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.output import moment
from lodeline.domain.model import Model, ModelDraft

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List, show and compare versions of applications."
)

IdArgument = Annotated[str, typer.Argument(metavar="MODEL", help="The model's id.")]


@command(app, "list")
def list_models(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    lifecycle: LifecycleOption = "ACTIVE",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List models, newest first."""
    most = None if all else limit
    found = use.client.models.search(
        experiment=experiment, filter=filter, order=order, lifecycle=lifecycle, limit=most
    )
    write_list(
        use,
        found,
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
    _show(use, use.client.models.create(draft, experiment=experiment))


@command(app, "get")
def get(use: Use, model: IdArgument) -> None:
    """Show a model: source, params, prompts, metrics and aliases."""
    _show(use, use.client.models.get(model))


@command(app, "diff")
def diff(
    use: Use,
    left: Annotated[str, typer.Argument(metavar="MODEL", help="The id of a model.")],
    right: Annotated[str, typer.Argument(metavar="OTHER", help="The id of another.")],
) -> None:
    """Show how two models differ in params, prompts, source and metrics."""
    found = use.client.models.diff(left, right)
    if use.out.as_json:
        use.out.document(found)
        return
    parts = (
        ("param", found.params), ("prompt", found.prompts), ("git", found.git), ("metric", found.metrics),
        ("model", found.other),
    )  # fmt: skip
    use.out.table(
        ("part", "name", found.left, found.right),
        [(part, item.name, item.left, item.right) for part, items in parts for item in items],
    )


@command(app, "alias")
def alias(
    use: Use,
    name: Annotated[str, typer.Argument(metavar="ALIAS", help="The alias, such as production.")],
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="The model that it is to point at.")] = None,
    *,
    experiment: OneExperimentOption = "0",
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why it moves.")] = "",
    gate_passed: Annotated[
        str | None, typer.Option("--gate-passed", metavar="REPORT", help="A gate passed: where its report is.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the alias away.")] = False,
) -> None:
    """Move an alias to a model, or show the model that it points at."""
    models = use.client.models
    if model is None and not remove:
        _show(use, models.by_alias(name, experiment=experiment))
        return
    gate = None if gate_passed is None else "passed"
    found = models.set_alias(
        name, None if remove else model, experiment=experiment, reason=reason, gate=gate, gate_report=gate_passed
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
            "reason": lambda event: event.reason or None,
        },
    )


@command(app, "delete")
def delete_model(use: Use, model: IdArgument, yes: YesOption = False) -> None:
    """Delete a model: hide it from lists until it is restored. Its traces stay."""
    confirm(f"Delete model {model}?", yes=yes)
    _show(use, use.client.models.delete(model))


@command(app, "restore")
def restore(use: Use, model: IdArgument) -> None:
    """Restore a deleted model without loss."""
    _show(use, use.client.models.restore(model))


def _show(use: Use, model: Model) -> None:
    if use.out.as_json:
        use.out.document(model)
        return
    git = model.git
    use.out.pairs(
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
        )
    )
