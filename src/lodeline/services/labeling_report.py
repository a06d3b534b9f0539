"""Labeling reports: what the reviews of a session come to, with judges of the same names beside them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from lodeline.auth.actor import Actor
from lodeline.domain.assessment import Assessment
from lodeline.domain.errors import TooLarge
from lodeline.domain.ids import RunId, TraceId
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import LabelingItem, LabelingSession
from lodeline.domain.labeling_report import LabelingReport, ReportedSchema, ReportRows, Review
from lodeline.domain.page import MAX_LIMIT
from lodeline.domain.rating import Rating, rating_value
from lodeline.domain.review_outputs import PAIR
from lodeline.query.ast import Compare, In, Not, Search
from lodeline.query.build import conj
from lodeline.query.fields import field
from lodeline.services.evaluations import check_level
from lodeline.services.item_titles import titles_of
from lodeline.services.labeling import LabelingService
from lodeline.storage.base import Stores

MAX_REVIEWS = 100_000
_BATCH = 500
_Each = TypeVar("_Each")


class LabelingReportService:
    """Reports over the reviews of a session. Whoever may read the session may ask; reviewers may not, as a report
    shows what others answered."""

    def __init__(self, stores: Stores, labeling: LabelingService) -> None:
        self._stores = stores
        self._labeling = labeling

    def report(self, actor: Actor, run_id: RunId, *, level: float = 0.95) -> LabelingReport:
        """Return what the reviews of the items' present rounds come to; removed items are left out. TooLarge for more
        than `MAX_REVIEWS` reviews."""
        session = self._labeling.get(actor, run_id)
        check_level(level)
        items = [item for item in self._stores.reviews.every(run_id) if item.removed_ms is None]
        reviews = [review for item in items for review in _reviews(item)]
        if len(reviews) > MAX_REVIEWS:
            raise TooLarge(f"report: {len(reviews)} reviews are over the limit of {MAX_REVIEWS}.")
        rows = ReportRows(
            reviews=reviews,
            schemas=[_reported(schema) for schema in session.schemas],
            gold={item.item_id: item.gold for item in items if item.gold},
            judged=self._judged(session, items),
            states=Counter(item.state for item in items),
            disputed=[item.item_id for item in items if item.state == "DISPUTED"],
        )
        # Here, not at the top: NumPy and SciPy take half a second and 80 MB, which only statistics need.
        from lodeline.evals.statistics.labeling_report import report_labeling  # noqa: PLC0415

        found = report_labeling(rows, level=level)
        named = set(_named(found))
        titled = [item for item in items if item.item_id in named]
        return replace(found, titles=titles_of(self._stores, session.run.experiment_id, titled))

    def _judged(self, session: LabelingSession, items: Sequence[LabelingItem]) -> Mapping[str, Sequence[Rating]]:
        """Return what models and code judged under the names of schemas, on the very targets of items."""
        names = frozenset(schema.name for schema in session.schemas)
        found: dict[str, list[Rating]] = {}
        for batch in _batches([item for item in items if item.target.trace_id is not None]):
            traces = dict.fromkeys(item.target.trace_id for item in batch if item.target.trace_id is not None)
            known = self._stores.assessments.of_traces(tuple(traces))
            for item in batch:
                for assessment in known.get(item.target.trace_id or TraceId(""), ()):
                    ours = assessment.experiment_id == session.run.experiment_id
                    if ours and assessment.name in names and _is_about(assessment, item):
                        found.setdefault(assessment.name, []).extend(_rating(assessment, item))
        by_session = {item.target.session: item for item in items if item.target.session is not None}
        for assessment in self._of_sessions(session, sorted(by_session), sorted(names)):
            item = by_session.get(assessment.target.session or "")
            if item is not None and _is_about(assessment, item):
                found.setdefault(assessment.name, []).extend(_rating(assessment, item))
        return found

    def _of_sessions(
        self, session: LabelingSession, sessions: Sequence[str], names: Sequence[str]
    ) -> Iterator[Assessment]:
        """Yield what models and code judged of whole conversations under these names, oldest first in each batch."""
        for batch in _batches(sessions):
            node = conj(
                [
                    In(field("assessment", "session"), tuple(batch)),
                    In(field("assessment", "name"), tuple(names)),
                    Not(Compare(field("assessment", "source"), "=", "HUMAN")),
                ]
            )
            search = Search((session.run.experiment_id,), node, limit=MAX_LIMIT)
            found: list[Assessment] = []
            while True:
                page = self._stores.assessments.search(search)
                found += page.items
                if page.cursor is None:
                    break
                search = replace(search, cursor=page.cursor)
            # Of two equally late ratings the last counts.
            yield from reversed(found)


def _named(report: LabelingReport) -> Iterator[str]:
    """Yield the items that a report names."""
    yield from report.disputed
    for schema in report.schemas:
        if schema.panel is not None:
            yield from (each.item for each in schema.panel.disputed)
        if schema.spans is not None:
            yield from (each.item for each in schema.spans.disputed)


def _reviews(item: LabelingItem) -> Iterator[Review]:
    for assignment in item.submissions:
        done = assignment.submission
        if done is not None and assignment.reviewer is not None:
            yield Review(
                item.item_id, assignment.reviewer, done.form.answers, done.submitted_ms, done.duration_ms,
                done.text_lengths,
            )  # fmt: skip


def _reported(schema: LabelSchema) -> ReportedSchema:
    asked = schema.input
    if asked.kind in {"text", "text_list"}:
        return ReportedSchema(schema.name, comparable=False)
    if asked.kind == "spans":
        return ReportedSchema(schema.name, spans=True)
    if asked.kind == "categorical" and asked.ordered and not asked.multi_select:
        return ReportedSchema(schema.name, "ordinal", asked.options)
    return ReportedSchema(schema.name, None if asked.kind == "numeric" else "nominal")


def _is_about(assessment: Assessment, item: LabelingItem) -> bool:
    """Tell whether a judgment is a model's or a program's, on the whole trace or conversation, and for a pair on that
    very pair."""
    return (
        assessment.source.kind != "HUMAN"
        and assessment.error is None
        and assessment.target.span_id is None
        and assessment.metadata.get(PAIR) == item.target.other_trace_id
    )


def _rating(assessment: Assessment, item: LabelingItem) -> list[Rating]:
    value = rating_value(assessment.value)
    if value is None:
        return []
    source = assessment.source
    return [
        Rating(item.item_id, source.source_id, value, source.digest, assessment.confidence, assessment.created_ms)
    ]


def _batches(values: Sequence[_Each]) -> Iterator[Sequence[_Each]]:
    for begin in range(0, len(values), _BATCH):
        yield values[begin : begin + _BATCH]
