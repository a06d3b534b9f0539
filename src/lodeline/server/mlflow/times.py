"""Times as they are sent: RFC 3339 timestamps and durations in seconds."""

import re
from datetime import UTC, datetime

from lodeline.domain.errors import Invalid, shown

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s", re.ASCII)
_NS_PER_S = 1_000_000_000


def parse_timestamp_ns(text: str, field: str) -> int:
    """Return the epoch nanoseconds that an RFC 3339 timestamp means; Invalid when it is none or before 1970."""
    found = _TIMESTAMP.fullmatch(text)
    try:
        if found is not None:
            year, month, day, hour, minute, second, fraction, sign, ahead_h, ahead_m = found.groups()
            moment = datetime(
                int(year), int(month), int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC
            )
            ahead_s = 0 if sign is None else (int(ahead_h) * 3600 + int(ahead_m) * 60) * (-1 if sign == "-" else 1)
            at_ns = (int(moment.timestamp()) - ahead_s) * _NS_PER_S + int((fraction or "0").ljust(9, "0"))
            if 0 <= at_ns < 2**63:
                return at_ns
    except ValueError:
        pass
    raise Invalid.value(field, text, "an RFC 3339 time from 1970 on, such as 2026-11-27T10:00:00.000Z")


def parse_duration_ns(text: str, field: str) -> int:
    """Return the nanoseconds of a duration such as ``0.070s``; Invalid when it is none or negative."""
    found = _DURATION.fullmatch(text)
    if found is None or found[1]:
        raise Invalid(f"{field}: {shown(text)} is not valid; expected seconds from 0 on, such as 0.070s.")
    return min(int(found[2]) * _NS_PER_S + int((found[3] or "0").ljust(9, "0")), 2**63 - 1)
