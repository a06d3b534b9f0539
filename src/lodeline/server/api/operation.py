"""Native routes about the server itself."""

import lodeline
from lodeline.domain.operation import ServerInfo
from lodeline.server.access import AccessDep, ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.entry import native_router

router = native_router("/server", "server")


@router.get("", **answer(ServerInfo))
def get_server(actor: ActorDep, services: ServicesDep, access: AccessDep) -> Json:
    """Return the server's version and capabilities."""
    capabilities = services.operation.capabilities(actor)
    figures = services.operation.figures(actor)
    return Json(
        ServerInfo(
            version=lodeline.__version__,
            api_versions=("v1",),
            auth=access.enabled,
            time_ms=services.clock.now_ms(),
            capabilities=capabilities,
            figures=None if figures is None else {name: str(value) for name, value in figures.items()},
        )
    )
