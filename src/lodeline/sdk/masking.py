"""What of a span's content leaves the program: masked first, then reduced by the capture mode.

It works on spans that have ended, whoever made them, before anything of them is kept or sent: attributes, events,
links and the status message. Names, ids and times, and what says kind, model and labels, stay.

- ``full`` keeps everything;
- ``hashed`` replaces texts by ``sha256:`` and 64 hex digits, so that equal ones can be told;
- ``structure`` keeps keys and types: texts become empty, numbers 0, truth values false;
- ``none`` removes texts and lists; single numbers and truth values outside of inputs and outputs stay.

Where it reduces, the attribute ``lodeline.capture`` names the mode.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, Status

from lodeline.domain.experiment import CaptureMode
from lodeline.domain.span import JsonValue
from lodeline.sdk.attributes import CAPTURE, INPUTS, OUTPUTS
from lodeline.sdk.quiet import FOREIGN_FAULTS, complain
from lodeline.sdk.rendering import Limits, clean_text, content_value, plain_content, to_plain
from lodeline.sdk.settings import Mask

DROPPED = "[dropped: the mask failed]"
STATUS_KEY = "status.message"
"""The key under which a mask sees a span's status message."""

_CONTENT = frozenset((INPUTS, OUTPUTS))
_NOT_CONTENT = frozenset((
    "code.function.name", "error.type", "exception.type", "gen_ai.operation.name", "gen_ai.provider.name",
    "gen_ai.request.model", "gen_ai.response.finish_reasons", "gen_ai.response.model", "gen_ai.system",
    "gen_ai.tool.name", "llm.model_name", "llm.provider", "llm.system", "lodeline.kind", "lodeline.model",
    "lodeline.provider", "lodeline.session", "lodeline.stream_end", "lodeline.stream_items", "lodeline.trace_name",
    "lodeline.usage", "lodeline.user", "mlflow.spanType", "openinference.span.kind", "session.id", "tool.name",
    "traceloop.span.kind", "user.id",
))  # fmt: skip
_LABELS = ("lodeline.tags.", "lodeline.metadata.")


def mask_strings(change: Callable[[str], str]) -> Mask:
    """Return a mask for `lodeline.configure` that changes every text by itself, also those within lists and dicts.

    >>> import re
    >>> mask = mask_strings(lambda text: re.sub("[0-9]{4}-[0-9]{2}", "[patient]", text))
    >>> mask("lodeline.inputs", {"question": "Who is 4711-12?"})
    {'question': 'Who is [patient]?'}
    """

    def mask(key: str, value: JsonValue) -> JsonValue:
        return _leaves(value, lambda leaf: change(leaf) if isinstance(leaf, str) else leaf)

    return mask


class ContentFilter:
    """A stage of the pipeline: gives a copy of each span with its content masked and reduced."""

    def __init__(self, mask: Mask | None, mode: CaptureMode, limits: Limits) -> None:
        self._mask = mask
        self._mode: CaptureMode = mode
        self._limits = limits
        self._mark: Mapping[str, str] = {} if mode == "full" else {CAPTURE: mode}

    def __call__(self, span: ReadableSpan) -> list[ReadableSpan]:
        """Return the span without what may not leave."""
        status = span.status
        if status.description:
            message = self._filtered(STATUS_KEY, status.description)
            status = Status(status.status_code, message if isinstance(message, str) and message else None)
        kept = ReadableSpan(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=self._attributes(span.attributes, self._mark),
            events=[Event(one.name, self._attributes(one.attributes), one.timestamp) for one in span.events],
            links=[Link(one.context, self._attributes(one.attributes)) for one in span.links],
            kind=span.kind,
            status=status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )
        return [kept]

    def _attributes(
        self, attributes: Mapping[str, Any] | None, added: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        kept = {key: self._filtered(key, value) for key, value in (attributes or {}).items()}
        return BoundedAttributes(
            attributes={**{key: value for key, value in kept.items() if value is not None}, **added}
        )

    def _filtered(self, key: str, value: Any) -> Any:
        content = key in _CONTENT
        if self._mask is not None:
            value = self._masked(key, value, content=content)
        if self._mode == "full" or key in _NOT_CONTENT or key.startswith(_LABELS):
            return value
        if self._mode == "none":
            return None if content or not isinstance(value, (bool, int, float)) else value
        plain = to_plain(content_value(value) if content else value, self._limits)
        reduced = _leaves(plain, _hashed if self._mode == "hashed" else _emptied)
        return plain_content(reduced) if content else reduced

    def _masked(self, key: str, value: Any, *, content: bool) -> Any:
        """Return what the mask makes of a value; whatever goes wrong takes the value with it."""
        if self._mask is None:
            return value
        try:
            if content:
                masked = to_plain(self._mask(key, content_value(value)), self._limits)
                return plain_content(masked)
            masked = to_plain(self._mask(key, to_plain(value, self._limits)), self._limits)
            return clean_text(masked) if isinstance(masked, str) else masked
        except FOREIGN_FAULTS as error:
            # The error's own words may quote the content.
            complain(f"A mask failed ({type(error).__name__}); what it was to mask is dropped")
            return DROPPED


def _leaves(value: JsonValue, change: Callable[[JsonValue], JsonValue]) -> JsonValue:
    """Return a JSON value with every leaf changed; keys stay."""
    if isinstance(value, Mapping):
        return {key: _leaves(item, change) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_leaves(item, change) for item in cast("Sequence[JsonValue]", value)]
    return change(value)


def _hashed(value: JsonValue) -> JsonValue:
    if not isinstance(value, str):
        return value
    return f"sha256:{hashlib.sha256(value.encode('utf-8', 'replace')).hexdigest()}"


def _emptied(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return ""
    if isinstance(value, bool):
        return False
    return value if value is None else 0 if isinstance(value, int) else 0.0
