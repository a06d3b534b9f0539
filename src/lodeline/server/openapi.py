"""The OpenAPI 3.1 document: FastAPI's, with the answers' true schemas, our problems, and how to authenticate."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import lodeline
from lodeline.server.access import KEY_HEADER
from lodeline.server.answers import SCHEMAS

DESCRIPTION = """\
Native API of Lodeline. Times named `*_ns` are decimal strings of nanoseconds, `*_ms` are epoch milliseconds; NaN and
infinities are the texts "NaN", "Infinity" and "-Infinity". Lists are paged by `cursor`: repeat the request with the
cursor of the page before until it is null; it belongs to the experiments, filter and order of that request. Every
error is a problem document (RFC 9457) with a stable `code`."""


def install_openapi(app: FastAPI, *, auth: bool) -> None:
    """Make the app publish the document; it is put together at the first request for it."""
    built: dict[str, Any] = {}

    def document() -> dict[str, Any]:
        if not built:
            built.update(build_openapi(app, auth=auth))
        return built

    app.openapi = document


def build_openapi(app: FastAPI, *, auth: bool) -> dict[str, Any]:
    """Return the document of the app's native routes."""
    document = get_openapi(
        title="Lodeline",
        version=lodeline.__version__,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    clashes = schemas.keys() & SCHEMAS.components.keys()
    if clashes:
        raise RuntimeError(f"request bodies and answers share names: {sorted(clashes)}")
    schemas.update(SCHEMAS.components)
    schemas["JsonValue"] = {"title": "JsonValue", "description": "Any JSON value."}
    components["schemas"] = dict(sorted(schemas.items()))
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
        "keyHeader": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
        "login": {"type": "apiKey", "in": "cookie", "name": "lodeline_login"},
    }
    if auth:
        document["security"] = [{"key": []}, {"keyHeader": []}, {"login": []}]
    return document
