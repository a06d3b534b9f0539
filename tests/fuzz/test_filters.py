"""Filters and orders of any text, over HTTP, in both grammars: an answer or a 400 that says where, never more."""

from pathlib import Path

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodeline.domain.span import JsonValue
from tests.e2e.harness import export as body_of
from tests.e2e.harness import span, trace_id
from tests.fuzz.door import API, application, export

LISTS = ("/traces", "/assessments", "/sessions", "/users", "/experiments", "/audit", "/traces/count")
DIALECTS = ("lodeline", "mlflow")
UNCHECKED = [HealthCheck.too_slow, HealthCheck.filter_too_much]
quick = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=UNCHECKED)
long = settings(max_examples=10_000, deadline=None, suppress_health_check=UNCHECKED, print_blob=True)
WORDS = (
    "name", "state", "status", "tags.a", "tags.`a b`", "tag.\"x\"", "metadata.a", "attributes.x", "trace.name",
    "start", "duration", "timestamp_ms", "execution_time_ms", "tokens.total", "cost", "text", "content", "span",
    "span(", "(", ")", ",", "AND", "OR", "NOT", "IN", "NOT IN", "IS NULL", "IS NOT NULL", "LIKE", "ILIKE", "RLIKE",
    "~", "=", "!=", "<", "<=", ">", ">=", "'", "\"", "`", "'a'", "'%'", "'_'", "'[a-z]+('", "'(a+)+$'", "5", "-1",
    "1e999", "NaN", "1.5ms", "2h", "'2026-01-01'", "now", "-", "feedback.good", "expectation.x", "assessment(",
    "value", "true", "null", "--", ";", "/*", "\\", "\x00", "\u202e", "ß", "İ", "feedback.`it's`",
    "span.attributes.y", "request_metadata.z", "prompt",
)  # fmt: skip
KEYS = ("name", "start", "desc", "asc", ",", "duration", "tags.a")
TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=12).map("".join),
    st.text(max_size=60),
)
ORDERS = st.one_of(st.just(""), st.lists(st.sampled_from(KEYS)).map(" ".join), st.text(max_size=20))


def _ask(http: httpx.Client, path: str, **params: str) -> None:
    if path == "/traces/count":
        params.pop("order", None)
    else:
        params["limit"] = "5"
    answer = http.get(f"{API}{path}", params=params)
    assert answer.status_code in {200, 400}, f"{path} {params}: {answer.status_code} {answer.text[:300]}"
    found: JsonValue = orjson.loads(answer.content)
    if answer.status_code == 400:
        assert isinstance(found, dict)
        assert found["detail"]
        assert len(answer.content) < 4_000


def _fill(http: httpx.Client) -> None:
    spans = [span(name, number, text="foo bar") for name in ("one", "it's", "50%") for number in range(3)]
    export(http, body_of(spans))
    judged = {"trace_id": trace_id("one"), "name": "good", "value": True}
    assert http.post(f"{API}/assessments", json=judged).status_code == 200


def _run(store: Path, how: settings) -> None:
    with application(store) as http:
        _fill(http)

        @how
        @given(path=st.sampled_from(LISTS), filter=TEXTS, order=ORDERS, dialect=st.sampled_from(DIALECTS))
        def run(path: str, filter: str, order: str, dialect: str) -> None:
            _ask(http, path, filter=filter, order=order, dialect=dialect)

        run()


def test_filters_and_orders(tmp_path: Path) -> None:
    _run(tmp_path / "store", quick)


@pytest.mark.soak
def test_very_many_filters_and_orders(tmp_path: Path) -> None:
    _run(tmp_path / "store", long)


def test_cursors(tmp_path: Path) -> None:
    """A cursor is a client's input like any other: one that is not ours, or was changed, is a 400."""
    with application(tmp_path / "store") as http:
        _fill(http)
        page = http.get(f"{API}/traces", params={"limit": 1}).json()

        @quick
        @given(data=st.data())
        def run(data: st.DataObject) -> None:
            cursor = str(page["cursor"])
            at = data.draw(st.integers(0, len(cursor) - 1))
            changed = st.sampled_from((cursor[:at], cursor[at:] + cursor[:at], cursor * 2))
            _ask(http, "/traces", cursor=data.draw(st.one_of(st.text(max_size=30), changed)))

        run()


MONSTERS = {
    "parentheses": "(" * 19_000,
    "negations": "NOT " * 4_900 + "name = 'a'",
    "balanced": "(" * 5_000 + "name = 'a'" + ")" * 5_000,
    "disjunction": " OR ".join(f"name = '{number}'" for number in range(1_000)),
    "conjunction": " AND ".join(f"tags.a{number} = 'x'" for number in range(700)),
    "spans": " AND ".join("span(name = 'a' OR content LIKE '%b%')" for _ in range(400)),
    "list": f"name IN ({','.join(repr(str(number)) for number in range(3_000))})",
    "text": "text ~ '" + "word " * 3_000 + "'",
    "pattern": "content RLIKE '" + "(a|b)*" * 2_000 + "c'",
    "wildcards": "content LIKE '" + "%a" * 9_000 + "'",
    "number": "duration > " + "9" * 10_000,
    "quotes": "'" * 19_001,
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_monsters(dialect: str, tmp_path: Path) -> None:
    with application(tmp_path / "store") as http:
        _fill(http)
        for text in MONSTERS.values():
            for path in ("/traces", "/assessments"):
                _ask(http, path, filter=text, dialect=dialect)
        assert http.get(f"{API}/traces", params={"filter": "x" * 20_001}).status_code == 400
