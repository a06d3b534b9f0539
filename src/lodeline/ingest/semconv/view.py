"""The read path: everything a span says, in normal form."""

from lodeline.domain.span import Span, SpanView
from lodeline.domain.usage import NO_USAGE
from lodeline.ingest.semconv.derive import fill_context
from lodeline.ingest.semconv.dialect import Content, Draft
from lodeline.ingest.semconv.reading import PlainAttributes
from lodeline.ingest.semconv.registry import claiming


def view(span: Span) -> SpanView:
    """Return the normalised view of `span`, computed from its attributes and events alone.

    What is malformed stays text or is left out: never raises. Bounded to 10,000 messages or documents, and to
    64 levels of nesting.
    """
    attributes = PlainAttributes(span.attributes, events=span.events, root=span.parent_id is None)
    dialects = claiming(attributes.names)
    draft, content = Draft(), Content()
    for dialect in dialects:
        dialect.derive(attributes, draft)
    fill_context(attributes, draft)
    kind = draft.kind or "UNKNOWN"
    for dialect in dialects:
        dialect.view(attributes, kind, content)
    return SpanView(
        kind=kind,
        dialect=dialects[0].name if dialects else "unknown",
        inputs=content.inputs,
        outputs=content.outputs,
        input_messages=content.input_messages,
        output_messages=content.output_messages,
        tool_definitions=content.tool_definitions,
        tool_call=content.tool_call,
        documents=content.documents,
        model=draft.model,
        provider=draft.provider,
        parameters=content.parameters,
        finish_reasons=content.finish_reasons,
        tokens=draft.tokens or NO_USAGE,
        session=draft.session,
        user=draft.user,
    )
