"""What every role gets from every route, written out. A route that is not here fails `test_roles`.

The columns are `ROLE_NAMES`: an admin, an editor, a viewer and a reviewer of the whole server (signed in by cookie),
nobody, and a key of scope ingest bound to experiment 1. Paths are filled from `World.names`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.server.world import ROLE_NAMES, TRACE, RoleName, request_of


@dataclass(frozen=True, slots=True)
class Case:
    """One route with a request that is right, and the status that each role gets."""

    route: str
    statuses: str
    path: str = ""
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def method(self) -> str:
        """The method of the route."""
        return self.route.partition(" ")[0]

    @property
    def filled(self) -> str:
        """The path to ask for, with names of the world in braces."""
        return self.path or self.route.partition(" ")[2]

    def expected(self) -> dict[RoleName, int]:
        """Return the status for each role."""
        return dict(zip(ROLE_NAMES, map(int, self.statuses.split()), strict=True))


API = "/api/v1"
EXPERIMENT = API + "/experiments/{experiment_id}"
GONE = API + "/experiments/{gone}"
TRACE_PATH = API + "/traces/{trace_id}"
ONE = API + "/traces/{trace}"
JUDGED = API + "/assessments/{assessment_id}"
OTLP = {"content-type": "application/x-protobuf", "x-lodeline-experiment": "1"}
SEND = request_of("cd" * 16)

#                                                     admin editor viewer reviewer nobody ingest
CASES: tuple[Case, ...] = (
    Case("GET /health",                              "200 200 200 200 200 200"),
    Case("GET /healthz",                             "200 200 200 200 200 200"),
    Case("GET /",                                    "200 200 200 200 200 200"),
    Case("GET /sign-in",                             "200 200 200 200 200 200"),
    Case("GET /experiments",                         "200 200 200 200 200 200"),
    Case("GET /experiments/{rest}",             "200 200 200 200 200 200", "/experiments/1/traces"),
    Case("GET /traces/{trace_id}",                   "200 200 200 200 200 200", f"/traces/{TRACE}"),
    Case("GET /settings",                            "200 200 200 200 200 200"),
    Case("GET /settings/{rest}",                "200 200 200 200 200 200", "/settings/keys"),
    Case("GET /assets/{file}",                       "404 404 404 404 404 404", "/assets/none.js"),
    Case(f"GET {API}/openapi.json",                  "200 200 200 200 200 200"),
    Case(f"GET {API}/docs",                          "200 200 200 200 200 200"),
    Case(f"GET {API}/docs/reference.js",             "200 200 200 200 200 200"),
    Case(f"GET {API}/docs/reference.css",            "200 200 200 200 200 200"),
    Case(f"GET {API}/server",                        "200 200 200 200 401 200"),
    Case(f"GET {API}/me",                            "200 200 200 200 200 200"),
    Case(f"POST {API}/setup",                        "409 409 409 409 409 409",
         json={"token": "x", "name": "root", "password": "tulips in the rain"}),
    Case(f"POST {API}/login",                        "200 200 200 200 200 200",
         json={"name": "viewer", "password": "tulips in the rain"}),
    Case(f"POST {API}/logout",                       "204 204 204 204 204 204"),
    # The OTLP door takes keys only, so a browser's cookie is nobody there; test_roles sends each role's key.
    Case("POST /v1/traces",                          "200 200 403 401 401 200", content=SEND, headers=OTLP),

    Case(f"GET {API}/experiments",                   "200 200 200 403 401 403"),
    Case(f"POST {API}/experiments",                  "201 201 403 403 401 403", json={"name": "new"}),
    Case(f"GET {API}/experiments/find",              "200 200 200 403 401 403", f"{API}/experiments/find?name=app"),
    Case(f"POST {API}/experiments/import",           "400 400 403 403 401 403", content=b"no zip"),
    Case(f"GET {EXPERIMENT}",                        "200 200 200 404 401 403"),
    Case(f"PATCH {EXPERIMENT}",                      "200 200 403 404 401 403", json={"description": "x"}),
    Case(f"DELETE {EXPERIMENT}",                     "200 200 403 404 401 403"),
    Case(f"POST {EXPERIMENT}/restore",               "200 200 403 404 401 404", f"{GONE}/restore"),
    Case(f"POST {EXPERIMENT}/purge",                 "200 403 403 404 401 404", f"{GONE}/purge"),
    Case(f"GET {EXPERIMENT}/export",                 "200 200 200 403 401 403"),

    Case(f"GET {API}/filters/complete",              "200 200 200 200 401 200"),
    Case(f"GET {API}/traces",                        "200 200 200 403 401 403"),
    Case(f"GET {API}/traces/count",                  "200 200 200 403 401 403"),
    Case(f"GET {API}/traces/facet",                  "200 200 200 403 401 403", f"{API}/traces/facet?field=state"),
    Case(f"POST {API}/traces/aggregate",             "200 200 200 403 401 403", json={"measures": ["count"]}),
    Case(f"POST {API}/traces/delete",                "200 200 403 403 401 403", json={"trace_ids": [TRACE]}),
    Case(f"POST {API}/traces/tags",                  "200 200 403 403 401 403",
         json={"trace_ids": [TRACE], "set": {"a": "b"}}),
    Case(f"POST {API}/traces/link",                  "200 200 403 403 401 403",
         json={"run_id": "r", "trace_ids": [TRACE]}),
    Case(f"GET {TRACE_PATH}",                        "200 200 200 403 401 403", ONE),
    Case(f"DELETE {TRACE_PATH}",                     "200 200 403 403 401 403", ONE),
    Case(f"GET {TRACE_PATH}/spans",                  "200 200 200 403 401 403", f"{ONE}/spans"),
    Case(f"GET {TRACE_PATH}/spans/find",             "200 200 200 403 401 403", f"{ONE}/spans/find?text=root"),
    Case(f"PUT {TRACE_PATH}/info",                   "200 200 403 403 401 200", f"{ONE}/info",
         json={"experiment": "1", "name": "said"}),
    Case(f"PATCH {TRACE_PATH}/tags",                 "200 200 403 403 401 403", f"{ONE}/tags",
         json={"set": {"a": "b"}}),
    Case(f"DELETE {TRACE_PATH}/tags/{{key}}",        "200 200 403 403 401 403", f"{ONE}/tags/a"),
    Case(f"GET {TRACE_PATH}/attachments",            "200 200 200 403 401 403", f"{ONE}/attachments"),
    Case(f"GET {TRACE_PATH}/attachments/{{name}}",   "200 200 200 403 401 403", f"{ONE}/attachments/a.txt"),
    Case(f"PUT {TRACE_PATH}/attachments/{{name}}",   "200 200 403 403 401 403", f"{ONE}/attachments/b", content=b"b"),
    Case(f"DELETE {TRACE_PATH}/attachments/{{name}}", "204 204 403 403 401 403", f"{ONE}/attachments/a.txt"),

    Case(f"GET {TRACE_PATH}/assessments",            "200 200 200 403 401 403", f"{ONE}/assessments"),
    Case(f"GET {API}/assessments",                   "200 200 200 403 401 403"),
    Case(f"GET {API}/assessment-names",              "200 200 200 403 401 403"),
    Case(f"POST {API}/assessments",                  "200 200 403 403 401 403",
         json={"name": "q", "value": 1, "trace_id": TRACE}),
    Case(f"POST {API}/assessments/batch",            "200 200 403 403 401 403", json={"assessments": []}),
    Case(f"GET {JUDGED}",                            "200 200 200 403 401 403", f"{API}/assessments/{{assessment}}"),
    Case(f"PATCH {JUDGED}",                          "200 200 403 403 401 403", f"{API}/assessments/{{assessment}}",
         json={"rationale": "why"}),
    Case(f"DELETE {JUDGED}",                         "204 204 403 403 401 403", f"{API}/assessments/{{assessment}}"),
    Case(f"GET {JUDGED}/history",                    "200 200 200 403 401 403",
         f"{API}/assessments/{{assessment}}/history"),

    Case(f"GET {API}/sessions",                      "200 200 200 403 401 403"),
    Case(f"GET {API}/sessions/{{session}}",          "200 200 200 403 401 403",
         f"{API}/sessions/chat-1?experiment=app"),
    Case(f"GET {API}/users",                         "200 200 200 403 401 403"),

    Case(f"GET {API}/deliveries",                    "200 200 200 403 401 403"),
    Case(f"GET {API}/deliveries/{{instance}}",       "200 200 200 403 401 200", f"{API}/deliveries/sdk-1"),

    Case(f"GET {API}/accounts",                      "200 403 403 403 401 403"),
    Case(f"POST {API}/accounts",                     "201 403 403 403 401 403", json={"name": "new"}),
    Case(f"GET {API}/accounts/{{account_id}}",       "200 403 403 403 401 403", f"{API}/accounts/{{account}}"),
    Case(f"DELETE {API}/accounts/{{account_id}}",    "204 403 403 403 401 403", f"{API}/accounts/{{account}}"),
    Case(f"PUT {API}/accounts/{{account}}/role",     "200 403 403 403 401 403", json={"role": "editor"}),
    Case(f"PUT {API}/accounts/{{account_id}}/disabled", "200 403 403 403 401 403",
         f"{API}/accounts/{{account}}/disabled", json={"disabled": True}),
    Case(f"PUT {API}/accounts/{{account_id}}/password", "200 403 403 403 401 403",
         f"{API}/accounts/{{account}}/password", json={"new": "a wholly new one"}),

    Case(f"GET {API}/keys",                          "200 200 200 200 401 403"),
    Case(f"POST {API}/keys",                         "201 201 201 403 401 403",
         json={"name": "k", "scopes": ["read"]}),
    Case(f"DELETE {API}/keys/{{key_id}}",            "200 404 404 404 401 403", f"{API}/keys/{{key}}"),
    Case(f"GET {API}/audit",                         "200 403 403 403 401 403"),
)  # fmt: skip
