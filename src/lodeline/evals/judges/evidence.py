"""What a judge is shown of a sample, as labelled text."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Sample, ScoredTrace, ScorerArgument
from lodeline.domain.span import JsonValue, Span
from lodeline.evals.judges.model import DataBlock
from lodeline.evals.texts import json_text, text_of
from lodeline.evals.trace_content import conversation, documents_in_trace

Evidence: TypeAlias = Literal[
    "inputs", "outputs", "expectations", "trace", "session", "documents", "conversation", "expected"
]
"""inputs, outputs, expectations: as they are. trace: its spans as an outline. documents: what was last retrieved, or
what stands under "context" in the inputs or expectations. session, conversation: what was asked and answered.
expected: the expected response or facts."""
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)
MAX_SPANS = 300
MAX_SPAN_TEXT = 2_000
_NEEDS: Mapping[Evidence, tuple[ScorerArgument, ...]] = {
    "inputs": ("inputs",),
    "outputs": ("outputs",),
    "expectations": ("expectations",),
    "trace": ("trace",),
    "session": ("session",),
    "conversation": ("session",),
    "documents": ("inputs", "expectations", "trace"),
    "expected": ("expectations",),
}
_OPTIONAL = {"documents": ("trace",)}


def arguments_for(wanted: tuple[Evidence, ...]) -> dict[ScorerArgument, bool]:
    """Return the arguments that evidence is made of, and whether each must be there."""
    found: dict[ScorerArgument, bool] = {}
    for name in wanted:
        for argument in _NEEDS[name]:
            found[argument] = found.get(argument, False) or argument not in _OPTIONAL.get(name, ())
    return found


def evidence_blocks(sample: Sample, wanted: tuple[Evidence, ...]) -> tuple[DataBlock, ...]:
    """Return the evidence; Invalid, with a code that names it, when some of it is not there."""
    return tuple(DataBlock(name, _text(sample, name)) for name in wanted)


def _text(sample: Sample, name: Evidence) -> str:
    if name == "inputs":
        return _shown(sample.inputs)
    if name == "outputs":
        return text_of(sample.outputs)
    if name == "expectations":
        return json_text(sample.expectations)
    if name == "expected":
        return _expected(sample.expectations)
    if name == "documents":
        return _documents(sample)
    if name == "trace":
        if sample.trace is None:
            raise Invalid("trace: is missing; this judge needs it.", code="no_trace")
        return outline(sample.trace)
    messages = conversation(sample.session or ())
    if not messages:
        raise Invalid("session: nothing was asked or answered in it.", code="no_session")
    return "\n\n".join(f"{message.role}: {message.content}" for message in messages)


def _shown(value: JsonValue) -> str:
    return value if isinstance(value, str) else json_text(value)


def _expected(expectations: Mapping[str, JsonValue]) -> str:
    for key in ("expected_response", "expected_facts"):
        if expectations.get(key) is not None:
            return _shown(expectations[key])
    there = ", ".join(map(repr, sorted(expectations)[:10])) or "nothing"
    raise Invalid(
        f"expectations: has neither 'expected_response' nor 'expected_facts'; it has {there}.", code="no_expectation"
    )


def _documents(sample: Sample) -> str:
    if sample.trace is not None:
        found = documents_in_trace(sample.trace)
        if found:
            return "\n\n".join(f"[{number}] {document.content}" for number, document in enumerate(found, 1))
    for place in (sample.inputs, sample.expectations):
        if isinstance(place, Mapping) and place.get("context") is not None:
            return _shown(place["context"])
    raise Invalid(
        "documents: the trace has no retrieved documents, and neither inputs nor expectations have 'context'.",
        code="no_documents",
    )


def outline(trace: ScoredTrace) -> str:
    """Return a trace as text: each span indented below its parent, in the order of start, with what went in and out.

    At most `MAX_SPANS` spans and `MAX_SPAN_TEXT` characters of each input and output; what is left out is said.
    """
    spans = sorted(trace.spans, key=lambda span: (span.start_ns, span.span_id))
    children: dict[str | None, list[Span]] = {}
    known = {span.span_id for span in spans}
    for span in spans:
        parent = span.parent_id if span.parent_id in known and span.parent_id != span.span_id else None
        children.setdefault(parent, []).append(span)
    lines: list[str] = []
    pending = [(span, 0) for span in reversed(children.get(None, []))]
    count = 0
    while pending and count < MAX_SPANS:
        span, depth = pending.pop()
        count += 1
        lines.extend("  " * depth + line for line in _span_lines(span))
        pending.extend((child, depth + 1) for child in reversed(children.get(span.span_id, [])))
    if count < len(spans):
        lines.append(f"[… {len(spans) - count} spans left out …]")
    return "\n".join(lines)


def _span_lines(span: Span) -> list[str]:
    took = "" if span.end_ns is None else f" {(span.end_ns - span.start_ns) / 1e6:.0f} ms"
    lines = [f"- {span.kind} {span.name} {span.status}{took}"]
    if span.status_message:
        lines.append(f"  error: {_cut(span.status_message)}")
    for label, value in (("in", span.view.inputs), ("out", span.view.outputs)):
        if value is not None:
            lines.append(f"  {label}: {_cut(_shown(value))}")
    return lines


def _cut(text: str) -> str:
    left_out = len(text) - MAX_SPAN_TEXT
    return text if left_out <= 0 else f"{text[:MAX_SPAN_TEXT]} [… {left_out:,} characters left out …]"


def check_evidence(name: str) -> Evidence:
    """Return the name; Invalid when there is no such evidence."""
    if name not in EVIDENCE:
        raise Invalid.value("instructions", f"{{{{ {name} }}}}", "variables among " + ", ".join(EVIDENCE))
    return name
