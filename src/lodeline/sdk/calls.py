"""One traced call of a function, from its beginning to its end. Nothing here ever raises."""

from collections.abc import Callable, Mapping
from contextvars import Token
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, set_span_in_context
from opentelemetry.trace import Span as OtelSpan

from lodeline.sdk.arguments import Parameters
from lodeline.sdk.attributes import FUNCTION, INPUTS, OUTPUTS
from lodeline.sdk.contexts import leave
from lodeline.sdk.provider import current_tracer, runtime, sampler
from lodeline.sdk.quiet import complain
from lodeline.sdk.rendering import clean_name, to_content, to_json
from lodeline.sdk.span import attribute_value, fail


class Site:
    """One traced function: what all its spans have in common."""

    __slots__ = ("_attributes", "_inputs", "_name", "_outputs", "_parameters")

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None,
        attributes: Mapping[str, object],
        *,
        capture_inputs: bool,
        capture_outputs: bool,
    ) -> None:
        named = getattr(function, "__name__", None) or type(function).__name__
        self._name = clean_name(name or named)
        self._attributes = {FUNCTION: getattr(function, "__qualname__", named)}
        self._attributes.update({clean_name(key): attribute_value(value) for key, value in attributes.items()})
        self._inputs = capture_inputs
        self._outputs = capture_outputs
        self._parameters = Parameters(function)

    def begin(
        self, args: tuple[object, ...], kwargs: dict[str, object], context: Context | None = None
    ) -> "Call | None":
        """Start the span of a call, in `context` or the current one; None when the call is not traced."""
        try:
            tracer = current_tracer()
            if tracer is None:
                return None
            attributes, later = self._attributes, self._inputs and runtime.keeps_content
            if later and sampler.ratio >= 1:  # Begun with them, a span costs 1 µs less than when they are set later.
                attributes = {**attributes, INPUTS: self._rendered(args, kwargs)}
                later = False
            otel = tracer.start_span(
                self._name, context, attributes=attributes, record_exception=False, set_status_on_exception=False
            )
            if later and otel.is_recording():
                otel.set_attribute(INPUTS, self._rendered(args, kwargs))
            return Call(otel, outputs=self._outputs, context=set_span_in_context(otel, context))
        except Exception as failure:
            complain(f"A call of {self._name} is not traced", failure)
            return None

    def _rendered(self, args: tuple[object, ...], kwargs: dict[str, object]) -> str:
        return to_json(self._parameters.bound(args, kwargs), runtime.limits)


class Call:
    """One traced call. Nothing here ever raises."""

    __slots__ = ("_context", "_otel", "_outputs", "_token")

    def __init__(self, otel: OtelSpan, *, outputs: bool, context: Context) -> None:
        self._otel = otel
        self._outputs = outputs
        self._context = context
        self._token: Token[Context] | None = None

    def enter(self) -> None:
        """Make the span what surrounds the code."""
        self._token = otel_context.attach(self._context)

    def leave(self) -> None:
        """Make what was around it current again."""
        token, self._token = self._token, None
        if token is not None:
            leave(token, self._context)

    def pause(self) -> None:
        """Like `leave`, but the next `enter` comes back to what is current now, such as an open child."""
        token, self._token = self._token, None
        if token is not None:
            entered, self._context = self._context, otel_context.get_current()
            leave(token, entered)

    def note(self, name: str, value: str | int) -> None:
        """Set an attribute of the span."""
        try:
            self._otel.set_attribute(name, value)
        except Exception as failure:
            complain("A traced call could not be recorded", failure)

    def mark(self, name: str) -> None:
        """Record that something happened, now."""
        try:
            self._otel.add_event(name)
        except Exception as failure:
            complain("A traced call could not be recorded", failure)

    @property
    def keeps_outputs(self) -> bool:
        """Whether it is of use to make outputs."""
        return self._outputs and runtime.keeps_content and self._otel.is_recording()

    def end(self, result: object) -> None:
        """End the span of a call that returned."""
        try:
            if self.keeps_outputs and (content := to_content(result, runtime.limits)) is not None:
                self._otel.set_attribute(OUTPUTS, content)
            self._otel.end()
        except Exception as failure:
            complain("A traced call could not be recorded", failure)

    def fail(self, error: BaseException, result: object = None) -> None:
        """End the span of a call that raised, after it had come to `result` perhaps."""
        fail(self._otel, error)
        try:
            if self.keeps_outputs and (content := to_content(result, runtime.limits)) is not None:
                self._otel.set_attribute(OUTPUTS, content)
            self._otel.end()
        except Exception as failure:
            complain("A traced call could not be recorded", failure)


class NoCall(Call):
    """A call that is not traced."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(INVALID_SPAN, outputs=False, context=Context())

    def enter(self) -> None:
        """Leave the surroundings as they are."""
