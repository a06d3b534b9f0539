"""What a reviewer sees of a labeling session and of an item: only what the session shows, rendered by the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import (
    Assignment,
    ItemId,
    ItemState,
    LabelingState,
    ReviewerProgress,
    ReviewForm,
    ShownField,
    TargetKind,
)
from lodeline.domain.span import JsonValue
from lodeline.domain.text_span import MarkableText


@dataclass(frozen=True, slots=True)
class ReviewSession:
    """A labeling session as one of its reviewers sees it. `mine` is the reviewer's own progress; `items_open` counts
    items that are not done, whoever is to do them."""

    run_id: RunId
    experiment_id: ExperimentId
    name: str
    state: LabelingState
    instructions: str
    schemas: tuple[LabelSchema, ...]
    reviewer: str
    verified: bool
    lease_minutes: int
    allow_decline: bool
    require_all_answers: bool
    fields: tuple[ShownField, ...]
    items_total: int
    items_open: int
    mine: ReviewerProgress


@dataclass(frozen=True, slots=True)
class ShownSpan:
    """A span of a trace under review: what went in and what came out, and which model where that is shown."""

    name: str
    kind: str
    depth: int
    inputs: JsonValue = None
    outputs: JsonValue = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ShownContent:
    """One trace or record of an item. What the session does not show is None or empty."""

    title: str
    trace_id: TraceId | None = None
    request: JsonValue = None
    response: JsonValue = None
    expectations: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    spans: tuple[ShownSpan, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    model_id: str | None = None


@dataclass(frozen=True, slots=True)
class ShownJudgment:
    """A judgment that is there already: a judge's, or a person's; shown where the session is not blind to it."""

    name: str
    source: str
    source_id: str
    value: JsonValue = None
    rationale: str | None = None


@dataclass(frozen=True, slots=True)
class ShownReview:
    """Another reviewer's submission; shown where the session is not blind to reviewers."""

    reviewer: str
    form: ReviewForm


@dataclass(frozen=True, slots=True)
class ReviewView:
    """An item as a reviewer sees it. `mine` is the reviewer's last assignment of the present round, with its token,
    draft and submission; None where there is none. `texts` are those in which spans can be marked, where a schema of
    the session asks for spans."""

    item_id: ItemId
    run_id: RunId
    state: ItemState
    kind: TargetKind
    round: int
    mine: Assignment | None = None
    contents: tuple[ShownContent, ...] = ()
    judgments: tuple[ShownJudgment, ...] = ()
    reviews: tuple[ShownReview, ...] = ()
    texts: tuple[MarkableText, ...] = ()


@dataclass(frozen=True, slots=True)
class NextReview:
    """The item that a reviewer is to review now; None when there is none left for them."""

    item: ReviewView | None = None
