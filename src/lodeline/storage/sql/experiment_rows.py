"""What every table below experiments asks of them: the key of their row, and whether they take writes."""

from collections.abc import Sequence

from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.ids import ExperimentId, is_experiment_id
from lodeline.storage.sql.db import Db, carray


def number_of(experiment_id: ExperimentId) -> int:
    """Return the key of an experiment's row; -1, which none has, for text that is no experiment id."""
    return int(experiment_id) if is_experiment_id(experiment_id) else -1


def check_writable(db: Db, experiment_id: ExperimentId) -> None:
    """Return when the experiment takes writes; NotFound when there is none, Deleted when it is deleted."""
    sql = "SELECT lifecycle FROM experiments WHERE exp = ?"
    row = db.execute(sql, (number_of(experiment_id),)).fetchone()
    if row is None:
        raise NotFound.of("experiment", experiment_id)
    if row[0] != "ACTIVE":
        raise Deleted.of("experiment", experiment_id)


def active_numbers(db: Db, experiment_ids: Sequence[str]) -> list[int]:
    """Return the numbers of those experiments that are active."""
    wanted = carray([number_of(ExperimentId(each)) for each in experiment_ids])
    found = db.execute("SELECT exp FROM experiments WHERE lifecycle = 'ACTIVE' AND exp IN carray(?)", (wanted,))
    return [exp for (exp,) in found]
