"""Orders in both grammars."""

import pytest

from lodeline.domain.errors import Invalid, Unsupported
from lodeline.query.ast import EntityScope, Field, Order
from lodeline.query.fields import ENTITIES, field
from lodeline.query.order import MAX_ORDERS, parse_order, parse_order_mlflow

START = field("trace", "start")


def test_an_order_is_fields_with_directions():
    assert parse_order("duration desc, start", "trace") == (
        Order(field("trace", "duration"), descending=True),
        Order(START, descending=False),
    )
    assert parse_order("tags.`a b` ASC", "trace") == (
        Order(Field("trace", "tags", "string", "a b"), descending=False),
    )
    assert parse_order("timestamp DESC, start", "trace") == (Order(START, descending=True),)
    assert parse_order("  ", "trace") == ()


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_sortable_field_orders_its_list(entity: EntityScope):
    for spec in ENTITIES[entity].fields:
        name = f"{spec.name}.key" if spec.keyed else spec.name
        if spec.sortable and spec.type != "json" and not spec.patterns_only:
            assert parse_order(f"{name} desc", entity)[0].field.name == spec.name


def test_sessions_are_ordered_by_feedback_of_any_name():
    assert parse_order("feedback.`to the point` desc, id", "session") == (
        Order(Field("session", "feedback", "number", "to the point"), descending=True),
        Order(field("session", "id"), descending=False),
    )
    for text in ("feedback", "expectation.answer", "feedback.reward down"):
        with pytest.raises(Invalid, match=r"^order: "):
            parse_order(text, "session")


def test_json_and_lists_of_values_never_order_a_list():
    for entity, each in ENTITIES.items():
        for spec in each.fields:
            if spec.type == "json" or spec.patterns_only or (entity, spec.name) == ("trace", "run"):
                assert not spec.sortable


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("durations", 0, "did you mean duration"),
        ("run", 0, "run cannot order a list"),
        ("duration down", 9, "expected ASC, DESC, a comma or the end"),
        ("duration,", 9, "expected a field of traces"),
        ("duration, 5", 10, "expected a field of traces"),
        ("name, state, user, session, cost", 28, f"more than {MAX_ORDERS} sort keys"),
        ("feedback.x", 0, "unknown field"),
    ],
)
def test_errors_name_the_place(text: str, position: int, message: str):
    with pytest.raises(Invalid) as caught:
        parse_order(text, "trace")
    assert message in caught.value.message
    assert caught.value.message.startswith("order: ")
    assert caught.value.details["position"] == position


def test_mlflow_orders_end_with_its_tie_break():
    assert parse_order_mlflow(["execution_time_ms DESC", "tags.`a b`"], "trace") == (
        Order(field("trace", "duration"), descending=True),
        Order(Field("trace", "tags", "string", "a b"), descending=False),
        Order(START, descending=True),
        Order(field("trace", "id"), descending=False),
    )
    assert parse_order_mlflow("timestamp ASC, attributes.run_id", "trace") == (
        Order(START, descending=False),
        Order(Field("trace", "metadata", "string", "mlflow.sourceRun"), descending=False),
        Order(field("trace", "id"), descending=False),
    )
    assert parse_order_mlflow(["last_update_time DESC"], "experiment") == (
        Order(field("experiment", "updated"), descending=True),
        Order(field("experiment", "id"), descending=False),
    )


@pytest.mark.parametrize("clauses", ["", [], [" "]])
def test_no_mlflow_order_is_the_lists_own(clauses: str | list[str]):
    assert parse_order_mlflow(clauses, "trace") == ()


def test_a_field_that_mlflow_cannot_sort_by_is_invalid():
    for name in ("span.name", "feedback.x", "tags", "'name'"):
        with pytest.raises(Invalid, match=r"^order: "):
            parse_order_mlflow([name], "trace")
    with pytest.raises(Invalid, match="did you mean timestamp"):
        parse_order_mlflow(["timestmp DESC"], "trace")
    with pytest.raises(Unsupported):
        parse_order_mlflow(["name"], "session")
