"""The write path of traces: merge what requests bring, inside the writer's transaction.

Summaries come from `ingest.summary.TraceFold`. The writer keeps the folds of recently written traces, so that a late
batch costs its own size; a fold that is not kept is rebuilt from the facts packed in the trace's chunks. A row's
`version` tells whether a kept fold is still true (another process, or an edit, may have changed the trace).
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence

from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.span import SpanFacts
from lodeline.domain.trace import TraceWrite, WriteOutcome
from lodeline.storage.sql import terms
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.fresh_texts import FreshTexts
from lodeline.storage.sql.names import Names
from lodeline.storage.sql.open_trace import OpenTrace, load
from lodeline.storage.sql.trace_rows import Batch

KEPT_SPANS = 20_000
"""How many spans' facts the folds kept between transactions may hold (about 1 kB each)."""


class TraceIngester:
    """Merges groups of `TraceWrite`s. Used by the writer thread only."""

    def __init__(self, fresh: FreshTexts | None = None) -> None:
        self._fresh = FreshTexts() if fresh is None else fresh
        self._texts: list[tuple[int, str]] = []
        self._kept: OrderedDict[TraceId, OpenTrace] = OrderedDict()
        self._kept_spans = 0
        self._names = Names()

    def forget(self) -> None:
        """Drop kept folds and names: the transaction they belonged to was rolled back."""
        self._kept.clear()
        self._kept_spans = 0
        self._names.forget()
        self._texts.clear()

    def committed(self) -> None:
        """Pass on the texts of what is durable now."""
        if self._texts:
            self._fresh.offer(self._texts)
            self._texts.clear()

    def apply(self, db: Db, writes: Sequence[TraceWrite]) -> list[WriteOutcome]:
        """Merge the writes within the open transaction; one outcome a write, in order."""
        refusals = _refusals(db, {write.experiment_id for write in writes})
        next_id = _number(db, "SELECT seq FROM sqlite_sequence WHERE name = 'traces'") + 1
        batch = Batch(next_chunk=_number(db, _LAST_CHUNK) + 1)
        active: dict[TraceId, OpenTrace] = {}
        outcomes: list[WriteOutcome] = []
        for write in writes:
            refused = refusals.get(write.experiment_id)
            if refused is not None:
                outcomes.append(WriteOutcome(write.trace_id, refused=refused))
                continue
            trace = active.get(write.trace_id)
            if trace is None:
                trace = active[write.trace_id] = self._open(db, write, next_id)
                next_id += trace.is_new
            outcomes.append(self._merge(trace, write, batch))
        for trace in active.values():
            if trace.dirty:
                batch.add(db, trace, self._names)
        batch.insert(db)
        self._keep(active)
        return outcomes

    def _merge(self, trace: OpenTrace, write: TraceWrite, batch: Batch) -> WriteOutcome:
        """Fold one write into its trace; note what is new."""
        if trace.exp != int(write.experiment_id):
            return WriteOutcome(write.trace_id, refused="it belongs to another experiment")
        stored = self._take(trace, write.spans)
        if stored:
            number = batch.add_chunk(trace.row_id, len(write.spans), write.chunk)
            if write.text is not None:
                self._texts.append((number, write.text))
        if write.info is not None:
            trace.fold.add_info(write.info)
            trace.said = trace.said or trace.fold.info != trace.extra.info
            trace.extra.info = trace.fold.info
        if stored or trace.said:
            trace.updated_ms = max(trace.updated_ms, write.received_ms)
        return WriteOutcome(write.trace_id, stored=stored, known=len(write.spans) - stored)

    @staticmethod
    def _take(trace: OpenTrace, spans: Sequence[SpanFacts]) -> int:
        """Fold spans into their trace; return how many are new to it, or better copies of known ones."""
        taken = spans
        if trace.fold.begin(spans):
            trace.touched = {facts.span_id: facts for facts in spans}
            trace.seqs = dict(zip(trace.touched, range(len(spans)), strict=True))
        else:
            add, seqs, touched = trace.fold.add, trace.seqs, trace.touched
            taken = [facts for facts in spans if add(facts) != "known"]
            for facts in taken:
                seqs.setdefault(facts.span_id, len(seqs))
                touched[facts.span_id] = facts
        trace.fresh_terms |= terms.terms_of(taken)
        return len(taken)

    def _open(self, db: Db, write: TraceWrite, next_id: int) -> OpenTrace:
        kept = self._kept.pop(write.trace_id, None)
        if kept is not None:
            self._kept_spans -= len(kept.fold)
        row = db.execute(_STATE_OF_TRACE, (write.trace_id,)).fetchone()
        if row is None:
            exp = int(write.experiment_id)
            return OpenTrace(next_id, write.trace_id, exp, received_ms=write.received_ms, is_new=True)
        if kept is not None and kept.version == row[2] and kept.row_id == row[0]:
            return kept
        return load(db, write.trace_id, row)

    def _keep(self, active: dict[TraceId, OpenTrace]) -> None:
        for trace_id, trace in active.items():
            if not trace.is_new:
                self._kept[trace_id] = trace
                self._kept_spans += len(trace.fold)
        while self._kept_spans > KEPT_SPANS and self._kept:
            _trace_id, oldest = self._kept.popitem(last=False)
            self._kept_spans -= len(oldest.fold)


_STATE_OF_TRACE = "SELECT id, exp, version, state, received_ms, updated_ms FROM traces WHERE trace_id = ?"
_LAST_CHUNK = (
    "SELECT max(ifnull((SELECT max(cid) FROM chunks), 0), "
    "ifnull((SELECT value FROM meta WHERE name = 'last_chunk'), 0))"
)


def _number(db: Db, sql: str) -> int:
    row = db.execute(sql).fetchone()
    return 0 if row is None or row[0] is None else row[0]


def _refusals(db: Db, experiment_ids: Collection[ExperimentId]) -> dict[ExperimentId, str]:
    """Return the reason for every experiment that takes no writes."""
    refusals: dict[ExperimentId, str] = {}
    for experiment_id in experiment_ids:
        row = db.execute("SELECT lifecycle FROM experiments WHERE exp = ?", (int(experiment_id),)).fetchone()
        if row is None:
            refusals[experiment_id] = f"experiment {experiment_id} does not exist"
        elif row[0] != "ACTIVE":
            refusals[experiment_id] = f"experiment {experiment_id} is deleted; restore it first"
    return refusals
