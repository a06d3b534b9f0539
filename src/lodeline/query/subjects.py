"""What filters are evaluated on: a small protocol, and a subject for every noun that can be listed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol, TypeVar

from lodeline.domain.assessment import Assessment, mean_value, numeric_value
from lodeline.domain.audit import AuditEntry
from lodeline.domain.experiment import Experiment
from lodeline.domain.session import Session, User
from lodeline.domain.span import AttributeValue, Span
from lodeline.domain.trace import Trace
from lodeline.domain.usage import TokenUsage
from lodeline.query.ast import Field
from lodeline.query.fields import FEEDBACK
from lodeline.query.values import span_texts

NS_PER_MS = 1_000_000
T = TypeVar("T")


class Subject(Protocol):
    """One thing that a filter holds for or not."""

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the values of a field of this subject's own scope; None among them and none at all are missing."""
        ...

    def spans(self) -> Sequence["Subject"]:
        """Return the spans that ``span(...)`` speaks of; of a span, itself."""
        ...

    def assessments(self) -> Sequence["Subject"]:
        """Return the assessments that ``assessment(...)`` speaks of."""
        ...

    def texts(self) -> Iterable[str]:
        """Return the texts of a span; nothing for anything else."""
        ...


class Leaf:
    """A subject without parts."""

    def spans(self) -> Sequence[Subject]:
        """Return nothing."""
        return ()

    def assessments(self) -> Sequence[Subject]:
        """Return nothing."""
        return ()

    def texts(self) -> Iterable[str]:
        """Return nothing."""
        return ()


class TraceSubject:
    """A trace; its spans and assessments are asked for at most once, and only when a filter speaks of them."""

    def __init__(
        self,
        trace: Trace,
        spans: Callable[[], Sequence[Span]] = tuple,
        assessments: Callable[[], Sequence[Assessment]] = tuple,
    ) -> None:
        self.trace = trace
        self._load_spans = spans
        self._load_assessments = assessments

    @cached_property
    def _spans(self) -> Sequence[Subject]:
        return [SpanSubject(span) for span in self._load_spans()]

    @cached_property
    def _assessments(self) -> Sequence[Subject]:
        return [AssessmentSubject(assessment) for assessment in self._load_assessments()]

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the trace's values of a field."""
        trace = self.trace
        match field.name:
            case "tags":
                return (trace.tags.get(field.key or ""),)
            case "metadata":
                return (trace.metadata.get(field.key or ""),)
            case "run":
                return (trace.run_id, *trace.linked_run_ids)
            case _:
                return (_TRACE[field.name](trace),)

    def spans(self) -> Sequence[Subject]:
        """Return the trace's spans."""
        return self._spans

    def assessments(self) -> Sequence[Subject]:
        """Return the trace's assessments and those of its spans."""
        return self._assessments

    def texts(self) -> Iterable[str]:
        """Return nothing: text is of spans."""
        return ()


class SpanSubject:
    """A span."""

    def __init__(self, span: Span) -> None:
        self.span = span

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the span's values of a field."""
        if field.name == "attributes":
            return (self.span.attributes.get(field.key or ""),)
        if field.name == "content":
            return tuple(self.texts())
        return (_SPAN[field.name](self.span),)

    def spans(self) -> Sequence[Subject]:
        """Return the span itself."""
        return (self,)

    def assessments(self) -> Sequence[Subject]:
        """Return nothing."""
        return ()

    def texts(self) -> Iterable[str]:
        """Return the span's texts."""
        return span_texts(self.span)


class AssessmentSubject(Leaf):
    """An assessment."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the assessment's value of a field."""
        return (_ASSESSMENT[field.name](self.assessment),)


class ExperimentSubject(Leaf):
    """An experiment."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the experiment's value of a field."""
        if field.name == "tags":
            return (self.experiment.tags.get(field.key or ""),)
        return (_EXPERIMENT[field.name](self.experiment),)


class SessionSubject(Leaf):
    """A session; the assessments of the session itself, not of its traces, are asked for at most once."""

    def __init__(self, session: Session, assessments: Callable[[], Sequence[Assessment]] = tuple) -> None:
        self.session = session
        self._load_assessments = assessments

    @cached_property
    def _assessments(self) -> Sequence[AssessmentSubject]:
        return [AssessmentSubject(assessment) for assessment in self._load_assessments()]

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the session's value of a field."""
        if field.name == FEEDBACK:
            return (mean_value(each.assessment.value for each in self._assessments if _stands(each, field.key)),)
        return (_SESSION[field.name](self.session),)

    def assessments(self) -> Sequence[Subject]:
        """Return the session's assessments."""
        return self._assessments


def _stands(subject: AssessmentSubject, name: str | None) -> bool:
    """Tell whether an assessment is what ``feedback.NAME`` speaks of."""
    judged = subject.assessment
    return judged.valid and judged.kind == "FEEDBACK" and judged.name == name


class UserSubject(Leaf):
    """A traced end user."""

    def __init__(self, user: User) -> None:
        self.user = user

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the user's value of a field."""
        return (_USER[field.name](self.user),)


class AuditSubject(Leaf):
    """An entry of the audit trail."""

    def __init__(self, entry: AuditEntry) -> None:
        self.entry = entry

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the entry's value of a field."""
        return (_AUDIT[field.name](self.entry),)


Read = Callable[[T], AttributeValue]


def _usage(tokens: Callable[[T], TokenUsage]) -> Mapping[str, Read[T]]:
    return {
        "tokens.total": lambda of: tokens(of).total,
        "tokens.input": lambda of: tokens(of).input,
        "tokens.output": lambda of: tokens(of).output,
        "tokens.cache_read": lambda of: tokens(of).cache_read,
        "tokens.cache_write": lambda of: tokens(of).cache_write_5m + tokens(of).cache_write_1h,
        "tokens.reasoning": lambda of: tokens(of).output_reasoning,
    }


_TRACE: Mapping[str, Read[Trace]] = {
    "id": lambda t: t.trace_id,
    "experiment": lambda t: t.experiment_id,
    "name": lambda t: t.name,
    "state": lambda t: t.state,
    "start": lambda t: t.start_ns,
    "end": lambda t: None if t.duration_ns is None else t.start_ns + t.duration_ns,
    "duration": lambda t: t.duration_ns,
    "received": lambda t: t.received_ms * NS_PER_MS,
    "session": lambda t: t.session,
    "user": lambda t: t.user,
    "environment": lambda t: t.environment,
    "service": lambda t: t.service,
    "client": lambda t: t.client,
    "model": lambda t: t.model_id,
    "request": lambda t: t.request,
    "response": lambda t: t.response,
    "client_request_id": lambda t: t.client_request_id,
    "status_message": lambda t: t.status_message or None,
    "cost": lambda t: t.cost_usd,
    "span_count": lambda t: t.span_count,
    "error_count": lambda t: t.error_count,
    "size": lambda t: t.size_bytes,
    **_usage(lambda t: t.tokens),
}
_SPAN: Mapping[str, Read[Span]] = {
    "id": lambda s: s.span_id,
    "name": lambda s: s.name,
    "kind": lambda s: s.kind,
    "status": lambda s: s.status,
    "status_message": lambda s: s.status_message or None,
    "model": lambda s: s.view.model,
    "provider": lambda s: s.view.provider,
    "duration": lambda s: None if s.end_ns is None else s.end_ns - s.start_ns,
    "start": lambda s: s.start_ns,
    "cost": lambda s: s.cost_usd,
    **_usage(lambda s: s.view.tokens),
}
_ASSESSMENT: Mapping[str, Read[Assessment]] = {
    "id": lambda a: a.assessment_id,
    "name": lambda a: a.name,
    "kind": lambda a: a.kind,
    "value": lambda a: a.value,
    "number": lambda a: numeric_value(a.value),
    "source": lambda a: a.source.kind,
    "source_id": lambda a: a.source.source_id,
    "rationale": lambda a: a.rationale,
    "error": lambda a: None if a.error is None else a.error.code,
    "valid": lambda a: a.valid,
    "run": lambda a: a.run_id,
    "created": lambda a: a.created_ms * NS_PER_MS,
    "confidence": lambda a: a.confidence,
    "trace": lambda a: a.target.trace_id,
    "span": lambda a: a.target.span_id,
    "session": lambda a: a.target.session,
}
_EXPERIMENT: Mapping[str, Read[Experiment]] = {
    "id": lambda e: e.experiment_id,
    "name": lambda e: e.name,
    "lifecycle": lambda e: e.lifecycle,
    "created": lambda e: e.created_ms * NS_PER_MS,
    "updated": lambda e: e.updated_ms * NS_PER_MS,
    "created_by": lambda e: e.created_by,
    "description": lambda e: e.description or None,
}
_SESSION: Mapping[str, Read[Session]] = {
    "id": lambda s: s.session,
    "state": lambda s: s.state,
    "first": lambda s: s.first_ns,
    "last": lambda s: s.last_ns,
    "duration": lambda s: s.last_ns - s.first_ns,
    "trace_count": lambda s: s.trace_count,
    "error_count": lambda s: s.error_count,
    "faulty_count": lambda s: s.faulty_count,
    "tokens.total": lambda s: s.tokens.total,
    "cost": lambda s: s.cost_usd,
    "user": lambda s: s.user,
}
_USER: Mapping[str, Read[User]] = {
    "id": lambda u: u.user,
    "first": lambda u: u.first_ns,
    "last": lambda u: u.last_ns,
    "trace_count": lambda u: u.trace_count,
    "error_count": lambda u: u.error_count,
    "session_count": lambda u: u.session_count,
    "tokens.total": lambda u: u.tokens.total,
    "cost": lambda u: u.cost_usd,
}
_AUDIT: Mapping[str, Read[AuditEntry]] = {
    "actor": lambda e: e.actor,
    "action": lambda e: e.action,
    "target": lambda e: e.target,
    "at": lambda e: e.at_ms * NS_PER_MS,
}
