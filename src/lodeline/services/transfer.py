"""Transfer: an experiment as one file, out of a store and into one, without loss.

The file is an archive (`services.archive`) of blocks of traces; a block is in order of arrival, and the block with
the highest number arrived first:

- ``experiment.json``: the experiment with its settings;
- ``traces/NNNNN.jsonl``: a row a trace (`transfer_rows`), with the lengths of its chunks and its attachments;
- ``chunks/NNNNN.bin``: the payload chunks of the block's traces one after the other (`ingest.payload`);
- ``assessments/NNNNN.jsonl``: a row for every revision of every assessment on the block's traces;
- ``attachments/NNNNN/NNNNN``: the block's attachments;
- ``sessions/NNNNN.jsonl``: the revisions of assessments on sessions, those of one assessment in a row;
- runs, evaluations and models as `services.run_transfer` tells;
- datasets, prompts and registered scorers as `services.data_transfer` tells;
- artifacts of runs and models as `services.artifact_transfer` tells;
- judgments that wait for their traces as `services.parking_transfer` tells;
- label schemas, labeling sessions and issues as `services.labeling_transfer` tells.

What does not fit into one file, or grows, comes as a series: the manifests of its files bear one text as ``series``,
and the first of them to be imported makes the experiment for all.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import BinaryIO

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, may, permit
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Deleted, Invalid, shown
from lodeline.domain.experiment import Experiment, ExperimentDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId
from lodeline.domain.transfer import ImportReport
from lodeline.query.ast import Compare, Search
from lodeline.query.build import conj
from lodeline.query.fields import field
from lodeline.services.archive import ArchiveReader
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_cache import ExperimentCache
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.experiments import IMPORT_KEY, refusal_seen
from lodeline.services.exporting import ExperimentExport
from lodeline.services.importing import ExperimentImport, read_draft
from lodeline.storage.base import Stores

Progress = Callable[[int], None]
"""Is told how many traces are done."""


_NEEDED: tuple[ExperimentAction, ...] = (
    "experiment.read", "assessment.read", "run.read", "model.read", "dataset.read", "prompt.read", "scorer.read",
)  # fmt: skip

_WRITTEN: tuple[ExperimentAction, ...] = (
    "trace.ingest", "assessment.write", "run.write", "model.write", "dataset.write", "prompt.write", "scorer.write",
)  # fmt: skip


class TransferService:
    """Use cases of export and import."""

    def __init__(
        self,
        stores: Stores,
        cache: ExperimentCache,
        scope: ExperimentScope,
        clock: Clock = system_clock,
        *,
        max_attachment_bytes: int = 100 * 2**20,
    ) -> None:
        self._stores = stores
        self._cache = cache
        self._scope = scope
        self._clock = clock
        self._max_attachment_bytes = max_attachment_bytes

    def export(
        self, actor: Actor, experiment: str, *, progress: Progress = lambda _: None
    ) -> tuple[Experiment, Iterator[bytes]]:
        """Return an experiment (by id or name) and the bytes of its file, which are made while they are read.

        What is written meanwhile may or may not be in it; every trace in it is whole.
        """
        found = self._scope.one(actor, "trace.read", experiment)
        for action in _NEEDED:
            permit(actor, action, found.experiment_id)
        now_ms = self._clock.now_ms()
        ident = found.experiment_id
        self._stores.audit.append(audit_entry(actor, "experiment.export", ident, at_ms=now_ms, experiment_id=ident))
        job = ExperimentExport(self._stores, found, now_ms=now_ms)

        def pieces() -> Iterator[bytes]:
            for piece in job.pieces():
                progress(job.traces)
                yield piece

        return found, pieces()

    def import_file(
        self,
        actor: Actor,
        file: BinaryIO,
        *,
        as_name: str | None = None,
        into: str | None = None,
        progress: Progress = lambda _: None,
    ) -> ImportReport:
        """Add the experiment of an exported file, verified as a whole before anything is stored.

        It keeps its id and its name; Conflict when one is taken, unless `as_name` gives it another name and with it
        a new id. Traces that exist already, in whatever experiment, are listed and left alone; Conflict when that is
        all of them and the experiment would be new. Importing the same file again continues where it was cut off,
        and so does another file of its series. Invalid for a file that is damaged or breaks a rule.

        With `into` (id or name) what the file holds is added to an experiment that exists, which stays what it is
        otherwise. An import says who judged and wrote what, so only who gives roles there may do that. That holds for
        a file of a series, too, unless it was the actor whose import made the experiment.
        """
        target = self._target(actor, as_name, into)
        reader = ArchiveReader(file)
        reader.verify()
        checked = self._job(actor, reader, DEFAULT_EXPERIMENT)
        checked.check()
        experiment = self._make(actor, reader, as_name, checked) if target is None else target
        job = self._job(actor, reader, experiment.experiment_id)
        for counts in job.run():
            progress(counts.traces + counts.existing_count)
        counts = job.counts
        return ImportReport(
            experiment=experiment,
            traces=counts.traces,
            spans=counts.spans,
            assessments=counts.assessments,
            attachments=counts.attachments,
            existing_count=counts.existing_count,
            existing_traces=tuple(counts.existing),
            refused=tuple(counts.refused),
            **asdict(job.run_counts),
            **asdict(job.data_counts),
            **asdict(job.artifact_counts),
            **asdict(job.labeling_counts),
        )

    def _target(self, actor: Actor, as_name: str | None, into: str | None) -> Experiment | None:
        if into is None:
            permit(actor, "experiment.create")
            return None
        if as_name is not None:
            raise Invalid("into and as_name: give one of them; an experiment that exists keeps its name.")
        found = self._scope.one(actor, "experiment.share", into)
        _permit_into(actor, found.experiment_id)
        ident = found.experiment_id
        self._stores.audit.append(
            audit_entry(actor, "experiment.import", ident, at_ms=self._clock.now_ms(), experiment_id=ident)
        )
        return found

    def _job(self, actor: Actor, reader: ArchiveReader, experiment_id: ExperimentId) -> ExperimentImport:
        return ExperimentImport(
            self._stores, reader, experiment_id, max_attachment_bytes=self._max_attachment_bytes, actor=actor.label,
            now_ms=self._clock.now_ms,
        )  # fmt: skip

    def _make(self, actor: Actor, reader: ArchiveReader, as_name: str | None, job: ExperimentImport) -> Experiment:
        series = reader.facts.get("series")
        same = f"series {series}" if isinstance(series, str) else reader.digest
        digest = hashlib.sha256(f"{same} {as_name}".encode("utf-8", "replace")).hexdigest()
        draft, created_ms = read_draft(reader, as_name, client_key=f"{IMPORT_KEY}{digest}")
        self._check_new(actor, draft, job)
        audit = audit_entry(
            actor, "experiment.import", draft.name, at_ms=self._clock.now_ms(), details={"sha256": reader.digest}
        )
        try:
            made = self._stores.experiments.create(draft, now_ms=created_ms, audit=audit)
        except Conflict as refusal:
            error = refusal_seen(actor, refusal, draft.name, draft.experiment_id)
            raise Conflict(
                f"{error.message} Import it under another name (--as NAME; in the API as_name), which also gives it "
                "a new id.",
                code=error.error_code,
                details=error.details,
            ) from None
        finally:
            self._cache.forget()
        if made.lifecycle == "DELETED":
            raise Deleted.of("experiment", made.experiment_id)
        permit(actor, "trace.ingest", made.experiment_id)
        if isinstance(series, str) and not self._was_made_by(actor, made, draft):
            _permit_into(actor, made.experiment_id)
        return made

    def _was_made_by(self, actor: Actor, made: Experiment, draft: ExperimentDraft) -> bool:
        """Tell whether it was the actor who made an experiment by an import, with whatever key. Its `created_by` does
        not say: that is in the file."""
        if may(actor, "experiment.share", made.experiment_id):
            return True  # who may import into it anyway
        node = conj(
            [
                Compare(field("audit", "action"), "=", "experiment.import"),
                Compare(field("audit", "target"), "=", draft.name),
            ]
        )
        entries = self._stores.audit.search(Search((made.experiment_id,), node)).items
        # One that imports into an experiment has no digest of a file.
        return any(
            entry.actor == actor.name or entry.actor.startswith(f"{actor.name} (key ")
            for entry in entries
            if "sha256" in entry.details
        )

    def _check_new(self, actor: Actor, draft: ExperimentDraft, job: ExperimentImport) -> None:
        """Raise Conflict when the draft would become a new experiment that gets no trace of the file. It names the
        experiments that have them, as far as the actor may read these."""
        if self._cache.find(draft.name) is not None or self._cache.by_id(draft.experiment_id or "") is not None:
            return
        owners = sorted(job.owners(), key=int)
        if owners:
            known = [owner for owner in owners if may(actor, "experiment.read", owner)]
            where = f", in experiment {', '.join(known)}" if known else ""
            raise Conflict(
                f"every trace of the file is on this server already{where}; a trace belongs to one experiment, so "
                f"{shown(draft.name)} would stay empty and was not created. Import the file into another store, or "
                "delete the traces first.",
                code="traces_exist",
                details={"experiment_ids": " ".join(known)},
            )


def _permit_into(actor: Actor, experiment_id: ExperimentId) -> None:
    """Return when the actor may import into an experiment that exists; errors are those of `permit`."""
    for action in ("experiment.share", *_WRITTEN):
        permit(actor, action, experiment_id)
