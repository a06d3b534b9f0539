"""OTLP/JSON as senders write it, and as nobody should."""

import base64
import json
from typing import Any

import orjson
import pytest

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.span import Span
from lodeline.ingest import payload
from lodeline.ingest.limits import IngestLimits
from lodeline.ingest.otlp import decode
from tests.ingest.build import JSON, T0_NS, TRACE

Object = dict[str, Any]


def json_span(**fields: object) -> Object:
    return {
        "traceId": TRACE.hex(),
        "spanId": "0000000000000001",
        "name": "step",
        "startTimeUnixNano": str(T0_NS),
        "endTimeUnixNano": str(T0_NS + 5),
        **fields,
    }


def body_of(*spans: object, resource: object = None) -> bytes:
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}).encode()


def spans_of(body: bytes) -> list[Span]:
    """Decode a request in which every span is good, and read its spans back."""
    decoded = decode(body, JSON)
    assert decoded.rejected == ()
    return [
        span
        for trace in decoded.traces
        for span in payload.unpack_spans(
            payload.pack(trace.spans, trace.traces_data), trace.trace_id, want_view=False
        )
    ]


def value_of(value: object) -> object:
    (span,) = spans_of(body_of(json_span(attributes=[{"key": "a", "value": value}])))
    return span.attributes["a"]


def reason_of(*spans: object) -> str:
    decoded = decode(body_of(*spans), JSON)
    assert decoded.traces == ()
    (rejected,) = decoded.rejected
    return rejected.reason


def test_a_span_is_read_whole() -> None:
    body = orjson.dumps(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "svc"}}]},
                    "scopeSpans": [
                        {
                            "scope": {"name": "library", "version": "1.2"},
                            "spans": [
                                json_span(
                                    parentSpanId="00000000000000ff",
                                    kind=3,
                                    traceState="a=b",
                                    status={"code": 2, "message": "broken"},
                                    events=[{"name": "event", "timeUnixNano": "7"}],
                                    links=[{"traceId": TRACE.hex(), "spanId": "00000000000000aa"}],
                                    somethingNew={"x": [1]},
                                )
                            ],
                        }
                    ],
                }
            ]
        }
    )
    (span,) = spans_of(body)
    assert (span.trace_id, span.span_id, span.parent_id) == (
        "tr-" + TRACE.hex(),
        "0000000000000001",
        "00000000000000ff",
    )
    assert (span.otel_kind, span.trace_state, span.status, span.status_message) == (
        "CLIENT",
        "a=b",
        "ERROR",
        "broken",
    )
    assert (span.start_ns, span.end_ns) == (T0_NS, T0_NS + 5)
    assert [(event.name, event.time_ns) for event in span.events] == [("event", 7)]
    assert [link.span_id for link in span.links] == ["00000000000000aa"]
    assert (span.resource, span.scope, span.scope_version) == ({"service.name": "svc"}, "library", "1.2")


def test_names_in_snake_case_mean_the_same() -> None:
    span = {
        "trace_id": TRACE.hex(),
        "span_id": "0000000000000001",
        "start_time_unix_nano": T0_NS,
        "attributes": [
            {"key": "a", "value": {"kvlist_value": {"values": [{"key": "b", "value": {"int_value": 1}}]}}}
        ],
    }
    (found,) = spans_of(orjson.dumps({"resource_spans": [{"scope_spans": [{"spans": [span]}]}]}))
    assert (found.start_ns, found.attributes) == (T0_NS, {"a": {"b": 1}})


@pytest.mark.parametrize(
    "spelt",
    [
        TRACE.hex(),
        TRACE.hex().upper(),
        base64.b64encode(TRACE).decode(),
        base64.urlsafe_b64encode(TRACE).decode().rstrip("="),
    ],
)
def test_ids_are_hexadecimal_or_base64(spelt: str) -> None:
    (span,) = spans_of(body_of(json_span(traceId=spelt)))
    assert span.trace_id == "tr-" + TRACE.hex()


@pytest.mark.parametrize(("kind", "name"), [(2, "SERVER"), ("SPAN_KIND_SERVER", "SERVER"), ("SERVER", "SERVER")])
def test_enumerations_are_numbers_or_names(kind: object, name: str) -> None:
    (span,) = spans_of(body_of(json_span(kind=kind, status={"code": "STATUS_CODE_ERROR"})))
    assert (span.otel_kind, span.status) == (name, "ERROR")


@pytest.mark.parametrize("kind", ["NOVEL", 17, -1])
def test_unknown_enumerations_are_unspecified(kind: object) -> None:
    (span,) = spans_of(body_of(json_span(kind=kind, status={"code": kind})))
    assert (span.otel_kind, span.status) == ("UNSPECIFIED", "UNSET")


VALUES: list[tuple[object, object]] = [
    ({"stringValue": "a\0é"}, "a\0é"),
    ({"stringValue": ""}, ""),
    ({"intValue": "-9223372036854775808"}, -(2**63)),
    ({"intValue": 7}, 7),
    ({"intValue": 7.0}, 7),
    ({"doubleValue": 1.5}, 1.5),
    ({"doubleValue": 2}, 2.0),
    ({"doubleValue": "1e3"}, 1000.0),
    ({"doubleValue": "-Infinity"}, float("-inf")),
    ({"boolValue": False}, False),
    ({"bytesValue": "AP8="}, b"\x00\xff"),
    ({"bytesValue": "AP8"}, b"\x00\xff"),
    ({"arrayValue": {"values": [{"intValue": 1}, {}, {"arrayValue": {}}]}}, [1, None, []]),
    (
        {"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True}}, {"key": "n"}]}},
        {"k": True, "n": None},
    ),
    ({}, None),
    (None, None),
    ({"stringValue": None, "intValue": 3}, 3),
    ({"unknownValue": 3}, None),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_values_of_every_type(value: object, expected: object) -> None:
    found = value_of(value)
    assert found == expected
    assert type(found) is type(expected)


def test_nan_is_a_number_in_every_spelling() -> None:
    for value in ('{"doubleValue": "NaN"}', '{"doubleValue": NaN}'):
        body = body_of(json_span(attributes=[{"key": "a", "value": "HERE"}])).replace(b'"HERE"', value.encode())
        found = spans_of(body)[0].attributes["a"]
        assert isinstance(found, float)
        assert found != found  # noqa: PLR0124 - only NaN differs from itself


def test_lone_surrogates_become_replacement_characters() -> None:
    (span,) = spans_of(
        body_of(json_span(name="a\ud800", attributes=[{"key": "k\udc00", "value": {"stringValue": "\ud83d!"}}]))
    )
    assert (span.name, span.attributes) == ("a\ufffd", {"k\ufffd": "\ufffd!"})


def test_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    (span,) = spans_of(body_of(json_span(name="caf#")).replace(b"caf#", b"caf\xe9"))
    assert span.name == "caf\ufffd"


def test_a_byte_order_mark_is_skipped() -> None:
    assert len(spans_of(b"\xef\xbb\xbf" + body_of(json_span()))) == 1


def _nested(levels: int) -> Object:
    value: Object = {"stringValue": "deep"}
    for level in range(levels):
        value = (
            {"arrayValue": {"values": [value]}}
            if level % 2
            else {"kvlistValue": {"values": [{"key": "k", "value": value}]}}
        )
    return value


def test_values_too_deep_for_protobuf_become_json_text() -> None:
    found = value_of(_nested(50))
    assert isinstance(found, str)
    inner = json.loads(found)
    for level in reversed(range(50)):
        inner = inner[0] if level % 2 else inner["k"]
    assert inner == "deep"
    assert not isinstance(value_of(_nested(30)), str)


def test_values_over_the_depth_limit_refuse_their_span() -> None:
    attributes = [{"key": "a", "value": _nested(65)}]
    assert "nest deeper than 64 levels" in reason_of(json_span(attributes=attributes))


def test_json_that_is_too_deep_to_be_read_is_refused_in_words() -> None:
    with pytest.raises(Invalid, match=r"^body: its JSON nests too deeply; send fewer levels\.$"):
        decode(b'{"resourceSpans": ' + b"[" * 100_000, JSON)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"traceId": "xyz"}, "traceId 'xyz' is not 32 hexadecimal digits"),
        ({"traceId": None}, "its trace id is 0 bytes long, not 16"),
        ({"traceId": 5}, "traceId 5 is not 32 hexadecimal digits"),
        ({"spanId": "00"}, "spanId '00' is not 16 hexadecimal digits"),
        ({"spanId": "0" * 16}, "its span id is all zeros"),
        ({"parentSpanId": "x" * 10_000}, "parentSpanId"),
        ({"name": 5}, "name is 5, not a string"),
        ({"startTimeUnixNano": "soon"}, "startTimeUnixNano 'soon' is not an integer from 0"),
        ({"endTimeUnixNano": -1}, "endTimeUnixNano -1 is not an integer from 0"),
        ({"endTimeUnixNano": 2**64}, "endTimeUnixNano 1.8446744073709552e+19 is not an integer"),
        ({"endTimeUnixNano": True}, "endTimeUnixNano True is not an integer"),
        ({"attributes": {"a": 1}}, "attributes is an object, not a list"),
        ({"attributes": [5]}, "attribute is 5, not an object"),
        ({"attributes": [{"key": "a", "value": {"intValue": "x"}}]}, "attribute 'a': intValue 'x' is not an integer"),
        ({"attributes": [{"key": "a", "value": {"intValue": 2**63}}]}, "attribute 'a': intValue"),
        ({"attributes": [{"key": "a", "value": {"stringValue": 1}}]}, "attribute 'a': stringValue 1 is not valid"),
        ({"attributes": [{"key": "a", "value": {"doubleValue": "x"}}]}, "doubleValue 'x' is not a number"),
        ({"attributes": [{"key": "a", "value": {"bytesValue": "!"}}]}, "attribute 'a': '!' is not base64"),
        ({"attributes": [{"key": "a", "value": "plain"}]}, "attribute 'a': value is 'plain', not an object"),
        ({"status": "OK"}, "status is 'OK', not an object"),
        ({"kind": {}}, "kind an object is not an integer"),
        ({"flags": -1}, "flags -1 is not an integer"),
    ],
)
def test_a_bad_span_names_its_field_and_costs_only_itself(fields: Object, reason: str) -> None:
    assert reason in reason_of(json_span(**fields))
    decoded = decode(body_of(json_span(**fields), json_span(spanId="00000000000000aa")), JSON)
    assert [facts.span_id for facts in decoded.traces[0].spans] == ["00000000000000aa"]
    assert len(decoded.rejected) == 1


def test_a_rejected_span_is_named_as_it_was_sent() -> None:
    (rejected,) = decode(body_of(json_span(spanId="zz")), JSON).rejected
    assert (rejected.trace_id, rejected.span_id) == (TRACE.hex(), "zz")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b'"x"',
        b'{"resourceSpans": {}}',
        b'{"resourceSpans": [5]}',
        b'{"resourceSpans": [{"scopeSpans": 5}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": "x"}]}]}',
        b'{"resourceSpans": [{"resource": {"attributes": 5}}]}',
        b"[" * 100_000,
        b'{"resourceSpans": [' + b"9" * 10_000 + b"]}",
    ],
)
def test_what_is_no_export_request_is_invalid(body: bytes) -> None:
    with pytest.raises(Invalid, match="body: "):
        decode(body, JSON)


def test_an_empty_request_is_fine() -> None:
    assert decode(b"{}", JSON).traces == ()


def test_limits_hold_before_parsing() -> None:
    body = body_of(*(json_span() for _ in range(30)))
    for limits in (IngestLimits(max_json_bytes=1_000), IngestLimits(max_json_values=100), IngestLimits(max_spans=29)):
        with pytest.raises(TooLarge):
            decode(body, JSON, limits=limits)


def test_errors_are_short_whatever_was_sent() -> None:
    for value in ("x" * 10**6, ["x" * 10**6], {"x" * 10**6: 1}, 10**300):
        reason = reason_of(json_span(startTimeUnixNano=value))
        assert len(reason) < 500
