"""Which item a reviewer gets next, in SQLite, and which leases have run out."""

from lodeline.domain.labeling import LabelingSession
from lodeline.domain.review_places import order_salt
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.labeling_rows import SELECT_ITEM, Kept, items_of

_LATE_STEP = 100
_MINE = "SELECT 1 FROM labeling_assignments m WHERE m.item = i.id AND m.round = i.round AND m.reviewer = ?2 AND "
_OFFERED = (
    "i.run = ?1 AND i.open > 0 AND EXISTS (SELECT 1 FROM labeling_assignments a WHERE a.item = i.id "
    "AND a.state = 'OPEN' AND (a.reviewer IS NULL OR a.reviewer = ?2)) "
    f"AND NOT EXISTS ({_MINE} m.state IN ('CLAIMED', 'SUBMITTED', 'DECLINED')) "
)
_REQUEUED = f"EXISTS ({_MINE} m.requeued_ms IS NOT NULL)"
_LAST_REQUEUED = (
    "(SELECT max(m.requeued_ms) FROM labeling_assignments m WHERE m.item = i.id AND m.round = i.round "
    "AND m.reviewer = ?2)"
)
_ORDERS = {
    "priority": "i.priority DESC, i.place",
    "oldest": "i.place",
    "random": "((i.place + 1) * ?3) % 2147483647",
}
"""The orders of `domain.review_places`; of items that a reviewer put back the one put back first comes first."""


def next_item(db: Db, run_row: int, session: LabelingSession, reviewer: str) -> Kept | None:
    """Return what a reviewer has claimed, else what comes next in their order; None when there is nothing."""
    name = clean(reviewer)
    held = (
        f"{SELECT_ITEM} JOIN labeling_assignments a ON a.item = i.id AND a.round = i.round "
        "WHERE a.run = ? AND a.reviewer = ? AND a.state = 'CLAIMED' AND i.removed = 0 ORDER BY i.place LIMIT 1"
    )
    found = db.execute(held, (run_row, name)).fetchall()
    order = _ORDERS[session.policy.order]
    salt = order_salt(session.run.run_id, reviewer)
    for condition, first in ((f"NOT {_REQUEUED}", ""), (_REQUEUED, f"{_LAST_REQUEUED}, ")):
        if not found:
            # The salt is bound in every order, so that the statement has three parameters whatever the order is.
            sql = f"{SELECT_ITEM} WHERE ?3 > 0 AND {_OFFERED} AND {condition} ORDER BY {first}{order} LIMIT 1"
            found = db.execute(sql, (run_row, name, salt)).fetchall()
    return items_of(db, found)[0] if found else None


def late(db: Db, run_row: int, reviewer: str, now_ms: int) -> list[Kept]:
    """Return items with claims of others whose lease has run out, as many as one step takes."""
    sql = (
        f"{SELECT_ITEM} WHERE i.id IN (SELECT a.item FROM labeling_assignments a WHERE a.run = ? "
        "AND a.state = 'CLAIMED' AND a.lease_until_ms <= ? AND a.reviewer != ? LIMIT ?)"
    )
    return items_of(db, db.execute(sql, (run_row, now_ms, clean(reviewer), _LATE_STEP)).fetchall())
