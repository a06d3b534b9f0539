"""JSON in an output: parsed, also from a fenced block."""

import re

import orjson

from lodeline.domain.errors import Invalid
from lodeline.domain.span import JsonValue
from lodeline.evals.texts import text_of

_FENCE = re.compile(r"\A\s*```[\w+-]*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)


def json_in(value: JsonValue, *, field: str) -> JsonValue:
    """Return the JSON that `value` is: a text is parsed, other values are themselves.

    A text may be one fenced Markdown block. Invalid, with the place, when a text is not JSON; NaN and Infinity are no
    JSON.
    """
    if not isinstance(value, str):
        return value
    text = text_of(value, field=field)
    fenced = _FENCE.match(text)
    try:
        return orjson.loads(fenced.group(1) if fenced else text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise Invalid(f"{field}: is not JSON ({error}).", code="not_json", details={"field": field}) from error
