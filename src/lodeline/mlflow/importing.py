"""Importing: an MLflow database into a server or a store, experiment by experiment, and the account of it.

Whatever is there already stays as it is, so the same again continues where it was cut off, and brings what has been
added since. Deleted experiments stay behind.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lodeline.domain.errors import Conflict, Deleted, Invalid, LodelineError, NotFound, TooLarge
from lodeline.domain.evaluated_run import EVALUATES, RUN_TYPE
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId, RunId, TraceId
from lodeline.domain.run import ENDED, Run
from lodeline.domain.transfer import ImportReport
from lodeline.mlflow.artifacts import ArtifactFolder
from lodeline.mlflow.datasets import homes
from lodeline.mlflow.experiment import ExperimentFiles, Homes, Part, experiment_of
from lodeline.mlflow.prompts import VERSIONS, prompt_homes
from lodeline.mlflow.runs import homes_of_artifacts
from lodeline.mlflow.source import Source, named
from lodeline.sdk.client.clients import LodelineClient

ENTITIES = (
    "runs", "metric_points", "models", "traces", "spans", "assessments", "attachments", "datasets", "records",
    "prompts", "prompt_versions", "scorers", "label_schemas", "labeling_sessions", "labeling_items", "issues",
    "artifacts",
)  # fmt: skip
"""What is counted, by the names of `ImportReport`; MLflow's review queues are labeling sessions."""
MAX_LISTED = 1_000
Progress = Callable[[int], None]
"""Is told how many more traces and runs are done."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One experiment: its id in MLflow and where it is now. `into` is None when it could not be imported; `reason`
    says why."""

    mlflow_id: str
    name: str
    into: ExperimentId | None
    reason: str = ""


@dataclass(slots=True)
class ImportAccount:
    """What is there on both sides, by entity: `found` in MLflow, `sent` of it in files, `added` new here.

    What was sent and not added was here already. `refused` lists what was left out, the first thousand.
    """

    found: Counter[str] = field(default_factory=Counter[str])
    sent: Counter[str] = field(default_factory=Counter[str])
    added: Counter[str] = field(default_factory=Counter[str])
    experiments: list[Imported] = field(default_factory=list[Imported])
    refused: list[str] = field(default_factory=list[str])
    refused_count: int = 0

    def refuse(self, reasons: Sequence[str]) -> None:
        """Note what was left out."""
        self.refused_count += len(reasons)
        self.refused += reasons[: MAX_LISTED - len(self.refused)]


class MlflowImport:
    """One import. `only` names experiments of MLflow by id or name; none is all."""

    def __init__(
        self,
        source: Source,
        client: LodelineClient,
        artifacts: ArtifactFolder,
        *,
        only: Sequence[str] = (),
        suffix: str = "",
    ) -> None:
        self._source = source
        self._client = client
        self._artifacts = artifacts
        self._suffix = suffix
        self._homes = Homes(homes(source), prompt_homes(source))
        self._experiments = list(self._chosen(only))
        self._ids: dict[str, ExperimentId] = {}
        self._links: dict[str, tuple[str, tuple[ExperimentId, ...]]] = {}
        self.account = ImportAccount()

    def steps(self) -> int:
        """Return how many traces and runs there are to do."""
        return sum(
            self._source.count(table, "WHERE experiment_id = ?", (int(each.experiment_id),))
            for each in self._experiments
            for table in ("trace_info", "runs")
        )

    def run(self, progress: Progress = lambda _: None) -> ImportAccount:
        """Import everything; what cannot be is in the account, an error of the connection is raised."""
        self._count_found()
        with tempfile.TemporaryDirectory(prefix="lodeline-import-") as folder:
            for experiment in self._experiments:
                self._experiment(experiment, Path(folder), progress)
        self._link_datasets()
        return self.account

    def _chosen(self, only: Sequence[str]) -> Iterator[Experiment]:
        missing = set(only)
        for row in self._source.rows("experiments", "WHERE lifecycle_stage = 'active' ORDER BY experiment_id"):
            found = experiment_of(self._source, row)
            names = {found.experiment_id, found.name}
            if not only or names & set(only):
                missing -= names
                yield found
        if missing:
            raise NotFound(f"MLflow's database has no active experiment {', '.join(sorted(missing))}.")

    def _experiment(self, experiment: Experiment, folder: Path, progress: Progress) -> None:
        account = self.account
        target: Experiment | None = None
        settings = None
        if experiment.experiment_id == DEFAULT_EXPERIMENT and not self._suffix:
            target = self._client.experiments.get(DEFAULT_EXPERIMENT)
            settings = target.settings
        elsewhere = self._elsewhere(experiment) if self._suffix else ""
        if elsewhere:
            account.experiments.append(Imported(experiment.experiment_id, experiment.name, None, elsewhere))
            return
        files = ExperimentFiles(
            self._source, self._artifacts, experiment, self._homes, folder=folder, settings=settings
        )
        for part in files.parts():
            try:
                report = self._send(part, experiment, target)
            except LodelineError as error:
                if not isinstance(error, Conflict | Invalid | TooLarge):
                    raise
                if target is not None:
                    account.refuse(
                        [f"{', '.join(part.held)} of experiment {experiment.experiment_id}: {error.message}"]
                    )
                    continue
                account.experiments.append(Imported(experiment.experiment_id, experiment.name, None, _advice(error)))
                return
            target = report.experiment
            self._note(part, report)
            progress(part.held["traces"] + part.held["runs"])
        if target is not None:
            self._adopt(target.experiment_id)
            self._ids[experiment.experiment_id] = target.experiment_id
            account.experiments.append(Imported(experiment.experiment_id, experiment.name, target.experiment_id))

    def _adopt(self, experiment_id: ExperimentId) -> None:
        """Have runs that were evaluated become evaluations, now that their traces are here: they end once more."""
        wanted = f"kind = 'RUN' AND tags.`{RUN_TYPE}` = '{EVALUATES}'"
        for run in list(self._client.runs.search(experiment=experiment_id, filter=wanted)):
            if run.status in ENDED:
                try:
                    self._client.runs.update(run.run_id, status=run.status)
                except LodelineError as error:
                    self.account.refuse([f"evaluation of run {named(run.run_id)}: {error.message}"])

    def _elsewhere(self, experiment: Experiment) -> str:
        """Return why an experiment would become a hollow copy: what it holds is here, under another name."""
        number = (int(experiment.experiment_id),)
        for noun, table, key in (("traces", "trace_info", "request_id"), ("runs", "runs", "run_uuid")):
            for row in self._source.rows(table, "WHERE experiment_id = ? LIMIT 1", number):
                home = self._home(noun, row.text(key))
                if home is not None and home.name != experiment.name + self._suffix:
                    return (
                        f"its {noun} are here already, in experiment {home.experiment_id} ({home.name}); leave "
                        "--suffix out to go on there."
                    )
        return ""

    def _home(self, noun: str, ident: str) -> Experiment | None:
        """Return the experiment that has a trace or a run here; None when there is none of this id."""
        client = self._client
        try:
            if noun == "traces":
                found = client.traces.get(TraceId(ident)).trace.experiment_id
            else:
                found = client.runs.get(RunId(ident)).experiment_id
            return client.experiments.get(found)
        except (NotFound, Deleted):
            return None

    def _send(self, part: Part, experiment: Experiment, target: Experiment | None) -> ImportReport:
        transfer = self._client.transfer
        if experiment.experiment_id == DEFAULT_EXPERIMENT and not self._suffix:
            return transfer.import_experiment(part.file, into=DEFAULT_EXPERIMENT)
        if self._suffix:
            return transfer.import_experiment(part.file, as_name=experiment.name + self._suffix)
        # Once an experiment has got another id because its own was taken, all of the series go there. Its name is
        # taken then, by itself: asked for by name, the server knows the series, and refuses the name of a stranger.
        if target is None or target.experiment_id == experiment.experiment_id:
            try:
                return transfer.import_experiment(part.file)
            except Conflict as error:
                if error.error_code not in {"experiment_id_taken", "experiment_name_taken"}:
                    raise
        return transfer.import_experiment(part.file, as_name=experiment.name)

    def _note(self, part: Part, report: ImportReport) -> None:
        account = self.account
        account.sent += part.held
        # Only what the file is about: a labeling session is also a run here, which its queue was not there.
        for entity in part.held:
            account.added[entity] += getattr(report, entity)
        account.refuse([*part.refused, *report.refused])
        if part.queue is not None and not report.labeling_sessions:
            account.refuse(self._hindered(part.queue))
        for dataset_id, others in part.links.items():
            self._links[dataset_id] = (report.experiment.experiment_id, others)

    def _hindered(self, queue: Run) -> list[str]:
        """Return why a review queue was not taken; nothing when it is here already."""
        what = f"review queue {named(queue.name)}"
        try:
            if self._client.runs.get(queue.run_id).kind != "LABELING":
                return [f"{what}: its id {named(queue.run_id)} is that of a run that is no review queue."]
        except NotFound:
            return [f"{what}: another review queue of the experiment has its name; rename one in MLflow."]
        except Deleted:
            return []
        return []

    def _link_datasets(self) -> None:
        """Show datasets in the further experiments that list them in MLflow."""
        for dataset_id, (_, others) in self._links.items():
            present = [self._ids[each] for each in others if each in self._ids]
            if not present:
                continue
            try:
                self._client.datasets.update(dataset_id, link=present)
            except LodelineError as error:
                self.account.refuse([f"links of dataset {dataset_id}: {error.message}"])

    def _count_found(self) -> None:
        found, source = self.account.found, self._source
        for each in self._experiments:
            ident = each.experiment_id
            within = "WHERE experiment_id = ?"
            number = (int(ident),)
            of_trace = "WHERE trace_id IN (SELECT request_id FROM trace_info WHERE experiment_id = ?)"
            of_run = "WHERE run_uuid IN (SELECT run_uuid FROM runs WHERE experiment_id = ?)"
            found["runs"] += source.count("runs", within, number)
            found["metric_points"] += source.count("metrics", of_run, number)
            found["models"] += source.count("logged_models", within, number)
            found["traces"] += source.count("trace_info", within, number)
            found["spans"] += source.count("spans", of_trace, number)
            found["assessments"] += source.count("assessments", of_trace, number)
            found["scorers"] += source.count("scorers", within, number)
            found["label_schemas"] += source.count("label_schemas", within, number)
            found["labeling_sessions"] += source.count("review_queues", within, number)
            of_queue = "WHERE queue_id IN (SELECT queue_id FROM review_queues WHERE experiment_id = ?)"
            found["labeling_items"] += source.count("review_queue_items", of_queue, number)
            found["issues"] += source.count("issues", within, number)
            for location, _ in homes_of_artifacts(source, ident):
                found["artifacts"] += sum(1 for _ in self._artifacts.tree(location))
            for dataset_id in (key for key, places in self._homes.datasets.items() if places[0] == ident):
                found["datasets"] += 1
                found["records"] += source.count("evaluation_dataset_records", "WHERE dataset_id = ?", (dataset_id,))
            for name in (key for key, home in self._homes.prompts.items() if home == ident):
                found["prompts"] += 1
                found["prompt_versions"] += source.count("model_versions", VERSIONS, (name,))


def _advice(error: LodelineError) -> str:
    if isinstance(error, Conflict) and error.error_code == "experiment_name_taken":
        return "an experiment of this name is here already; give --suffix to import under other names."
    if isinstance(error, Conflict) and error.error_code == "experiment_name_is_id":
        return "this name is the id of an experiment that is here; give --suffix to import under other names."
    return error.message
