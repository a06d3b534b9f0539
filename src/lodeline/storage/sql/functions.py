"""SQL functions of our own, so that text matching means the same as in `query.reference` on every engine."""

import apsw

from lodeline.query.reference import matcher


def register(db: apsw.Connection) -> None:
    """Add lodeline_match(op, pattern, value) to a connection; NULL values give NULL."""
    db.create_scalar_function("lodeline_match", _match, 3, deterministic=True)


def _match(op: str, pattern: str, value: object) -> int | None:
    if value is None:
        return None
    return int(matcher(op, pattern)(value if isinstance(value, str) else str(value)))
