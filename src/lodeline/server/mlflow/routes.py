"""All routes of this door."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from lodeline.domain.errors import NotFound, shown
from lodeline.server.errors import methods_of
from lodeline.server.mlflow import (
    about,
    artifact_parts,
    artifacts,
    assessments,
    datasets,
    experiments,
    issues,
    label_schemas,
    logged_models,
    metrics,
    prompts,
    review_queues,
    runs,
    scorers,
    trace_correlation,
    trace_edits,
    trace_metrics,
    traces,
    traces_v2,
)
from lodeline.server.mlflow.endpoint import Endpoint, guarded
from lodeline.server.mlflow.errors import NO_ENDPOINT, no_such_method

ENDPOINTS: tuple[Endpoint, ...] = (
    *about.ENDPOINTS,
    *experiments.ENDPOINTS,
    *artifacts.ENDPOINTS,
    *logged_models.ENDPOINTS,
    *datasets.ENDPOINTS,
    *scorers.ENDPOINTS,
    *prompts.ENDPOINTS,
    *runs.ENDPOINTS,
    *metrics.ENDPOINTS,
    *traces.ENDPOINTS,
    *trace_edits.ENDPOINTS,
    *trace_correlation.ENDPOINTS,
    *trace_metrics.ENDPOINTS,
    *traces_v2.ENDPOINTS,
    *assessments.ENDPOINTS,
    *label_schemas.ENDPOINTS,
    *review_queues.ENDPOINTS,
    *issues.ENDPOINTS,
)
RAW: tuple[tuple[str, Route], ...] = (*artifacts.RAW, *artifact_parts.RAW)
"""Routes of bodies that are no messages, with the version that they stand under."""
VERSIONS = ("2.0", "3.0")
_ANY = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def routes() -> list[BaseRoute]:
    """Return the routes; what there is not is answered so that clients fall back on what they know from before."""
    return [*about.ROUTES, *(_mounted(version) for version in VERSIONS)]


def _mounted(version: str) -> Mount:
    mount = Mount(f"/api/{version}", routes=_below(version))
    mount.path_regex = _with_newlines(mount.path_regex)
    return mount


def _with_newlines(path: re.Pattern[str]) -> re.Pattern[str]:
    """Return what a path is matched by, so that one with a newline in it is an unknown one of this door, too."""
    return re.compile(path.pattern, re.DOTALL)


def _below(version: str) -> list[BaseRoute]:
    known = [each.route(f"{version}/") for each in ENDPOINTS if each.path.startswith(f"{version}/")]
    raw = [route for under, route in RAW if under == version]
    # A path without parameters is never taken for one with them.
    known.sort(key=lambda route: "{" in route.path)
    found = (*known, *raw)

    async def unknown(request: Request) -> Response:
        path = request.url.path
        methods = methods_of(found, path.removeprefix(f"/api/{version}"))
        if methods:
            return no_such_method(request.method, path, methods)
        raise NotFound(
            f"{request.method} {shown(path)} is no endpoint that this server has; "
            "docs/reference/mlflow.md lists those of MLflow that it has.",
            code=NO_ENDPOINT,
        )

    lost = Route("/{rest:path}", guarded(unknown), methods=_ANY)
    lost.path_regex = _with_newlines(lost.path_regex)
    return [*found, lost]
