# pyright: basic
"""MLflow's labeling sessions on a Lodeline server: what ``mlflow.genai.create_labeling_session`` and others do here.

MLflow's client loads it by the entry point ``mlflow.labeling_store``, for tracking URIs of ``http`` and ``https``;
nothing else imports it. Against a server that is not Lodeline it raises MLflow's own error. MLflow's client has no
types to check against.
"""

import os
import weakref
from collections.abc import Sequence
from typing import Any

from mlflow.entities import Trace
from mlflow.exceptions import MlflowException
from mlflow.genai.label_schemas.label_schemas import LabelSchema
from mlflow.genai.labeling.labeling import LabelingSession
from mlflow.genai.labeling.stores import AbstractLabelingStore, UnsupportedLabelingStoreURIException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST
from mlflow.tracing.client import TracingClient
from mlflow.tracking.fluent import _get_experiment_id

from lodeline.domain.dataset import Dataset
from lodeline.domain.errors import LodelineError, NotFound
from lodeline.domain.ids import DEFAULT_EXPERIMENT, TraceId
from lodeline.domain.label_schema import DEFAULT_NAME
from lodeline.domain.labeling import ItemDraft, LabelingDraft, ReviewTarget
from lodeline.domain.labeling import LabelingSession as OurSession
from lodeline.domain.run import RunDraft
from lodeline.query.literals import quote
from lodeline.sdk.client.clients import LodelineClient

_MOST_ITEMS = 1_000
_KEY_VARIABLES = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD", "LODELINE_KEY")


class LodelineLabelingStore(AbstractLabelingStore):
    """Labeling sessions of one server. Whoever labels does so on the server's page, at the session's `url`."""

    def __init__(self, tracking_uri: str | None = None) -> None:
        super().__init__(tracking_uri)
        self._url = (tracking_uri or "").rstrip("/")
        key = next((value for name in _KEY_VARIABLES if (value := os.environ.get(name))), None)
        self._client = LodelineClient(self._url, key)
        # MLflow's client makes a store for each call, and closes none.
        weakref.finalize(self, self._client.close)
        try:
            self._client.server.get()
        except LodelineError as error:
            if error.error_code in {"unauthenticated", "forbidden"}:
                raise _refused(error) from error
            raise UnsupportedLabelingStoreURIException(self._url, ["databricks"]) from error

    def get_labeling_session(self, run_id: str) -> LabelingSession:
        """Return a session by its run."""
        return self._asked(lambda: self._session(self._client.labeling.get(run_id)))

    def get_labeling_sessions(self, experiment_id: str | None = None) -> list[LabelingSession]:
        """Return the sessions of an experiment, the active one without, newest first."""
        experiment = experiment_id or _experiment()
        return self._asked(
            lambda: [self._session(each) for each in self._client.labeling.list(experiment=experiment)]
        )

    def create_labeling_session(
        self,
        name: str,
        *,
        assigned_users: list[str] | None = None,
        agent: str | None = None,
        label_schemas: list[str] | None = None,
        enable_multi_turn_chat: bool = False,
        custom_inputs: dict[str, Any] | None = None,
        experiment_id: str | None = None,
    ) -> LabelingSession:
        """Make a session, open at once. It asks with the experiment's default schema when none is named."""
        for noun, given in (
            ("agent", agent), ("enable_multi_turn_chat", enable_multi_turn_chat), ("custom_inputs", custom_inputs),
        ):  # fmt: skip
            if given:
                raise MlflowException(
                    f"`{noun}` needs an agent that the server calls, which Lodeline does not do; leave it out.",
                    error_code=INVALID_PARAMETER_VALUE,
                )
        draft = LabelingDraft(RunDraft(name), (), reviewers=tuple(assigned_users or ()), state="OPEN")
        experiment = experiment_id or _experiment()
        schemas = label_schemas or [DEFAULT_NAME]
        return self._asked(lambda: self._session(self._client.labeling.create(draft, schemas, experiment=experiment)))

    def delete_labeling_session(self, labeling_session: LabelingSession) -> None:
        """Delete a session, until its run is restored; what was answered stays."""
        self._asked(lambda: self._client.runs.delete(labeling_session.mlflow_run_id))

    def get_label_schema(self, name: str) -> LabelSchema:
        """Return a label schema of the active experiment."""
        return TracingClient(self._url)._get_label_schema_by_name(_experiment(), name)

    def create_label_schema(
        self,
        name: str,
        *,
        type: str,
        title: str = "",
        input: Any,
        instruction: str | None = None,
        enable_comment: bool = False,
        overwrite: bool = False,
    ) -> LabelSchema:
        """Make a label schema of the active experiment, through the tracking store as MLflow's own functions do."""
        if overwrite or title:
            raise MlflowException("`title` and `overwrite` are not known here.", error_code=INVALID_PARAMETER_VALUE)
        return TracingClient(self._url)._create_label_schema(
            experiment_id=_experiment(), name=name, type=type, input=input, instruction=instruction,
            enable_comment=enable_comment,
        )  # fmt: skip

    def delete_label_schema(self, name: str) -> None:
        """Delete a label schema of the active experiment."""
        TracingClient(self._url)._delete_label_schema(self.get_label_schema(name).schema_id or "")

    def add_dataset_to_session(
        self, labeling_session: LabelingSession, dataset_name: str, record_ids: list[str] | None = None
    ) -> LabelingSession:
        """Add records of a dataset, as its latest version has them: all, or those of `record_ids`."""
        run_id = labeling_session.mlflow_run_id

        def add() -> None:
            dataset = self._dataset(dataset_name, labeling_session.experiment_id)
            if record_ids is None:
                self._client.labeling_items.add_records(run_id, dataset.dataset_id)
                return
            self._add(
                run_id, [ReviewTarget("RECORD", dataset_id=dataset.dataset_id, record_id=i) for i in record_ids]
            )

        self._asked(add)
        return self.get_labeling_session(run_id)

    def add_traces_to_session(self, labeling_session: LabelingSession, traces: list[Trace]) -> LabelingSession:
        """Add traces; those that are there stay as they are."""
        targets = [ReviewTarget("TRACE", trace_id=TraceId(trace.info.trace_id)) for trace in traces]
        self._asked(lambda: self._add(labeling_session.mlflow_run_id, targets))
        return self.get_labeling_session(labeling_session.mlflow_run_id)

    def sync_session_expectations(self, labeling_session: LabelingSession, dataset: str) -> None:
        """Carry what people expect into a dataset of the session's experiment, as a new version of it."""

        def sync() -> None:
            found = self._dataset(dataset, labeling_session.experiment_id)
            self._client.labeling.sync(labeling_session.mlflow_run_id, found.dataset_id)

        self._asked(sync)

    def set_session_assigned_users(
        self, labeling_session: LabelingSession, assigned_users: list[str]
    ) -> LabelingSession:
        """Set who labels."""
        run_id = labeling_session.mlflow_run_id
        return self._asked(lambda: self._session(self._client.labeling.update(run_id, reviewers=assigned_users)))

    def _add(self, run_id: str, targets: Sequence[ReviewTarget]) -> None:
        for start in range(0, len(targets), _MOST_ITEMS):
            items = [ItemDraft(target) for target in targets[start : start + _MOST_ITEMS]]
            self._client.labeling_items.add(run_id, items)

    def _dataset(self, name: str, experiment: str) -> Dataset:
        found = self._client.datasets.search(experiment=experiment, filter=f"name = {quote(name)}", limit=1)
        for dataset in found:
            return dataset
        raise NotFound.of("dataset", name)

    def _session(self, session: OurSession) -> LabelingSession:
        run = session.run
        return LabelingSession(
            name=run.name,
            assigned_users=list(session.reviewers),
            agent=None,
            label_schemas=[schema.name for schema in session.schemas],
            labeling_session_id=run.run_id,
            mlflow_run_id=run.run_id,
            review_app_id=run.experiment_id,
            experiment_id=run.experiment_id,
            url=self._url + self._client.labeling.link(run.run_id).path,
            enable_multi_turn_chat=False,
            custom_inputs=None,
        )

    def _asked(self, ask: Any) -> Any:
        try:
            return ask()
        except LodelineError as error:
            raise _refused(error) from error


def _experiment() -> str:
    return _get_experiment_id() or DEFAULT_EXPERIMENT


def _refused(error: LodelineError) -> MlflowException:
    code = RESOURCE_DOES_NOT_EXIST if isinstance(error, NotFound) else INVALID_PARAMETER_VALUE
    return MlflowException(error.message, error_code=code)
