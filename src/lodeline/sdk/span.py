"""A span as a program holds it: the steps of a trace, and what is said about them."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, cast

from opentelemetry.trace import INVALID_SPAN, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace import Span as OtelSpan

from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.span import SpanKind
from lodeline.sdk.attributes import COST_USD, INPUTS, KIND, MODEL, OUTPUTS, PROVIDER, USAGE
from lodeline.sdk.provider import runtime
from lodeline.sdk.quiet import complain, describe, quietly
from lodeline.sdk.rendering import clean_name, clean_text, cut_text, to_content, to_json
from lodeline.sdk.stacks import stack_text

SpanStatusName: TypeAlias = Literal["OK", "ERROR"]
AttributeScalar: TypeAlias = str | bool | int | float

_MAX_MESSAGE = 2_000
_MAX_STACK = 20_000
_MAX_FLAT = 1_000
_FLAT: frozenset[type] = frozenset((str, bool, int, float))


class SpanType:
    """The kinds of spans that have a meaning of their own to Lodeline.

    >>> import lodeline
    >>> with lodeline.start_span("search", span_type=lodeline.SpanType.RETRIEVER):
    ...     pass
    """

    AGENT = "AGENT"
    LLM = "LLM"
    CHAT_MODEL = "CHAT_MODEL"
    TOOL = "TOOL"
    RETRIEVER = "RETRIEVER"
    EMBEDDING = "EMBEDDING"
    RERANKER = "RERANKER"
    PARSER = "PARSER"
    CHAIN = "CHAIN"
    GUARDRAIL = "GUARDRAIL"
    EVALUATOR = "EVALUATOR"
    TASK = "TASK"
    UNKNOWN = "UNKNOWN"


class Span:
    """One step of a trace. None of its methods ever raises for what it is given, or does anything once it has ended.

    While tracing is off, or the trace is not sampled, it is there all the same and records nothing.

    >>> import lodeline
    >>> with lodeline.start_span("ask the model", span_type="CHAT_MODEL") as span:
    ...     span.set_inputs({"messages": [{"role": "user", "content": "Hello?"}]})
    ...     span.set_model("gpt-4o", provider="openai", usage={"prompt_tokens": 2, "completion_tokens": 1})
    ...     span.set_outputs("Hello.")
    """

    __slots__ = ("_otel",)

    def __init__(self, otel: OtelSpan) -> None:
        self._otel = otel

    def __repr__(self) -> str:
        return f"Span({self.trace_id}, {self.span_id})"

    @property
    def trace_id(self) -> TraceId:
        """The id under which the server shows the trace."""
        return TraceId(f"tr-{self._otel.get_span_context().trace_id:032x}")

    @property
    def span_id(self) -> SpanId:
        """The span's id, 16 hex digits."""
        return SpanId(f"{self._otel.get_span_context().span_id:016x}")

    def is_recording(self) -> bool:
        """Tell whether what is said about it is kept: false when it has ended, is not sampled, or tracing is off."""
        return self._otel.is_recording()

    @quietly("A span's inputs could not be recorded")
    def set_inputs(self, inputs: object) -> None:
        """Say what the step works on: anything, rendered as JSON within the limits. None says nothing."""
        self._set_content(INPUTS, inputs)

    @quietly("A span's outputs could not be recorded")
    def set_outputs(self, outputs: object) -> None:
        """Say what the step came to: anything, rendered as JSON within the limits. None says nothing."""
        self._set_content(OUTPUTS, outputs)

    def _set_content(self, key: str, value: object) -> None:
        if runtime.keeps_content and self._otel.is_recording():
            content = to_content(value, runtime.limits)
            if content is not None:
                self._otel.set_attribute(key, content)

    @quietly("A span's attribute could not be recorded")
    def set_attribute(self, key: str, value: object) -> None:
        """Set one attribute: texts, numbers, truth values and flat lists of one of them as such, else JSON text."""
        if self._otel.is_recording():
            self._otel.set_attribute(clean_name(key), attribute_value(value))

    def set_attributes(self, attributes: Mapping[str, object]) -> None:
        """Set several attributes, each as `set_attribute` does."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    @quietly("A span's type could not be recorded")
    def set_span_type(self, span_type: SpanKind | str) -> None:
        """Say what kind of step it is, one of `SpanType`."""
        self._otel.set_attribute(KIND, clean_name(span_type))

    @quietly("A span's model could not be recorded")
    def set_model(
        self,
        model: str,
        *,
        provider: str | None = None,
        usage: object = None,
        cost_usd: float | None = None,
    ) -> None:
        """Say which model answered, its provider, the usage that this one reported, as its API gives it, and what it
        cost, where the server is not to compute that."""
        self._otel.set_attribute(MODEL, clean_name(model))
        if provider is not None:
            self._otel.set_attribute(PROVIDER, clean_name(provider))
        if usage is not None:
            self._otel.set_attribute(USAGE, to_json(usage, runtime.limits))
        if cost_usd is not None:
            self._otel.set_attribute(COST_USD, float(cost_usd))

    @quietly("A span's status could not be recorded")
    def set_status(self, status: SpanStatusName, message: str | None = None) -> None:
        """Say how the step went. OK is final. A step that raises is an ERROR by itself."""
        code = StatusCode.ERROR if status.upper() == "ERROR" else StatusCode.OK
        text = None if message is None else clean_text(cut_text(str(message), _MAX_MESSAGE))
        self._otel.set_status(Status(code, text if code is StatusCode.ERROR else None))

    @quietly("A span's event could not be recorded")
    def add_event(self, name: str, attributes: Mapping[str, object] | None = None) -> None:
        """Record that something happened, now."""
        if self._otel.is_recording():
            said = {clean_name(key): attribute_value(value) for key, value in (attributes or {}).items()}
            self._otel.add_event(clean_name(name), said)

    @quietly("An exception could not be recorded")
    def record_exception(self, error: BaseException) -> None:
        """Record an exception as an event; the status stays as it is."""
        if self._otel.is_recording():
            self._otel.add_event("exception", exception_attributes(error))

    @quietly("A span's link could not be recorded")
    def add_link(self, trace_id: str, span_id: str, attributes: Mapping[str, object] | None = None) -> None:
        """Refer to another span, possibly of another trace, by its ids."""
        said = {clean_name(key): attribute_value(value) for key, value in (attributes or {}).items()}
        self._otel.add_link(link_context(trace_id, span_id), said)

    @quietly("A span could not be ended")
    def end(self, *, outputs: object = None, status: SpanStatusName | None = None) -> None:
        """End the span now, unless it has ended; only for spans of `start_span_no_context`."""
        if not self._otel.is_recording():
            return
        if outputs is not None:
            self.set_outputs(outputs)
        if status is not None:
            self.set_status(status)
        self._otel.end()


NO_SPAN = Span(INVALID_SPAN)
"""The span of a program that is not traced."""


def otel_span(span: Span) -> OtelSpan:
    """Return OpenTelemetry's span behind a span."""
    return span._otel  # pyright: ignore[reportPrivateUsage] - one module, one class


def fail(otel: OtelSpan, error: BaseException) -> None:
    """Record that a step ended by an exception: an ERROR, unless that is how programs and generators end well."""
    try:
        if not otel.is_recording() or isinstance(error, GeneratorExit):
            return
        if isinstance(error, SystemExit) and error.code in {None, 0}:
            return
        otel.add_event("exception", exception_attributes(error))
        otel.set_status(Status(StatusCode.ERROR, clean_text(cut_text(describe(error), _MAX_MESSAGE))))
    except Exception as failure:
        complain("An exception could not be recorded", failure)


def exception_attributes(error: BaseException) -> dict[str, str]:
    """Return what OpenTelemetry says about an exception; the stack is cut in the middle."""
    kind = type(error)
    module = "" if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}."
    said = {"exception.type": f"{module}{kind.__qualname__}"}
    try:
        said["exception.message"] = clean_text(cut_text(str(error), _MAX_MESSAGE))
        stack = stack_text(error)
        if len(stack) > _MAX_STACK:
            half = _MAX_STACK // 2
            stack = f"{stack[:half]}\n… [{len(stack) - _MAX_STACK:,} characters] …\n{stack[-half:]}"
        said["exception.stacktrace"] = clean_text(stack)
    except Exception as failure:
        said.setdefault("exception.message", f"<{type(failure).__name__} while reading it>")
    return said


def attribute_value(value: object) -> AttributeScalar | Sequence[AttributeScalar]:
    """Return a value as an attribute: scalars, and flat lists of one kind of them, as they are, else JSON text."""
    if isinstance(value, str):
        return clean_text(cut_text(value, runtime.limits.chars))
    if isinstance(value, (bool, float)) or (isinstance(value, int) and -(2**63) <= value < 2**63):
        return value
    if isinstance(value, (list, tuple)):
        items = cast("Sequence[object]", value)
        flat = _flat(items)
        return to_json(items, runtime.limits) if flat is None else flat
    return to_json(value, runtime.limits)


def _flat(values: Sequence[object]) -> list[AttributeScalar] | None:
    """Return a short list of scalars of one kind, None of any other."""
    kinds = {type(item) for item in values[:_MAX_FLAT]}
    if len(values) > _MAX_FLAT or len(kinds) != 1 or not kinds <= _FLAT:
        return None
    kept = [attribute_value(item) for item in values]
    scalars = [item for item in kept if isinstance(item, (str, bool, int, float))]
    return scalars if sum(len(item) for item in scalars if isinstance(item, str)) <= runtime.limits.chars else None


def link_context(trace_id: str, span_id: str) -> SpanContext:
    """Return the context of a span of these ids; ValueError when they are none."""
    trace, span = int(trace_id.removeprefix("tr-"), 16), int(span_id, 16)
    return SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
