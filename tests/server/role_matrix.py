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
DATASET = API + "/datasets/{dataset_id}"
SET = API + "/datasets/{dataset}"
PROMPT = API + "/prompts/{name}"
GREET = API + "/prompts/greet"
JUDGED = API + "/assessments/{assessment_id}"
EVALUATION = API + "/evaluations/{run_id}"
EVALUATED = API + "/evaluations/{evaluation}"
SCHEMA = API + "/label-schemas/{schema_id}"
LABELING = API + "/labeling/{run_id}"
LABELED = API + "/labeling/{labeling}"
ITEM = API + "/labeling/items/{item_id}"
REVIEWING = API + "/reviews/sessions/{run_id}"
REVIEW = API + "/reviews/items/{item_id}"
ALIASES = API + "/models/aliases"
OTLP = {"content-type": "application/x-protobuf", "x-lodeline-experiment": "1"}
SEND = request_of("cd" * 16)

#                                                     admin editor viewer reviewer nobody ingest
CASES: tuple[Case, ...] = (
    Case("GET /health",                              "200 200 200 200 200 200"),
    Case("GET /healthz",                             "200 200 200 200 200 200"),
    Case("GET /metrics",                             "200 403 403 403 401 403"),
    Case("GET /version",                             "200 200 200 200 200 200"),
    Case("GET /",                                    "200 200 200 200 200 200"),
    Case("GET /sign-in",                             "200 200 200 200 200 200"),
    Case("GET /experiments",                         "200 200 200 200 200 200"),
    Case("GET /experiments/{rest}",             "200 200 200 200 200 200", "/experiments/1/traces"),
    Case("GET /traces/{trace_id}",                   "200 200 200 200 200 200", f"/traces/{TRACE}"),
    Case("GET /review/{run_id}",                     "200 200 200 200 200 200", f"/review/{'0' * 32}"),
    Case("GET /reviews",                             "200 200 200 200 200 200", "/reviews"),
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
    Case(f"GET {EXPERIMENT}/budget",                 "200 200 200 403 401 403"),
    Case(f"PATCH {EXPERIMENT}",                      "200 200 403 404 401 403", json={"description": "x"}),
    Case(f"DELETE {EXPERIMENT}",                     "200 200 403 404 401 403"),
    Case(f"POST {EXPERIMENT}/restore",               "200 200 403 404 401 404", f"{GONE}/restore"),
    Case(f"POST {EXPERIMENT}/purge",                 "200 403 403 404 401 404", f"{GONE}/purge"),
    Case(f"GET {EXPERIMENT}/purge",                  "404 403 403 404 401 404", f"{GONE}/purge"),
    Case(f"GET {EXPERIMENT}/export",                 "200 200 200 403 401 403"),

    Case(f"GET {API}/filters/complete",              "200 200 200 200 401 200"),
    Case(f"GET {API}/traces",                        "200 200 200 403 401 403"),
    Case(f"GET {API}/traces/count",                  "200 200 200 403 401 403"),
    Case(f"GET {API}/traces/breakdown",              "200 200 200 403 401 403", f"{API}/traces/breakdown?by=model"),
    Case(f"GET {API}/traces/facet",                  "200 200 200 403 401 403", f"{API}/traces/facet?field=state"),
    Case(f"POST {API}/traces/aggregate",             "200 200 200 403 401 403", json={"measures": ["count"]}),
    Case(f"POST {API}/traces/delete",                "200 200 403 403 401 403", json={"trace_ids": [TRACE]}),
    Case(f"POST {API}/traces/tags",                  "200 200 403 403 401 403",
         json={"trace_ids": [TRACE], "set": {"a": "b"}}),
    Case(f"POST {API}/traces/reprice",               "200 200 403 403 401 403", json={"experiment": "1"}),
    Case(f"POST {API}/traces/link",                  "200 200 403 403 401 403",
         json={"run_id": "r", "trace_ids": [TRACE]}),
    Case(f"GET {TRACE_PATH}",                        "200 200 200 403 401 403", ONE),
    Case(f"DELETE {TRACE_PATH}",                     "200 200 403 403 401 403", ONE),
    Case(f"GET {TRACE_PATH}/spans",                  "200 200 200 403 401 403", f"{ONE}/spans"),
    Case(f"GET {TRACE_PATH}/spans/find",             "200 200 200 403 401 403", f"{ONE}/spans/find?text=root"),
    Case(f"GET {TRACE_PATH}/otlp",                   "200 200 200 403 401 403", f"{ONE}/otlp"),
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
    Case(f"GET {API}/assessment-agreement",          "200 200 200 403 401 403", f"{API}/assessment-agreement?name=q"),
    Case(f"GET {API}/assessment-judges",             "200 200 200 403 401 403", f"{API}/assessment-judges?name=q"),
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

    Case(f"GET {API}/datasets",                      "200 200 200 403 401 403"),
    Case(f"POST {API}/datasets",                     "201 201 403 403 401 403",
         json={"experiment": "1", "name": "new"}),
    Case(f"GET {API}/datasets/find",                 "200 200 200 403 401 403",
         f"{API}/datasets/find?experiment=1&name=questions"),
    Case(f"GET {DATASET}",                           "200 200 200 403 401 403", SET),
    Case(f"PATCH {DATASET}",                         "200 200 403 403 401 403", SET, json={"description": "x"}),
    Case(f"DELETE {DATASET}",                        "200 200 403 403 401 403", SET),
    Case(f"POST {DATASET}/restore",                  "200 200 403 403 401 403", f"{SET}/restore"),
    Case(f"POST {DATASET}/publish",                  "200 200 403 403 401 403", f"{SET}/publish", json={}),
    Case(f"DELETE {DATASET}/draft",                  "200 200 403 403 401 403", f"{SET}/draft"),
    Case(f"GET {DATASET}/versions",                  "200 200 200 403 401 403", f"{SET}/versions"),
    Case(f"GET {DATASET}/versions/{{version}}",      "200 200 200 403 401 403", f"{SET}/versions/1"),
    Case(f"PATCH {DATASET}/versions/{{version}}/labels", "200 200 403 403 401 403", f"{SET}/versions/1/labels",
         json={"set": ["golden"]}),
    Case(f"GET {DATASET}/records",                   "200 200 200 403 401 403", f"{SET}/records"),
    Case(f"POST {DATASET}/records",                  "200 200 403 403 401 403", f"{SET}/records",
         json={"records": [{"inputs": {"q": 2}}]}),
    Case(f"POST {DATASET}/records/from-traces",      "200 200 403 403 401 403", f"{SET}/records/from-traces",
         json={"trace_ids": [TRACE]}),
    Case(f"GET {DATASET}/records/{{record_id}}",     "200 200 200 403 401 403", f"{SET}/records/dr-1"),
    Case(f"GET {DATASET}/records/{{record_id}}/history", "200 200 200 403 401 403", f"{SET}/records/dr-1/history"),
    Case(f"GET {DATASET}/diff",                      "200 200 200 403 401 403", f"{SET}/diff?before=0"),
    Case(f"GET {DATASET}/near-duplicates",           "200 200 200 403 401 403", f"{SET}/near-duplicates"),
    Case(f"GET {DATASET}/violations",                "200 200 200 403 401 403", f"{SET}/violations"),
    Case(f"POST {DATASET}/splits",                   "200 200 403 403 401 403", f"{SET}/splits",
         json={"ratios": {"test": 1}}),
    Case(f"GET {TRACE_PATH}/records",                "200 200 200 403 401 403", f"{ONE}/records"),

    Case(f"GET {API}/prompts",                       "200 200 200 403 401 403"),
    Case(f"POST {API}/prompts",                      "200 200 403 403 401 403",
         json={"experiment": "1", "name": "new", "template": "t"}),
    Case(f"GET {PROMPT}",                            "200 200 200 403 401 403", f"{GREET}?experiment=1"),
    Case(f"PATCH {PROMPT}",                          "200 200 403 403 401 403", f"{GREET}?experiment=1",
         json={"set_aliases": {"production": 1}}),
    Case(f"DELETE {PROMPT}",                         "204 204 403 403 401 403", f"{GREET}?experiment=1"),
    Case(f"GET {PROMPT}/versions",                   "200 200 200 403 401 403", f"{GREET}/versions?experiment=1"),
    Case(f"GET {PROMPT}/versions/{{version}}",       "200 200 200 403 401 403", f"{GREET}/versions/1?experiment=1"),
    Case(f"GET {PROMPT}/alias-events",               "200 200 200 403 401 403",
         f"{GREET}/alias-events?experiment=1"),
    Case(f"GET {API}/scorers",                       "200 200 200 403 401 403"),
    Case(f"POST {API}/scorers",                      "200 200 403 403 401 403",
         json={"experiment": "1", "name": "new", "definition": {"kind": "BUILTIN"}}),
    Case(f"GET {API}/scorers/{{name}}",              "200 200 200 403 401 403", f"{API}/scorers/exact?experiment=1"),
    Case(f"DELETE {API}/scorers/{{name}}",           "204 204 403 403 401 403", f"{API}/scorers/exact?experiment=1"),

    Case(f"POST {API}/issues",                       "201 201 403 403 401 403",
         json={"experiment": "1", "name": "slow", "description": "It takes minutes."}),
    Case(f"GET {API}/issues",                        "200 200 200 403 401 403"),
    Case(f"GET {API}/issues/{{issue_id}}",           "200 200 200 403 401 403", f"{API}/issues/{{issue}}"),
    Case(f"PATCH {API}/issues/{{issue_id}}",         "200 200 403 403 401 403", f"{API}/issues/{{issue}}",
         json={"status": "resolved"}),

    Case(f"GET {API}/deliveries",                    "200 200 200 403 401 403"),
    Case(f"GET {API}/deliveries/{{instance}}",       "200 200 200 403 401 200", f"{API}/deliveries/sdk-1"),

    Case(f"GET {API}/accounts",                      "200 403 403 403 401 403"),
    Case(f"POST {API}/accounts",                     "201 403 403 403 401 403", json={"name": "new"}),
    Case(f"GET {API}/accounts/{{account_id}}",       "200 403 403 403 401 403", f"{API}/accounts/{{account}}"),
    Case(f"DELETE {API}/accounts/{{account_id}}",    "204 403 403 403 401 403", f"{API}/accounts/{{account}}"),
    Case(f"PUT {API}/accounts/{{account}}/role",     "200 403 403 403 401 403", json={"role": "editor"}),
    Case(f"PUT {API}/accounts/{{account_id}}/disabled", "200 403 403 403 401 403",
         f"{API}/accounts/{{account}}/disabled", json={"disabled": True}),
    Case(f"GET {API}/login/oidc",                    "404 404 404 404 404 404"),
    Case(f"GET {API}/login/oidc/callback",           "404 404 404 404 404 404"),
    Case(f"PUT {API}/accounts/{{account_id}}/external", "200 403 403 403 401 403",
         f"{API}/accounts/{{account}}/external", json={"subject": "248289761001", "issuer": "https://a.example.org"}),
    Case(f"DELETE {API}/accounts/{{account_id}}/external", "200 403 403 403 401 403",
         f"{API}/accounts/{{account}}/external"),
    Case(f"PUT {API}/accounts/{{account_id}}/password", "200 403 403 403 401 403",
         f"{API}/accounts/{{account}}/password", json={"new": "a wholly new one"}),

    Case(f"GET {API}/keys",                          "200 200 200 200 401 403"),
    Case(f"POST {API}/keys",                         "201 201 201 403 401 403",
         json={"name": "k", "scopes": ["read"]}),
    Case(f"DELETE {API}/keys/{{key_id}}",            "200 404 404 404 401 403", f"{API}/keys/{{key}}"),
    Case(f"GET {API}/audit",                         "200 403 403 403 401 403"),

    Case(f"GET {API}/runs", "200 200 200 403 401 403"),
    Case(f"POST {API}/runs", "201 201 403 403 401 403",
         json={"experiment": "app", "name": "r"}),
    Case(f"GET {API}/runs/{{run_id}}", "200 200 200 403 401 403", f"{API}/runs/{{run}}"),
    Case(f"PATCH {API}/runs/{{run_id}}", "200 200 403 403 401 403", f"{API}/runs/{{run}}",
         json={"name": "x"}),
    Case(f"DELETE {API}/runs/{{run_id}}", "200 200 403 403 401 403", f"{API}/runs/{{run}}"),
    Case(f"POST {API}/runs/{{run_id}}/restore", "200 200 403 403 401 403", f"{API}/runs/{{run}}/restore"),
    Case(f"POST {API}/runs/{{run_id}}/metrics", "200 200 403 403 401 403", f"{API}/runs/{{run}}/metrics",
         json={"metrics": [{"key": "k", "value": "NaN", "timestamp_ms": 1}]}),
    Case(f"GET {API}/runs/{{run_id}}/metrics", "200 200 200 403 401 403", f"{API}/runs/{{run}}/metrics?key=k"),
    Case(f"GET {API}/runs/{{run_id}}/artifacts", "200 200 200 403 401 403", f"{API}/runs/{{run}}/artifacts"),
    Case(f"GET {API}/runs/{{run_id}}/artifacts/content", "200 200 200 403 401 403",
         f"{API}/runs/{{run}}/artifacts/content?path=notes.txt"),

    Case(f"PUT {API}/runs/{{run_id}}/artifacts/content", "200 200 403 403 401 403",
         f"{API}/runs/{{run}}/artifacts/content?path=new.txt", content=b"new"),
    Case(f"DELETE {API}/runs/{{run_id}}/artifacts/content", "204 204 403 403 401 403",
         f"{API}/runs/{{run}}/artifacts/content?path=notes.txt"),
    Case(f"GET {API}/models/{{model_id}}/artifacts", "200 200 200 403 401 403", f"{API}/models/{{spare}}/artifacts"),
    Case(f"GET {API}/models/{{model_id}}/artifacts/content", "200 200 200 403 401 403",
         f"{API}/models/{{spare}}/artifacts/content?path=notes.txt"),
    Case(f"PUT {API}/models/{{model_id}}/artifacts/content", "200 200 403 403 401 403",
         f"{API}/models/{{spare}}/artifacts/content?path=new.txt", content=b"new"),
    Case(f"DELETE {API}/models/{{model_id}}/artifacts/content", "204 204 403 403 401 403",
         f"{API}/models/{{spare}}/artifacts/content?path=notes.txt"),

    Case(f"POST {API}/evaluations", "201 201 403 403 401 403",
         json={"experiment": "app", "name": "e"}),
    Case(f"GET {EVALUATION}", "200 200 200 403 401 403", f"{EVALUATED}"),
    Case(f"POST {EVALUATION}/start", "200 200 403 403 401 403", f"{EVALUATED}/start"),
    Case(f"POST {EVALUATION}/finish", "200 200 403 403 401 403", f"{EVALUATED}/finish",
         json={"message": "done"}),
    Case(f"POST {EVALUATION}/cancel", "200 200 403 403 401 403", f"{EVALUATED}/cancel",
         json={"message": "enough"}),
    Case(f"POST {EVALUATION}/resume", "200 200 403 403 401 403", f"{API}/evaluations/{{ended}}/resume",
         json={"force": True}),
    Case(f"POST {EVALUATION}/rows", "200 200 403 403 401 403", f"{EVALUATED}/rows",
         json={"rows": [{"row_key": "1", "scores": [{"name": "exact", "value": True}]}]}),
    Case(f"GET {EVALUATION}/rows", "200 200 200 403 401 403", f"{EVALUATED}/rows"),

    Case(f"GET {EVALUATION}/summary", "200 200 200 403 401 403", f"{EVALUATED}/summary"),
    Case(f"POST {EVALUATION}/gate", "400 400 400 403 401 403", f"{EVALUATED}/gate",
         json={"rules": "none"}),
    Case(f"POST {API}/evaluations/compare", "404 404 404 403 401 403",
         json={"baseline": "none", "candidates": ["none"]}),

    Case(f"GET {API}/models", "200 200 200 403 401 403"),
    Case(f"POST {API}/models", "201 201 403 403 401 403",
         json={"experiment": "app", "name": "m"}),
    Case(f"GET {API}/models/diff", "200 200 200 403 401 403", f"{API}/models/diff?left={{model}}&right={{spare}}"),
    Case(f"GET {ALIASES}", "200 200 200 403 401 403", f"{ALIASES}?experiment=app"),
    Case(f"GET {ALIASES}/{{alias}}", "200 200 200 403 401 403", f"{ALIASES}/production?experiment=app"),
    Case(f"PUT {ALIASES}/{{alias}}", "200 200 403 403 401 403", f"{ALIASES}/next",
         json={"experiment": "app", "model_id": None}),
    Case(f"GET {API}/models/{{model_id}}", "200 200 200 403 401 403", f"{API}/models/{{spare}}"),
    Case(f"PATCH {API}/models/{{model_id}}", "200 200 403 403 401 403", f"{API}/models/{{spare}}",
         json={"status": "READY"}),
    Case(f"DELETE {API}/models/{{model_id}}", "200 200 403 403 401 403", f"{API}/models/{{spare}}"),
    Case(f"POST {API}/models/{{model_id}}/restore", "200 200 403 403 401 403", f"{API}/models/{{spare}}/restore"),
    Case(f"POST {API}/models/{{model_id}}/metrics", "200 200 403 403 401 403", f"{API}/models/{{spare}}/metrics",
         json={"metrics": [{"key": "k", "value": 0.5, "timestamp_ms": 1}]}),

    Case(f"GET {API}/label-schemas", "200 200 200 403 401 403"),
    Case(f"POST {API}/label-schemas", "201 201 403 403 401 403",
         json={"experiment": "1", "name": "new", "kind": "FEEDBACK", "input": {"kind": "text"}}),
    Case(f"GET {API}/label-schemas/find", "200 200 200 403 401 403",
         f"{API}/label-schemas/find?experiment=1&name=tone"),
    Case(f"GET {SCHEMA}", "200 200 200 403 401 403", f"{API}/label-schemas/{{schema}}"),
    Case(f"PATCH {SCHEMA}", "200 200 403 403 401 403", f"{API}/label-schemas/{{schema}}", json={"title": "x"}),
    Case(f"DELETE {SCHEMA}", "204 204 403 403 401 403", f"{API}/label-schemas/{{schema}}"),
    Case(f"GET {SCHEMA}/versions", "200 200 200 403 401 403", f"{API}/label-schemas/{{schema}}/versions"),

    Case(f"GET {API}/labeling", "200 200 200 403 401 403"),
    Case(f"POST {API}/labeling", "201 201 403 403 401 403", json={"experiment": "1", "schemas": ["Feedback"]}),
    Case(f"GET {LABELING}", "200 200 200 403 401 403", LABELED),
    Case(f"PATCH {LABELING}", "200 200 403 403 401 403", LABELED, json={"state": "PAUSED"}),
    Case(f"GET {LABELING}/report", "200 200 200 403 401 403", f"{LABELED}/report"),
    Case(f"GET {LABELING}/progress", "200 200 200 403 401 403", f"{LABELED}/progress"),
    Case(f"GET {LABELING}/link", "200 200 200 403 401 403", f"{LABELED}/link?reviewer=editor"),
    Case(f"POST {LABELING}/items", "200 200 403 403 401 403", f"{LABELED}/items",
         json={"items": [{"target": {"kind": "TRACE", "trace_id": TRACE}}]}),
    Case(f"POST {LABELING}/items/search", "200 200 403 403 401 403", f"{LABELED}/items/search", json={}),
    Case(f"POST {LABELING}/items/records", "200 200 403 403 401 403", f"{LABELED}/items/records",
         json={"dataset_id": "{dataset}"}),
    Case(f"POST {LABELING}/items/rule", "200 200 403 403 401 403", f"{LABELED}/items/rule",
         json={"kind": "sample", "share": 1}),
    Case(f"GET {LABELING}/items", "200 200 200 403 401 403", f"{LABELED}/items"),
    Case(f"POST {LABELING}/reviews", "200 200 403 403 401 403", f"{LABELED}/reviews", json={"reviews": []}),
    Case(f"GET {LABELING}/rules", "200 200 200 403 401 403", f"{LABELED}/rules"),
    Case(f"POST {LABELING}/sync", "200 200 403 403 401 403", f"{LABELED}/sync", json={"dataset_id": "{dataset}"}),
    Case(f"GET {ITEM}", "200 200 200 403 401 403", f"{API}/labeling/items/{{reviewed}}"),
    Case(f"DELETE {ITEM}", "200 200 403 403 401 403", f"{API}/labeling/items/{{reviewed}}"),
    Case(f"POST {ITEM}/reopen", "200 200 403 403 401 403", f"{API}/labeling/items/{{reviewed}}/reopen"),
    Case(f"POST {ITEM}/adjudicate", "200 200 403 403 401 403", f"{API}/labeling/items/{{disputed}}/adjudicate",
         json={"answers": {"Feedback": True}}),

    # Reviewing is for admins, editors and reviewers, in sessions that name them.
    Case(f"GET {API}/reviews/sessions", "200 200 403 200 401 403"),
    Case(f"GET {REVIEWING}", "200 200 403 200 401 403", f"{API}/reviews/sessions/{{labeling}}"),
    Case(f"POST {REVIEWING}/next", "200 200 403 200 401 403", f"{API}/reviews/sessions/{{labeling}}/next", json={}),
    Case(f"GET {REVIEWING}/items", "200 200 403 200 401 403", f"{API}/reviews/sessions/{{labeling}}/items"),
    Case(f"GET {REVIEW}", "200 200 403 200 401 403", f"{API}/reviews/items/{{claimed}}"),
    Case(f"POST {REVIEW}/claim", "200 200 403 200 401 403", f"{API}/reviews/items/{{claimed}}/claim", json={}),
    Case(f"PUT {REVIEW}/draft", "200 200 403 200 401 403", f"{API}/reviews/items/{{claimed}}/draft",
         json={"token": "t"}),
    Case(f"POST {REVIEW}/submit", "200 200 403 200 401 403", f"{API}/reviews/items/{{claimed}}/submit",
         json={"token": "t", "answers": {"Feedback": True}}),
    Case(f"POST {REVIEW}/release", "200 200 403 200 401 403", f"{API}/reviews/items/{{claimed}}/release",
         json={"token": "t"}),
    Case(f"POST {REVIEW}/decline", "200 200 403 200 401 403", f"{API}/reviews/items/{{claimed}}/decline",
         json={"reason": "tired"}),
    Case(f"POST {REVIEW}/undo", "200 200 403 200 401 403", f"{API}/reviews/items/{{reviewed}}/undo", json={}),
)  # fmt: skip
