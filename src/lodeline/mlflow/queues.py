"""Review queues, from MLflow's rows to the labeling sessions that they are here; and issues."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lodeline.domain.errors import Invalid, LodelineError
from lodeline.domain.ids import ExperimentId, RunId, TraceId, check_trace_id
from lodeline.domain.issue import Issue, IssueId, IssueSeverity, IssueStatus, check_issue
from lodeline.domain.label_schema import DEFAULT_NAME, LabelSchema, default_schema
from lodeline.domain.labeling import ItemDraft, LabelingItem, LabelingSession, ReviewTarget
from lodeline.domain.labeling_changes import new_item
from lodeline.domain.labeling_checks import check_schemas
from lodeline.domain.review_events import Mark, Reviewer
from lodeline.domain.review_queue import (
    KIND_TAG,
    OWNER_TAG,
    POLICY,
    UNASKED_TAG,
    UPDATED_TAG,
    QueueKind,
    QueueStatus,
    ReviewQueueDraft,
    checked_draft,
    user_of,
)
from lodeline.domain.reviewing import applied
from lodeline.domain.run import Run, check_run
from lodeline.mlflow.labels import schemas_of
from lodeline.mlflow.source import Row, Source, named

_KINDS: Mapping[str, QueueKind] = {"user": "USER", "custom": "CUSTOM"}
_STATUSES: Mapping[str, QueueStatus] = {"pending": "PENDING", "complete": "COMPLETE", "declined": "DECLINED"}
_ISSUE_STATUSES: Mapping[str, IssueStatus] = {
    "pending": "pending", "rejected": "rejected", "resolved": "resolved",
}  # fmt: skip
_SEVERITIES: Mapping[str, IssueSeverity] = {
    "not_an_issue": "not_an_issue", "low": "low", "medium": "medium", "high": "high",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundQueue:
    """A review queue as a labeling session with its items, and what of it was left out."""

    session: LabelingSession
    items: tuple[LabelingItem, ...]
    refused: tuple[str, ...] = ()


def queues_of(source: Source, experiment_id: ExperimentId) -> Iterator[FoundQueue | str]:
    """Yield the review queues of an experiment, the first made first; a text says why one is left out."""
    found = (each for each in schemas_of(source, experiment_id) if isinstance(each, LabelSchema))
    known = {str(each.schema_id): each for each in found}
    order = "WHERE experiment_id = ? ORDER BY creation_time_ms, queue_id"
    for row in source.rows("review_queues", order, (int(experiment_id),)):
        try:
            session = _session(source, row, experiment_id, known)
        except LodelineError as error:
            yield f"review queue {named(row.text('name'))}: {error.message}"
        else:
            yield _with_items(source, session)


def issues_of(source: Source, experiment_id: ExperimentId) -> Iterator[Issue | str]:
    """Yield the issues of an experiment, the first made first; a text says why one is left out."""
    order = "WHERE experiment_id = ? ORDER BY created_timestamp, issue_id"
    for row in source.rows("issues", order, (int(experiment_id),)):
        try:
            yield _issue(row, experiment_id)
        except LodelineError as error:
            yield f"issue {named(row.text('issue_id'))}: {error.message}"


def _session(
    source: Source, row: Row, experiment_id: ExperimentId, known: Mapping[str, LabelSchema]
) -> LabelingSession:
    queue_id, kind = row.text("queue_id"), _KINDS.get(row.text("queue_type").lower())
    if kind is None:
        raise Invalid.value("queue_type", row.text("queue_type"), f"one of {', '.join(_KINDS)}")
    mine = "WHERE queue_id = ? ORDER BY "
    users = tuple(each.text("user_id") for each in source.rows("review_queue_users", mine + "user_id", (queue_id,)))
    of_queue = source.rows("review_queue_label_schemas", mine + "schema_id", (queue_id,))
    asked = tuple(each.text("schema_id") for each in of_queue if each.text("schema_id") in known)
    draft = checked_draft(
        ReviewQueueDraft(row.text("name"), kind, users, asked if kind == "CUSTOM" else (), row.text("created_by"))
    )
    made_ms = row.moment("creation_time_ms")
    tags = {KIND_TAG: kind, UPDATED_TAG: str(max(made_ms, row.moment("last_update_time_ms")))}
    if draft.owner:
        tags[OWNER_TAG] = draft.owner
    if kind == "CUSTOM" and not asked:
        tags[UNASKED_TAG] = "true"
    run = Run(RunId(queue_id), experiment_id, draft.name, "LABELING", "RUNNING", "ACTIVE", made_ms, tags=tags)
    check_run(run)
    schemas = _schemas(draft, known, experiment_id, made_ms)
    check_schemas(schemas)
    return LabelingSession(run, "OPEN", schemas, reviewers=draft.users, policy=POLICY)


def _schemas(
    draft: ReviewQueueDraft, known: Mapping[str, LabelSchema], experiment_id: ExperimentId, made_ms: int
) -> tuple[LabelSchema, ...]:
    """Return what a queue asks: its schemas; of a user's all of the experiment; the default one when it has none."""
    chosen = list(known.values()) if draft.kind == "USER" else [known[each] for each in draft.schema_ids]
    if chosen:
        return tuple(chosen)
    default = next((each for each in known.values() if each.name == DEFAULT_NAME), None)
    return (default or default_schema(experiment_id, made_ms),)


def _with_items(source: Source, session: LabelingSession) -> FoundQueue:
    items: list[LabelingItem] = []
    refused: list[str] = []
    queue_id = session.run.run_id
    order = "WHERE queue_id = ? ORDER BY creation_time_ms, item_id"
    for row in source.rows("review_queue_items", order, (queue_id,)):
        try:
            items.append(_item(row, session, len(items) + 1))
        except LodelineError as error:
            refused.append(
                f"item {named(row.text('item_id'))} of review queue {named(session.run.name)}: {error.message}"
            )
    return FoundQueue(session, tuple(items), tuple(refused))


def _item(row: Row, session: LabelingSession, place: int) -> LabelingItem:
    if row.text("item_type").lower() != "trace":
        raise Invalid.value("item_type", row.text("item_type"), "trace")
    status = _STATUSES.get(row.text("status").lower())
    if status is None:
        raise Invalid.value("status", row.text("status"), f"one of {', '.join(_STATUSES)}")
    target = ReviewTarget("TRACE", trace_id=TraceId(check_trace_id(row.text("item_id"))))
    added_ms = row.moment("creation_time_ms")
    item = new_item(session, ItemDraft(target), place, by=None, now_ms=added_ms)
    if status == "PENDING":
        return item
    ended_ms = max(added_ms, row.moment("completed_time_ms") or row.moment("last_update_time_ms"))
    who = Reviewer(user_of(row.text("completed_by")))
    return applied(session, item, Mark(who, status), now_ms=ended_ms).item


def _issue(row: Row, experiment_id: ExperimentId) -> Issue:
    status = _ISSUE_STATUSES.get(row.text("status").lower())
    if status is None:
        raise Invalid.value("status", row.text("status"), f"one of {', '.join(_ISSUE_STATUSES)}")
    said = row.text("severity").lower()
    if said and said not in _SEVERITIES:
        raise Invalid.value("severity", said, f"one of {', '.join(_SEVERITIES)}")
    run_id = row.text_or_none("source_run_id")
    issue = Issue(
        issue_id=IssueId(row.text("issue_id")),
        experiment_id=experiment_id,
        name=row.text("name"),
        description=row.text("description"),
        status=status,
        created_ms=row.moment("created_timestamp"),
        updated_ms=row.moment("last_updated_timestamp"),
        severity=_SEVERITIES.get(said),
        root_causes=_texts(row, "root_causes"),
        categories=_texts(row, "categories"),
        source_run_id=RunId(run_id) if run_id else None,
        created_by=row.text("created_by") or None,
    )
    check_issue(issue)
    return issue


def _texts(row: Row, name: str) -> tuple[str, ...]:
    found = row.json(name)
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()
