"""What a full-text index takes of spans: their texts, each once, and tokens for numbers and booleans.

The texts of a span are its name, its status message, the strings in its attributes (not their keys), and its events'
names and attribute strings.
"""

from collections.abc import Collection, Mapping

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from lodeline.ingest.values import NESTED, nested_texts, texts
from lodeline.query.tokens import fold_for_index, scalar_token

_SCALARS = frozenset(("int_value", "double_value", "bool_value"))


def collect(message: Span, values: Mapping[str, AnyValue], found: dict[str, None]) -> None:
    """Add what the index takes of a span; `values` are its attributes by key, the last of equal keys."""
    found[message.name] = None
    if message.HasField("status"):
        found[message.status.message] = None
    repeated = len(values) != len(message.attributes)
    for key, value in ((pair.key, pair.value) for pair in message.attributes) if repeated else values.items():
        if text := value.string_value:
            found[text] = None
        elif number := value.int_value:
            found[scalar_token(key, number)] = None
        elif (which := value.WhichOneof("value")) in _SCALARS:
            found[scalar_token(key, getattr(value, which))] = None
        elif which in NESTED:
            found.update(dict.fromkeys(nested_texts(value)))
    for event in message.events:
        found[event.name] = None
        found.update(dict.fromkeys(texts(event.attributes)))


def joined(found: Collection[str]) -> str:
    """Return everything as one text, ready for an index that cuts ASCII words."""
    text = "\n".join(found)
    return text if text.isascii() else "\n".join(map(fold_for_index, found))  # ASCII is as it should be already
