"""All native routes under /api/v1."""

from collections.abc import Sequence
from functools import cache

from fastapi import APIRouter
from starlette.routing import BaseRoute

from lodeline.server.api import (
    accounts,
    analytics,
    artifacts,
    assessments,
    attachments,
    audit,
    conversations,
    datasets,
    deliveries,
    evaluations,
    experiments,
    filters,
    issues,
    keys,
    label_schemas,
    labeling,
    labeling_items,
    labeling_rules,
    logins,
    models,
    operation,
    prompts,
    records,
    reviews,
    runs,
    scorers,
    traces,
    transfer,
    trust,
)

PREFIX = "/api/v1"


@cache
def native_routes() -> Sequence[BaseRoute]:
    """Return the routes of the native API; fixed paths come before those with parameters.

    They hold nothing of an application, and all of a process share them: what FastAPI makes of 170 signatures takes
    longer than to open a store.
    """
    router = APIRouter(generate_unique_id_function=lambda route: route.name)
    for noun in (
        operation, logins, transfer, experiments, filters, analytics, traces, attachments, assessments,
        conversations, deliveries, accounts, keys, audit, runs, artifacts, evaluations, models, datasets, records,
        prompts, scorers, trust,
        issues,
        label_schemas, labeling_items, labeling_rules, labeling, reviews,
    ):  # fmt: skip
        router.include_router(noun.router, prefix=PREFIX)
    return tuple(router.routes)
