"""Deliveries in SQLite: one row an instance, written in the transaction of the batch that it tells of."""

from collections.abc import Sequence

from lodeline.domain.delivery import (
    MAX_DELIVERIES,
    Delivery,
    DeliveryMark,
    advance,
    first_delivery,
    format_ranges,
    parse_ranges,
)
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray

_SELECT = "SELECT instance, exp, first_ms, last_ms, requests, highest, missing, gaps FROM deliveries "
_ACTIVE = "exp IN (SELECT exp FROM experiments WHERE lifecycle = 'ACTIVE')"


class SqlDeliveries:
    """Implements `storage.base.DeliveryStore`."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def get(self, instance: str) -> Delivery:
        with self._readers.read() as db:
            row = db.execute(f"{_SELECT} WHERE instance = ? AND {_ACTIVE}", (instance,)).fetchone()
        if row is None:
            raise NotFound.of("delivery", instance)
        return _delivery(row)

    def list(self, experiment_ids: Sequence[ExperimentId], *, limit: int) -> Sequence[Delivery]:
        numbers = [int(experiment_id) for experiment_id in experiment_ids]
        with self._readers.read() as db:
            rows = db.execute(
                f"{_SELECT} WHERE exp IN carray(?) AND {_ACTIVE} ORDER BY last_ms DESC, instance LIMIT ?",
                (carray(numbers), limit),
            ).fetchall()
        return [_delivery(row) for row in rows]


def record(db: Db, mark: DeliveryMark) -> None:
    """Note an arrival, within the open transaction."""
    row = db.execute(f"{_SELECT} WHERE instance = ?", (mark.source.instance,)).fetchone()
    if row is not None:
        found = advance(_delivery(row), mark)
        db.execute(
            "UPDATE deliveries SET first_ms = ?, last_ms = ?, requests = ?, highest = ?, missing = ?, gaps = ? "
            "WHERE instance = ?",
            (
                found.first_ms, found.last_ms, found.requests, found.highest, found.missing,
                format_ranges(found.gaps), found.instance,
            ),
        )  # fmt: skip
        return
    made = first_delivery(mark)
    number = int(made.experiment_id)
    db.execute(
        "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            made.instance, number, made.first_ms, made.last_ms, made.requests, made.highest, made.missing,
            format_ranges(made.gaps),
        ),
    )  # fmt: skip
    db.execute(
        "DELETE FROM deliveries WHERE instance IN (SELECT instance FROM deliveries WHERE exp = ? "
        "ORDER BY last_ms DESC, instance LIMIT -1 OFFSET ?)",
        (number, MAX_DELIVERIES),
    )


def forget(db: Db, number: int) -> None:
    """Remove the deliveries of an experiment."""
    db.execute("DELETE FROM deliveries WHERE exp = ?", (number,))


def _delivery(row: Row) -> Delivery:
    instance, exp, first_ms, last_ms, requests, highest, missing, gaps = row
    return Delivery(
        instance, ExperimentId(str(exp)), first_ms, last_ms, requests, highest, missing, parse_ranges(gaps)
    )
