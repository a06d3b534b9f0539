"""One trace for people: what it is, its spans as a tree, what went in and out, and what was said about it."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import get_args

import orjson
from rich.text import Text

from lodeline.cli.naming import experiment_names
from lodeline.cli.options import Use
from lodeline.cli.output import clean, clean_lines, cost, count, duration, moment
from lodeline.cli.tree import branches
from lodeline.domain.assessment import UNNAMED, Assessment
from lodeline.domain.errors import Forbidden, Invalid, NotFound
from lodeline.domain.experiment import CaptureMode
from lodeline.domain.ids import SpanId
from lodeline.domain.span import JsonValue, Message, Span, SpanSkeleton, SpanView
from lodeline.domain.trace import Trace

_CONTENT_CHARACTERS = 2_000
_PREVIEW_CHARACTERS = 300
_NOT_KEPT: tuple[JsonValue, ...] = tuple(mode for mode in get_args(CaptureMode) if mode != "full")
"""The capture modes that take content away."""


def show_trace(use: Use, trace_id: str, *, content: bool, most_spans: int) -> None:
    """Write a trace; as JSON, with `content`, its spans are whole ones."""
    found = use.client.traces.get(trace_id)
    if use.out.as_json:
        spans = use.client.traces.spans(trace_id) if content else found.spans
        use.out.document({"trace": found.trace, "spans": spans, "assessments": found.assessments})
        return
    names = experiment_names(use.client, [found.trace.experiment_id])
    _summary(use, found.trace, names[found.trace.experiment_id])
    whole = _whole(use, trace_id, found.spans[:most_spans]) if content else {}
    _tree(use, found.trace, found.spans, most_spans, whole)
    _assessments(use, found.assessments)
    use.view(found.trace.experiment_id, "traces", found.trace.trace_id)


def assessment_row(item: Assessment) -> tuple[object, ...]:
    """Return what a table shows of an assessment, in the order of `ASSESSMENT_COLUMNS`."""
    error = item.error
    value = f"error {error.code}: {error.message}" if error is not None else plain_value(item.value)
    return (
        item.name,
        value if item.valid else f"{value} (superseded)",
        item.kind.lower(),
        item.source.kind.lower() + ("" if item.source.source_id == UNNAMED else f" {item.source.source_id}"),
        item.rationale,
    )


ASSESSMENT_COLUMNS = ("name", "value", "kind", "source", "rationale")


def plain_value(value: JsonValue) -> str:
    """Return text as it is and everything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _summary(use: Use, trace: Trace, experiment: str) -> None:
    tokens = trace.tokens
    failed = trace.state == "ERROR"
    split = f"{tokens.total:,} ({tokens.input:,} in, {tokens.output:,} out)" if tokens.total else None
    use.out.pairs(
        (
            ("trace", trace.trace_id),
            ("name", trace.name),
            ("state", f"ERROR: {trace.status_message}" if failed and trace.status_message else trace.state),
            ("first error", None if failed else trace.status_message),
            ("experiment", experiment),
            ("start", f"{moment(trace.start_ns // 1_000_000)} UTC"),
            ("duration", duration(trace.duration_ns)),
            ("tokens", split),
            ("cost", cost(trace.cost_usd)),
            ("session", trace.session),
            ("user", trace.user),
            ("environment", trace.environment),
            ("model", _model(use, trace)),
            ("service", trace.service),
            ("tags", _pairs(trace.tags)),
            ("metadata", _pairs(trace.metadata)),
            ("request", clean(trace.request, _PREVIEW_CHARACTERS) if trace.request else None),
            ("response", clean(trace.response, _PREVIEW_CHARACTERS) if trace.response else None),
        )
    )


def _model(use: Use, trace: Trace) -> str | None:
    """Return the version of the application by name and id; as the trace holds it where one may not read its name."""
    if trace.model_id is None:
        return None
    with contextlib.suppress(NotFound, Invalid, Forbidden):
        return f"{use.client.models.get(trace.model_id).name} ({trace.model_id})"
    return trace.model_id


def _pairs(texts: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in texts.items())


def _tree(use: Use, trace: Trace, skeleton: Sequence[SpanSkeleton], most: int, whole: Mapping[SpanId, Span]) -> None:
    use.out.say("")
    for index, branch in enumerate(branches(skeleton)):
        if index == most:
            use.out.say(f"… {len(skeleton) - most:,} more spans; show them with --spans {len(skeleton)}.", "dim")
            return
        span = branch.span
        use.out.console.print(_line(branch.lead, span, trace), soft_wrap=True)
        if span.span_id in whole:
            _content(use, branch.below, whole[span.span_id])


def _line(lead: str, span: SpanSkeleton, trace: Trace) -> Text:
    line = Text.assemble((lead, "dim"))
    line.append(clean(span.name, 120), "bold red" if span.status == "ERROR" else "bold")
    line.append(f"  {span.kind}", "cyan")
    start = duration(max(0, span.start_ns - trace.start_ns)) if span.start_ns > trace.start_ns else "0"
    length = "running" if span.end_ns is None else duration(max(0, span.end_ns - span.start_ns))
    line.append(f"  +{start}  {length}", "dim")
    if span.model:
        line.append(f"  {clean(span.model, 60)}")
    if span.tokens is not None and span.tokens.total:
        line.append(f"  {count(span.tokens.input) or 0}→{count(span.tokens.output) or 0} tokens")
    if span.cost_usd is not None:
        line.append(f"  {cost(span.cost_usd)}")
    if span.status == "ERROR":
        line.append("  ERROR", "bold red")
    return line


def _whole(use: Use, trace_id: str, skeleton: Sequence[SpanSkeleton]) -> dict[SpanId, Span]:
    found: dict[SpanId, Span] = {}
    for start in range(0, len(skeleton), 100):
        ids = [str(span.span_id) for span in skeleton[start : start + 100]]
        spans = use.client.traces.spans(trace_id, ids)
        found.update({span.span_id: span for span in spans})
    return found


def _content(use: Use, below: str, span: Span) -> None:
    lines = [("! ", line, "red") for line in clean_lines(span.status_message, _CONTENT_CHARACTERS) if line]
    view = span.view
    mode = span.attributes.get("lodeline.capture")
    if mode in _NOT_KEPT and not (mode == "none" and _says_something(span.view)):
        lines.append(("· ", f"content is not kept (capture: {mode})", "dim"))
    for mark, value, messages in (
        ("→ ", view.inputs, view.input_messages),
        ("← ", view.outputs, view.output_messages),
    ):
        said = [_message(message) for message in messages]
        if not said and value is not None:
            said = [plain_value(value)]
        for text in said:
            first, *rest = clean_lines(text, _CONTENT_CHARACTERS)
            lines += [(mark, first, ""), *(("  ", line, "") for line in rest)]
    for mark, line, style in lines:
        use.out.console.print(Text.assemble((below, "dim"), (mark + line, style)), soft_wrap=True)


def _says_something(view: SpanView) -> bool:
    """Tell whether content is there, whatever the span claims of it."""
    return view.inputs is not None or view.outputs is not None or bool(view.input_messages or view.output_messages)


def _message(message: Message) -> str:
    """Return a chat message as text: who says what, and the tools that are asked for."""
    calls = [f"[{call.name}({plain_value(call.arguments)})]" for call in message.tool_calls]
    return f"{message.role}: {' '.join(filter(None, (message.content, *calls)))}"


def _assessments(use: Use, assessments: Sequence[Assessment]) -> None:
    if not assessments:
        return
    use.out.say("")
    use.out.table(ASSESSMENT_COLUMNS, map(assessment_row, assessments))
