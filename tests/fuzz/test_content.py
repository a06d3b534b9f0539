"""Hostile content through every door that takes it and back through every one that shows it: kept as it was sent,
never run, never rendered, never a path."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import httpx
import orjson
import pytest

from lodeline.cli.main import run
from lodeline.domain.span import JsonValue
from tests.e2e.harness import T0_NS
from tests.fuzz.door import API, JSON, application, export, get, items, objects, read_everything

TRACE_ID = "tr-" + "ab" * 16
HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "sql": "'; DROP TABLE traces; --",
    "sql quotes": '" OR ""="',
    "path": "../../../../etc/passwd",
    "windows path": "..\\..\\C:\\Windows\\system32",
    "encoded path": "%2e%2e%2fetc%2fpasswd%00",
    "ansi": "\x1b[2J\x1b[31mred\x1b]0;title\x07\x9b31m",
    "bidi": "user\u202eadmin\u2066\u2069\u200f",
    "zero width": "a\u200bb\u200dc\ufeff",
    "controls": "a\rb\nc\td\x08\x7f\x85",
    "format": "%s%n%x{0}${jndi:ldap://x}{{7*7}}",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "combining": "e" + "\u0301" * 200,
    "astral": "\U0001d54f\U0010ffff",
    "noncharacters": "\ufffe\uffff",
    "template": "{{constructor.constructor('return 1')()}}",
    "header": "x\r\nSet-Cookie: a=b",
    "long": "L" * 5_000,
}
OBEYED = {"\x1b", "\x9b", "\x07", "\x08", "\x7f", "\x85", "\u202e", "\u2066", "\u2069", "\u200f"}
"""What a terminal would obey; no output of ours may hold it."""
KEYS = ("input.value", "output.value", "session.id", "user.id", "llm.model_name", "deployment.environment")
SENT = HOSTILE | {"NUL": "a\x00b"}


def _value(text: str) -> dict[str, str]:
    return {"stringValue": text}


def _span(number: int, text: str) -> dict[str, object]:
    pairs = [
        {"key": key, "value": _value(text)}
        for key in (
            "input.value",
            "output.value",
            "session.id",
            "user.id",
            "llm.model_name",
            "deployment.environment",
        )
    ]
    pairs.append({"key": text[:1_000], "value": _value(text)})
    return {
        "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": text, "traceState": text,
        "startTimeUnixNano": str(T0_NS), "endTimeUnixNano": str(T0_NS + 1_000_000), "attributes": pairs,
        "events": [{"name": text, "timeUnixNano": str(T0_NS), "attributes": [{"key": text, "value": _value(text)}]}],
        "status": {"code": 2, "message": text},
    }  # fmt: skip


def _send(http: httpx.Client, texts: Sequence[str]) -> None:
    for number, text in enumerate(texts, 1):
        around = text[:1_000]  # of resources and scopes less is taken than of spans
        resource = {"attributes": [{"key": "service.name", "value": _value(around)}]}
        scope = {"scope": {"name": around, "version": around}, "spans": [_span(number, text)]}
        body = orjson.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]})
        answer = export(http, body, JSON)
        assert answer.json() == {}, text[:100]


def _path(number: int) -> str:
    return f"/traces/tr-{number:032x}"


def test_spans_come_back_as_they_were_sent(tmp_path: Path) -> None:
    texts = list(SENT.values())
    with application(tmp_path / "store") as http:
        _send(http, texts)
        assert len(read_everything(http)) == len(texts)
        for number, text in enumerate(texts, 1):
            (span,) = objects(get(http, f"{_path(number)}/spans"))
            attributes = span["attributes"]
            assert isinstance(attributes, dict)
            assert span["name"] == span["status_message"] == text
            assert span["scope"] == text[:1_000]
            assert attributes["input.value"] == text
            assert attributes[text[:1_000]] == text
            (event,) = objects(span["events"])
            assert event["name"] == text
            assert event["attributes"] == {text: text}
            answer = http.get(f"{API}{_path(number)}/spans")
            assert answer.headers["content-type"] == JSON
            assert answer.headers["x-content-type-options"] == "nosniff"


def _refused_or_kept(answer: httpx.Response, what: str) -> bool:
    """Tell whether a write was taken; one that was not is a clear 4xx."""
    if answer.status_code in {200, 201, 204}:
        return True
    assert answer.status_code in {400, 404, 409, 413}, f"{what}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    return False


@pytest.mark.parametrize("name", SENT)
def test_every_write_keeps_or_refuses(name: str, tmp_path: Path) -> None:
    text = SENT[name]
    with application(tmp_path / "store") as http:
        _send(http, ["plain"])
        path = _path(1)
        if _refused_or_kept(http.post(f"{API}/experiments", json={"name": text, "description": text}), name):
            found = get(http, "/experiments/find", {"name": text})
            assert isinstance(found, dict)
            assert (found["name"], found["description"]) == (text, text)
        if _refused_or_kept(http.patch(f"{API}{path}/tags", json={"set": {text: text, "value": text}}), name):
            tags = _field(get(http, path), "trace", "tags")
            assert isinstance(tags, dict)
            assert tags[text] == tags["value"] == text
            _refused_or_kept(http.delete(f"{API}{path}/tags/{quote(text, safe='')}"), name)
        judgment = {
            "trace_id": TRACE_ID, "name": text, "value": {text: [text]}, "rationale": text, "identifier": text,
            "metadata": {text: text}, "source": {"kind": "CODE", "source_id": text}, "run_id": text,
        }  # fmt: skip
        if _refused_or_kept(http.post(f"{API}/assessments", json=judgment | {"trace_id": path[8:]}), name):
            (found,) = items(http, "/assessments")
            assert (found["name"], found["rationale"], found["value"]) == (text, text, {text: [text]})
        for ident in (text, TRACE_ID):
            _refused_or_kept(http.get(f"{API}/traces/{quote(ident, safe='')}"), name)
        _refused_or_kept(http.post(f"{API}/traces/link", json={"run_id": text, "trace_ids": [path[8:]]}), name)
        for who in ("name", "password"):
            _refused_or_kept(http.post(f"{API}/accounts", json={"name": "ada", who: text}), name)
        _refused_or_kept(http.post(f"{API}/keys", json={"name": text, "scopes": ["read"]}), name)
        export(http, b"", experiment="plain")
        read_everything(http)


def _field(value: JsonValue, *keys: str) -> JsonValue:
    for key in keys:
        assert isinstance(value, dict)
        value = value[key]
    return value


@pytest.mark.parametrize("name", SENT)
def test_names_of_attachments_are_never_paths(name: str, tmp_path: Path) -> None:
    store = tmp_path / "inside" / "store"
    with application(store) as http:
        _send(http, ["plain"])
        before = {path for path in tmp_path.rglob("*") if store not in path.parents}
        path = f"{API}{_path(1)}/attachments/{quote(SENT[name], safe='')}"
        content = b"<html><script>alert(1)</script>"
        if _refused_or_kept(http.put(path, content=content), name):
            answer = http.get(path)
            assert answer.content == content
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.headers["content-disposition"].startswith("attachment;")
            assert "set-cookie" not in answer.headers
            (listed,) = objects(get(http, f"{_path(1)}/attachments"))
            assert listed["name"] == SENT[name]
        assert {path for path in tmp_path.rglob("*") if store not in path.parents} == before


HUGE = "k" * 1_000_000


def test_huge_keys_and_values_are_refused_where_they_are_not_content(tmp_path: Path) -> None:
    with application(tmp_path / "store") as http:
        _send(http, ["plain", HUGE])
        attempts: list[tuple[str, str, dict[str, object]]] = [
            ("POST", "/experiments", {"name": HUGE}),
            ("PATCH", f"{_path(1)}/tags", {"set": {HUGE: "x"}}),
            ("PATCH", f"{_path(1)}/tags", {"set": {"x": HUGE}}),
            ("POST", "/assessments", {"trace_id": _path(1)[8:], "name": HUGE, "value": 1}),
            ("POST", "/assessments", {"trace_id": _path(1)[8:], "name": "x", "value": 1, "rationale": HUGE}),
            ("POST", "/traces/link", {"run_id": HUGE, "trace_ids": [_path(1)[8:]]}),
            ("POST", "/keys", {"name": HUGE, "scopes": ["read"]}),
            ("POST", "/traces/delete", {"trace_ids": [HUGE]}),
        ]
        for method, path, body in attempts:
            answer = http.request(method, f"{API}{path}", json=body)
            assert answer.status_code in {400, 413}, f"{method} {path}: {answer.status_code}"
            assert len(answer.content) < 4_000
        read_everything(http)


COMMANDS = (
    ("traces", "search"), ("traces", "search", "--json"), ("traces", "get", "@"), ("traces", "get", "@", "--content"),
    ("traces", "tail", "--no-follow"), ("assessments", "list"), ("sessions", "list"), ("experiments", "list"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_output_of_the_command_line_commands_the_terminal(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "400")
    texts = [text for name, text in SENT.items() if name != "long"]
    with application(tmp_path / "store") as http:
        _send(http, texts)
        for number, text in enumerate(texts, 1):
            http.patch(f"{API}{_path(number)}/tags", json={"set": {"tag": text}})
            judgment = {"trace_id": _path(number)[8:], "name": "judged", "value": text, "rationale": text}
            assert http.post(f"{API}/assessments", json=judgment).status_code == 200
            http.post(f"{API}/experiments", json={"name": text})
    for number in range(1, len(texts) + 1) if "@" in command else (0,):
        arguments = [_path(number)[8:] if part == "@" else part for part in command]
        assert run([*arguments, "--store", str(tmp_path / "store")]) == 0
        out = capsys.readouterr().out
        assert out
        assert not OBEYED & set(out), [char for char in out if char in OBEYED]
        assert "\x00" not in out
