"""Keyset cursors: opaque text that says where a page ended and which list it belongs to.

A cursor is no secret and no capability: it is checked so that a mistaken one gives an error instead of a wrong page.
"""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import cast

from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.query.ast import And, Compare, EntityScope, Exists, In, Node, Not, Or, Order, Search
from lodeline.query.values import Scalar

MAX_CURSOR = 2_048
_MAX_PAYLOAD = 8_192
_DIGEST_BYTES = 8
_VERSION = b"\x01"


def fingerprint(entity: EntityScope, node: Node, order: Sequence[Order], *more: str) -> str:
    """Return a digest of what a list is: its entity, filter, order and whatever else (`more`) makes it another list.

    The instants in conditions on times do not count: those of relative times move from page to page, and a keyset
    stays right when they do.
    """
    described = repr((entity, _timeless(node), tuple(order), more))
    return blake2b(described.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def of_search(search: Search, entity: EntityScope, order: Sequence[Order], *more: str) -> str:
    """Return the fingerprint of the list that a search asks for, in this order."""
    return fingerprint(entity, search.listed, order, *sorted(set(search.wanted)), *more)


def encode(values: Sequence[Scalar | None], list_fingerprint: str) -> str:
    """Return the cursor after a row with these sort values (`reference.order_values` and the row's own id).

    URL-safe, at most `MAX_CURSOR` characters; TooLarge when the values do not fit, which sort values never do.
    """
    payload = json.dumps(list(values), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    packed = _VERSION + _digest(payload, list_fingerprint) + zlib.compress(payload, 6)
    text = urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")
    if len(text) > MAX_CURSOR or len(payload) > _MAX_PAYLOAD:
        raise TooLarge(f"cursor: the sort values of {len(payload)} bytes are too long; order by a shorter field.")
    return text


def decode(text: str, list_fingerprint: str) -> tuple[Scalar | None, ...]:
    """Return the values of a cursor; Invalid when it is damaged or of another list."""
    try:
        packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)) if len(text) <= MAX_CURSOR else b""
        version, digest, body = packed[:1], packed[1 : 1 + _DIGEST_BYTES], packed[1 + _DIGEST_BYTES :]
        unpacker = zlib.decompressobj()
        payload = unpacker.decompress(body, _MAX_PAYLOAD)
        if not unpacker.eof or version != _VERSION or digest != _digest(payload, list_fingerprint):
            raise ValueError
        values = cast("list[Scalar | None]", json.loads(payload.decode("utf-8", "surrogatepass")))
    except (ValueError, zlib.error) as error:
        raise Invalid(
            f"cursor: {shown(text)} does not belong to this list (of these experiments, with this filter and order); "
            "start again without a cursor.",
            details={"field": "cursor", "expected": "a cursor of the same list, experiments, filter and order"},
        ) from error
    return tuple(values)


def _digest(payload: bytes, list_fingerprint: str) -> bytes:
    return blake2b(payload, digest_size=_DIGEST_BYTES, key=list_fingerprint.encode()[:64]).digest()


def _timeless(node: Node) -> Node:
    match node:
        case And(items):
            return And(tuple(map(_timeless, items)))
        case Or(items):
            return Or(tuple(map(_timeless, items)))
        case Not(item):
            return Not(_timeless(item))
        case Exists(scope, item):
            return Exists(scope, _timeless(item))
        case Compare(field) if field.type == "time":
            return replace(node, value=0)
        case In(field, values) if field.type == "time":
            return replace(node, values=(0,) * len(values))
        case _:
            return node
