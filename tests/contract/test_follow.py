"""Contract of `TraceStore.follow`: what arrives is met once, whatever its time, however many write."""

import threading
from dataclasses import replace

from lodeline.domain.page import Page
from lodeline.domain.trace import Trace
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import audit, make_experiment, search, span, write


def names(page: Page[Trace]) -> list[str]:
    return [trace.trace_id for trace in page.items]


def after(page: Page[Trace], asked: Search, *, limit: int = 100) -> Search:
    assert page.cursor is not None
    return replace(asked, cursor=page.cursor, limit=limit)


def arrive(stores: Stores, *ids: str, received_ms: int = 5, experiment: str = "0") -> None:
    for trace_id in ids:
        made = write(trace_id, span("a"), experiment=experiment)
        stores.traces.write([replace(made, received_ms=received_ms)])


def test_the_latest_come_first_and_then_what_arrives(stores: Stores) -> None:
    arrive(stores, "a", "b", "c")
    asked = search("", limit=2)
    page = stores.traces.follow(asked)
    assert names(page) == ["b", "c"]
    page = stores.traces.follow(after(page, asked))
    assert names(page) == []
    arrive(stores, "d", "e", "f")
    page = stores.traces.follow(after(page, asked, limit=2))
    assert names(page) == ["d", "e"]
    page = stores.traces.follow(after(page, asked, limit=1))
    assert names(page) == ["f"]
    page = stores.traces.follow(after(page, asked, limit=1))
    assert names(page) == []


def test_equal_and_earlier_times_are_not_skipped(stores: Stores) -> None:
    """A time is taken before a trace is stored: another process may be slower to store it."""
    arrive(stores, "a", received_ms=7)
    asked = search("", limit=10)
    page = stores.traces.follow(asked)
    arrive(stores, "same", received_ms=7)
    arrive(stores, "earlier", received_ms=3)
    assert names(stores.traces.follow(after(page, asked))) == ["same", "earlier"]
    first = stores.traces.search(search("", order="received", limit=1))
    assert names(first) == ["a"]
    arrive(stores, "later", received_ms=1)
    rest = stores.traces.search(replace(search("", order="received"), cursor=first.cursor))
    assert names(rest) == ["same", "earlier", "later"]


def test_an_empty_store_is_followed_from_its_first_trace(stores: Stores) -> None:
    asked = search("", limit=10)
    page = stores.traces.follow(asked)
    assert names(page) == []
    arrive(stores, "a")
    assert names(stores.traces.follow(after(page, asked))) == ["a"]


def test_more_content_of_a_trace_is_no_arrival_and_its_removal_moves_nothing(stores: Stores) -> None:
    arrive(stores, "a", "b")
    asked = search("", limit=10)
    page = stores.traces.follow(asked)
    stores.traces.write([write("a", span("z"))])
    assert names(stores.traces.follow(after(page, asked))) == []
    stores.traces.delete([page.items[-1].trace_id], audit=audit())
    arrive(stores, "c")
    assert names(stores.traces.follow(after(page, asked))) == ["c"]


def test_only_what_matches_and_is_in_reach_is_met(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    asked = search("id != 'no'", limit=10)
    page = stores.traces.follow(asked)
    arrive(stores, "elsewhere", experiment=other)
    arrive(stores, "no", "yes")
    page = stores.traces.follow(after(page, asked))
    assert names(page) == ["yes"]
    assert names(stores.traces.follow(after(page, asked))) == []


def test_many_writers_are_followed_without_a_gap(stores: Stores) -> None:
    asked = search("", limit=7)
    page = stores.traces.follow(asked)
    met: list[str] = []
    threads = [
        threading.Thread(target=arrive, args=(stores, *(f"{writer}-{n}" for n in range(25)))) for writer in range(4)
    ]
    for thread in threads:
        thread.start()
    while True:
        writing = any(thread.is_alive() for thread in threads)
        page = stores.traces.follow(after(page, asked, limit=7))
        met += names(page)
        if not writing and not page.items:
            break
    assert len(met) == len(set(met)) == 100
    assert met == names(stores.traces.search(search("", order="received", limit=1000)))
