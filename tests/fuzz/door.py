"""The real application in this process, for tests that throw anything at it: what it may answer, and how fast."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import orjson

from lodeline.domain.span import JsonValue
from lodeline.sdk.client.inprocess import InProcessTransport
from lodeline.server.app import close_app, create_app
from lodeline.server.settings import Settings

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
TAKEN = {200}
REFUSED = {400, 413, 415, 503}
API = "/api/v1"


@contextmanager
def application(store: Path) -> Generator[httpx.Client]:
    """Give a client of the application over a SQLite store, without access control."""
    app = create_app(Settings(store=str(store), grpc_port=None))
    try:
        with (
            InProcessTransport(app) as transport,
            httpx.Client(base_url="http://localhost", transport=transport, timeout=120) as http,
        ):
            yield http
    finally:
        close_app(app)


def export(
    http: httpx.Client, body: bytes, kind: str = PROTOBUF, encoding: str | None = None, experiment: str | None = None
) -> httpx.Response:
    """Send an export request; it is taken or refused in the request's own encoding and never fails."""
    headers = {"content-type": kind}
    if encoding is not None:
        headers["content-encoding"] = encoding
    if experiment is not None:
        headers["x-lodeline-experiment"] = experiment
    answer = http.post("/v1/traces", content=body, headers=headers)
    assert answer.status_code in TAKEN | REFUSED, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.headers["content-type"] == (JSON if kind == JSON else PROTOBUF)
    return answer


def get(http: httpx.Client, path: str, params: Mapping[str, str | int] | None = None) -> JsonValue:
    """Return the JSON of a route of the native API that must answer it."""
    answer = http.get(f"{API}{path}", params=dict(params or {}))
    assert answer.status_code == 200, f"{path}: {answer.status_code}: {answer.text[:300]}"
    found: JsonValue = orjson.loads(answer.content)
    return found


def items(http: httpx.Client, path: str, params: Mapping[str, str | int] | None = None) -> list[dict[str, JsonValue]]:
    """Return every item of a list, page by page."""
    found: list[dict[str, JsonValue]] = []
    cursor: JsonValue = None
    while True:
        page = get(http, path, {**(params or {}), "limit": 500, **({"cursor": str(cursor)} if cursor else {})})
        assert isinstance(page, dict)
        found += objects(page["items"])
        cursor = page["cursor"]
        if cursor is None:
            return found


def objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    """Return a JSON list of objects as such."""
    assert isinstance(value, Sequence)
    assert not isinstance(value, str)
    return [item for item in value if isinstance(item, dict)]


def read_everything(http: httpx.Client) -> list[dict[str, JsonValue]]:
    """Read all that is stored through every route that shows it; return the traces."""
    traces = items(http, "/traces")
    for trace in traces:
        path = f"/traces/{quote(str(trace['trace_id']), safe='')}"
        detail = get(http, path)
        assert isinstance(detail, dict)
        whole = objects(get(http, f"{path}/spans"))
        assert len(whole) == len(objects(detail["spans"])) == trace["span_count"]
        assert len({str(span["span_id"]) for span in whole}) == len(whole)
        get(http, f"{path}/assessments")
        get(http, f"{path}/attachments")
    for order in ("name", "duration desc", "cost desc", "received", "tokens.total"):
        assert {str(trace["trace_id"]) for trace in items(http, "/traces", {"order": order})} == {
            str(trace["trace_id"]) for trace in traces
        }, order
    for field in ("name", "state", "model", "session", "user", "environment", "tags.a"):
        get(http, "/traces/facet", {"field": field})
    for session in items(http, "/sessions"):
        where = {"experiment": str(session["experiment_id"])}
        get(http, f"/sessions/{quote(str(session['session']), safe='')}", where)
    for path in ("/users", "/assessments", "/experiments", "/audit"):
        items(http, path)
    count = get(http, "/traces/count")
    assert isinstance(count, dict)
    assert count["count"] == len(traces)
    return traces
