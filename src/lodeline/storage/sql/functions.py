"""SQL functions of our own, so that text matching means the same as in `query.reference` on every engine."""

from lodeline.query.reference import matcher
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.fresh_texts import FreshTexts


def register(db: Db) -> None:
    """Add lodeline_match(op, pattern, value) to a connection; NULL values give NULL."""
    db.create_scalar_function("lodeline_match", _match, 3, deterministic=True)


def register_fresh(db: Db, fresh: FreshTexts) -> None:
    """Add fresh_may_hold(number, needed) to a connection: `FreshTexts.may_hold`."""
    db.create_scalar_function("fresh_may_hold", fresh.may_hold, 2)


def _match(op: str, pattern: str, value: object) -> int | None:
    if value is None:
        return None
    return int(matcher(op, pattern)(value if isinstance(value, str) else str(value)))
