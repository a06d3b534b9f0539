"""All native routes under /api/v1."""

from fastapi import APIRouter, Depends

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
from lodeline.server.api.entry import known_actor, known_parameters

PREFIX = "/api/v1"


def native_router() -> APIRouter:
    """Return the router of the native API; fixed paths come before those with parameters.

    Who signs in is nobody yet, and may have a login that has ended: those routes ask for themselves.
    """
    router = APIRouter(prefix=PREFIX)
    for noun in (
        operation, logins, transfer, experiments, filters, analytics, traces, attachments, assessments,
        conversations, deliveries, accounts, keys, audit, runs, artifacts, evaluations, models, datasets, records,
        prompts, scorers, trust,
        issues,
        label_schemas, labeling_items, labeling_rules, labeling, reviews,
    ):  # fmt: skip
        asked = (known_parameters,) if noun is logins else (known_actor, known_parameters)
        router.include_router(noun.router, dependencies=list(map(Depends, asked)))
    return router
