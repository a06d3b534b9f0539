"""One run as the memory backend keeps it."""

from collections import Counter
from dataclasses import dataclass, field, replace

from lodeline.domain.evaluation import Bindings, Evaluation, EvaluationState, bindings_digest
from lodeline.domain.evaluation_row import FAILED_ROWS, EvaluationRow
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import ItemId, LabelingItem, LabelingSession, LabelingState, ReviewPolicy
from lodeline.domain.labeling_rules import ItemRule, RuleState, rule_digest
from lodeline.domain.run import MetricPoint, PointKey, Run, latest_points

RowKey = tuple[str, int]


@dataclass(slots=True)
class EvaluationRecord:
    """What an evaluation has beside its run; `scorers` is an ordered set."""

    state: EvaluationState
    bindings: Bindings
    rows_total: int = 0
    message: str | None = None
    scorers: dict[str, None] = field(default_factory=dict[str, None])
    rows: dict[RowKey, EvaluationRow] = field(default_factory=dict[RowKey, EvaluationRow])

    def current(self, run: Run) -> Evaluation:
        """Return the evaluation as it stands."""
        rows = self.rows.values()
        return Evaluation(
            run=run,
            state=self.state,
            bindings=self.bindings,
            bindings_digest=bindings_digest(self.bindings),
            rows_total=max(self.rows_total, len(rows)),
            rows_done=sum(row.state == "DONE" for row in rows),
            rows_failed=sum(row.state in FAILED_ROWS for row in rows),
            scorers=tuple(self.scorers),
            message=self.message,
        )


@dataclass(slots=True)
class LabelingRecord:
    """What a labeling session has beside its run; `items` are in the order in which they were added."""

    state: LabelingState
    schemas: tuple[LabelSchema, ...]
    instructions: str
    reviewers: tuple[str, ...]
    policy: ReviewPolicy
    dataset_id: str | None
    rules: tuple[ItemRule, ...] = ()
    rule_states: dict[str, RuleState] = field(default_factory=dict[str, RuleState])
    items: dict[ItemId, LabelingItem] = field(default_factory=dict[ItemId, LabelingItem])
    former_schemas: tuple[LabelSchema, ...] = ()

    def current(self, run: Run) -> LabelingSession:
        """Return the session as it stands."""
        counts = Counter(item.state for item in self.items.values() if item.removed_ms is None)
        return LabelingSession(
            run, self.state, self.schemas, self.instructions, self.reviewers, self.policy, self.dataset_id,
            dict(counts), self.rules, self.former_schemas,
        )  # fmt: skip

    def put(self, session: LabelingSession) -> None:
        """Make this what a session says, its run and items left aside."""
        self.state = session.state
        self.schemas = session.schemas
        self.instructions = session.instructions
        self.reviewers = session.reviewers
        self.policy = session.policy
        self.dataset_id = session.dataset_id
        self.rules = session.rules
        self.former_schemas = session.former_schemas
        kept = {rule_digest(rule) for rule in session.rules}
        self.rule_states = {digest: state for digest, state in self.rule_states.items() if digest in kept}

    def begin_rules(self, *, now_ms: int) -> None:
        """Have standing rules that are new look at what arrives from now on."""
        for rule in self.rules:
            self.rule_states.setdefault(rule_digest(rule), RuleState(rule, seen_ms=now_ms))


@dataclass(slots=True)
class RunRecord:
    """A run without its metrics, the points of those, and what it has as an evaluation or as a labeling session."""

    run: Run
    points: dict[tuple[str, PointKey], MetricPoint] = field(default_factory=dict[tuple[str, PointKey], MetricPoint])
    evaluation: EvaluationRecord | None = None
    labeling: LabelingRecord | None = None

    def current(self) -> Run:
        """Return the run with its latest metrics."""
        latest = latest_points(self.points.values())
        return replace(self.run, metrics={key: latest[key] for key in sorted(latest)})
