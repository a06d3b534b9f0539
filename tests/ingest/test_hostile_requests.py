"""Real requests, damaged at random: decoding ends soon, and with a result or an error of ours."""

import copy
import gzip
import json
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import cast

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import CaptureMode, ExperimentSettings
from lodeline.ingest import payload
from lodeline.ingest.limits import IngestLimits
from lodeline.ingest.otlp import Decoded, decode
from lodeline.ingest.resources import ExperimentHint
from lodeline.ingest.summary import TraceFold
from tests.examples import examples
from tests.ingest.build import JSON, PROTOBUF

CAPTURES = Path(__file__).parents[1] / "data" / "otlp"
LIMITS = IngestLimits(max_decompressed_bytes=4 * 2**20, max_values=50_000)

_PROTOBUF = [gzip.decompress(path.read_bytes()) for path in sorted(CAPTURES.rglob("*.pb.gz"))[::16]]
_JSON = [gzip.decompress(path.read_bytes()) for path in sorted(CAPTURES.rglob("*.otlp.json.gz"))[::2]]


def _read_back(decoded: Decoded) -> None:
    """Everything that was taken can be stored, read and summarised."""
    for trace in decoded.traces:
        chunk = payload.pack(trace.spans, trace.traces_data)
        assert payload.unpack_facts(chunk) == trace.spans
        spans = payload.unpack_spans(chunk, trace.trace_id)
        assert [span.span_id for span in spans] == [facts.span_id for facts in trace.spans]
        assert len(payload.unpack_texts(chunk)) == len(spans)
        fold = TraceFold()
        for facts in trace.spans:
            fold.add(facts)
        assert fold.summary().span_count == len({facts.span_id for facts in trace.spans})
        orjson.dumps([span.name for span in spans])


def _settings(answer: ExperimentSettings, _hint: ExperimentHint | None) -> ExperimentSettings:
    return answer


def _survives(body: bytes, content_type: str, encoding: str | None = None, capture: CaptureMode = "full") -> None:
    for patterns in ((), ("[0-9]{3}",)):
        answer = partial(_settings, ExperimentSettings(capture=capture, mask_patterns=patterns))
        decoded = Decoded()
        with suppress(LodelineError):
            decoded = decode(body, content_type, encoding=encoding, limits=LIMITS, settings_for=answer)
        _read_back(decoded)


def _flip(body: bytearray, rnd: random.Random) -> None:
    body[rnd.randrange(len(body))] = rnd.randrange(256)


def _cut(body: bytearray, rnd: random.Random) -> None:
    del body[rnd.randrange(len(body)) :]


def _remove(body: bytearray, rnd: random.Random) -> None:
    start = rnd.randrange(len(body))
    del body[start : start + rnd.randrange(1, 40)]


def _repeat(body: bytearray, rnd: random.Random) -> None:
    start = rnd.randrange(len(body))
    part = body[start : start + rnd.randrange(1, 200)]
    body[start:start] = part * rnd.randrange(1, 20)


def _insert(body: bytearray, rnd: random.Random) -> None:
    at = rnd.randrange(len(body))
    body[at:at] = rnd.choice([b"\xff" * 9, b"\0" * 9, b"\xed\xa0\x80", b"\x80\x80\x80\x80\x10", b"\x0a\x00" * 50])


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _cut, _remove, _repeat, _insert)


def damaged(body: bytes, rnd: random.Random) -> bytes:
    result = bytearray(body)
    for _ in range(rnd.randrange(1, 6)):
        if result:
            rnd.choice(DAMAGES)(result, rnd)
    return bytes(result)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(_PROTOBUF),
    st.randoms(use_true_random=False),
    st.sampled_from(("full", "hashed", "structure", "none")),
)
def test_damaged_protobuf(body: bytes, rnd: random.Random, capture: CaptureMode) -> None:
    _survives(damaged(body, rnd), PROTOBUF, capture=capture)


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_JSON), st.randoms(use_true_random=False))
def test_damaged_json_text(body: bytes, rnd: random.Random) -> None:
    _survives(damaged(body, rnd), JSON)


_ODD: Sequence[object] = (
    None, True, 0, -1, 2**63, 2**64, 1e308, "", "0" * 32, "\ud800", "NaN", [5], {"values": 5}, "\0", "é" * 9,
)  # fmt: skip


def _damage_tree(node: object, rnd: random.Random) -> None:
    """Replace one value somewhere below by something that does not belong there."""
    while isinstance(node, dict | list) and node:
        tree = cast("dict[object, object]", node)
        key = rnd.choice(list(tree) if isinstance(node, dict) else list(range(len(tree))))
        if rnd.random() < 0.2 or not isinstance(tree[key], dict | list):
            tree[key] = copy.deepcopy(rnd.choice(_ODD))
            return
        node = tree[key]


@settings(max_examples=examples(75), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_JSON), st.randoms(use_true_random=False))
def test_damaged_json_values(body: bytes, rnd: random.Random) -> None:
    document = orjson.loads(body)
    for _ in range(rnd.randrange(1, 8)):
        _damage_tree(document, rnd)
    _survives(json.dumps(document).encode(), JSON)


@settings(max_examples=examples(50), deadline=None)
@given(st.binary(max_size=300), st.sampled_from([PROTOBUF, JSON]), st.sampled_from([None, "gzip", "deflate", "zstd"]))
def test_any_bytes_at_all(body: bytes, content_type: str, encoding: str | None) -> None:
    _survives(body, content_type, encoding)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_damaged_requests_at_length(seed: int) -> None:
    rnd = random.Random(seed)
    for _ in range(1_000):
        _survives(damaged(rnd.choice(_PROTOBUF), rnd), PROTOBUF)
        _survives(damaged(rnd.choice(_JSON), rnd), JSON)
