"""Importing: a verified file back into a store; what the file holds is told in `services.transfer`."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from typing import BinaryIO

from lodeline.domain.assessment import Assessment, AssessmentRevision
from lodeline.domain.blob import check_new_blob_path, trace_folder
from lodeline.domain.errors import Conflict, Invalid, TooLarge, shown
from lodeline.domain.experiment import MAX_DESCRIPTION, MAX_NAME, ExperimentDraft, check_name, check_tags
from lodeline.domain.ids import ExperimentId, TraceId, check_experiment_id
from lodeline.domain.ledger import find_faults
from lodeline.domain.transfer import TraceDump
from lodeline.ingest.payload import unpack_facts
from lodeline.services.archive import ArchiveReader
from lodeline.services.artifact_transfer import ArtifactCounts, ArtifactImport
from lodeline.services.chunk_check import check_chunk
from lodeline.services.data_transfer import DataCounts, DataImport
from lodeline.services.experiment_settings import check_settings
from lodeline.services.labeling_transfer import LabelingCounts, LabelingImport
from lodeline.services.parking_transfer import ParkedImport
from lodeline.services.run_transfer import RunCounts, RunImport, members_of_runs
from lodeline.services.transfer_rows import Row, dump_from_row, read_row, revision_from_row, settings_from_row
from lodeline.storage.base import Stores

MAX_ROW_BYTES = 64 * 2**20
MAX_TRACE_BYTES = 2**30
MAX_EXPERIMENT_BYTES = 32 * 2**20
MAX_LISTED = 1_000
BATCH_TRACES = 100
BATCH_BYTES = 16 * 2**20
_BLOCK = re.compile(r"traces/[0-9]{5}\.jsonl")
_SESSIONS = re.compile(r"sessions/[0-9]{5}\.jsonl")


@dataclass(slots=True)
class ImportCounts:
    """How far an import is. Of `existing` and `refused` the first thousand are listed."""

    traces: int = 0
    spans: int = 0
    assessments: int = 0
    attachments: int = 0
    existing_count: int = 0
    existing: list[TraceId] = field(default_factory=list[TraceId])
    refused: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class _Trace:
    """One trace of the file; `attachments` are members by their path in the blob store."""

    dump: TraceDump
    chunks: list[bytes]
    attachments: dict[str, str]


def read_draft(reader: ArchiveReader, as_name: str | None, client_key: str) -> tuple[ExperimentDraft, int]:
    """Return the draft of the file's experiment and when it was created; with `as_name` it gets a new id."""
    row = read_row(reader.whole("experiment.json", most=MAX_EXPERIMENT_BYTES), "experiment.json")
    description = row.text("description", "")
    if len(description) > MAX_DESCRIPTION:
        raise TooLarge(f"experiment.json: description: over the limit of {MAX_DESCRIPTION} characters.")
    draft = ExperimentDraft(
        name=check_name(row.text("name") if as_name is None else as_name),
        description=description,
        tags=check_tags(row.pairs("tags")),
        settings=check_settings(settings_from_row(row.row("settings"))),
        artifact_root=row.text_or_none("artifact_root"),
        experiment_id=check_experiment_id(row.text("experiment_id")) if as_name is None else None,
        client_key=client_key,
        created_by=row.text_or_none("created_by", most=MAX_NAME),
        updated_ms=row.whole_or_none("updated_ms"),
    )
    return draft, row.whole("created_ms")


class ExperimentImport:
    """One import of a verified archive into an experiment that exists."""

    def __init__(
        self,
        stores: Stores,
        reader: ArchiveReader,
        experiment_id: ExperimentId,
        *,
        max_attachment_bytes: int,
        actor: str,
        now_ms: Callable[[], int],
    ) -> None:
        self._stores = stores
        self._reader = reader
        self._experiment_id = experiment_id
        self._max_attachment_bytes = max_attachment_bytes
        self.counts = ImportCounts()
        self._of_runs = RunImport(stores, experiment_id, members_of_runs(iter(reader.members)), self._rows)
        self._data = DataImport(stores, experiment_id, reader.members, self._rows)
        self._artifacts = ArtifactImport(stores, reader, experiment_id, self._rows, max_bytes=max_attachment_bytes)
        self._labels = LabelingImport(stores, experiment_id, tuple(reader.members), self._rows)
        self._parked = ParkedImport(
            stores, experiment_id, tuple(reader.members), self._rows, actor=actor, now_ms=now_ms
        )

    def check(self) -> None:
        """Return when everything in the file can be stored; Invalid or TooLarge, naming the place, before that."""
        used: set[str] = set()
        for name in self._names(_BLOCK):
            for trace in self._block(name):
                _note_members(trace, used)
                for chunk in trace.chunks:
                    check_chunk(chunk, trace.dump.trace_id)
        present: list[Assessment] = []
        for name in self._names(_SESSIONS):
            for revisions in self._ledgers(name):
                # Only the links matter here: content is left behind, for there may be many.
                present += [replace(item, value=None, rationale=None, metadata={}) for item in present_of(revisions)]
        check_chains(present)
        self._of_runs.check()
        self._data.check()
        self._labels.check()
        self._artifacts.check()
        self._parked.check()

    def owners(self) -> frozenset[ExperimentId]:
        """Return the experiments to which the file's traces belong already; none when a trace of it is new."""
        owners: set[ExperimentId] = set()
        for name in self._names(_BLOCK):
            ids = [TraceId(row.text("trace_id")) for row in self._rows(name)]
            for start in range(0, len(ids), BATCH_TRACES):
                batch = ids[start : start + BATCH_TRACES]
                known = self._stores.transfer.owners(batch)
                if not known.keys() >= set(batch):
                    return frozenset()
                owners.update(known.values())
        return frozenset(owners)

    def run(self) -> Iterator[ImportCounts]:
        """Add what is not there yet; yields the counts after every few traces. `check` was called before."""
        for name in reversed(self._names(_BLOCK)):
            for batch in _batches(self._block(name)):
                self._add(batch)
                yield self.counts
        for name in self._names(_SESSIONS):
            for revisions in self._ledgers(name):
                self.counts.assessments += self._stores.transfer.restore_ledger(self._experiment_id, revisions)
            yield self.counts
        for _ in chain(self._of_runs.run(), self._data.run(), self._labels.run(), self._artifacts.run()):
            yield self.counts
        for _ in self._parked.run():
            yield self.counts
        self.counts.assessments += self._parked.parked
        for refused in (self._labels.refused, self._artifacts.refused, self._parked.refused):
            self.counts.refused += refused[: MAX_LISTED - len(self.counts.refused)]

    @property
    def run_counts(self) -> RunCounts:
        """What was added of runs and models."""
        return self._of_runs.counts

    @property
    def data_counts(self) -> DataCounts:
        """What was added of datasets, prompts and scorers."""
        return self._data.counts

    @property
    def artifact_counts(self) -> ArtifactCounts:
        """What was added of artifacts."""
        return self._artifacts.counts

    @property
    def labeling_counts(self) -> LabelingCounts:
        """What was added of labeling and issues."""
        return self._labels.counts

    def _names(self, pattern: re.Pattern[str]) -> list[str]:
        return sorted(name for name in self._reader.members if pattern.fullmatch(name))

    def _block(self, name: str) -> Iterator[_Trace]:
        """Yield the traces of a block; memory holds its assessments and one trace's chunks."""
        number = name.removeprefix("traces/").removesuffix(".jsonl")
        ledgers: dict[str | None, list[AssessmentRevision]] = {}
        judged = f"assessments/{number}.jsonl"
        for row in self._rows(judged) if judged in self._reader.members else ():
            revision = revision_from_row(row)
            ledgers.setdefault(revision.assessment.target.trace_id, []).append(revision)
        with self._reader.open(f"chunks/{number}.bin") as stream:
            for row in self._rows(name):
                dump = dump_from_row(row, ledgers.get(row.text("trace_id"), ()))
                check_chains(present_of(dump.ledger))
                trace = _Trace(dump, _chunks(row, stream), self._attachments(row, dump.trace_id))
                if not trace.chunks and dump.info is None:
                    raise Invalid(f"trace {dump.trace_id}: it has neither spans nor info.")
                yield trace

    def _attachments(self, row: Row, trace_id: TraceId) -> dict[str, str]:
        """Return where each attachment belongs in the blob store, and the member that holds it."""
        folder = trace_folder(self._experiment_id, trace_id)
        found: dict[str, str] = {}
        for item in row.rows("attachments"):
            name, member = item.text("name"), item.text("member")
            if "/" in name or not member.startswith("attachments/") or member not in self._reader.members:
                raise Invalid(f"trace {trace_id}: attachment {shown(name)} has no valid name or no content.")
            if self._reader.members[member].size_bytes > self._max_attachment_bytes:
                raise TooLarge(f"attachment {shown(name)} is over the limit of {self._max_attachment_bytes} bytes.")
            found[check_new_blob_path(f"{folder}/{name}")] = member
        return found

    def _add(self, batch: Sequence[_Trace]) -> None:
        known = {trace.trace_id for trace in self._stores.traces.get([trace.dump.trace_id for trace in batch])}
        new = [trace for trace in batch if trace.dump.trace_id not in known]
        # Attachments first: once a trace is there, so is everything of it.
        for path, member in (item for trace in new for item in trace.attachments.items()):
            with self._reader.open(member) as data:
                self._stores.blobs.put(path, data, max_bytes=self._max_attachment_bytes)
        try:
            self._count(new, self._restore(new))
        except Conflict:
            for trace in new:
                self._add_alone(trace)
        for trace_id in known:
            self._note_existing(trace_id)

    def _add_alone(self, trace: _Trace) -> None:
        try:
            self._count([trace], self._restore([trace]))
        except Conflict as error:
            self._stores.blobs.delete(trace_folder(self._experiment_id, trace.dump.trace_id))
            if len(self.counts.refused) < MAX_LISTED:
                self.counts.refused.append(f"trace {trace.dump.trace_id}: {error.message}")

    def _restore(self, traces: Sequence[_Trace]) -> Sequence[bool]:
        items = [(trace.dump, trace.chunks) for trace in traces]
        return self._stores.transfer.restore(self._experiment_id, items) if items else ()

    def _count(self, traces: Sequence[_Trace], added: Sequence[bool]) -> None:
        for trace, new in zip(traces, added, strict=True):
            if not new:  # it belongs to a deleted experiment, or has just come another way
                self._note_existing(trace.dump.trace_id)
                continue
            self.counts.traces += 1
            self.counts.spans += sum(len(unpack_facts(chunk)) for chunk in trace.chunks)
            self.counts.attachments += len(trace.attachments)
            self.counts.assessments += len({item.assessment.assessment_id for item in trace.dump.ledger})

    def _ledgers(self, name: str) -> Iterator[list[AssessmentRevision]]:
        revisions = (revision_from_row(row) for row in self._rows(name))
        for assessment_id, ledger in groupby(revisions, key=lambda r: r.assessment.assessment_id):
            found = list(ledger)
            if any(revision.assessment.target.session is None for revision in found):
                raise Invalid(f"{name}: assessment {assessment_id!r} is on no session.")
            yield found

    def _rows(self, name: str) -> Iterator[Row]:
        with self._reader.open(name) as stream:
            for number, line in enumerate(iter(lambda: stream.readline(MAX_ROW_BYTES), b""), 1):
                if not line.endswith(b"\n"):
                    raise Invalid(f"{name}: row {number} is cut off or over {MAX_ROW_BYTES} bytes.")
                yield read_row(line, f"{name} row {number}")

    def _note_existing(self, trace_id: TraceId) -> None:
        self.counts.existing_count += 1
        if len(self.counts.existing) < MAX_LISTED:
            self.counts.existing.append(trace_id)


def _batches(traces: Iterable[_Trace]) -> Iterator[list[_Trace]]:
    """Yield traces in groups that share one commit, closed at a number of traces or of bytes."""
    batch: list[_Trace] = []
    size_bytes = 0
    for trace in traces:
        batch.append(trace)
        size_bytes += sum(map(len, trace.chunks))
        if len(batch) >= BATCH_TRACES or size_bytes >= BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def present_of(revisions: Sequence[AssessmentRevision]) -> list[Assessment]:
    """Return the assessments that are not deleted; Invalid when revisions of one are out of order or wander."""
    by_id: dict[str, list[AssessmentRevision]] = {}
    for revision in revisions:
        by_id.setdefault(revision.assessment.assessment_id, []).append(revision)
    for assessment_id, entries in by_id.items():
        numbers = [entry.assessment.revision for entry in entries]
        if numbers != sorted(set(numbers)) or len({entry.assessment.target for entry in entries}) > 1:
            raise Invalid(f"assessment {assessment_id!r}: its revisions are out of order or on several targets.")
    return [entries[-1].assessment for entries in by_id.values() if not entries[-1].deleted]


def _note_members(trace: _Trace, used: set[str]) -> None:
    """Add the members that hold a trace's attachments to `used`; Invalid when one is there already: a member is one
    attachment's, else a small archive could name it often, and grow beyond every bound."""
    for path, member in trace.attachments.items():
        if member in used:
            name = path.rpartition("/")[2]
            raise Invalid(f"trace {trace.dump.trace_id}: the content of attachment {shown(name)} is another's, too.")
        used.add(member)


def check_chains(present: Sequence[Assessment]) -> None:
    """Return when every chain of overrides among these is linear and whole; else Invalid."""
    faults = find_faults(present)
    if faults:
        raise Invalid(f"assessments: {faults[0]}.")


def _chunks(row: Row, stream: BinaryIO) -> list[bytes]:
    lengths = [length for length in row.items("chunks") if isinstance(length, int) and length > 0]
    if len(lengths) != len(row.items("chunks")):
        raise Invalid("chunks: their lengths are no whole numbers above 0.")
    if sum(lengths) > MAX_TRACE_BYTES:
        raise TooLarge(f"trace: {sum(lengths)} bytes of payload are over the limit of {MAX_TRACE_BYTES}.")
    chunks = [stream.read(length) for length in lengths]
    if [len(chunk) for chunk in chunks] != lengths:
        raise Invalid("chunks: they end before those of the last trace.")
    return chunks
