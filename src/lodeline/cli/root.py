"""The root of the Typer application, made of the command groups that are needed."""

import importlib
import keyword
from collections.abc import Sequence

import typer

from lodeline.cli.exits import OK


def build(names: Sequence[str]) -> typer.Typer:
    """Return the application with these command groups; a module has either an `app` of commands or one `command`."""
    app = typer.Typer(name="lodeline", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(_root)
    for name in names:
        # A word of Python's own cannot be a module's name.
        module = importlib.import_module(f"lodeline.cli.{name}{'_' if keyword.iskeyword(name) else ''}")
        group = getattr(module, "app", None)
        if isinstance(group, typer.Typer):
            app.add_typer(group, name=name)
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
