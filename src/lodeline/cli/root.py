"""The root of the Typer application, made of the command groups that are needed."""

import importlib
import keyword
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from lodeline.cli.exits import OK

_SYNONYMS: tuple[frozenset[str], ...] = (
    frozenset({"get", "show", "view", "info", "describe"}),
    frozenset({"list", "ls", "search", "find", "all"}),
    frozenset({"delete", "rm", "remove", "del", "revoke", "purge"}),
    frozenset({"create", "new", "add", "make", "register", "log"}),
    frozenset({"update", "edit", "change", "set", "configure"}),
    frozenset({"compare", "diff"}),
    frozenset({"download", "export", "save"}),
)
"""What people call commands; a group has some of each."""


def synonym(word: str, commands: Iterable[str]) -> str | None:
    """Return the command of a group that is meant by another word for it; None when there is none."""
    known = list(commands)
    same = (words for words in _SYNONYMS if word.lower() in words)
    return next((command for words in same for command in known if command in words), None)


class Group(TyperGroup):
    """A group that knows other words for its commands, beside the misspelt ones that Typer knows."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is asked for; a usage error, with the one that was meant, where there is none."""
        if args and args[0] not in self.commands:
            meant = synonym(args[0], self.commands)
            if meant is not None:
                ctx.fail(f"No such command {args[0]!r}. Did you mean {meant!r}?")
        return super().resolve_command(ctx, args)


def build(names: Sequence[str]) -> typer.Typer:
    """Return the application with these command groups; a module has either an `app` of commands or one `command`."""
    app = typer.Typer(name="lodeline", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(_root)
    for name in names:
        # A word of Python's own cannot be a module's name.
        module = importlib.import_module(f"lodeline.cli.{name}{'_' if keyword.iskeyword(name) else ''}")
        group = getattr(module, "app", None)
        if isinstance(group, typer.Typer):
            app.add_typer(group, name=name, cls=Group)
        else:
            app.command(name)(module.command)
    return app


def invoke(names: Sequence[str], arguments: Sequence[str]) -> int:
    """Run the application and return its exit code; errors of `domain.errors` pass through."""
    try:
        build(names)(list(arguments), prog_name="lodeline")
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else OK
    return OK


def _root() -> None:
    """Traces, evaluation and improvement of GenAI applications."""
