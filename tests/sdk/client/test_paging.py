"""Lists are read page by page, to their end or to a limit, and anew each time."""

import asyncio

import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.page import MAX_LIMIT, Page
from lodeline.sdk.client.paging import AsyncItems, Items

ROWS = list(range(2_500))


NOTHING: tuple[int, ...] = ()


def fetch(cursor: str | None, size: int) -> Page[int]:
    start = int(cursor or 0)
    found = tuple(ROWS[start : start + size])
    return Page(found, str(start + size) if start + size < len(ROWS) else None)


async def fetch_later(cursor: str | None, size: int) -> Page[int]:
    await asyncio.sleep(0)
    return fetch(cursor, size)


@pytest.mark.parametrize(("limit", "sizes"), [(None, [1000, 1000, 500]), (1_001, [1000, 1]), (7, [7]), (0, [])])
def test_pages_end_at_the_limit_or_without_a_cursor(limit: int | None, sizes: list[int]) -> None:
    items = Items(fetch, limit=limit)
    assert [len(page.items) for page in items.pages()] == sizes
    assert items.all() == list(items) == ROWS[:limit]
    later = AsyncItems(fetch_later, limit=limit)
    assert asyncio.run(later.all()) == ROWS[:limit]


def test_a_list_goes_on_where_a_page_ended() -> None:
    page = next(Items(fetch, limit=10).pages())
    assert Items(fetch, limit=3, cursor=page.cursor).all() == [10, 11, 12]
    assert Items(fetch, limit=None, cursor=page.cursor).first() == 10
    assert asyncio.run(AsyncItems(fetch_later, limit=None, cursor=page.cursor).first()) == 10


def test_an_empty_page_that_stopped_at_its_deadline_is_gone_on_with() -> None:
    pages = {None: Page(NOTHING, "a", partial=True), "a": Page((1,), "b", partial=True), "b": Page((2,), None)}
    assert Items(lambda cursor, _: pages[cursor], limit=None).all() == [1, 2]


def test_the_first_of_nothing_is_none() -> None:
    assert Items(lambda _, __: Page(NOTHING), limit=None).first() is None


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(Invalid, match="-1"):
        Items(fetch, limit=-1)


def test_no_page_is_larger_than_the_server_allows() -> None:
    sizes: list[int] = []

    def noting(cursor: str | None, size: int) -> Page[int]:
        sizes.append(size)
        return fetch(cursor, size)

    Items(noting, limit=2_200).all()
    assert max(sizes) == MAX_LIMIT
