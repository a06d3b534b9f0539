"""The spans of a request, gathered by trace and cut into chunks."""

from collections.abc import Mapping
from typing import NamedTuple

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from lodeline.domain.experiment import ExperimentSettings
from lodeline.domain.span import AttributeValue, ResourceFacts, SpanFacts
from lodeline.ingest.capture import Capture
from lodeline.ingest.resources import ExperimentHint, experiment_hint, resource_attributes, resource_facts
from lodeline.ingest.wire import ScopeSlice, join


class Experiment(NamedTuple):
    """What holds for spans of one experiment. `suspect` is false when no mask can match anywhere in the request."""

    settings: ExperimentSettings
    capture: Capture
    suspect: bool


class Surroundings(NamedTuple):
    """What the spans of one scope share in one experiment. `slice` is the scope without spans, masked."""

    experiment: Experiment
    facts: ResourceFacts
    slice: ScopeSlice


class Scope:
    """One scope of a request, and its surroundings by experiment."""

    __slots__ = ("_by_hint", "_resource", "_scope", "attributes", "hint", "raw")

    def __init__(self, raw: ScopeSlice, resource: ResourceSpans, scope: ScopeSpans) -> None:
        self.raw = raw
        self.attributes: Mapping[str, AttributeValue] = resource_attributes(resource)
        self.hint = experiment_hint(self.attributes)
        self._resource = resource
        self._scope = scope
        self._by_hint: dict[ExperimentHint | None, Surroundings] = {}

    def within(self, hint: ExperimentHint | None) -> Surroundings | None:
        """Return what `place` made for this experiment, None if it has not been asked yet."""
        return self._by_hint.get(hint)

    def place(self, hint: ExperimentHint | None, experiment: Experiment) -> Surroundings:
        """Make, and remember, what the scope's spans share in an experiment."""
        resource_head, scope_head = self.raw.resource_head, self.raw.scope_head
        resource, scope = self._resource, self._scope
        attributes = self.attributes
        if experiment.suspect and experiment.capture.may_mask(resource_head):
            resource = ResourceSpans.FromString(resource_head)
            experiment.capture.mask(resource)
            resource_head = resource.SerializeToString()
            attributes = resource_attributes(resource)
        if experiment.suspect and experiment.capture.may_mask(scope_head):
            scope = ScopeSpans.FromString(scope_head)
            experiment.capture.mask(scope)
            scope_head = scope.SerializeToString()
        environment = experiment.settings.default_environment
        facts = resource_facts(attributes, scope, default_environment=environment)
        bare = ScopeSlice(self.raw.resource_index, resource_head, scope_head, [])
        made = self._by_hint[hint] = Surroundings(experiment, facts, bare)
        return made


class Group:
    """The spans of one trace for one experiment: its finished chunks, and the one that is being filled."""

    __slots__ = ("_facts", "_slices", "_surroundings", "chunks", "size_bytes")

    def __init__(self) -> None:
        self.chunks: list[tuple[tuple[SpanFacts, ...], bytes]] = []
        """Facts and `TracesData` of the finished chunks."""
        self.size_bytes = 0
        """Size of the chunk that is being filled."""
        self._facts: list[SpanFacts] = []
        self._slices: list[ScopeSlice] = []
        self._surroundings: Surroundings | None = None

    @property
    def position(self) -> int:
        """The index that the next span gets in the chunk."""
        return len(self._facts)

    def add(self, facts: SpanFacts, data: bytes, surroundings: Surroundings) -> int:
        """Add a span to the chunk and return by how many bytes the chunk grew."""
        grown = len(data)
        if surroundings is not self._surroundings:
            self._surroundings = surroundings
            self._slices.append(surroundings.slice._replace(spans=[]))
            grown += len(surroundings.slice.resource_head) + len(surroundings.slice.scope_head)
        self._slices[-1].spans.append(data)
        self._facts.append(facts)
        self.size_bytes += grown
        return grown

    def finish_chunk(self) -> None:
        """Finish the chunk, if there is anything in it, and begin the next."""
        if self._facts:
            self.chunks.append((tuple(self._facts), join(self._slices)))
        self._facts, self._slices, self._surroundings, self.size_bytes = [], [], None, 0
