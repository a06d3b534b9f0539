"""What the query benchmark asks, and how it knows that an answer is right: from the facts of the traces alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

import orjson

from bench import data
from bench.corpus import SCORE_NAME
from bench.data import TraceFacts
from lodeline.domain.span import JsonValue

API = "/api/v1"
PAGE = 50
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Question:
    """One request and the check of its answer. `check` raises with what is wrong. `body` None means GET."""

    name: str
    path: str
    check: Callable[[JsonValue], None]
    body: bytes | None = None


def newest_first(count: int, shape: data.Shape) -> Iterator[TraceFacts]:
    """Yield the facts of every trace in the default order of lists."""
    return (data.facts(number, shape) for number in range(count - 1, -1, -1))


def questions(count: int, shape: data.Shape, giant_spans: int) -> list[Question]:
    """Return what is asked of a store with `count` traces; the deep page is not among them."""
    one = data.facts(count // 2, shape)
    marked = data.facts(count // 1_000 // 2 * 1_000 + 7, shape)
    lists: list[tuple[str, str, Callable[[TraceFacts], bool]]] = [
        ("newest 50", "", lambda _: True),
        ("by tag", f"tags.customer = '{one.customer}'", lambda known: known.customer == one.customer),
        (
            "by two tags",
            f"tags.release = '{marked.release}' AND tags.customer = '{marked.customer}'",
            lambda known: known.release == marked.release and known.customer == marked.customer,
        ),
        ("by status", "state = 'ERROR'", lambda known: known.failed),
        ("by span name", "span.name = 'search_index'", lambda _: True),
        (
            "by span name and error",
            "span(name = 'call_api' AND status = 'ERROR')",
            lambda known: known.failed_call,
        ),
        ("text, in 5 % of traces", f"text ~ '{data.COMMON_WORD}'", lambda known: known.common),
        ("text, rare", f"text ~ '{data.RARE_WORD}'", lambda known: known.rare),
        ("text, absent", f"text ~ '{data.ABSENT_WORD}'", lambda _: False),
        ("by span attribute", "span.attributes.bench.shard = 123", lambda known: known.shard == 123),
        ("by session", f"session = '{one.session}'", lambda known: known.session == one.session),
        ("by user", f"user = '{one.user}'", lambda known: known.user == one.user),
        (
            "by assessment < x",
            f"feedback.{SCORE_NAME} < 0.1",
            lambda known: known.score is not None and known.score < 0.1,
        ),
    ]
    asked = [_listed(name, text, holds, count, shape) for name, text, holds in lists]
    return [*asked, *_reads(one, shape, giant_spans), *_analytics(count, shape)]


def list_path(text: str, *, limit: int = PAGE, cursor: str | None = None) -> str:
    """Return the path of a list of traces of the default experiment."""
    given = {"experiment": "0", "filter": text, "limit": str(limit)}
    if cursor is not None:
        given["cursor"] = cursor
    return f"{API}/traces?{urlencode(given)}"


def deep_page(cursor: str, expected: list[str]) -> Question:
    """Return the question for the page after `cursor`."""
    return Question("deep page", list_path("", cursor=cursor), _has_ids(expected))


def fields(value: JsonValue) -> Mapping[str, JsonValue]:
    """Return an object; a failed check when it is something else."""
    if not isinstance(value, Mapping):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value


def elements(value: JsonValue) -> list[JsonValue]:
    """Return a list; a failed check when it is something else."""
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return list[JsonValue](value)


def _listed(name: str, text: str, holds: Callable[[TraceFacts], bool], count: int, shape: data.Shape) -> Question:
    matching = (str(known.trace_id) for known in newest_first(count, shape) if holds(known))
    return Question(name, list_path(text), _has_ids(list(islice(matching, PAGE))))


def _reads(one: TraceFacts, shape: data.Shape, giant_spans: int) -> list[Question]:
    trace = f"{API}/traces/{one.trace_id}"
    return [
        Question("one trace", trace, _counts("spans", shape.spans)),
        Question("one trace's spans", f"{trace}/spans", _is_long(shape.spans)),
        Question(
            f"skeleton of {giant_spans:,} spans",
            f"{API}/traces/{data.giant_trace_id()}",
            _counts("spans", giant_spans),
        ),
    ]


def _analytics(count: int, shape: data.Shape) -> list[Question]:
    failed = sum(known.failed for known in newest_first(count, shape))
    scored = sum(known.score is not None for known in newest_first(count, shape))
    errors = urlencode({"experiment": "0", "filter": "state = 'ERROR'"})
    hours = {"measures": ["duration_p50", "duration_p95"], "bucket_ms": _HOUR_MS}
    usage = {"measures": ["tokens_total", "cost_usd"], "group_by": "model"}
    scores = {"measures": ["assessment_mean"], "group_by": "model", "assessment": SCORE_NAME}
    return [
        Question("facet of a tag", _facet_path("tags.release"), _has_values(min(data.RELEASES, count))),
        Question("facet of the state", _facet_path("state"), _has_values(2)),
        Question("count of errors", f"{API}/traces/count?{errors}", _has_count(failed)),
        _aggregate("hourly latency", hours, count),
        _aggregate("tokens and cost by model", usage, count),
        _aggregate("score by model", scores, scored),
    ]


def _aggregate(name: str, asked: Mapping[str, object], expected_n: int) -> Question:
    body = orjson.dumps({"experiments": ["0"], **asked})

    def check(answer: JsonValue) -> None:
        points = [fields(point) for point in elements(fields(answer)["points"])]
        found = sum(n for point in points if isinstance(n := point["n"], int))
        _expect(found == expected_n, f"{expected_n} traces or scores are behind the points", found)
        values = [fields(point["values"]) for point in points if point["n"]]
        _expect(all(None not in value.values() for value in values), "every point has its measures", values[:3])

    return Question(name, f"{API}/traces/aggregate", check, body)


def _facet_path(field: str) -> str:
    return f"{API}/traces/facet?{urlencode({'experiment': '0', 'field': field})}"


def _has_ids(expected: list[str]) -> Callable[[JsonValue], None]:
    def check(answer: JsonValue) -> None:
        found = [fields(item)["trace_id"] for item in elements(fields(answer)["items"])]
        _expect(found == expected, f"{len(expected)} traces, {expected[:2]} first", [len(found), *found[:2]])

    return check


def _counts(name: str, expected: int) -> Callable[[JsonValue], None]:
    def check(answer: JsonValue) -> None:
        found = len(elements(fields(answer)[name]))
        _expect(found == expected, f"{expected} {name}", found)

    return check


def _is_long(expected: int) -> Callable[[JsonValue], None]:
    def check(answer: JsonValue) -> None:
        _expect(len(elements(answer)) == expected, f"{expected} elements", len(elements(answer)))

    return check


def _has_values(expected: int) -> Callable[[JsonValue], None]:
    """Check the number of values; a facet may be of the newest traces only, and says so."""

    def check(answer: JsonValue) -> None:
        found = len(elements(fields(answer)["values"]))
        _expect(found == expected, f"{expected} values", found)

    return check


def _has_count(expected: int) -> Callable[[JsonValue], None]:
    def check(answer: JsonValue) -> None:
        given = fields(answer)
        _expect(given["count"] == expected and given["exact"] is True, f"exactly {expected}", given)

    return check


def _expect(truth: bool, expected: str, found: object) -> None:
    if not truth:
        raise RuntimeError(f"a wrong answer: expected {expected}, found {found}")
