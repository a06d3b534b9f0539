"""The composition root: settings → stores → services → routes. Nothing else knows all of them."""

import re
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

import lodeline
from lodeline.auth.credentials import Credentials
from lodeline.auth.throttle import Throttle
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import LodelineError, NotFound
from lodeline.ingest.limits import IngestLimits
from lodeline.jobs.labeling_rules import labeling_rules
from lodeline.jobs.purges import purges
from lodeline.jobs.reaper import reaper
from lodeline.jobs.retention import retention
from lodeline.jobs.scheduler import Job, Scheduler
from lodeline.jobs.upkeep import budgets, key_uses, parking
from lodeline.server import otlp, pages
from lodeline.server.access import Access, identify
from lodeline.server.answers import ServicesDep
from lodeline.server.api import oidc_logins
from lodeline.server.api.entry import PREFIX
from lodeline.server.api.routes import NATIVE_ROUTES
from lodeline.server.errors import Incidents, install_errors
from lodeline.server.figures import UNCOUNTED, Figures
from lodeline.server.mlflow import routes as mlflow
from lodeline.server.oidc_client import check_oidc
from lodeline.server.openapi import install_openapi
from lodeline.server.security import SAFE_METHODS, BodyBound, CrossOrigin, HostGuard, RequestIds, SecurityHeaders
from lodeline.server.settings import Settings
from lodeline.server.shared_figures import Part
from lodeline.server.single_sign_on import single_sign_on
from lodeline.services.bundle import Bounds, Services, assemble
from lodeline.services.ingest import IngestBounds
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores, store_directory

_UPLOADS = re.compile(
    rf"/v1/traces/?|{PREFIX}/traces/[^/]+/attachments/[^/]+|{PREFIX}/experiments/import"
    rf"|{PREFIX}/(runs|models)/[^/]+/artifacts/content|/api/2\.0/mlflow-artifacts/(artifacts|mpu/parts)/.+"
)
"""The paths that bound their bodies themselves."""


def create_app(
    settings: Settings,
    stores: Stores | None = None,
    *,
    clock: Clock = system_clock,
    credentials: Credentials | None = None,
    leads: bool = True,
    throttle: Throttle | None = None,
    part: Part | None = None,
) -> FastAPI:
    """Return the server as an ASGI application over `stores`, or over those that the settings name; `credentials`
    are the store's own by default, and `throttle` counts refused logins, of this process alone by default.

    Whoever calls it closes the stores, with `close_app`. Background jobs run while the application's lifespan does;
    of several applications over one store only the one that `leads` runs those that are for the whole store. `part`
    is this one's in the figures that several processes show together.
    """
    check_oidc(settings)
    opened = stores if stores is not None else open_stores(settings.store)
    if credentials is None:
        directory = store_directory(settings.store) if opened.capabilities.durable else None
        credentials = Credentials.load(directory, throttle)
    services = assemble(opened, credentials, clock, bounds_of(settings))
    jobs = jobs_of(services, settings, leads=leads)
    shown = _shown_figures(settings, services, jobs, part)
    app = FastAPI(
        title="Lodeline",
        version=lodeline.__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        middleware=[*shown.layers, *_layers(settings)],
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.settings = settings
    app.state.jobs = jobs
    app.state.figures = shown.figures
    app.state.services = services
    app.state.ingest_pool = ThreadPoolExecutor(settings.ingest_threads, thread_name_prefix="lodeline-ingest")
    app.state.access = Access(services.keys, services.logins, settings.auth, settings.secure_cookies)
    app.state.single_sign_on = single_sign_on(settings, opened, credentials, clock)
    install_errors(app, lost=pages.lost_page, explain=_explained)
    # OTLP is the hot path, so it stands before the many of the API, as do the calls of MLflow's client and health.
    app.router.routes[:0] = [*otlp.routes(), *mlflow.routes()]
    for path in ("/health", "/healthz"):
        app.add_api_route(path, _health, response_class=PlainTextResponse, include_in_schema=False)
    app.router.routes.extend([*shown.routes, *NATIVE_ROUTES, *oidc_logins.routes(), *pages.routes()])
    install_openapi(app, auth=settings.auth)
    return app


def services_of(app: FastAPI) -> Services:
    """Return the services of an app that `create_app` made."""
    services: Services = app.state.services
    return services


def close_app(app: FastAPI) -> None:
    """Finish pending work and close the stores; again is fine."""
    pool: ThreadPoolExecutor = app.state.ingest_pool
    pool.shutdown()
    services_of(app).close()


def bounds_of(settings: Settings) -> Bounds:
    """Return what the settings say about the services' bounds."""
    return Bounds(
        search_deadline_s=settings.search_deadline_s,
        max_attachment_bytes=settings.max_attachment_bytes,
        ingest=IngestBounds(
            max_bytes_in_flight=settings.ingest_bytes_in_flight,
            max_requests_in_flight=settings.ingest_requests_in_flight,
            processes=settings.ingest_processes,
            limits=IngestLimits(
                max_body_bytes=settings.max_body_bytes, max_decompressed_bytes=settings.max_decompressed_bytes
            ),
        ),
    )


def jobs_of(services: Services, settings: Settings, *, leads: bool = True) -> tuple[Job, ...]:
    """Return the background jobs of a server process, with those for the whole store when it `leads`."""
    own = (key_uses(services.keys),)
    if not leads:
        return own
    stores, clock, interval_s = services.stores, services.clock, settings.job_interval_s
    return (
        reaper(stores.traces, clock, silence_s=settings.abandon_after_s, interval_s=interval_s),
        retention(stores, clock, interval_s=interval_s),
        labeling_rules(services.labeling_rules, interval_s=interval_s),
        parking(services.parking),
        budgets(services.budgets, interval_s=interval_s),
        purges(services.experiments, interval_s=interval_s),
        *own,
    )


def _layers(settings: Settings) -> list[Middleware]:
    return [
        Middleware(RequestIds),
        Middleware(SecurityHeaders),
        Middleware(HostGuard, bound=settings.host, allowed=settings.allowed_hosts),
        Middleware(CrossOrigin, origins=settings.cors_origins),
        Middleware(BodyBound, max_bytes=settings.max_json_bytes, exempt=_UPLOADS),
        Middleware(Incidents),
    ]


@dataclass(frozen=True, slots=True)
class _ShownFigures:
    """What the application tells of itself to, and the layers and routes that this adds."""

    figures: Figures
    layers: Sequence[Middleware] = ()
    routes: Sequence[BaseRoute] = ()


def _shown_figures(settings: Settings, services: Services, jobs: Sequence[Job], part: Part | None) -> _ShownFigures:
    if not settings.metrics:
        return _ShownFigures(UNCOUNTED)
    # Not at the top: they bring Prometheus' library, which few servers need, and it takes long to import.
    from lodeline.server.measured import Measured  # noqa: PLC0415
    from lodeline.server.metrics import Metrics  # noqa: PLC0415

    metrics = Metrics(services, part)
    metrics.expect_jobs(jobs)
    return _ShownFigures(metrics, [Middleware(Measured, note=metrics.note_request)], [metrics.route()])


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings: Settings = app.state.settings
    figures: Figures = app.state.figures
    scheduler = Scheduler(app.state.jobs, figures.note_job)
    scheduler.start()
    try:
        yield
    finally:
        await run_in_threadpool(scheduler.stop, settings.shutdown_timeout_s)


async def _explained(request: Request, missing: NotFound) -> LodelineError:
    """Tell a change of something in a deleted experiment from one of something that there never was."""
    if request.method in SAFE_METHODS:
        return missing
    actor, _ = await identify(request)
    return await run_in_threadpool(services_of(request.app).experiments.explained, actor, missing)


async def _health(request: Request, services: ServicesDep) -> Response:
    """Answer OK while the store does; tells nothing else, so it needs no credentials."""
    await run_in_threadpool(services.operation.ping)
    return PlainTextResponse("OK")
