"""What a client asks about the server itself."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.wire import Reply

PROTOCOL_VERSION = "3.18.0"
"""The release of MLflow whose protocol this door speaks. From 3.4 on clients send spans as OTLP."""


async def version(request: Request) -> Response:
    """Answer the version that clients choose their way by; needs no credentials, as the whole protocol is public."""
    del request
    return PlainTextResponse(PROTOCOL_VERSION)


def server_info(call: Call) -> Reply:
    """Answer what the server can do beyond the protocol's oldest parts."""
    call.services.operation.capabilities(call.actor)
    return {
        "store_type": "SqlStore",
        "workspaces_enabled": False,
        "trace_archival_enabled": False,
        "multipart_uploads_enabled": False,
        "multipart_downloads_enabled": False,
        "artifact_serving_enabled": True,
        "artifacts_presigned_only": False,
        "tracking_auth": "",
        "features_enabled": {},
    }


ROUTES: tuple[BaseRoute, ...] = (Route("/version", version, methods=["GET"], include_in_schema=False),)
ENDPOINTS = (Endpoint("GET", "3.0/mlflow/server-info", server_info),)
