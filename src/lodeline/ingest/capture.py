"""What an experiment's settings let through: masks, and how much of the content is kept.

Masks come first, in every string that was sent, and in bytes: values, keys, names, messages; of the resource and the
scope too. What lists and searches need is derived after them. Then the capture mode takes content away:

- ``full`` keeps everything;
- ``hashed`` replaces strings by ``sha256:`` and 64 hex digits, and bytes by their digest;
- ``structure`` keeps keys and types: strings and bytes become empty, numbers 0, booleans false;
- ``none`` removes attributes.

It spares the names of spans and events, ids and times, and the resource and the scope. What the content said about
the span's kind, model, tokens, session, user and labels is kept in `lodeline.*` attributes, so that such traces can
still be listed, counted and priced; `lodeline.capture` names the mode, so that a reader sees why the content is gone.

A mask that cannot be compiled or fails takes all content with it, never the span.
"""

import hashlib
import logging
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from lodeline.domain.experiment import CaptureMode, ExperimentSettings
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import TraceInfo
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.escapes import ranges_behind
from lodeline.ingest.expressions import Expressions, merged
from lodeline.ingest.secrets import may_hold_secret, secrets
from lodeline.ingest.semconv import Derived
from lodeline.ingest.semconv.mlflow_trace import CONTENT_KEYS
from lodeline.ingest.values import clean_text, from_python

MASK = "[masked]"
_MASK = MASK.encode()
_log = logging.getLogger("lodeline.ingest")


class Capture:
    """The settings of one experiment, made ready for use. Thread-safe."""

    __slots__ = ("_broken", "_masks_secrets", "_mode", "_own")

    def __init__(self, settings: ExperimentSettings) -> None:
        self._mode: CaptureMode = settings.capture
        self._masks_secrets = settings.mask_secrets
        self._own: Expressions | None = None
        self._broken = False
        try:
            self._own = Expressions(settings.mask_patterns) if settings.mask_patterns else None
        except ValueError:
            self._broken = True
            _log.error("mask_patterns hold what is not an RE2 expression; all content is masked until that is mended")

    @property
    def keeps_content(self) -> bool:
        """Whether the mode is ``full``: then `strip` has nothing to do."""
        return self._mode == "full"

    def file(self, data: bytes) -> bytes | None:
        """Return a file of spans masked; None for one that is not to be kept, since content is not."""
        if self._broken or not self.keeps_content:
            return None
        if self._own is None and not self._masks_secrets:
            return data
        try:
            said = orjson.loads(data.removeprefix(BOM_UTF8))
            masked = self.json(said)
            return data if masked == said else orjson.dumps(masked)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):  # of no JSON each match is masked
            return self._masked(data)

    def may_mask(self, message: bytes) -> bool:
        """Tell whether a mask may match in this serialised message; false means that none does."""
        return self._broken or self._own is not None or (self._masks_secrets and may_hold_secret(message))

    def mask(self, message: Span | ResourceSpans | ScopeSpans) -> None:
        """Mask every string of a span, or of the resource or scope alone, in place."""
        if self._own is None and not self._masks_secrets and not self._broken:
            return
        try:
            if self._broken:
                raise ValueError("a mask cannot be compiled")
            _rewrite(message, self._masked)
        except Exception:
            # Whatever a mask stumbles over, the content may not get past it.
            _drop(message)

    def info(self, info: TraceInfo) -> TraceInfo:
        """Return what a client says about a trace, masked, and without previews unless content is kept."""
        if self._broken:
            masked = replace(info, tags={}, metadata={}, **dict[str, Any].fromkeys(_INFO_TEXTS))
        else:
            said: dict[str, Any] = {name: self.text(getattr(info, name)) for name in _INFO_TEXTS}
            masked = replace(info, tags=self.pairs(info.tags), metadata=self.pairs(info.metadata), **said)
        if self.keeps_content:
            return masked
        metadata = {key: value for key, value in masked.metadata.items() if key not in CONTENT_KEYS}
        return replace(masked, request=None, response=None, metadata=metadata)

    def text(self, text: str | None) -> str | None:
        """Return a text masked, and without lone surrogates."""
        if text is None or self._broken:
            return None if text is None else MASK
        return self._masked(clean_text(text).encode()).decode(errors="replace")

    def pairs(self, pairs: Mapping[str, str]) -> dict[str, str]:
        """Return pairs with keys and values masked; none of them where a mask is broken."""
        if self._broken:
            return {}
        return {self.text(key) or "": self.text(value) or "" for key, value in pairs.items()}

    def json(self, value: JsonValue) -> JsonValue:
        """Return a JSON value with every string in it masked, keys too; RecursionError where it nests too deep."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(key) or "": self.json(item) for key, item in value.items()}
            case Sequence():
                return [self.json(item) for item in value]
            case _:
                return value

    def strip(self, span: Span, derived: Derived) -> None:
        """Take content away as the mode says, and keep what was `derived` from it as attributes, in place."""
        match self._mode:
            case "full":
                return
            case "none":
                _clear(span)
            case "hashed":
                _transform(span, _hash)
            case "structure":
                _transform(span, _blank)
        span.attributes.extend((*_kept(derived), _pair("lodeline.capture", self._mode)))

    def _masked(self, data: bytes) -> bytes:
        """Return `data` with each range masked that any expression finds; the same when none does."""
        ranges = [] if self._own is None else ranges_behind(data, self._own.ranges)
        if self._masks_secrets:
            ranges += secrets(data)
        if not ranges:
            return data
        parts, done = list[bytes](), 0
        for start, end in merged(ranges):
            parts += (data[done:start], _MASK)
            done = end
        return b"".join((*parts, data[done:]))


_INFO_TEXTS = (
    "name", "request", "response", "session", "user", "environment", "model_id", "run_id", "client_request_id"
)  # fmt: skip


@lru_cache(maxsize=256)
def capture_of(mode: CaptureMode, mask_patterns: tuple[str, ...], *, mask_secrets: bool) -> Capture:
    """Return the capture for these settings of an experiment; compiling patterns is dear."""
    return Capture(ExperimentSettings(capture=mode, mask_patterns=mask_patterns, mask_secrets=mask_secrets))


def _rewrite(message: Span | ResourceSpans | ScopeSpans, change: Callable[[bytes], bytes]) -> None:
    """Change every string and every bytes value of the message in place."""

    def text(before: str) -> str:
        data = before.encode()
        after = change(data)
        return before if after is data else after.decode(errors="replace")

    def pairs(attributes: Iterable[KeyValue]) -> None:
        for pair in attributes:
            pair.key = text(pair.key)
            for value in _leaves(pair.value, text):
                if value.string_value:
                    value.string_value = text(value.string_value)
                elif value.bytes_value:
                    value.bytes_value = change(value.bytes_value)

    match message:
        case Span():
            message.name, message.trace_state = text(message.name), text(message.trace_state)
            if message.status.message:
                message.status.message = text(message.status.message)
            pairs(message.attributes)
            for event in message.events:
                event.name = text(event.name)
                pairs(event.attributes)
            for link in message.links:
                link.trace_state = text(link.trace_state)
                pairs(link.attributes)
        case ResourceSpans():
            message.schema_url = text(message.schema_url)
            pairs(message.resource.attributes)
        case ScopeSpans():
            message.schema_url = text(message.schema_url)
            message.scope.name, message.scope.version = text(message.scope.name), text(message.scope.version)
            pairs(message.scope.attributes)


def _leaves(value: AnyValue, change_key: Callable[[str], str] | None = None) -> Iterator[AnyValue]:
    """Yield the values within `value` that hold no others; change the keys of its maps on the way."""
    pending = [value]
    while pending:
        value = pending.pop()
        match value.WhichOneof("value"):
            case "array_value":
                pending.extend(value.array_value.values)
            case "kvlist_value":
                for pair in value.kvlist_value.values:
                    if change_key is not None:
                        pair.key = change_key(pair.key)
                    pending.append(pair.value)
            case _:
                yield value


def _transform(span: Span, change: Callable[[AnyValue], None]) -> None:
    """Change every value of a span's content in place; its status message counts as one."""
    groups = [
        span.attributes,
        *(event.attributes for event in span.events),
        *(link.attributes for link in span.links),
    ]
    for pairs in groups:
        for pair in pairs:
            for value in _leaves(pair.value):
                change(value)
    if span.status.message:
        message = AnyValue(string_value=span.status.message)
        change(message)
        span.status.message = message.string_value


def _hash(value: AnyValue) -> None:
    match value.WhichOneof("value"):
        case "string_value":
            value.string_value = "sha256:" + hashlib.sha256(value.string_value.encode()).hexdigest()
        case "bytes_value":
            value.bytes_value = hashlib.sha256(value.bytes_value).digest()
        case _:
            pass


def _blank(value: AnyValue) -> None:
    match value.WhichOneof("value"):
        case "string_value":
            value.string_value = ""
        case "bytes_value":
            value.bytes_value = b""
        case "int_value":
            value.int_value = 0
        case "double_value":
            value.double_value = 0.0
        case "bool_value":
            value.bool_value = False
        case _:
            pass


def _clear(message: Span | ResourceSpans | ScopeSpans) -> None:
    """Remove all attributes, and a span's status message."""
    match message:
        case Span():
            del message.attributes[:]
            message.status.ClearField("message")
            for event in message.events:
                del event.attributes[:]
            for link in message.links:
                del link.attributes[:]
        case ResourceSpans():
            del message.resource.attributes[:]
        case ScopeSpans():
            del message.scope.attributes[:]


def _drop(message: Span | ResourceSpans | ScopeSpans) -> None:
    """Remove everything that a failing mask might have hidden: all attributes and names."""
    _clear(message)
    match message:
        case Span():
            message.name = MASK
            message.trace_state = ""
            for event in message.events:
                event.name = MASK
        case ScopeSpans():
            message.scope.name = MASK
            message.schema_url = ""
        case ResourceSpans():
            message.schema_url = ""


def _kept(derived: Derived) -> list[KeyValue]:
    """Return what was derived as attributes of our own dialect (`semconv.lodeline`), but for previews."""
    texts = {
        "lodeline.kind": None if derived.kind == "UNKNOWN" else derived.kind,
        "lodeline.model": derived.model,
        "lodeline.provider": derived.provider,
        "lodeline.session": derived.session,
        "lodeline.user": derived.user,
        "lodeline.trace_name": derived.trace_name,
        "lodeline.usage": None if derived.tokens is None else _usage(derived.tokens),
        **{f"lodeline.tags.{key}": value for key, value in (derived.tags or {}).items()},
        **{f"lodeline.metadata.{key}": value for key, value in (derived.metadata or {}).items()},
    }
    kept = [_pair(key, text) for key, text in texts.items() if text is not None]
    if derived.reported_cost_usd is not None:
        kept.append(_pair("lodeline.cost_usd", derived.reported_cost_usd))
    return kept


def _usage(tokens: TokenUsage) -> str:
    """Return buckets as the usage object of the provider that has such buckets (`semconv.usage`).

    Anthropic's knows two kinds of cache writes, OpenAI's audio; images count as input in both.
    """
    if tokens.audio_in or tokens.audio_out:
        usage: dict[str, object] = {
            "prompt_tokens": tokens.input,
            "prompt_tokens_details": {"cached_tokens": tokens.cache_read, "audio_tokens": tokens.audio_in},
            "completion_tokens": tokens.output,
            "completion_tokens_details": {
                "reasoning_tokens": tokens.output_reasoning,
                "audio_tokens": tokens.audio_out,
            },
        }
    else:
        usage = {
            "input_tokens": tokens.input_uncached + tokens.image,
            "cache_read_input_tokens": tokens.cache_read,
            "cache_creation_input_tokens": tokens.cache_write_5m + tokens.cache_write_1h,
            "cache_creation": {"ephemeral_1h_input_tokens": tokens.cache_write_1h},
            "output_tokens": tokens.output,
            "output_tokens_details": {"thinking_tokens": tokens.output_reasoning},
        }
    return orjson.dumps(usage).decode()


def _pair(key: str, value: str | float) -> KeyValue:
    return KeyValue(key=clean_text(key), value=from_python(value))
