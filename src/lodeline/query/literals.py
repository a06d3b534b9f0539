"""Values of a filter: from words to literals of a field's type."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from lodeline.domain.errors import Invalid
from lodeline.query.ast import Literal_
from lodeline.query.fields import FieldSpec
from lodeline.query.problem import nearest
from lodeline.query.syntax import Token, Words, listed, number_parts

UNITS_NS: Mapping[str, int] = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
NS_PER_MS = 1_000_000
MAX_NS = 2**63 - 1
_MAX_DIGITS = 64
_TIME = "a time such as '2026-11-23T08:00:00Z', 1763884800000 (epoch milliseconds), now or now-1h"
_RANGE = "a time from 1970 to 2262"
_DURATION = "a duration such as 1.5s, 250ms or 250 (milliseconds)"
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_RELATIVE = re.compile(r"\s*(?:now)?\s*([+-]\s*[0-9.]+\s*[a-zµμ]+)?\s*", re.IGNORECASE)
_PART_OF_DATE = re.compile(r"(19[789]\d|2[01]\d\d|22[0-5]\d)(?:-(0[1-9]|1[0-2]))?", re.ASCII)
_SPOKEN = re.compile(r"now\s*([+-])(\s*)([0-9.]+)\s*([a-zµμ]+)", re.IGNORECASE)
_SPOKEN_UNITS = {
    "second": "s",
    "sec": "s",
    "minute": "m",
    "min": "m",
    "hour": "h",
    "hr": "h",
    "day": "d",
    "week": "w",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NowNeeded(Exception):
    """A relative time in a filter that is read without the present time; `at` is where it stands."""

    def __init__(self, at: Token) -> None:
        super().__init__("now is not known")
        self.at = at


def literal(words: Words, spec: FieldSpec, name: str, now_ns: int | None) -> Literal_:
    """Step over one value and return it as the field's type; Invalid when it is none.

    `name` is the field as it was written. NowNeeded for a relative time when `now_ns` is None.
    """
    token = words.here()
    if token.word == "NULL":
        raise words.unexpected("a value", field=name, suggestion=f"{name} IS NULL (or IS NOT NULL)")
    if spec.values:
        return _choice(words, spec, name)
    match spec.type:
        case "string":
            return _string(words, name)
        case "number":
            return _number(words, name)
        case "boolean":
            return _boolean(words, name)
        case "duration":
            return _duration(words, name)
        case "time":
            return _time(words, name, now_ns)
        case "json":
            return _json(words, name)


def _string(words: Words, name: str) -> str:
    token = words.here()
    if token.kind == "string":
        return words.take().text
    raise unquoted(words, "a quoted string", name)


def unquoted(words: Words, expected: str, name: str) -> Invalid:
    """Return the error for a word where a string belongs: it suggests quotes around all that was written for one."""
    token = words.here()
    if token.kind not in {"path", "number"}:
        return words.unexpected(expected, field=name)
    whole = words.unspaced(token)
    return words.unexpected(expected, field=name, suggestion=quote(whole.text), at=whole)


def _choice(words: Words, spec: FieldSpec, name: str) -> str:
    """Return one of the field's own values, in any letter case, with or without quotes."""
    token = words.here()
    if token.kind not in {"string", "path"}:
        raise words.unexpected(listed(spec.values), field=name)
    for value in spec.values:
        if value.casefold() == token.text.casefold():
            words.take()
            return value
    near = nearest(token.text, spec.values)
    raise words.unexpected(listed(spec.values), field=name, suggestion=quote(near) if near else None)


def _number(words: Words, name: str) -> int | float:
    token = words.here()
    if token.kind != "number":
        text = token.text.strip()
        suggestion = text if token.kind == "string" and _is_number(text) else None
        raise words.unexpected("a number", field=name, suggestion=suggestion)
    digits, unit = number_parts(token.text)
    if unit:
        raise words.unexpected("a number without a unit", field=name, suggestion=_without_unit(digits, unit))
    value = number(digits)
    if value is None:
        raise words.unexpected("a number from -1.8e308 to 1.8e308 of at most 64 characters", field=name)
    words.take()
    return value


def _without_unit(digits: str, unit: str) -> str | None:
    """Return the number that was meant: ``1k`` is 1000; None for a unit such as that of a time, which says more."""
    thousands = _MULTIPLES.get(unit.lower())
    value = number(digits)
    if thousands is not None and isinstance(value, int):
        return str(value * thousands)
    if thousands is not None and value is not None:
        return f"{value * thousands:.15g}"
    return digits if len(unit) > len("ms") else None


_MULTIPLES: Mapping[str, int] = {"k": 10**3, "m": 10**6, "b": 10**9}
"""What people write behind a number for thousands, millions and billions."""


def number(text: str) -> int | float | None:
    """Return the number that `text` writes: an int within 64 bits, else a float; None for none or too large a one."""
    if len(text) > _MAX_DIGITS or not _is_number(text):
        return None
    if text.lstrip("+-").isdigit() and abs(value := int(text)) <= MAX_NS:
        return value
    large = float(text)
    return large if abs(large) != float("inf") else None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) is not None


def _boolean(words: Words, name: str) -> bool:
    token = words.take_word("TRUE", "FALSE")
    if token is None:
        text = words.here().text.lower()
        suggestion = {"1": "true", "0": "false", "true": "true", "false": "false"}.get(text)
        raise words.unexpected("true or false", field=name, suggestion=suggestion)
    return token.word == "TRUE"


def _json(words: Words, name: str) -> Literal_:
    token = words.here()
    if token.kind == "string":
        return words.take().text
    if token.kind == "number":
        return _number(words, name)
    if token.word in {"TRUE", "FALSE"}:
        return _boolean(words, name)
    raise unquoted(words, "a quoted string, a number, true or false", name)


def _duration(words: Words, name: str) -> int:
    token = words.here()
    value = span_ns(token.text) if token.kind in {"number", "string"} else None
    if value is None:
        raise words.unexpected(_DURATION, field=name, suggestion=_unit_suggestion(token))
    words.take()
    return value


def span_ns(text: str, *, bare_ns: int | None = NS_PER_MS) -> int | None:
    """Return a duration such as "1.5s" in nanoseconds, rounded; None when it is none or beyond 64 bits.

    A number without a unit counts units of `bare_ns` nanoseconds, or is no duration when that is None.
    """
    digits, unit = number_parts(text.strip())
    factor = UNITS_NS.get(unit.strip().lower()) if unit else bare_ns
    if factor is None or len(digits) > _MAX_DIGITS:
        return None
    try:
        value = Decimal(digits) * factor
    except ArithmeticError:
        return None
    return round(value) if abs(value) <= MAX_NS else None


def _unit_suggestion(token: Token) -> str | None:
    digits, unit = number_parts(token.text)
    near = {"sec": "s", "secs": "s", "min": "m", "mins": "m", "hr": "h", "hrs": "h", "msec": "ms"}.get(unit.lower())
    near = near or (nearest(unit, ("ns", "us", "ms")) if unit else None)
    return f"{digits}{near}" if token.kind == "number" and near else None


def _time(words: Words, name: str, now_ns: int | None) -> int:
    token = words.here()
    if token.kind == "string":
        value = iso_ns(token.text)
        value = _relative(token, token.text, now_ns) if value is None else value
    elif token.kind == "number":
        _refuse_bare_date(words, token, name)
        unit = number_parts(token.text)[1]
        value = _relative(token, token.text, now_ns) if unit else span_ns(token.text)
    elif token.word == "NOW":
        _refuse_spoken(words, token, name)
        offset = words.after()
        signed = offset.kind == "number" and offset.text[0] in "+-"
        value = _relative(token, "now" + offset.text if signed else "now", now_ns)
        if signed and value is not None:
            words.take()
    else:
        raise words.unexpected(_TIME, field=name)
    if value is None:
        whole = _far(words, token)
        raise words.unexpected(_TIME if whole is None else _RANGE, field=name, at=whole or token)
    if not 0 <= value <= MAX_NS:
        raise words.unexpected(_RANGE, field=name, at=token)
    words.take()
    return value


def _refuse_bare_date(words: Words, at: Token, name: str) -> None:
    """Raise the error for a date without quotes, also for a year alone, which would be a moment of 1970."""
    hit = _ISO.match(words.text, at.position)
    whole = words.unspaced(at)
    if hit is not None and hit.end() >= whole.end:
        date = Token("path", hit[0], at.position, hit.end())
        suggestion = None if iso_ns(hit[0]) is None else quote(hit[0])
        raise words.unexpected(_TIME, field=name, suggestion=suggestion, at=date)
    if (part := _PART_OF_DATE.fullmatch(whole.text)) is not None:
        suggestion = quote(f"{part[1]}-{part[2] or '01'}-01")
        raise words.unexpected(_TIME, field=name, suggestion=suggestion, at=whole)


def _far(words: Words, at: Token) -> Token | None:
    """Return the relative time that begins at `at` if nothing but its size is wrong."""
    text = at.text if at.kind == "string" else words.unspaced(at).text
    hit = _RELATIVE.fullmatch(text)
    if hit is None or not hit[1] or number_parts(re.sub(r"\s", "", hit[1]))[1].lower() not in UNITS_NS:
        return None
    return at if at.kind == "string" else words.unspaced(at)


def _refuse_spoken(words: Words, at: Token, name: str) -> None:
    """Raise the error for what people write for ``now-1d``: with a space after the sign, or a word as unit."""
    hit = _SPOKEN.match(words.text, at.position)
    if hit is None:
        return
    unit = hit[4].lower()
    short = unit if unit in UNITS_NS else _SPOKEN_UNITS.get(unit.rstrip("s"))
    if short is None or (short == unit and not hit[2]):
        return
    whole = Token("path", hit[0], at.position, hit.end())
    raise words.unexpected(_TIME, field=name, suggestion=f"now{hit[1]}{hit[3]}{short}", at=whole)


def _relative(at: Token, text: str, now_ns: int | None) -> int | None:
    offset = offset_ns(text)
    if offset is not None and now_ns is None:
        raise NowNeeded(at)
    return None if offset is None or now_ns is None else now_ns + offset


def offset_ns(text: str) -> int | None:
    """Return how far a time such as "now", "now-1h" or "-24h" is from now, in nanoseconds; None when it is none."""
    hit = _RELATIVE.fullmatch(text)
    if hit is None or not text.strip():
        return None
    return span_ns(re.sub(r"\s", "", hit[1]), bare_ns=None) if hit[1] else 0


def iso_ns(text: str) -> int | None:
    """Return an ISO 8601 date or time as epoch nanoseconds, UTC unless it names an offset; None when it is none."""
    hit = _ISO.fullmatch(text.strip())
    if hit is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = hit.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=_zone(zone)
        )
    except ValueError:
        return None
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))


def iso_text(time_ns: int) -> str:
    """Return epoch nanoseconds as ISO 8601 in UTC, with as many digits of a second as it takes."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    return f"{(_EPOCH + timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H:%M:%S')}{fraction}Z"


def _zone(text: str | None) -> timezone:
    if text is None or text in {"Z", "z"}:
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def quote(text: str) -> str:
    """Return `text` as a string of our grammar."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
