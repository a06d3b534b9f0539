"""The handle of a labeling session."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol, runtime_checkable

from lodeline.domain.ids import TraceId
from lodeline.domain.labeling import (
    ItemDraft,
    LabelingItem,
    LabelingState,
    ReviewTarget,
)
from lodeline.domain.labeling import LabelingSession as SessionInfo
from lodeline.domain.labeling_sources import PastReview, PastReviewsReport, SyncReport
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.client.paging import Items

_STEP = 1_000


@runtime_checkable
class Traced(Protocol):
    """Anything that has the id of a trace: a trace, a span, a row of a frame."""

    @property
    def trace_id(self) -> str:
        """The trace's id."""
        ...


class LabelingSession:
    """One labeling session. `info` is what is known of it, as of the last call that changed it."""

    def __init__(self, client: LodelineClient, info: SessionInfo) -> None:
        self.info = info
        self._client = client

    def __repr__(self) -> str:
        return f"<LabelingSession {self.name!r} ({self.run_id}) {self.info.state}>"

    @property
    def run_id(self) -> str:
        """The id of its run, which is its own."""
        return self.info.run.run_id

    labeling_session_id = run_id
    mlflow_run_id = run_id

    @property
    def name(self) -> str:
        """Its name."""
        return self.info.run.name

    @property
    def experiment_id(self) -> str:
        """The experiment that it is in."""
        return self.info.run.experiment_id

    @property
    def assigned_users(self) -> list[str]:
        """Who reviews; nobody named is anybody."""
        return list(self.info.reviewers)

    @property
    def label_schemas(self) -> list[str]:
        """The names of the label schemas that it asks with."""
        return [schema.name for schema in self.info.schemas]

    @property
    def url(self) -> str:
        """The address of its page."""
        return self.url_for(None)

    def url_for(self, reviewer: str | None) -> str:
        """Return the address to send to a reviewer. It gives no rights."""
        return self._client.url.rstrip("/") + self._client.labeling.link(self.run_id, reviewer=reviewer).path

    def add_traces(self, traces: "str | Iterable[str | Traced]", *, priority: int = 0) -> "LabelingSession":
        """Add traces: ids, or whatever has a `trace_id`, such as what `search_traces` returns. Those that the session
        has stay as they are; those that were removed are put back."""
        given = [traces] if isinstance(traces, str) else traces
        self._add(ItemDraft(ReviewTarget("TRACE", trace_id=TraceId(_trace_id(each))), priority) for each in given)
        return self

    def add_items(self, items: Iterable[ItemDraft]) -> "LabelingSession":
        """Add items of any kind: sessions, records, rows of evaluations, pairs; with known answers or priorities."""
        self._add(items)
        return self

    def log_reviews(self, reviews: Iterable[PastReview]) -> PastReviewsReport:
        """Log reviews that were made elsewhere, in the names that they give; again changes nothing."""
        report = PastReviewsReport(0, 0)
        left = iter(reviews)
        while batch := list(islice(left, _STEP)):
            done = self._client.labeling_items.log_reviews(self.run_id, batch)
            report = PastReviewsReport(report.logged + done.logged, report.known + done.known)
        self._refresh()
        return report

    def add_dataset(self, dataset: str, record_ids: Sequence[str] | None = None) -> "LabelingSession":
        """Add the records of a dataset (name or id), as its latest version has them: all of them, or some."""
        dataset_id = dataset_id_of(self._client, dataset, self.experiment_id)
        found = (
            (record.record_id for record in self._client.records.search(dataset_id, limit=None))
            if record_ids is None
            else iter(record_ids)
        )
        self._add(ItemDraft(ReviewTarget("RECORD", dataset_id=dataset_id, record_id=each)) for each in found)
        return self

    def set_assigned_users(self, assigned_users: Sequence[str]) -> "LabelingSession":
        """Set who reviews. Who is added gets no items that are complete already."""
        self.info = self._client.labeling.update(self.run_id, reviewers=list(assigned_users))
        return self

    def set_state(self, state: LabelingState) -> "LabelingSession":
        """Open, pause, close or archive it; what is closed takes no reviews any more."""
        self.info = self._client.labeling.update(self.run_id, state=state)
        return self

    def items(self) -> Items[LabelingItem]:
        """Return its items with their reviews, in the order in which they were added."""
        return self._client.labeling_items.list(self.run_id)

    def sync(self, to_dataset: str | None = None) -> SyncReport:
        """Carry what people expect into a dataset (name or id; its own without one), as a new version of it."""
        into = None if to_dataset is None else dataset_id_of(self._client, to_dataset, self.experiment_id)
        return self._client.labeling.sync(self.run_id, into)

    def _add(self, drafts: Iterable[ItemDraft]) -> None:
        left: Iterator[ItemDraft] = iter(drafts)
        while batch := list(islice(left, _STEP)):
            self._client.labeling_items.add(self.run_id, batch)
        self._refresh()

    def _refresh(self) -> None:
        self.info = self._client.labeling.get(self.run_id)


def dataset_id_of(client: LodelineClient, dataset: str, experiment: str) -> str:
    """Return the id of a dataset that is named by its id or by its name in an experiment."""
    if dataset.startswith("d-") and len(dataset) == 34:
        return client.datasets.get(dataset).dataset_id
    return client.datasets.find(dataset, experiment=experiment).dataset_id


def _trace_id(trace: "str | Traced") -> str:
    return trace if isinstance(trace, str) else trace.trace_id
