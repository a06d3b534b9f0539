"""Contract of `AnalyticsStore.breakdown`: spans by model, provider, name and kind."""

import pytest

from lodeline.domain.analytics import MAX_SPAN_VALUE, MODEL_CALLS, SpanBreakdown, SpanFigures
from lodeline.domain.usage import TokenUsage
from lodeline.storage.base import Stores
from tests.contract.build import delete_experiment, make_experiment, search, span, write

SECOND = TokenUsage(100, output_text=20)


def fill(stores: Stores) -> str:
    """Write three traces of an agent that calls two models and two tools; return their experiment."""
    inside = make_experiment(stores, "app").experiment_id
    for number, name in enumerate("abc"):
        stores.traces.write(
            [
                write(
                    name,
                    span("agent", 1, kind="AGENT", start_ms=number, end_ms=number + 100, model="big",
                         tokens=TokenUsage(200, output_text=20), cost_usd=0.5),
                    span("think", 2, parent=1, kind="CHAT_MODEL", start_ms=number, end_ms=number + 10 * (number + 1),
                         model="big", provider="acme", tokens=SECOND, cost_usd=0.25),
                    span("think", 3, parent=1, kind="LLM", start_ms=number, end_ms=None, model="small",
                         status="ERROR" if name == "c" else "OK"),
                    span("search", 4, parent=1, kind="TOOL", start_ms=number, end_ms=number + 1),
                    span("search", 5, parent=1, kind="TOOL", start_ms=number, end_ms=number + 2, status="ERROR"),
                    experiment=inside,
                )
            ]
        )  # fmt: skip
    return inside


@pytest.fixture
def app(stores: Stores) -> str:
    return fill(stores)


def test_what_calls_a_model_by_model(stores: Stores, app: str) -> None:
    found = stores.analytics.breakdown(search(experiments=(app,)), "model", kinds=MODEL_CALLS, limit=10)
    assert found == SpanBreakdown(
        "model",
        (
            SpanFigures("big", 3, 3, 0, 20.0, 29.0, 360, 0.75),
            SpanFigures("small", 3, 3, 1, None, None, 0, None),
        ),
        examined=3,
        complete=True,
    )


def test_spans_without_a_value_are_a_group_of_their_own(stores: Stores, app: str) -> None:
    found = stores.analytics.breakdown(search(experiments=(app,)), "provider", kinds=MODEL_CALLS, limit=10)
    assert [(each.value, each.spans, each.tokens_total) for each in found.values] == [("acme", 3, 360), (None, 3, 0)]


def test_tools_by_name_and_everything_by_kind(stores: Stores, app: str) -> None:
    (tool,) = stores.analytics.breakdown(search(experiments=(app,)), "name", kinds=("TOOL",), limit=10).values
    assert (tool.value, tool.spans, tool.traces, tool.errors) == ("search", 6, 3, 3)
    kinds = stores.analytics.breakdown(search(experiments=(app,)), "kind", kinds=(), limit=10).values
    assert [(each.value, each.spans) for each in kinds] == [("AGENT", 3), ("CHAT_MODEL", 3), ("TOOL", 6), ("LLM", 3)]
    assert stores.analytics.breakdown(search(experiments=(app,)), "kind", kinds=(), limit=1).values == kinds[:1]


@pytest.mark.parametrize("text", ["span(name = 'think' AND status = ERROR)", "text ~ 'agent' AND id = 'c'"])
def test_only_matching_traces_count(stores: Stores, app: str, text: str) -> None:
    found = stores.analytics.breakdown(search(text, experiments=(app,)), "model", kinds=MODEL_CALLS, limit=10)
    assert [(each.value, each.spans, each.errors) for each in found.values] == [("big", 1, 0), ("small", 1, 1)]


def test_of_other_deleted_and_no_experiments_nothing_counts(stores: Stores, app: str) -> None:
    for experiments in [("0",), ()]:
        assert stores.analytics.breakdown(search(experiments=experiments), "name", kinds=(), limit=10).values == ()
    delete_experiment(stores, app)
    assert stores.analytics.breakdown(search(experiments=(app,)), "name", kinds=(), limit=10).values == ()


def test_of_a_long_name_its_beginning_counts(stores: Stores) -> None:
    long = "é" * (MAX_SPAN_VALUE + 5)
    stores.traces.write([write("a", span(long)), write("b", span(long[:-1]))])
    (only,) = stores.analytics.breakdown(search(), "name", kinds=(), limit=10).values
    assert (only.value, only.spans) == (long[:MAX_SPAN_VALUE], 2)
