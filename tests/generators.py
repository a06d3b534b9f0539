"""Random traces, spans and assessments over a small shared vocabulary, awkward on purpose.

The vocabulary is small so that random filters (`tests.query.strategies`) often match. It holds what engines disagree
about: case folding that changes lengths, decomposed accents, scripts without spaces, wildcards, quotes, NaN, numbers
that look like text. It holds no NUL and no lone surrogate: stores may replace those.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from hypothesis import strategies as st

from lodeline.domain.assessment import (
    Assessment,
    AssessmentError,
    AssessmentKind,
    AssessmentSource,
    AssessmentTarget,
    SourceKind,
)
from lodeline.domain.ids import AssessmentId, ExperimentId, SpanId, TraceId
from lodeline.domain.span import (
    SPAN_KINDS,
    SPAN_STATUSES,
    AttributeValue,
    JsonValue,
    Span,
    SpanEvent,
    SpanFacts,
    SpanView,
)
from lodeline.domain.trace import TRACE_STATES, Trace
from lodeline.domain.usage import NO_USAGE, TokenUsage, usd_to_picousd

T0_NS = 1_790_000_000_000_000_000
MS = 1_000_000
TEXTS: tuple[str, ...] = (
    "answer", "Answer the question", "foo bar", "FOO-bar baz", "foo", "Straße", "STRASSE", "strasse 7", "İstanbul",
    "istanbul", "東京タワー", "私は東京", "ｶﾞﾙ", "가나다", "café", "cafe\u0301", "cafe\u0301s", "it's",
    'say "hi"', "50%", "500", "a_b", "axb", "back\\slash", "line\nbreak", "true", "5", "5.0", "NaN", "null", "", " ",
    "x" * 64, "x" * 70, "ﬁne", "fine", "Ωmega", "ωMEGA", "สวัสดี", "a\u0338b", "=\u0338", "é", "e\u0301e",
)  # fmt: skip
"""Strings that stand anywhere: names, tags, attributes, feedback, filters."""
KEYS: tuple[str, ...] = ("release", "a.b", "with space", "it`s", 'q"t', "é", "k/v:1@x")
NAMES: tuple[str, ...] = ("correct", "tone", "correct answer", "naïve.score")
RUNS: tuple[str, ...] = ("r1", "r2", "R1")
NUMBERS: tuple[int | float, ...] = (0, 1, -1, 5, 5.0, 0.1, 2.5, 1e300, -0.0, 2**53 + 1, 10_000)
SPANS_NS: tuple[int, ...] = (0, 1, 999_999, MS, 1_500_000, 250 * MS, 1_500 * MS, 3_600_000 * MS)
TIMES_NS: tuple[int, ...] = tuple(T0_NS + offset for offset in SPANS_NS)


@dataclass(frozen=True, slots=True)
class TraceCase:
    """A trace with its parts. The summary is as random as the parts: it is not derived from them."""

    trace: Trace
    spans: tuple[Span, ...]
    assessments: tuple[Assessment, ...]


@cache
def texts() -> st.SearchStrategy[str]:
    """Strings of the vocabulary."""
    return st.sampled_from(TEXTS)


@cache
def scalars() -> st.SearchStrategy[str | int | float | bool]:
    """Single values of every type, finite."""
    return st.one_of(texts(), st.sampled_from(NUMBERS), st.booleans())


@cache
def json_values(*, finite: bool = False) -> st.SearchStrategy[JsonValue]:
    """What an assessment's value may be; unless `finite` also NaN and infinities."""
    odd = st.sampled_from((float("nan"), float("inf"), float("-inf")))
    leaves = st.one_of(st.none(), scalars()) if finite else st.one_of(st.none(), scalars(), odd)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=2)
        ),
        max_leaves=4,
    )


@cache
def attribute_values() -> st.SearchStrategy[AttributeValue]:
    """What a span's attribute may be."""
    return st.one_of(json_values(), st.just(b"\x00\xff"))


@cache
def string_maps() -> st.SearchStrategy[dict[str, str]]:
    """Tags and metadata."""
    return st.dictionaries(st.sampled_from(KEYS), texts(), max_size=3)


@cache
def usages() -> st.SearchStrategy[TokenUsage]:
    """Token usage, often none."""
    few = st.sampled_from((0, 1, 5, 10_000))
    return st.one_of(st.just(NO_USAGE), st.builds(TokenUsage, *[few] * len(TokenUsage._fields)))


@cache
def costs() -> st.SearchStrategy[float | None]:
    """US dollars, all of them whole picodollars."""
    return st.sampled_from((None, 0.0, 0.1, 0.25, 5.0))


@cache
def spans(trace_id: str = "tr-1") -> st.SearchStrategy[list[Span]]:
    """The spans of one trace: distinct ids, the first is the root."""
    return st.lists(_span(trace_id), max_size=4).map(_numbered)


def _numbered(found: Sequence[Span]) -> list[Span]:
    return [
        replace(span, span_id=SpanId(f"{i + 1:016x}"), parent_id=None if i == 0 else SpanId(f"{1:016x}"))
        for i, span in enumerate(found)
    ]


@st.composite
def _span(draw: st.DrawFn, trace_id: str) -> Span:
    start_ns, length_ns = draw(_starts), draw(_lengths)
    kind = draw(_kinds)
    return Span(
        trace_id=TraceId(trace_id),
        span_id=SpanId("0" * 15 + "1"),
        parent_id=None,
        name=draw(texts()),
        kind=kind,
        status=draw(_statuses),
        start_ns=start_ns,
        end_ns=None if length_ns is None else start_ns + length_ns,
        status_message=draw(texts()),
        attributes=draw(_attributes),
        events=tuple(draw(_events)),
        view=SpanView(kind=kind, model=draw(_maybe), provider=draw(_maybe), tokens=draw(usages())),
        cost_usd=draw(costs()),
    )


@cache
def _event() -> st.SearchStrategy[SpanEvent]:
    attributes = st.dictionaries(st.sampled_from(KEYS), attribute_values(), max_size=2)
    return st.builds(SpanEvent, name=texts(), time_ns=st.sampled_from(TIMES_NS), attributes=attributes)


_maybe = st.sampled_from((None, *TEXTS))
_runs = st.sampled_from((None, *RUNS))
_links = st.sampled_from(((), *((run,) for run in RUNS), RUNS[:2]))
_states = st.sampled_from(TRACE_STATES)
_sizes = st.sampled_from((0, 5, 10_000))
_starts = st.sampled_from(TIMES_NS)
_lengths = st.sampled_from((None, *SPANS_NS))
_kinds = st.sampled_from(SPAN_KINDS)
_statuses = st.sampled_from(SPAN_STATUSES)
_keys: st.SearchStrategy[str] = st.sampled_from(KEYS)
_attributes: st.SearchStrategy[dict[str, AttributeValue]] = st.dictionaries(_keys, attribute_values(), max_size=3)
_events = st.lists(_event(), max_size=2)


def facts_of(span: Span, position: int = 0) -> SpanFacts:
    """Return the narrow facts that ingestion would find in a span."""
    return SpanFacts(
        span_id=span.span_id,
        parent_id=span.parent_id,
        name=span.name,
        kind=span.kind,
        status=span.status,
        start_ns=span.start_ns,
        end_ns=span.end_ns or 0,
        digest=hash(repr(span)) & (2**63 - 1),
        position=position,
        size_bytes=len(repr(span)),
        status_message=span.status_message,
        model=span.view.model,
        provider=span.view.provider,
        tokens=span.view.tokens if any(span.view.tokens) else None,
        cost_picousd=None if span.cost_usd is None else usd_to_picousd(span.cost_usd),
        cost_source=span.cost_source,
        session=span.view.session,
        user=span.view.user,
    )


@cache
def assessments(
    trace_id: str = "tr-1", span_ids: tuple[SpanId, ...] = (), *, finite: bool = False
) -> st.SearchStrategy[list[Assessment]]:
    """Assessments of one trace or of its spans, with distinct ids."""
    one = _assessment(TraceId(trace_id), span_ids, finite=finite)
    return st.lists(one, max_size=4, unique_by=lambda each: each.assessment_id)


_judgment_kinds: st.SearchStrategy[AssessmentKind] = st.sampled_from(("FEEDBACK", "EXPECTATION", "ISSUE_REF"))
_sources: st.SearchStrategy[SourceKind] = st.sampled_from(("HUMAN", "LLM_JUDGE", "CODE"))
_confidences = st.sampled_from((None, 0.0, 0.5, 1.0))
_names = st.sampled_from(NAMES)


@cache
def _present(finite: bool) -> st.SearchStrategy[JsonValue]:
    return json_values(finite=finite).filter(_is_present)


def _is_present(value: JsonValue) -> bool:
    return value is not None


@st.composite
def _assessment(draw: st.DrawFn, trace_id: TraceId, span_ids: tuple[SpanId, ...], *, finite: bool) -> Assessment:
    kind, source = draw(_judgment_kinds), draw(_sources)
    failed = kind == "FEEDBACK" and draw(st.booleans())
    value = None if failed or kind == "ISSUE_REF" else draw(_present(finite))
    span_id = draw(st.sampled_from((None, *span_ids)))
    return Assessment(
        assessment_id=AssessmentId(f"a-{draw(st.integers(0, 99))}"),
        experiment_id=ExperimentId("0"),
        target=AssessmentTarget(trace_id=trace_id, span_id=span_id),
        name=draw(_names),
        kind=kind,
        source=AssessmentSource(source, draw(texts())),
        created_ms=draw(_starts) // MS,
        updated_ms=T0_NS // MS,
        value=value,
        error=AssessmentError("TIMEOUT", "too slow") if failed else None,
        rationale=draw(_maybe),
        valid=draw(st.booleans()),
        confidence=draw(_confidences),
        run_id=draw(_runs),
    )


@st.composite
def traces(draw: st.DrawFn, trace_id: str = "tr-1") -> TraceCase:
    """A trace with its spans and assessments."""
    found = tuple(draw(spans(trace_id)))
    trace = Trace(
        trace_id=TraceId(trace_id),
        experiment_id=ExperimentId("0"),
        name=draw(texts()),
        state=draw(_states),
        start_ns=draw(_starts),
        duration_ns=draw(_lengths),
        received_ms=draw(_starts) // MS,
        updated_ms=T0_NS // MS,
        request=draw(_maybe),
        response=draw(_maybe),
        session=draw(_maybe),
        user=draw(_maybe),
        environment=draw(_maybe),
        service=draw(_maybe),
        client=draw(_maybe),
        model_id=draw(_maybe),
        run_id=draw(_runs),
        linked_run_ids=draw(_links),
        client_request_id=draw(_maybe),
        tokens=draw(usages()),
        cost_usd=draw(costs()),
        span_count=len(found),
        error_count=sum(span.status == "ERROR" for span in found),
        size_bytes=draw(_sizes),
        status_message=draw(texts()),
        tags=draw(string_maps()),
        metadata=draw(string_maps()),
    )
    judged = draw(assessments(trace_id, tuple(span.span_id for span in found)))
    return TraceCase(trace, found, tuple(judged))
