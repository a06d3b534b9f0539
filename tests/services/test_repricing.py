"""Traces priced anew when prices change after their calls."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.errors import Deleted, Forbidden, Invalid, NotFound
from lodeline.domain.experiment import ExperimentChange, PriceOverride
from lodeline.domain.ids import AccountId, ExperimentId, TraceId
from lodeline.domain.repricing import RepriceReport
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.prices import package
from lodeline.ingest.repricing import Repricing
from lodeline.query.ast import Search
from lodeline.services import repricing
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from lodeline.storage.base import CostStore
from tests.contract.build import span, write
from tests.services.bundled import make, services_over

ONE = ExperimentId("1")
EDITOR = Actor("account", "ed", AccountId("acc-1"), roles={ONE: "editor"})
VIEWER = Actor("account", "vi", AccountId("acc-2"), roles={ONE: "viewer"})
MILLION = TokenUsage(input_uncached=1_000_000)


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Services]:
    with services_over(str(request.param).format(tmp_path / "store")) as opened:
        make(opened, "app")
        yield opened


def call(services: Services, trace_id: str, model: str | None = "own-1", **facts: Any) -> None:
    spec = span("call", tokens=MILLION, model=model, **facts)
    services.stores.traces.write([write(trace_id, spec, experiment=ONE)])


def set_price(services: Services, **usd_per_mtok: float) -> None:
    prices = [PriceOverride(model, input_usd_per_mtok=usd) for model, usd in usd_per_mtok.items()]
    services.experiments.update(LOCAL, ONE, ExperimentChange(settings={"prices": tuple(prices)}))


def reprice(services: Services, text: str = "", actor: Actor = LOCAL, **options: Any) -> RepriceReport:
    return services.repricing.reprice(actor, "app", ListQuery(filter=text), **options)


def cost(services: Services, trace_id: str) -> tuple[float | None, str | None]:
    (only,) = services.stores.spans.load(TraceId(trace_id))
    return only.cost_usd, only.cost_source


def test_a_price_that_comes_later_holds_for_what_was_called_before(services: Services) -> None:
    call(services, "tr-a")
    set_price(services, **{"own-1": 2.5})
    assert reprice(services, dry_run=True) == RepriceReport(1, 1, 1, 0.0, 2.5, dry_run=True)
    assert cost(services, "tr-a") == (None, None)
    assert reprice(services, actor=EDITOR) == RepriceReport(1, 1, 1, 0.0, 2.5, dry_run=False)
    assert cost(services, "tr-a") == (2.5, "override")
    assert reprice(services) == RepriceReport(1, 0, 0, 0.0, 0.0, dry_run=False)
    (entry,) = services.stores.audit.search(Search(limit=1)).items
    assert (entry.action, entry.target, entry.experiment_id, entry.actor) == ("trace.reprice", "tr-a", ONE, "ed")
    assert entry.details == {"spans": "1", "before_usd": "0.0", "after_usd": "2.5", "trace_ids": "tr-a"}


def test_what_each_cost_is_from_decides(services: Services) -> None:
    call(services, "tr-reported", cost_usd=9.0, cost_source="reported")
    call(services, "tr-unknown", cost_usd=9.0)
    call(services, "tr-old", cost_usd=9.0, cost_source="genai-prices 0.0.1")
    call(services, "tr-own", cost_usd=9.0, cost_source="override")
    call(services, "tr-no-model", model=None)
    services.stores.traces.write([write("tr-no-tokens", span(model="own-1"), experiment=ONE)])
    untouched = RepriceReport(6, 1, 1, 9.0, 0.0, dry_run=True)
    assert reprice(services, dry_run=True) == untouched  # only own prices that are no longer are taken away
    set_price(services, **{"own-1": 1.0})
    assert reprice(services) == RepriceReport(6, 2, 2, 18.0, 2.0, dry_run=False)
    assert cost(services, "tr-reported") == (9.0, "reported")
    assert cost(services, "tr-unknown") == (9.0, None)
    assert cost(services, "tr-old") == cost(services, "tr-own") == (1.0, "override")
    assert cost(services, "tr-no-model") == cost(services, "tr-no-tokens") == (None, None)
    set_price(services)
    assert reprice(services) == RepriceReport(6, 2, 2, 2.0, 0.0, dry_run=False)
    assert cost(services, "tr-own") == (None, None)


def test_packaged_prices_are_those_of_the_release_that_is_installed(services: Services) -> None:
    call(services, "tr-a", "gpt-4o", cost_usd=9.0, cost_source="genai-prices 0.0.1")
    assert reprice(services).after_usd == 2.5
    assert cost(services, "tr-a") == (2.5, package())


def test_a_filter_narrows_and_a_cursor_goes_on(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repricing, "_PAGE", 3)
    monkeypatch.setattr(repricing, "_STEP_SPANS", 2)
    for number in range(8):
        call(services, f"tr-{number}", start_ms=number, session="s" if number % 2 else None)
    set_price(services, **{"own-1": 1.0})
    assert reprice(services, "session = 's'", dry_run=True) == RepriceReport(4, 4, 4, 0.0, 4.0, dry_run=True)
    first = reprice(services, max_traces=5)
    assert (first.traces, first.changed) == (5, 5)
    assert [cost(services, f"tr-{number}")[0] for number in range(8)] == [None] * 3 + [1.0] * 5
    rest = services.repricing.reprice(LOCAL, "1", ListQuery(cursor=first.cursor))
    assert rest == RepriceReport(3, 3, 3, 0.0, 3.0, dry_run=False)


def test_a_call_that_takes_long_ends_with_a_cursor(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repricing, "_PAGE", 1)
    monkeypatch.setattr(repricing, "_LONG_S", 0.0)
    for number in range(3):
        call(services, f"tr-{number}", start_ms=number)
    set_price(services, **{"own-1": 1.0})
    report, calls = reprice(services), 1
    while report.cursor is not None:
        report, calls = services.repricing.reprice(LOCAL, "app", ListQuery(cursor=report.cursor)), calls + 1
    assert calls == 3
    assert [cost(services, f"tr-{number}")[0] for number in range(3)] == [1.0] * 3


def test_what_is_refused(services: Services) -> None:
    call(services, "tr-a")
    with pytest.raises(Forbidden):
        reprice(services, actor=VIEWER)
    with pytest.raises(NotFound):
        services.repricing.reprice(LOCAL, "nobody", ListQuery())
    for wrong in (0, 10_001):
        with pytest.raises(Invalid, match="max_traces"):
            reprice(services, max_traces=wrong)
    with pytest.raises(Invalid, match="unknown field"):
        reprice(services, "price = 1")
    services.experiments.delete(LOCAL, ONE)
    with pytest.raises((Deleted, NotFound)):
        services.repricing.reprice(LOCAL, ONE, ListQuery())


def test_a_price_that_makes_the_same_cost_rewrites_nothing(services: Services) -> None:
    call(services, "tr-a", cost_usd=1.0, cost_source="genai-prices 0.0.1")
    set_price(services, **{"own-1": 1.0})
    assert reprice(services) == RepriceReport(1, 0, 0, 0.0, 0.0, dry_run=False)
    assert cost(services, "tr-a") == (1.0, "genai-prices 0.0.1")


def test_a_page_of_large_traces_is_shorter_and_nothing_is_passed_over(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repricing, "_PAGE_SPANS", 2)
    monkeypatch.setattr(repricing, "_LONG_S", 0.0)
    for number in range(5):
        call(services, f"tr-{number}", start_ms=number)
    set_price(services, **{"own-1": 1.0})
    looked: list[int] = []
    cursor: str | None = None
    while cursor is not None or not looked:  # what is written no longer matches
        query = ListQuery(filter="cost IS NULL", cursor=cursor)
        report = services.repricing.reprice(LOCAL, "app", query)
        looked.append(report.traces)
        cursor = report.cursor
    assert [each for each in looked if each] == [2, 2, 1]
    assert [cost(services, f"tr-{number}")[0] for number in range(5)] == [1.0] * 5


def test_the_trail_tells_what_was_done_not_what_was_planned(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(services, "tr-a")
    call(services, "tr-b")
    set_price(services, **{"own-1": 1.0})
    preview = services.stores.costs.preview

    def and_then_one_goes(_store: CostStore, trace_ids: Sequence[TraceId], change: Repricing) -> Any:
        found = preview(trace_ids, change)
        services.traces.delete(LOCAL, [TraceId("tr-b")])
        return found

    monkeypatch.setattr(type(services.stores.costs), "preview", and_then_one_goes)
    assert reprice(services).changed == 1
    entry = services.stores.audit.search(Search(limit=1)).items[0]
    assert (entry.target, entry.details["after_usd"], entry.details["trace_ids"]) == ("tr-a", "1.0", "tr-a")
