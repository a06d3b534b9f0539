"""What commands that talk to a server have in common: connection options, output, and how both are made."""

import inspect
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast

import typer

from lodeline.cli.dialect import in_options, options_of
from lodeline.cli.exits import OutputClosed
from lodeline.cli.output import Output
from lodeline.domain.errors import Invalid

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

CommandT = TypeVar("CommandT", bound=Callable[..., None])
DEFAULT_SERVER = "http://127.0.0.1:5000"

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server", metavar="URL", help=f"Server to talk to (or LODELINE_URL; {DEFAULT_SERVER} without).",
        rich_help_panel="Connection",
    ),
]  # fmt: skip
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="API key of the server (or LODELINE_KEY, which keeps it out of the process list).",
        rich_help_panel="Connection",
    ),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="DIR-or-URL", help="Open this store in process instead of talking to a server.",
        rich_help_panel="Connection",
    ),
]  # fmt: skip
JsonOption = Annotated[
    bool, typer.Option("--json", help="Write JSON: one document, or one line for each item of a list.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
ExperimentOption = Annotated[
    list[str] | None,
    typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Only this experiment; may be repeated."),
]
OneExperimentOption = Annotated[str, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="The experiment.")]
FilterOption = Annotated[str, typer.Option("--filter", "-f", help="Filter, as docs/reference/filter.md has it.")]
OrderOption = Annotated[str, typer.Option("--order", "-o", help="Sort keys, such as 'duration desc, start'.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="Most items to show.")]
LifecycleOption = Annotated[
    Literal["ACTIVE", "DELETED", "ALL"], typer.Option("--lifecycle", help="Which ones.", case_sensitive=False)
]
AllOption = Annotated[bool, typer.Option("--all", help="Show all items, whatever --limit says.")]


@dataclass(frozen=True, slots=True)
class Use:
    """What a command works with: a client of the server or the opened store, and where it writes.

    `where` are the options that name the same server or store to another command.
    """

    client: "LodelineClient"
    out: Output
    where: tuple[str, ...] = ()

    def view(self, experiment_id: str, *segments: str) -> None:
        """Say where people see an experiment, or what is below its page, if the server serves pages."""
        if not self.out.as_json and (url := self.client.page_url(experiment_id, *segments)) is not None:
            self.out.say(f"View: {url}")


def command(app: typer.Typer, name: str, *, makes_store: bool = False) -> Callable[[CommandT], CommandT]:
    """Register a command of `app` that takes a `Use` first, and give it the connection options and ``--json``.

    It works on a store that exists, unless it `makes_store`: a mistyped path must not become one.
    """

    def register(function: CommandT) -> CommandT:
        app.command(name)(with_connection(function, makes_store=makes_store))
        return function

    return register


def with_connection(function: Callable[..., None], *, makes_store: bool = False) -> Callable[..., None]:
    """Return a command that makes the `Use` which `function` takes first, from options that it adds."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    options = options_of(own)

    def run(
        server: ServerOption = None,
        key: KeyOption = None,
        store: StoreOption = None,
        as_json: JsonOption = False,
        **arguments: Any,
    ) -> None:
        with closing_quietly(), connected(server, key, store, create=makes_store) as client:
            where = ("--store", store) if store else ("--server", server) if server else ()
            with in_options(options, arguments):
                function(Use(client, Output(as_json=as_json), where), **arguments)

    shared = list(inspect.signature(run, eval_str=True).parameters.values())[:-1]
    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in [*own, *shared]]
    run.__doc__ = function.__doc__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(run)["__signature__"] = inspect.Signature(parameters)
    return run


@contextmanager
def closing_quietly() -> Generator[None]:
    """Turn a broken pipe into OutputClosed, which Typer leaves alone."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise OutputClosed from error


@contextmanager
def connected(
    server: str | None, key: str | None, store: str | None, *, create: bool = False
) -> Generator["LodelineClient"]:
    """Give a client of a server, or of a store opened in this process; Invalid when both are named.

    A missing store is made when `create`, else NotFound.

    What is not given comes from LODELINE_URL and LODELINE_KEY; a given `store` wins over LODELINE_URL.
    """
    if store is not None and server is not None:
        raise Invalid("--store and --server: give one of them, not both.")
    # The imports of both ways take their time, which no help page and no completion should wait for.
    if store is not None:
        from lodeline.local import connect  # noqa: PLC0415

        with connect(store, create=create) as client:
            yield client
        return
    _leave_out_httpx_command_line()
    from lodeline.sdk.client.clients import LodelineClient  # noqa: PLC0415

    # Whoever waits at a terminal is told at once what is wrong; what takes long has Ctrl-C.
    with LodelineClient(server, key, timeout_s=600.0, max_retries=0) as client:
        yield client


def _leave_out_httpx_command_line() -> None:
    """Let `import httpx` not import its own command line, which takes as long as all the rest of it.

    httpx imports it wherever click, rich and pygments happen to be installed, and does without elsewhere.
    """
    sys.modules.setdefault("httpx._main", cast(Any, None))
