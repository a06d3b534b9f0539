"""Masks and capture modes, through the decoder: what is stored, and what is derived for lists."""

import hashlib
import json

import orjson
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from lodeline.domain.experiment import CaptureMode, ExperimentSettings
from lodeline.domain.ids import TraceId
from lodeline.domain.span import AttributeValue, JsonValue, Span, SpanFacts
from lodeline.domain.trace import TraceInfo
from lodeline.domain.usage import TokenUsage
from lodeline.ingest import payload
from lodeline.ingest.capture import Capture
from lodeline.ingest.otlp import decode
from lodeline.ingest.semconv import Derived, derive
from tests.ingest.build import JSON, PROTOBUF, T0_NS, TRACE, pairs, request, resource_spans, span

SECRET = "sk" + "-proj-" + "a1B2" * 10
CALL: dict[str, AttributeValue] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 10,
    "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "top secret"}]}]),
    "session.id": "s-1",
    "user.id": "u-1",
    "lodeline.tags.release": "r-1",
    "nested": {"list": ["top secret", 7, True, 1.5, b"top secret"]},
}


def call() -> WireSpan:
    sent = span(1, name="chat", attributes=CALL)
    sent.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="top secret"))
    sent.events.add(name="event", time_unix_nano=T0_NS, attributes=pairs({"text": "top secret"}))
    sent.links.add(trace_id=TRACE, span_id=bytes(7) + b"\x02", attributes=pairs({"text": "top secret"}))
    return sent


def stored(body: bytes, settings: ExperimentSettings, content_type: str = PROTOBUF) -> tuple[SpanFacts, Span, bytes]:
    """Facts, span and raw bytes of the one span of a request."""
    decoded = decode(body, content_type, settings_for=lambda _: settings)
    assert decoded.rejected == ()
    ((facts,), traces_data) = decoded.traces[0].spans, decoded.traces[0].traces_data
    (found,) = payload.unpack_spans(payload.pack([facts], traces_data), TraceId("tr-1"))
    return facts, found, traces_data


def test_without_masks_nothing_is_touched() -> None:
    body = request(resource_spans(call()))
    assert stored(body, ExperimentSettings(mask_secrets=False))[2] == body
    assert stored(body, ExperimentSettings())[2] == body


def test_a_pattern_masks_every_string_of_the_request() -> None:
    sent = call()
    sent.name = "chat top secret"
    sent.events[0].name = "event top secret"
    sent.attributes.extend(pairs({"top secret key": {"top secret": 1}, "lodeline.tags.top secret": "top secret"}))
    body = request(resource_spans(sent, resource={"service.name": "top secret"}, scope="top secret"))
    facts, found, raw = stored(body, ExperimentSettings(mask_patterns=("top sec[a-z]+",)))
    assert b"secret" not in raw
    assert "secret" not in repr(facts)
    assert (found.name, found.events[0].name, found.scope) == ("chat [masked]", "event [masked]", "[masked]")
    assert found.resource == {"service.name": "[masked]"}
    assert facts.resource.service == "[masked]"
    assert (facts.request, facts.status_message) == ("[masked]", "[masked]")
    assert facts.tags == {"release": "r-1", "[masked]": "[masked]"}
    assert found.attributes["nested"] == {"list": ["[masked]", 7, True, 1.5, b"[masked]"]}


def test_masks_that_touch_each_other_are_one() -> None:
    body = request(resource_spans(span(1, attributes={"a": "1 22 333", "b": "none", "c": "2026-11-28"})))
    _, found, _ = stored(body, ExperimentSettings(mask_patterns=("[0-9]", "-", "x*")))
    assert found.attributes == {"a": "[masked] [masked] [masked]", "b": "none", "c": "[masked]"}


def test_masks_see_what_json_text_says() -> None:
    said = {"input.value": json.dumps({"content": f"keys:\n{SECRET}\tand José, born\n4711-12"})}
    _, found, raw = stored(
        request(resource_spans(span(1, attributes={**said, "nested": json.dumps([json.dumps(said)])}))),
        ExperimentSettings(mask_patterns=("José", r"\b[0-9]{4}-[0-9]{2}\b")),
    )
    assert found.attributes["input.value"] == '{"content": "keys:\\n[masked]\\tand [masked], born\\n[masked]"}'
    for hidden in (SECRET, "Jos", "4711"):
        assert hidden.encode() not in raw


def test_one_mask_takes_nothing_away_from_another() -> None:
    sent = span(1, attributes={"a": f"my token: {SECRET} x", "b": "abcdef abc"})
    _, found, _ = stored(
        request(resource_spans(sent)), ExperimentSettings(mask_patterns=(r"(?i)token: \w+", "abc", "abcdef"))
    )
    assert found.attributes == {"a": "my [masked] x", "b": "[masked] [masked]"}


def test_addresses_of_schemas_are_masked_too() -> None:
    sent = resource_spans(span(1))
    sent.schema_url = sent.scope_spans[0].schema_url = "https://secret.test/schema"
    _, _, raw = stored(request(sent), ExperimentSettings(mask_patterns=("secret",)))
    assert b"secret" not in raw
    assert raw.count(b"https://[masked].test/schema") == 2


def test_secrets_are_masked_by_default_and_everything_else_stays() -> None:
    sent = span(1, attributes={"input": f"my key is {SECRET}, keep it", "other": "plain"})
    facts, found, raw = stored(request(resource_spans(sent)), ExperimentSettings())
    assert found.attributes == {"input": "my key is [masked], keep it", "other": "plain"}
    assert SECRET.encode() not in raw
    assert facts.size_bytes < len(sent.SerializeToString())


def test_only_spans_with_a_secret_are_rewritten() -> None:
    plain, secret = span(1, attributes={"a": "plain"}), span(2, attributes={"a": SECRET})
    trace = decode(request(resource_spans(plain, secret)), PROTOBUF).traces[0]
    assert plain.SerializeToString() in trace.traces_data
    assert SECRET.encode() not in trace.traces_data


def test_secrets_stay_where_masking_is_switched_off() -> None:
    body = request(resource_spans(span(1, attributes={"a": SECRET})))
    assert stored(body, ExperimentSettings(mask_secrets=False))[2] == body


def test_a_secret_spelt_with_json_escapes_is_masked() -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in SECRET)
    value = {"key": "a", "value": {"stringValue": "HERE"}}
    sent = {"traceId": TRACE.hex(), "spanId": "0000000000000001", "name": "HERE", "attributes": [value]}
    text = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [sent]}]}]})
    body = text.replace("HERE", escaped).encode()
    assert SECRET.encode() not in body
    _, found, raw = stored(body, ExperimentSettings(), JSON)
    assert (found.name, found.attributes) == ("[masked]", {"a": "[masked]"})
    assert SECRET.encode() not in raw


def test_a_secret_in_a_resource_is_masked() -> None:
    body = request(
        resource_spans(span(1), resource={"process.command": f"run --key {SECRET}", "service.name": "svc"})
    )
    facts, found, _ = stored(body, ExperimentSettings())
    assert found.resource == {"process.command": "run --key [masked]", "service.name": "svc"}
    assert facts.resource.service == "svc"


@pytest.mark.parametrize("mode", ["hashed", "structure", "none"])
def test_modes_keep_no_content_and_all_that_lists_need(mode: CaptureMode) -> None:
    full, *_ = stored(request(resource_spans(call())), ExperimentSettings())
    facts, found, raw = stored(request(resource_spans(call())), ExperimentSettings(capture=mode))
    assert b"top secret" not in raw
    assert "top secret" not in repr(facts)
    assert (facts.request, facts.response) == (None, None)
    for field in (
        "span_id", "parent_id", "name", "kind", "status", "start_ns", "end_ns", "model", "provider", "tokens",
        "cost_picousd", "cost_source", "session", "user", "tags", "resource",
    ):  # fmt: skip
        assert getattr(facts, field) == getattr(full, field), field
    assert (found.view.kind, found.view.model, found.view.provider) == (full.kind, full.model, full.provider)
    assert (found.view.tokens, found.view.session, found.view.user) == (full.tokens, full.session, full.user)
    assert (found.name, found.events[0].name) == ("chat", "event")
    assert found.attributes["lodeline.capture"] == mode


def test_hashed_content_can_be_compared_but_not_read() -> None:
    _, found, _ = stored(request(resource_spans(call())), ExperimentSettings(capture="hashed"))
    digest = hashlib.sha256(b"top secret")
    text = f"sha256:{digest.hexdigest()}"
    assert found.attributes["nested"] == {"list": [text, 7, True, 1.5, digest.digest()]}
    assert (found.status_message, found.events[0].attributes) == (text, {"text": text})
    assert found.links[0].attributes == {"text": text}


def test_structure_keeps_keys_and_types() -> None:
    _, found, _ = stored(request(resource_spans(call())), ExperimentSettings(capture="structure"))
    assert found.attributes["nested"] == {"list": ["", 0, False, 0.0, b""]}
    assert found.attributes["gen_ai.usage.input_tokens"] == 0
    assert (found.status_message, found.events[0].attributes) == ("", {"text": ""})


def test_none_keeps_our_own_attributes_alone() -> None:
    _, found, _ = stored(request(resource_spans(call())), ExperimentSettings(capture="none"))
    assert all(key.startswith("lodeline.") for key in found.attributes)
    assert (found.status_message, found.events[0].attributes, found.links[0].attributes) == ("", {}, {})


def test_masks_hold_in_other_modes_too() -> None:
    sent = span(1, name=SECRET, attributes={**CALL, "session.id": SECRET})
    facts, _, raw = stored(request(resource_spans(sent)), ExperimentSettings(capture="none"))
    assert (facts.name, facts.session) == ("[masked]", "[masked]")
    assert SECRET.encode() not in raw


@pytest.mark.parametrize(
    "usage",
    [
        TokenUsage(1, 2, 3, 4, 5, 6),
        TokenUsage(input_uncached=10, output_text=3),
        TokenUsage(input_uncached=1, cache_read=2, output_text=3, output_reasoning=4, audio_in=5, audio_out=6),
        TokenUsage(),
    ],
)
def test_token_buckets_survive_the_loss_of_content(usage: TokenUsage) -> None:
    sent = span(1)
    Capture(ExperimentSettings(capture="none")).strip(sent, Derived(kind="LLM", tokens=usage))
    assert derive(sent, {pair.key: pair.value for pair in sent.attributes}).tokens == usage


def test_a_mask_that_cannot_be_compiled_takes_the_content_never_the_span() -> None:
    body = request(resource_spans(call(), resource={"secret": "top secret"}, scope="top secret"))
    facts, found, raw = stored(body, ExperimentSettings(mask_patterns=("(",)))
    assert b"top secret" not in raw
    assert (facts.span_id, facts.start_ns, facts.status) == ("0000000000000001", T0_NS + 1, "ERROR")
    assert (found.name, found.attributes, found.resource) == ("[masked]", {}, {})


def test_what_a_client_says_is_masked_too():
    key = "sk-" + "a" * 48
    info = TraceInfo(
        name=f"n {key}",
        request=f"use {key}",
        response="fine",
        tags={"key": key},
        metadata={key: "v\ud800"},
        start_ns=1,
    )
    masked = Capture(ExperimentSettings(mask_patterns=("fi+ne",))).info(info)
    assert masked == TraceInfo(
        name="n [masked]", request="use [masked]", response="[masked]", tags={"key": "[masked]"},
        metadata={"[masked]": "v\ufffd"}, start_ns=1,
    )  # fmt: skip
    assert Capture(ExperimentSettings(capture="structure", mask_secrets=False)).info(info).request is None
    broken = Capture(ExperimentSettings(mask_patterns=("(",))).info(info)
    assert broken == TraceInfo(start_ns=1)


@pytest.mark.parametrize("mode", ["hashed", "structure", "none"])
def test_no_mode_but_full_keeps_what_a_client_repeats_of_the_content(mode: CaptureMode) -> None:
    said = {"mlflow.traceInputs": "top secret", "mlflow.traceOutputs": "top secret", "team": "blue"}
    info = TraceInfo(request="top secret", response="top secret", metadata=said)
    assert Capture(ExperimentSettings(capture=mode)).info(info) == TraceInfo(metadata={"team": "blue"})
    assert Capture(ExperimentSettings()).info(info) == info


def test_json_is_masked_in_keys_and_values_and_keeps_its_types() -> None:
    key = "sk-" + "a" * 48
    capture = Capture(ExperimentSettings(mask_patterns=("patient [0-9]+",)))
    value: JsonValue = {key: [f"use {key}", 1, None, True, 0.5], "of": {"who": "patient 4711"}}
    assert capture.json(value) == {"[masked]": ["use [masked]", 1, None, True, 0.5], "of": {"who": "[masked]"}}


FILE = orjson.dumps({"spans": [{"name": "ask", "attributes": {"mlflow.spanInputs": '{"q": "patient 4711"}'}}]})


@pytest.mark.parametrize(
    ("settings", "data", "kept"),
    [
        (ExperimentSettings(), FILE, FILE),
        (ExperimentSettings(mask_patterns=("patient [0-9]+",)), FILE, FILE.replace(b"patient 4711", b"[masked]")),
        (ExperimentSettings(mask_patterns=('".*"',)), b'{"a": "b"}', b'{"a": "b"}'),
        (ExperimentSettings(mask_patterns=("patient [0-9]+",)), b"{patient 4711", b"{[masked]"),
        (ExperimentSettings(mask_patterns=("patient 4",)), b"[" * 3_000 + b"patient 4", b"[" * 3_000 + b"[masked]"),
        (ExperimentSettings(), b'{"a": "\\u0073k-' + b"a" * 48 + b'"}', b'{"a":"[masked]"}'),
        (ExperimentSettings(), b'\xef\xbb\xbf{"a": "\\u0073k-' + b"a" * 48 + b'"}', b'{"a":"[masked]"}'),
        (ExperimentSettings(), b'{"a": 123456789012345678901234567890}', b'{"a": 123456789012345678901234567890}'),
        (ExperimentSettings(mask_patterns=("(",)), FILE, None),
        (ExperimentSettings(capture="hashed"), FILE, None),
        (ExperimentSettings(capture="structure"), FILE, None),
        (ExperimentSettings(capture="none"), FILE, None),
    ],
)  # fmt: skip
def test_a_file_of_spans_is_masked_or_not_kept(settings: ExperimentSettings, data: bytes, kept: bytes | None) -> None:
    assert Capture(settings).file(data) == kept
