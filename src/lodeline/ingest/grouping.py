"""The spans of a request, gathered by trace and cut into chunks."""

from collections.abc import Mapping
from typing import NamedTuple

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from lodeline.domain.experiment import ExperimentSettings
from lodeline.domain.span import AttributeValue, ResourceFacts, SpanFacts
from lodeline.ingest.capture import Capture
from lodeline.ingest.indexable import joined
from lodeline.ingest.resources import (
    MAX_FACT,
    ExperimentHint,
    experiment_hint,
    resource_attributes,
    resource_facts,
)
from lodeline.ingest.trace_previews import Waiting, fill_previews
from lodeline.ingest.wire import ScopeSlice, join


class Experiment(NamedTuple):
    """What holds for spans of one experiment. `suspect` is false when no mask can match anywhere in the request."""

    settings: ExperimentSettings
    capture: Capture
    suspect: bool


class Surroundings(NamedTuple):
    """What the spans of one scope share in one experiment. `slice` is the scope without spans, masked."""

    hint: ExperimentHint | None
    experiment: Experiment
    facts: ResourceFacts
    slice: ScopeSlice


class Resource:
    """One resource of a request: what it asks for, and by experiment its masked bytes and its facts."""

    __slots__ = ("_attributes", "_by_hint", "_head", "hint")

    def __init__(self, message: ResourceSpans, head: bytes) -> None:
        self._head = head
        self._attributes: Mapping[str, AttributeValue] = resource_attributes(message)
        self._by_hint: dict[ExperimentHint | None, tuple[bytes, ResourceFacts]] = {}
        self.hint = experiment_hint(self._attributes)

    def within(self, hint: ExperimentHint | None, experiment: Experiment) -> tuple[bytes, ResourceFacts]:
        """Return the resource's bytes, masked, and its facts in the experiment that `hint` stands for."""
        found = self._by_hint.get(hint)
        if found is None:
            head, attributes = self._head, self._attributes
            if experiment.suspect and experiment.capture.may_mask(head):
                message = ResourceSpans.FromString(head)
                experiment.capture.mask(message)
                head, attributes = message.SerializeToString(), resource_attributes(message)
            facts = resource_facts(attributes, default_environment=experiment.settings.default_environment)
            found = self._by_hint[hint] = (head, facts)
        return found


class Scope:
    """One scope of a request, and its surroundings by experiment."""

    __slots__ = ("_by_hint", "_message", "_raw", "_resource", "hint", "spans")

    def __init__(self, raw: ScopeSlice, resource: Resource, message: ScopeSpans) -> None:
        self.spans = raw.spans
        self.hint = resource.hint
        self._raw = raw
        self._resource = resource
        self._message = message
        self._by_hint: dict[ExperimentHint | None, Surroundings] = {}

    def within(self, hint: ExperimentHint | None) -> Surroundings | None:
        """Return what `place` made for this experiment, None if it has not been asked yet."""
        return self._by_hint.get(hint)

    def place(self, hint: ExperimentHint | None, experiment: Experiment) -> Surroundings:
        """Make, and remember, what the scope's spans share in an experiment.

        Their client is the scope, which names the instrumentation library, or else what the resource says.
        """
        resource_head, facts = self._resource.within(hint, experiment)
        head, message = self._raw.scope_head, self._message
        if experiment.suspect and experiment.capture.may_mask(head):
            message = ScopeSpans.FromString(head)
            experiment.capture.mask(message)
            head = message.SerializeToString()
        facts = facts._replace(client=message.scope.name[:MAX_FACT] or facts.client)
        bare = ScopeSlice(self._raw.resource_index, resource_head, head, [])
        made = self._by_hint[hint] = Surroundings(hint, experiment, facts, bare)
        return made


class Group:
    """The spans of one trace for one experiment: its finished chunks, and the one that is being filled."""

    __slots__ = ("_facts", "_slices", "_surroundings", "_texts", "chunks", "size_bytes", "waiting")

    def __init__(self) -> None:
        self.chunks: list[tuple[tuple[SpanFacts, ...], bytes, str]] = []
        """Facts, `TracesData` and indexable text of the finished chunks."""
        self.size_bytes = 0
        """Size of the chunk that is being filled."""
        self.waiting: list[Waiting] = []
        """Which of its spans may have previews that are not read yet."""
        self._facts: list[SpanFacts] = []
        self._slices: list[ScopeSlice] = []
        self._surroundings: Surroundings | None = None
        self._texts: dict[str, None] = {}

    @property
    def position(self) -> int:
        """The index that the next span gets in the chunk."""
        return len(self._facts)

    @property
    def texts(self) -> dict[str, None]:
        """The indexable texts of the chunk, for the next span's to be added."""
        return self._texts

    def add(self, facts: SpanFacts, data: bytes, surroundings: Surroundings) -> int:
        """Add a span to the chunk and return by how many bytes the chunk grew."""
        grown = len(data)
        if surroundings is not self._surroundings:
            self._surroundings = surroundings
            bare = surroundings.slice
            grown += len(bare.scope_head)
            if not self._slices or self._slices[-1].resource_index != bare.resource_index:
                grown += len(bare.resource_head)
            self._slices.append(bare._replace(spans=[]))
        self._slices[-1].spans.append(data)
        self._facts.append(facts)
        self.size_bytes += grown
        return grown

    def finish_chunk(self) -> None:
        """Finish the chunk, if there is anything in it, and begin the next."""
        if self._facts:
            fill_previews(self._facts, self.waiting)
            self.chunks.append((tuple(self._facts), join(self._slices), joined(self._texts)))
        self._facts, self._slices, self._surroundings, self.size_bytes = [], [], None, 0
        self._texts, self.waiting = {}, []
