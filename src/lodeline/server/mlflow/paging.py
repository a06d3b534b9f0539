"""Pages: MLflow's `max_results` and opaque `page_token` over our keyset cursors."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from lodeline.domain.errors import NotFound
from lodeline.domain.experiment import Lifecycle
from lodeline.domain.ids import check_experiment_id
from lodeline.domain.page import MAX_LIMIT, Page
from lodeline.server.mlflow.endpoint import Call
from lodeline.server.mlflow.fields import Fields
from lodeline.services.listing import ListQuery

T = TypeVar("T")
_LIFECYCLES: Mapping[str, Lifecycle | None] = {"ACTIVE_ONLY": "ACTIVE", "DELETED_ONLY": "DELETED", "ALL": None}


def max_results(fields: Fields, *, default: int, most: int) -> int:
    """Return how many items a page may have; Invalid unless 1 ≤ max_results ≤ most."""
    limit = fields.integer("max_results")
    if limit is None:
        return default
    if not 1 <= limit <= most:
        raise fields.wrong("max_results", f"a number from 1 to {most}")
    return limit


def list_query(fields: Fields, limit: int, *, filter_name: str = "filter", experiments: tuple[str, ...] = ()
               ) -> ListQuery:  # fmt: skip
    """Return what a search asks, in MLflow's grammar."""
    return ListQuery(
        experiments,
        fields.text(filter_name) or "",
        ", ".join(clause for clause in fields.texts("order_by") if clause.strip()),
        min(limit, MAX_LIMIT),
        fields.text("page_token") or None,
        "mlflow",
    )


def collected(search: Callable[[ListQuery], Page[T]], query: ListQuery, limit: int) -> Page[T]:
    """Return one page of up to `limit` items, which may be more than our lists give at a time."""
    items: list[T] = []
    while True:
        page = search(replace(query, limit=min(limit - len(items), MAX_LIMIT)))
        items += page.items
        if page.cursor is None or page.partial or len(items) >= limit:
            return Page(tuple(items), page.cursor, page.partial)
        query = replace(query, cursor=page.cursor)


def offset_page(items: Sequence[T], fields: Fields, limit: int) -> tuple[Sequence[T], str | None]:
    """Return one page of a list that is known as a whole, and the token of the next; Invalid for another's token."""
    start = 0
    if token := fields.text("page_token"):
        try:
            start = int(base64.b64decode(token, validate=True).decode("ascii"))
        except ValueError as error:
            raise fields.wrong("page_token", "the next_page_token of an answer") from error
        if not 0 <= start <= len(items):
            raise fields.wrong("page_token", "the next_page_token of an answer")
    end = start + limit
    return items[start:end], base64.b64encode(str(end).encode()).decode() if end < len(items) else None


def lifecycle(fields: Fields, name: str) -> Lifecycle | None:
    """Return which lifecycle a list is restricted to, active by default; None for all."""
    text = fields.text(name)
    if text is None:
        return "ACTIVE"
    if text not in _LIFECYCLES:
        raise fields.wrong(name, f"one of {', '.join(_LIFECYCLES)}")
    return _LIFECYCLES[text]


def active_experiments(call: Call, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the ids that are experiments in reach and not deleted; MLflow's lists pass over the others."""
    found: list[str] = []
    for ident in dict.fromkeys(ids):
        try:
            if call.services.experiments.get(call.actor, check_experiment_id(ident)).lifecycle == "ACTIVE":
                found.append(ident)
        except NotFound:
            continue
    return tuple(found)
