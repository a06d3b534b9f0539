"""All native routes under /api/v1."""

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
from lodeline.server.api.entry import OpenRoute

_NOUNS = (
    operation, logins, transfer, experiments, filters, analytics, traces, attachments, assessments,
    conversations, deliveries, accounts, keys, audit, runs, artifacts, evaluations, models, datasets, records,
    prompts, scorers, trust,
    issues,
    label_schemas, labeling_items, labeling_rules, labeling, reviews,
)  # fmt: skip
NATIVE_ROUTES: tuple[BaseRoute, ...] = tuple(route for noun in _NOUNS for route in noun.router.routes)
"""Fixed paths come before those with parameters. They hold nothing of an application: all of a process share them."""


def make_all() -> None:
    """Make all native routes at once: each is else made when it is first asked, see `entry.OpenRoute`."""
    for noun in _NOUNS:
        for route in noun.router.routes:
            assert isinstance(route, OpenRoute)  # noqa: S101 - `native_router` makes them
            route.make()
