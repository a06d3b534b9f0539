"""Exporting: an experiment as a stream of bytes; what the file holds is told in `services.transfer`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import chain

import lodeline
from lodeline.domain.blob import trace_folder
from lodeline.domain.errors import NotFound
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import TraceId
from lodeline.domain.trace import Trace
from lodeline.query.ast import Search
from lodeline.query.order import LATEST
from lodeline.services.archive import ArchiveWriter
from lodeline.services.artifact_transfer import ArtifactExport
from lodeline.services.data_transfer import DataExport
from lodeline.services.labeling_transfer import LabelingExport
from lodeline.services.parking_transfer import ParkedExport
from lodeline.services.run_transfer import RunExport
from lodeline.services.transfer_rows import dump_to_row, revision_to_row, write_row
from lodeline.storage.base import Stores

BLOCK_TRACES = 200
BLOCK_LEDGERS = 500
_PIECE_BYTES = 2**20


class ExperimentExport:
    """One export. What arrives after it began is left out; memory holds the rows of one block."""

    def __init__(self, stores: Stores, experiment: Experiment, *, now_ms: int) -> None:
        self._stores = stores
        self._experiment = experiment
        self._now_ms = now_ms
        self._archive = ArchiveWriter()
        self.traces = self.assessments = self.attachments = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the file's bytes; after each piece the counts tell how far it is."""
        archive = self._archive
        archive.add("experiment.json", json.dumps(asdict(self._experiment), indent=1).encode())
        for number, block in enumerate(self._blocks(), 1):
            yield from self._block(number, block)
        for number, rows in enumerate(self._session_rows(), 1):
            archive.add(f"sessions/{number:05d}.jsonl", b"".join(rows))
            yield archive.take()
        of_runs = RunExport(self._stores, self._experiment.experiment_id)
        data = DataExport(self._stores, self._experiment.experiment_id)
        labels = LabelingExport(self._stores, self._experiment.experiment_id)
        parked = ParkedExport(self._stores, self._experiment.experiment_id)
        for name, content in chain(of_runs.members(), data.members(), labels.members(), parked.members()):
            archive.add(name, content)
            yield archive.take()
        files = ArtifactExport(self._stores, self._experiment.experiment_id, archive)
        yield from files.pieces()
        yield archive.finish(
            {
                "lodeline": lodeline.__version__,
                "created_ms": self._now_ms,
                "experiment_id": self._experiment.experiment_id,
                "name": self._experiment.name,
                "counts": {
                    "traces": self.traces, "assessments": self.assessments, "attachments": self.attachments,
                    "runs": of_runs.runs, "models": of_runs.models, "artifacts": files.artifacts,
                    "parked": parked.parked, **asdict(data.counts),
                },
            }
        )  # fmt: skip

    def _blocks(self) -> Iterator[Sequence[Trace]]:
        """Yield blocks of traces, from the latest arrivals back to the first, each in order of arrival.

        Going back, what arrives meanwhile is never met, however fast it comes.
        """
        search = Search((self._experiment.experiment_id,), order=(LATEST,), limit=BLOCK_TRACES)
        while True:
            page = self._stores.traces.search(search)
            if page.items:
                yield page.items[::-1]
            if page.cursor is None:
                return
            search = replace(search, cursor=page.cursor)

    def _block(self, number: int, block: Sequence[Trace]) -> Iterator[bytes]:
        rows: list[dict[str, object]] = []
        revisions: list[bytes] = []
        yield from self._archive.stream(f"chunks/{number:05d}.bin", self._chunks(block, rows, revisions))
        attachment = 0
        for row in rows:
            listed: list[dict[str, object]] = []
            folder = trace_folder(self._experiment.experiment_id, TraceId(str(row["trace_id"])))
            for blob in self._stores.blobs.list(folder):
                member = f"attachments/{number:05d}/{attachment:05d}"
                attachment += 1
                yield from self._archive.stream(member, self._blob(blob.path))
                listed.append({"name": blob.path.removeprefix(folder + "/"), "member": member})
            row["attachments"] = listed
            self.attachments += len(listed)
        self._archive.add(f"traces/{number:05d}.jsonl", b"".join(map(write_row, rows)))
        if revisions:
            self._archive.add(f"assessments/{number:05d}.jsonl", b"".join(revisions))
        yield self._archive.take()

    def _chunks(
        self, block: Sequence[Trace], rows: list[dict[str, object]], revisions: list[bytes]
    ) -> Iterator[bytes]:
        """Yield the chunks of a block's traces, and note the rows that go with them."""
        for trace in block:
            try:
                dump = self._stores.transfer.dump(trace.trace_id)
                chunks = list(self._stores.spans.chunks(trace.trace_id))
            except NotFound:
                continue  # deleted since it was listed
            rows.append({**dump_to_row(dump), "chunks": [len(chunk) for chunk in chunks]})
            revisions += [write_row(revision_to_row(revision)) for revision in dump.ledger]
            self.traces += 1
            self.assessments += len({revision.assessment.assessment_id for revision in dump.ledger})
            yield from chunks

    def _blob(self, path: str) -> Iterator[bytes]:
        with self._stores.blobs.open(path) as stream:
            while piece := stream.read(_PIECE_BYTES):
                yield piece

    def _session_rows(self) -> Iterator[list[bytes]]:
        rows: list[bytes] = []
        for count, revisions in enumerate(self._stores.transfer.session_ledgers(self._experiment.experiment_id), 1):
            rows += [write_row(revision_to_row(revision)) for revision in revisions]
            self.assessments += 1
            if count % BLOCK_LEDGERS == 0:
                yield rows
                rows = []
        if rows:
            yield rows
