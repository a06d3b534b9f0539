"""``lodeline prompts``: register, show and compare prompts, move their aliases."""

import difflib
import sys
from pathlib import Path
from typing import Annotated, cast

import orjson
import typer

from lodeline.cli.listing import list_command, write_list
from lodeline.cli.naming import confirm, pairs
from lodeline.cli.options import (
    AllOption,
    LimitOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.output import clean, moment
from lodeline.domain.errors import Invalid
from lodeline.domain.prompt import ChatMessage, Prompt, PromptVersion
from lodeline.domain.span import JsonValue

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Register, show and compare prompts.")

NameArgument = Annotated[str, typer.Argument(help="The prompt's name.")]
HomeOption = Annotated[
    str | None,
    typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="One that it must belong or be linked to."),
]


list_command(
    app,
    "List prompts, newest first.",
    lambda client: client.prompts.search,
    {
        "name": lambda item: item.name,
        "experiment": lambda item: item.experiment_id,
        "version": lambda item: item.latest_version,
        "aliases": lambda item: _aliases(item) or None,
        "updated": lambda item: moment(item.updated_ms),
    },
)


@command(app, "register", makes_store=True)
def register(
    use: Use,
    name: NameArgument,
    file: Annotated[
        Path, typer.Argument(help="The template as text, or messages as JSON (.json); - is standard input.")
    ],
    *,
    experiment: Annotated[
        str | None,
        typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Where a new one belongs; else it is linked."),
    ] = None,
    message: Annotated[str, typer.Option("--message", "-m", help="Why the version is made.")] = "",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", "-t", metavar="KEY=VALUE", help="May be repeated.")
    ] = None,
) -> None:
    """Register a version of a prompt, in which {{ name }} stands for a variable."""
    registered = use.client.prompts.register(
        name, _template(file), experiment=experiment, message=message, tags=pairs(tag, "--tag")
    )
    if use.out.as_json:
        use.out.document(registered)
    made = registered.version
    if registered.made:
        variables = f"; variables: {', '.join(made.variables)}" if made.variables else ""
        use.out.say(f"Registered version {made.version} of {made.name}{variables}.")
    else:
        use.out.say(f"{made.name} says the same already, as version {made.version}.")


@command(app, "get")
def get(
    use: Use,
    name: NameArgument,
    version: Annotated[str, typer.Argument(help="A number, an alias, or latest.")] = "latest",
    *,
    experiment: HomeOption = None,
) -> None:
    """Show a version of a prompt."""
    found = use.client.prompts.version(name, version, experiment=experiment)
    if use.out.as_json:
        use.out.document(found)
        return
    prompt = use.client.prompts.get(name, experiment=experiment)
    use.out.pairs(
        (
            ("name", found.name),
            ("version", found.version),
            ("aliases", _aliases(prompt)),
            ("made", moment(found.created_ms)),
            ("by", found.author),
            ("message", found.message),
            ("variables", ", ".join(found.variables)),
            ("digest", found.digest),
            ("description", prompt.description),
            ("experiment", prompt.experiment_id),
            ("linked to", ", ".join(prompt.linked_experiment_ids)),
        )
    )
    for line in ["", *_lines(found)]:
        use.out.say(line)
    use.view(prompt.experiment_id, "prompts", found.name)


@command(app, "versions")
def versions(
    use: Use, name: NameArgument, *, experiment: HomeOption = None, limit: LimitOption = 50, all: AllOption = False
) -> None:
    """List the versions of a prompt, the latest first."""
    found = use.client.prompts.versions(name, experiment=experiment, limit=None if all else limit)
    write_list(
        use,
        found,
        {
            "version": lambda item: item.version,
            "made": lambda item: moment(item.created_ms),
            "by": lambda item: item.author,
            "digest": lambda item: item.digest[:12],
            "message": lambda item: item.message or None,
        },
    )


@command(app, "diff")
def diff(
    use: Use,
    name: NameArgument,
    before: Annotated[str, typer.Argument(help="A number, an alias, or latest.")],
    after: Annotated[str, typer.Argument(help="Another one.")] = "latest",
    *,
    experiment: HomeOption = None,
) -> None:
    """Compare two versions line by line."""
    old, new = (use.client.prompts.version(name, ref, experiment=experiment) for ref in (before, after))
    if use.out.as_json:
        use.out.document({"before": old, "after": new})
        return
    named = f"{name}/{old.version}", f"{name}/{new.version}"
    for line in difflib.unified_diff(_lines(old), _lines(new), named[0], named[1], lineterm=""):
        use.out.say(line)


@command(app, "alias")
def alias(
    use: Use,
    name: NameArgument,
    aliases: Annotated[
        list[str], typer.Argument(metavar="ALIAS=VERSION", help="Such as production=3; production= deletes it.")
    ],
    *,
    experiment: HomeOption = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept.")] = "",
) -> None:
    """Move aliases of a prompt to versions, or delete them."""
    given = pairs(aliases, "alias")
    prompt = use.client.prompts.update(
        name,
        experiment=experiment,
        set_aliases={key: _number(value) for key, value in given.items() if value},
        delete_aliases=[key for key, value in given.items() if not value],
        reason=reason,
    )
    if use.out.as_json:
        use.out.document(prompt)
    use.out.say(f"{prompt.name}: {_aliases(prompt) or 'no aliases'}.")


@command(app, "link")
def link(
    use: Use,
    name: NameArgument,
    experiments: Annotated[list[str], typer.Argument(metavar="ID-or-NAME...", help="Experiments.")],
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Take the links away.")] = False,
) -> None:
    """Link a prompt to experiments, where it is then listed and read."""
    ids = [use.client.experiments.find(each).experiment_id for each in experiments]
    prompt = use.client.prompts.update(name, link=[] if remove else ids, unlink=ids if remove else [])
    if use.out.as_json:
        use.out.document(prompt)
    use.out.say(f"{prompt.name}: linked to {', '.join(prompt.linked_experiment_ids) or 'no other experiment'}.")


@command(app, "delete")
def delete_prompt(use: Use, name: NameArgument, *, experiment: HomeOption = None, yes: YesOption = False) -> None:
    """Remove a prompt with all of its versions for good."""
    found = use.client.prompts.get(name, experiment=experiment)
    confirm(f"Remove prompt {found.name} with {found.latest_version} versions for good?", yes=yes)
    use.client.prompts.delete(name, experiment=experiment)
    use.out.say(f"Removed prompt {found.name}.")


def _template(file: Path) -> str | list[ChatMessage]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file}: it cannot be read as text ({error}).") from error
    if file.suffix != ".json":
        return text
    try:
        messages = cast(JsonValue, orjson.loads(text))
        items = cast("list[dict[str, str]]", messages)
        return [ChatMessage(str(item["role"]), str(item["content"])) for item in items]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Invalid(f"{file.name}: it is no JSON list of messages with role and content.") from error


def _lines(version: PromptVersion) -> list[str]:
    if version.kind == "text":
        return [clean(line) for line in (version.template or "").splitlines()]
    return [
        clean(line) for message in version.messages for line in (f"[{message.role}]", *message.content.splitlines())
    ]


def _aliases(prompt: Prompt) -> str:
    return ", ".join(f"{key}={version}" for key, version in prompt.aliases.items())


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Invalid.value("version", text, "the number of a version")
    return int(text)
