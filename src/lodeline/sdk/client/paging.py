"""Items of lists, fetched page after page while they are read."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

from lodeline.domain.errors import Invalid
from lodeline.domain.page import MAX_LIMIT, Page

T = TypeVar("T")


class Items(Generic[T]):
    """The items of a list in order; iterating fetches pages as they are needed, anew each time.

    A page that stopped at the server's deadline is gone on with, so nothing is missed. At most `limit` items.
    """

    def __init__(
        self, fetch: Callable[[str | None, int], Page[T]], *, limit: int | None, cursor: str | None = None
    ) -> None:
        self._fetch = fetch
        self._progress = _Progress(limit, cursor)

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page[T]]:
        """Yield pages; `Page.cursor`, given to the same search as `cursor`, goes on after a page."""
        progress = self._progress
        while progress.more:
            page = self._fetch(progress.cursor, progress.size)
            progress = progress.after(len(page.items), page.cursor)
            yield page

    def all(self) -> list[T]:
        """Return all items."""
        return list(self)

    def first(self) -> T | None:
        """Return the first item; None when there is none."""
        narrow = Items(self._fetch, limit=1, cursor=self._progress.cursor)
        return next(iter(narrow), None)


class AsyncItems(Generic[T]):
    """The items of a list in order; iterating fetches pages as they are needed, anew each time. See `Items`."""

    def __init__(
        self, fetch: Callable[[str | None, int], Awaitable[Page[T]]], *, limit: int | None, cursor: str | None = None
    ) -> None:
        self._fetch = fetch
        self._progress = _Progress(limit, cursor)

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Yield pages; `Page.cursor`, given to the same search as `cursor`, goes on after a page."""
        progress = self._progress
        while progress.more:
            page = await self._fetch(progress.cursor, progress.size)
            progress = progress.after(len(page.items), page.cursor)
            yield page

    async def all(self) -> list[T]:
        """Return all items."""
        return [item async for item in self]

    async def first(self) -> T | None:
        """Return the first item; None when there is none."""
        narrow = AsyncItems(self._fetch, limit=1, cursor=self._progress.cursor)
        async for item in narrow:
            return item
        return None


class _Progress:
    """How far a list has been read; never changes, so that iterating again begins anew."""

    def __init__(self, left: int | None, cursor: str | None, *, ended: bool = False) -> None:
        if left is not None and left < 0:
            raise Invalid.value("limit", left, "a number from 0 on, or None for all items")
        self.cursor = cursor
        self._left = left
        self.more = not ended and left != 0
        self.size = MAX_LIMIT if left is None else min(left, MAX_LIMIT)

    def after(self, count: int, cursor: str | None) -> "_Progress":
        left = None if self._left is None else max(0, self._left - count)
        return _Progress(left, cursor, ended=cursor is None)
