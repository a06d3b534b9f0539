"""Commands that list things by filter, order and limit."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

import typer

from lodeline.cli.options import (
    AllOption,
    ExperimentOption,
    FilterOption,
    LifecycleOption,
    LimitOption,
    OrderOption,
    Use,
    command,
)

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Search(Protocol[T_co]):
    """A client's call that lists things in experiments; all of them when `limit` is None."""

    def __call__(self, *, experiment: list[str] | None, filter: str, order: str, limit: int | None) -> Iterable[T_co]:
        """Return what there is, in the list's order."""
        ...


def list_command(
    app: typer.Typer,
    what: str,
    search: "Callable[[LodelineClient], Search[T]]",
    columns: Mapping[str, Callable[[T], object]],
) -> None:
    """Add ``list`` to `app`, which writes what `search` finds. `what` is its help, `columns` are by their heads."""

    def run(
        use: Use,
        *,
        experiment: ExperimentOption = None,
        filter: FilterOption = "",
        order: OrderOption = "",
        limit: LimitOption = 50,
        all: AllOption = False,
    ) -> None:
        most = None if all else limit
        write_list(use, search(use.client)(experiment=experiment, filter=filter, order=order, limit=most), columns)

    run.__doc__ = what
    command(app, "list")(run)


class LivingSearch(Protocol[T_co]):
    """A client's call that lists things in experiments that may be deleted and restored."""

    def __call__(
        self,
        *,
        experiment: list[str] | None,
        filter: str,
        order: str,
        lifecycle: Literal["ACTIVE", "DELETED", "ALL"],
        limit: int | None,
    ) -> Iterable[T_co]:
        """Return what there is, in the list's order."""
        ...


def living_list_command(
    app: typer.Typer,
    what: str,
    search: "Callable[[LodelineClient], LivingSearch[T]]",
    columns: Mapping[str, Callable[[T], object]],
) -> None:
    """Add ``list`` to `app` as `list_command` does, for things that are also listed when they are deleted."""

    def run(
        use: Use,
        *,
        experiment: ExperimentOption = None,
        filter: FilterOption = "",
        order: OrderOption = "",
        lifecycle: LifecycleOption = "ACTIVE",
        limit: LimitOption = 50,
        all: AllOption = False,
    ) -> None:
        most = None if all else limit
        found = search(use.client)(experiment=experiment, filter=filter, order=order, lifecycle=lifecycle, limit=most)
        write_list(use, found, columns)

    run.__doc__ = what
    command(app, "list")(run)


def write_list(use: Use, items: Iterable[T], columns: Mapping[str, Callable[[T], object]]) -> None:
    """Write items as JSON lines or as a table."""
    if use.out.as_json:
        use.out.lines(items)
        return
    use.out.table(tuple(columns), ([cell(item) for cell in columns.values()] for item in items))
