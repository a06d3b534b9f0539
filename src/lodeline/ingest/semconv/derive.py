"""The hot path: the facts of a span that has just been received, in microseconds."""

from itertools import islice

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from lodeline.domain.experiment import MAX_TAG_KEY, MAX_TAG_VALUE, MAX_TAGS
from lodeline.domain.named_tuple import make
from lodeline.ingest.semconv.dialect import MAX_NAME, Derived, Draft
from lodeline.ingest.semconv.reading import Attributes, WireAttributes
from lodeline.ingest.semconv.registry import claiming

PLAIN = Derived()


def derive(span: Span, attributes: dict[str, AnyValue], *, want_preview: bool = False) -> Derived:
    """Return what `attributes` (the span's, by key) say.

    Costs no JSON parsing, except of small usage objects, and of content up to 64 kB when `want_preview` asks
    for the previews: that is meant for spans without a parent and for model calls. Never raises.
    """
    reading = WireAttributes(attributes, span)
    dialects = claiming(reading.names)
    if not dialects and not span.events:
        return _plain(reading)
    draft = Draft()
    for dialect in dialects:
        dialect.derive(reading, draft)
    if want_preview:
        for dialect in dialects:
            if draft.request is None or draft.response is None:
                dialect.preview(reading, draft)
    fill_context(reading, draft)
    model, session, user, trace_name = draft.model, draft.session, draft.user, draft.trace_name
    values = (
        draft.kind or "UNKNOWN",
        model and model[:MAX_NAME],
        draft.provider,
        draft.tokens,
        draft.cost_usd,
        session and session[:MAX_NAME],
        user and user[:MAX_NAME],
        draft.request,
        draft.response,
        trace_name and trace_name[:MAX_NAME],
        draft.tags and _bounded(draft.tags),
        draft.metadata and _bounded(draft.metadata),
        dialects[0].name if dialects else "unknown",
    )
    return make(Derived, values)


def fill_context(attributes: Attributes, draft: Draft) -> None:
    """Fill session and user from the attributes that belong to no dialect alone."""
    names = attributes.names
    if draft.session is None and (_SESSION in names or _CONVERSATION in names):
        draft.session = attributes.text("session.id") or attributes.text("gen_ai.conversation.id")
    if draft.user is None and "user.id" in names:
        draft.user = attributes.text("user.id") or attributes.text("enduser.id")


_SESSION, _CONVERSATION = "\nsession.id", "\ngen_ai.conversation.id"


def _plain(reading: WireAttributes) -> Derived:
    names = reading.names
    if "\nsession.id" not in names and "user.id" not in names:
        return PLAIN
    draft = Draft()
    fill_context(reading, draft)
    session, user = draft.session, draft.user
    return Derived(session=session and session[:MAX_NAME], user=user and user[:MAX_NAME])


def _bounded(pairs: dict[str, str]) -> dict[str, str]:
    return {key[:MAX_TAG_KEY]: value[:MAX_TAG_VALUE] for key, value in islice(pairs.items(), MAX_TAGS)}
