"""Purge of an experiment: bounded steps, each one transaction, with a receipt that survives a crash between them.

The receipt stays in meta for good: it is also the mark that an experiment's id was used.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial

from lodeline.domain.audit import AuditEntry
from lodeline.domain.blob import experiment_folder
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.experiment import Experiment, PurgeReceipt, never_purged
from lodeline.domain.ids import DEFAULT_EXPERIMENT
from lodeline.storage.base import BlobStore
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql import deliveries, issues, label_schemas, meta, models, parking, runs, traces
from lodeline.storage.sql.codec import dumps, loads
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.labeling_rows import remove_items
from lodeline.storage.sql.writer import Writer

_STEP_TRACES = 200
_STEP_ASSESSMENTS = 1_000
_STEP_RUNS = 200
_STEP_ROWS = 5_000
_STEP_RECORDS = 2_000


def purge(
    writer: Writer,
    blobs: BlobStore,
    experiment: Experiment,
    *,
    audit: AuditEntry,
    stopping: Callable[[], bool] | None = None,
) -> PurgeReceipt:
    """Remove an experiment and everything in it; after a crash, or when `stopping` said so, go on where it stopped.

    The receipt counts what all attempts together removed, but for blobs of an attempt that crashed among them.
    """
    number = int(experiment.experiment_id)
    writer.call(lambda db: _begin(db, experiment))
    for step in (_remove_traces, _remove_assessments, _remove_runs, _remove_models, _remove_records):
        while writer.call(partial(step, number=number)):
            if stopping is not None and stopping():
                return writer.call(lambda db: receipt_of(db, number))
    count, size_bytes = blobs.delete(experiment_folder(experiment.experiment_id))
    return writer.call(lambda db: _finish(db, number, count, size_bytes, audit))


def is_purging(db: Db, number: int) -> bool:
    """Tell whether a purge of this experiment has begun and is not finished."""
    row = db.execute("SELECT 1 FROM experiments WHERE exp = ?", (number,)).fetchone()
    return row is not None and was_purged(db, number)


def was_purged(db: Db, number: int) -> bool:
    """Tell whether a purge of the experiment with this number has begun, or was finished at any time."""
    return meta.get_text(db, _name(number)) is not None


def forget_purge(db: Db, number: int) -> None:
    """Drop the receipt, because the number is used again, by an import that keeps ids."""
    db.execute("DELETE FROM meta WHERE name = ?", (_name(number),))


def _name(number: int) -> str:
    return f"purge:{number}"


def _begin(db: Db, experiment: Experiment) -> None:
    number = int(experiment.experiment_id)
    row = db.execute("SELECT lifecycle FROM experiments WHERE exp = ?", (number,)).fetchone()
    if row is None:
        raise NotFound.of("experiment", experiment.experiment_id)
    if experiment.experiment_id == DEFAULT_EXPERIMENT:
        raise Conflict("the default experiment cannot be purged; delete its traces instead.")
    if row[0] != "DELETED":
        raise Conflict(f"experiment {experiment.experiment_id!r} is not deleted; delete it before purging it.")
    if meta.get_text(db, _name(number)) is None:
        row = db.execute("SELECT count(*) FROM traces WHERE exp = ?", (number,)).fetchone()
        of_traces = 0 if row is None else row[0]
        _note(db, PurgeReceipt(experiment.experiment_id, experiment.name, 0, 0, 0, 0, 0, of_traces=of_traces))


def receipt_of(db: Db, number: int) -> PurgeReceipt:
    """Return what a purge has removed of an experiment; NotFound when none has begun."""
    text = meta.get_text(db, _name(number))
    if text is None:
        raise never_purged(str(number))
    there = db.execute("SELECT 1 FROM experiments WHERE exp = ?", (number,)).fetchone()
    return replace(PurgeReceipt(**loads(text)), finished=there is None)


def unfinished(db: Db) -> list[PurgeReceipt]:
    """Return the receipts of purges that began and are not finished."""
    deleted = db.execute("SELECT exp FROM experiments WHERE lifecycle = 'DELETED' ORDER BY exp").fetchall()
    return [receipt_of(db, number) for (number,) in deleted if was_purged(db, number)]


def _note(db: Db, receipt: PurgeReceipt) -> None:
    meta.put(db, _name(int(receipt.experiment_id)), dumps(asdict(receipt)))


def _remove_traces(db: Db, number: int) -> bool:
    """Remove some traces; tell whether there may be more."""
    found = db.execute("SELECT id FROM traces WHERE exp = ? LIMIT ?", (number, _STEP_TRACES)).fetchall()
    if not found:
        return False
    removed = traces.remove(db, [row_id for (row_id,) in found])
    receipt = receipt_of(db, number)
    _note(
        db,
        replace(
            receipt,
            traces=receipt.traces + removed.traces,
            spans=receipt.spans + removed.spans,
            assessments=receipt.assessments + removed.assessments,
            bytes_freed=receipt.bytes_freed + removed.payload_bytes,
        ),
    )
    return True


def _remove_assessments(db: Db, number: int) -> bool:
    """Remove some assessments of sessions (those of traces went with them); tell whether there may be more."""
    sql = "SELECT id, aid, deleted FROM assessments WHERE exp = ? LIMIT ?"
    found = db.execute(sql, (number, _STEP_ASSESSMENTS)).fetchall()
    if not found:
        return False
    db.executemany("DELETE FROM assessment_revisions WHERE aid = ?", [(aid,) for _, aid, _ in found])
    db.executemany("DELETE FROM assessments WHERE id = ?", [(row_id,) for row_id, _, _ in found])
    receipt = receipt_of(db, number)
    present = sum(not deleted for _, _, deleted in found)
    _note(db, replace(receipt, assessments=receipt.assessments + present))
    return True


def _remove_runs(db: Db, number: int) -> bool:
    """Remove some rows of evaluations, then items of labeling sessions, then runs; tell whether there may be more."""
    db.execute(
        "DELETE FROM evaluation_rows WHERE (run, row_key, rep) IN (SELECT w.run, w.row_key, w.rep FROM runs r "
        "JOIN evaluation_rows w ON w.run = r.id WHERE r.exp = ? LIMIT ?)",
        (number, _STEP_ROWS),
    )
    if db.changes():
        return True
    items = remove_items(db, number, _STEP_ROWS)
    if items:
        receipt = receipt_of(db, number)
        _note(db, replace(receipt, labeling_items=receipt.labeling_items + items))
        return True
    found = db.execute("SELECT id FROM runs WHERE exp = ? LIMIT ?", (number, _STEP_RUNS)).fetchall()
    if not found:
        return False
    runs.remove(db, [row_id for (row_id,) in found])
    receipt = receipt_of(db, number)
    _note(db, replace(receipt, runs=receipt.runs + len(found)))
    return True


def _remove_models(db: Db, number: int) -> bool:
    """Remove some models, then the record of their aliases; tell whether there may be more."""
    found = db.execute("SELECT id FROM models WHERE exp = ? LIMIT ?", (number, _STEP_RUNS)).fetchall()
    if not found:
        db.execute("DELETE FROM alias_events WHERE exp = ?", (number,))
        return False
    models.remove(db, [row_id for (row_id,) in found])
    receipt = receipt_of(db, number)
    _note(db, replace(receipt, models=receipt.models + len(found)))
    return True


def _remove_records(db: Db, number: int) -> bool:
    """Remove some records of one dataset, or the dataset when none is left; tell whether there may be more."""
    row = db.execute("SELECT id FROM datasets WHERE exp = ? LIMIT 1", (number,)).fetchone()
    if row is None:
        return False
    ids = db.execute("SELECT id, record_id FROM records WHERE ds = ? LIMIT ?", (row[0], _STEP_RECORDS)).fetchall()
    db.executemany("DELETE FROM records WHERE id = ?", [(row_id,) for row_id, _ in ids])
    left = "SELECT 1 FROM records WHERE ds = ? AND record_id = ?"
    gone = sum(db.execute(left, (row[0], each)).fetchone() is None for each in {each for _, each in ids})
    receipt = receipt_of(db, number)
    if not ids:
        for table in ("dataset_links", "dataset_versions", "dataset_labels"):
            db.execute(f"DELETE FROM {table} WHERE ds = ?", (row[0],))
        db.execute("DELETE FROM datasets WHERE id = ?", (row[0],))
    _note(db, replace(receipt, datasets=receipt.datasets + (not ids), records=receipt.records + gone))
    return True


def _finish(db: Db, number: int, blobs: int, blob_bytes: int, audit: AuditEntry) -> PurgeReceipt:
    receipt = receipt_of(db, number)
    if receipt.finished:  # somebody else's purge of the same experiment was faster
        return receipt
    receipt = replace(receipt, blobs=receipt.blobs + blobs, bytes_freed=receipt.bytes_freed + blob_bytes)
    db.execute("DELETE FROM conversations WHERE exp = ?", (number,))
    deliveries.forget(db, number)
    parking.forget(db, number)
    gone = issues.forget(db, number)
    keys = db.execute("SELECT id FROM prompts WHERE exp = ?", (number,)).fetchall()
    for table in ("prompt_versions", "prompt_aliases", "prompt_events", "prompt_links"):
        db.executemany(f"DELETE FROM {table} WHERE prompt = ?", keys)
    db.execute("DELETE FROM prompts WHERE exp = ?", (number,))
    names = db.execute("SELECT DISTINCT name FROM scorers WHERE exp = ?", (number,)).fetchall()
    db.execute("DELETE FROM scorers WHERE exp = ?", (number,))
    schemas = label_schemas.forget(db, number)
    receipt = replace(receipt, prompts=len(keys), scorers=len(names), label_schemas=schemas, issues=gone)
    for table in ("dataset_links", "prompt_links"):
        db.execute(f"DELETE FROM {table} WHERE exp = ?", (number,))
    db.execute("DELETE FROM experiments WHERE exp = ?", (number,))
    _note(db, receipt)
    trail.write(db, replace(audit, details={**audit.details, **receipt.counted()}))
    return replace(receipt, finished=True)
