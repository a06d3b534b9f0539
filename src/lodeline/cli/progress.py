"""Progress bars: on a terminal's standard error, and nowhere else."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from lodeline.cli.output import Output


@contextmanager
def counting(out: Output, what: str, total: int | None) -> Generator[Callable[[int], None]]:
    """Give a function that moves a bar of `total` steps (None: unknown) by so many."""
    # Here and below: only commands that take long have a bar, and no other should wait for its import.
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out.errors, transient=True, disable=not out.errors.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda steps: progress.advance(task, steps)


@contextmanager
def working(out: Output, what: str) -> Generator[None]:
    """Show that something of unknown length is going on."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out.errors, transient=True, disable=not out.errors.is_terminal) as progress:
        progress.add_task(what, total=None)
        yield
