"""An experiment of an MLflow database as files that any server imports (`services.transfer`).

Files stay small enough to send, and to send again: models and runs come first, then blocks of traces, then each
dataset, then prompts, scorers, label schemas and issues, then each review queue, then the artifacts of runs and
models. They are one series, so that the first makes the experiment and all go into it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import orjson

from lodeline.domain.blob import check_blob_path
from lodeline.domain.document import to_document
from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import Experiment, ExperimentSettings
from lodeline.domain.ids import ExperimentId
from lodeline.domain.labeling import SessionDump
from lodeline.domain.run import Run
from lodeline.mlflow.artifacts import ArtifactFolder
from lodeline.mlflow.datasets import FoundDataset, datasets_of
from lodeline.mlflow.labels import schemas_of
from lodeline.mlflow.prompts import FoundPrompt, prompts_of, scorers_of
from lodeline.mlflow.queues import FoundQueue, issues_of, queues_of
from lodeline.mlflow.runs import homes_of_artifacts, models_of, points_of, runs_of
from lodeline.mlflow.source import Row, Source, named, together
from lodeline.mlflow.traces import FoundTrace, traces_of
from lodeline.services.archive import ArchiveWriter
from lodeline.services.artifacts import artifact_segments
from lodeline.services.transfer_rows import dump_to_row, revision_to_row, write_row

BLOCK_TRACES = 500
BLOCK_BYTES = 32 * 2**20
BLOCK_RUNS = 200
BLOCK_RECORDS = 500
BLOCK_FILES = 500
POINTS_TOGETHER = 5_000
MAX_ATTACHMENT_BYTES = 100 * 2**20
_PIECE_BYTES = 2**20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Homes:
    """Which experiment shall have what belongs to several in MLflow, or to none."""

    datasets: Mapping[str, list[ExperimentId]]
    prompts: Mapping[str, ExperimentId]


@dataclass(slots=True)
class Part:
    """One file of a series. `held` counts what is in it by entity, `refused` says what was left out.

    `links` are further experiments of a dataset in it, by its id. `queue` is the run that a review queue in
    it is here.
    """

    file: Path
    held: Counter[str] = field(default_factory=Counter[str])
    refused: list[str] = field(default_factory=list[str])
    links: dict[str, tuple[ExperimentId, ...]] = field(default_factory=dict[str, tuple[ExperimentId, ...]])
    queue: Run | None = None


def experiment_of(source: Source, row: Row) -> Experiment:
    """Return an experiment of MLflow's as one is here. Artifacts behind MLflow's own server are here behind ours."""
    experiment_id = ExperimentId(str(row.whole("experiment_id")))
    tags = source.rows("experiment_tags", "WHERE experiment_id = ?", (row.whole("experiment_id"),))
    location = row.text("artifact_location")
    remote = "://" in location and not location.startswith(("mlflow-artifacts:", "file:"))
    return Experiment(
        experiment_id=experiment_id,
        name=row.text("name"),
        lifecycle="ACTIVE",
        created_ms=row.moment("creation_time"),
        updated_ms=row.moment("last_update_time"),
        tags={tag.text("key"): tag.text("value") for tag in tags},
        settings=ExperimentSettings(),
        artifact_root=location if remote else None,
    )


class ExperimentFiles:
    """Writes the files of one experiment into a folder, one after the other."""

    def __init__(
        self,
        source: Source,
        artifacts: ArtifactFolder,
        experiment: Experiment,
        homes: Homes,
        *,
        folder: Path,
        settings: ExperimentSettings | None = None,
    ) -> None:
        """`settings` are those by which spans are masked, of the experiment that takes them."""
        self._source = source
        self._artifacts = artifacts
        self._experiment = experiment
        self._homes = homes
        self._folder = folder
        self._settings = settings or experiment.settings
        born = f"{experiment.experiment_id} {experiment.created_ms}"
        self._series = "mlflow " + hashlib.sha256(born.encode("utf-8", "replace")).hexdigest()

    def parts(self) -> Iterator[Part]:
        """Yield the parts; each file is removed when the next is asked for."""
        for make in (
            self._models_and_runs,
            self._traces,
            self._datasets,
            self._definitions,
            self._queues,
            self._files,
        ):
            for part in make():
                yield part
                part.file.unlink(missing_ok=True)

    def _models_and_runs(self) -> Iterator[Part]:
        ident = self._experiment.experiment_id
        with _File(self, "models") as file:
            models = _sorted(models_of(self._source, ident), file.part)
            for number, batch in enumerate(together(models, BLOCK_RUNS), 1):
                file.add(f"models/{number:05d}.jsonl", [to_document(model) for model in batch])
                file.part.held["models"] += len(batch)
        yield file.part
        refused = Part(file.part.file)
        for batch in together(_sorted(runs_of(self._source, ident), refused), BLOCK_RUNS):
            with _File(self, "runs") as file:
                file.part.refused, refused.refused = refused.refused, []
                self._runs(file, batch)
            yield file.part
        if refused.refused:
            yield self._only_refused(refused.refused)

    def _runs(self, file: "_File", runs: list[Run]) -> None:
        file.add("runs/00001.jsonl", [{"run": to_document(run), "evaluation": None} for run in runs])
        file.part.held["runs"] += len(runs)
        number = 0
        for run in runs:
            for points in together(_sorted(points_of(self._source, run.run_id), file.part), POINTS_TOGETHER):
                number += 1
                documents = [to_document(point) for point in points]
                file.add(f"metrics/{number:05d}.jsonl", [{"run_id": run.run_id, "points": documents}])
                file.part.held["metric_points"] += len(points)

    def _traces(self) -> Iterator[Part]:
        block: list[FoundTrace] = []
        refused: list[str] = []
        size_bytes = 0
        for found in traces_of(self._source, self._artifacts, self._experiment.experiment_id, self._settings):
            if isinstance(found, str):
                refused.append(found)
                continue
            block.append(found)
            size_bytes += sum(map(len, found.chunks))
            if len(block) >= BLOCK_TRACES or size_bytes >= BLOCK_BYTES:
                yield self._trace_part(block, refused)
                block, refused, size_bytes = [], [], 0
        if block:
            yield self._trace_part(block, refused)
        elif refused:
            yield self._only_refused(refused)

    def _trace_part(self, block: list[FoundTrace], refused: list[str]) -> Part:
        with _File(self, "traces") as file:
            file.part.refused = [*refused, *(reason for trace in block for reason in trace.refused)]
            file.stream("chunks/00001.bin", (chunk for trace in block for chunk in trace.chunks))
            number = 0
            rows: list[dict[str, object]] = []
            for trace in block:
                listed: list[dict[str, object]] = []
                for name, path in trace.attachments.items():
                    member = f"attachments/00001/{number:05d}"
                    if path.stat().st_size > MAX_ATTACHMENT_BYTES:
                        most = MAX_ATTACHMENT_BYTES
                        file.part.refused.append(
                            f"trace {trace.dump.trace_id}: attachment {name} is over {most} bytes."
                        )
                        continue
                    file.stream(member, _pieces(path))
                    number += 1
                    listed.append({"name": name, "member": member})
                lengths = [len(chunk) for chunk in trace.chunks]
                rows.append({**dump_to_row(trace.dump), "chunks": lengths, "attachments": listed})
                file.part.held["spans"] += trace.spans
                file.part.held["attachments"] += len(listed)
                file.part.held["assessments"] += len(trace.dump.ledger)
            file.part.held["traces"] += len(rows)
            file.add("traces/00001.jsonl", rows)
            revisions = [revision_to_row(revision) for trace in block for revision in trace.dump.ledger]
            if revisions:
                file.add("assessments/00001.jsonl", revisions)
        return file.part

    def _datasets(self) -> Iterator[Part]:
        for found in datasets_of(self._source, self._experiment.experiment_id, self._homes.datasets):
            if isinstance(found, str):
                yield self._only_refused([found])
                continue
            with _File(self, "dataset") as file:
                self._dataset(file, found)
            yield file.part

    def _dataset(self, file: "_File", found: FoundDataset) -> None:
        dump = found.dump
        file.add("datasets/00001.jsonl", [asdict(dump.dataset), *(asdict(version) for version in dump.versions)])
        for number, batch in enumerate(together(found.revisions, BLOCK_RECORDS), 1):
            file.add(f"records/00001/{number:05d}", [asdict(revision) for revision in batch])
        file.part.held["datasets"] += 1
        file.part.held["records"] += len(found.revisions)
        file.part.refused = found.refused
        if found.others:
            file.part.links[dump.dataset.dataset_id] = found.others

    def _definitions(self) -> Iterator[Part]:
        ident = self._experiment.experiment_id
        with _File(self, "prompts") as file:
            prompts = _sorted(prompts_of(self._source, ident, self._homes.prompts), file.part)
            for number, found in enumerate(prompts, 1):
                self._prompt(file, number, found)
            for number, versions in enumerate(_sorted(scorers_of(self._source, ident), file.part), 1):
                file.add(f"scorers/{number:05d}.jsonl", [asdict(version) for version in versions])
                file.part.held["scorers"] += 1
            for number, schema in enumerate(_sorted(schemas_of(self._source, ident), file.part), 1):
                file.add(f"labels/{number:05d}.jsonl", [to_document(schema)])
                file.part.held["label_schemas"] += 1
            for number, batch in enumerate(together(_sorted(issues_of(self._source, ident), file.part)), 1):
                file.add(f"issues/{number:05d}.jsonl", [to_document(issue) for issue in batch])
                file.part.held["issues"] += len(batch)
        if file.part.held or file.part.refused:
            yield file.part
        else:
            file.part.file.unlink()

    def _queues(self) -> Iterator[Part]:
        """A file a review queue: the run that it is here, the session and its items."""
        for found in queues_of(self._source, self._experiment.experiment_id):
            if isinstance(found, str):
                yield self._only_refused([found])
                continue
            with _File(self, "queue") as file:
                self._queue(file, found)
            yield file.part

    def _queue(self, file: "_File", found: FoundQueue) -> None:
        run = found.session.run
        file.add("runs/00001.jsonl", [{"run": to_document(run), "evaluation": None}])
        dump = to_document(SessionDump.of(found.session))
        file.add("labeling/00001.jsonl", [{"run_id": run.run_id, "session": dump}])
        for number, batch in enumerate(together(found.items), 1):
            rows: list[dict[str, object]] = [{"run_id": run.run_id, "item": to_document(item)} for item in batch]
            file.add(f"items/{number:05d}.jsonl", rows)
        file.part.refused += found.refused
        file.part.queue = run
        file.part.held["labeling_sessions"] += 1
        file.part.held["labeling_items"] += len(found.items)

    def _prompt(self, file: "_File", number: int, found: FoundPrompt) -> None:
        dump = found.dump
        versions: list[dict[str, object]] = [{"version": asdict(version)} for version in dump.versions]
        file.add(f"prompts/{number:05d}.jsonl", [{"prompt": asdict(dump.prompt)}, *versions])
        file.part.refused += found.refused
        file.part.held["prompts"] += 1
        file.part.held["prompt_versions"] += len(versions)

    def _files(self) -> Iterator[Part]:
        """Files of runs and models; those of one block stay below the limits, or it is one file alone."""
        block: list[tuple[str, Path]] = []
        refused: list[str] = []
        size_bytes = 0
        for path, file in self._found_files():
            own_bytes = file.stat().st_size
            if own_bytes > MAX_ATTACHMENT_BYTES:
                refused.append(f"artifact {named(path)} is over {MAX_ATTACHMENT_BYTES} bytes.")
                continue
            if block and (len(block) >= BLOCK_FILES or size_bytes + own_bytes > BLOCK_BYTES):
                yield self._file_part(block)
                block, size_bytes = [], 0
            block.append((path, file))
            size_bytes += own_bytes
        if block:
            yield self._file_part(block)
        if refused:
            yield self._only_refused(refused)

    def _found_files(self) -> Iterator[tuple[str, Path]]:
        for location, folder in homes_of_artifacts(self._source, self._experiment.experiment_id):
            for path, file in self._artifacts.tree(location):
                yield f"{folder}/{path}", file

    def _file_part(self, block: list[tuple[str, Path]]) -> Part:
        with _File(self, "artifacts") as out:
            rows: list[dict[str, object]] = []
            for path, file in block:
                try:
                    artifact_segments(path)
                    check_blob_path(path)
                except LodelineError as error:
                    out.part.refused.append(f"artifact {named(path)}: {error.message}")
                    continue
                member = f"artifacts/00001/{len(rows):05d}"
                out.stream(member, _pieces(file))
                rows.append({"path": path, "member": member})
            out.add("artifacts/00001.jsonl", rows)
            out.part.held["artifacts"] += len(rows)
        return out.part

    def _only_refused(self, refused: list[str]) -> Part:
        with _File(self, "refused") as file:
            file.part.refused = refused
        return file.part

    @property
    def experiment(self) -> Experiment:
        """The experiment as the files have it."""
        return self._experiment

    @property
    def series(self) -> str:
        """What the files of this experiment have in common, also when it has grown."""
        return self._series

    @property
    def folder(self) -> Path:
        """Where the files are written."""
        return self._folder


class _File:
    """One file while it is written."""

    def __init__(self, files: ExperimentFiles, name: str) -> None:
        self.part = Part(files.folder / f"{name}.lodeline.zip")
        self._files = files
        self._archive = ArchiveWriter()

    def __enter__(self) -> "_File":
        self._out = self.part.file.open("wb")
        document = orjson.dumps(asdict(self._files.experiment))
        self._archive.add("experiment.json", document)
        return self

    def __exit__(self, *_: object) -> None:
        with self._out:
            series = {"series": self._files.series, "name": self._files.experiment.name}
            self._out.write(self._archive.finish(series))

    def add(self, name: str, rows: list[dict[str, object]]) -> None:
        """Add a member of rows."""
        self._archive.add(name, b"".join(map(write_row, rows)))
        self._out.write(self._archive.take())

    def stream(self, name: str, pieces: Iterator[bytes]) -> None:
        """Add a member of bytes."""
        for written in self._archive.stream(name, pieces):
            self._out.write(written)
        self._out.write(self._archive.take())


def _sorted(found: Iterator[T | str], part: Part) -> Iterator[T]:
    """Yield what was found, and note in the part why the rest was not."""
    for each in found:
        if isinstance(each, str):
            part.refused.append(each)
        else:
            yield each


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece
