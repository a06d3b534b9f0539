"""Files beside traces: when they are not sent, and that nothing about them disturbs the program."""

from pathlib import Path

import pytest

import lodeline
from lodeline.sdk import attachments, provider
from lodeline.testing import CapturedTraces, capture_traces


def _waiting() -> list[str]:
    uploads = attachments._own()  # pyright: ignore[reportPrivateUsage] - there is no other way to see it
    with uploads.changed:
        return [file.name for file in uploads.files]


def test_content_that_may_not_leave_does_not_leave_as_a_file(caplog: pytest.LogCaptureFixture):
    with capture_traces(capture="hashed"), lodeline.start_span("x"):
        lodeline.log_attachment("a.txt", "secret")
    with capture_traces(mask=lodeline.mask_strings(str.upper)), lodeline.start_span("x"):
        lodeline.log_attachment("b.txt", "secret")
    with capture_traces(sample_ratio=0.0), lodeline.start_span("x"):
        lodeline.log_attachment("c.txt", "secret")
    assert _waiting() == []
    assert "Files are not attached while content is masked or left out" in caplog.text


def test_without_a_trace_it_is_complained_of(captured: CapturedTraces, caplog: pytest.LogCaptureFixture):
    lodeline.log_attachment("a.txt", "x")
    assert _waiting() == []
    assert "without a trace" in caplog.text


def test_what_cannot_be_read_is_complained_of(
    captured: CapturedTraces, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with lodeline.start_span("x"):
        lodeline.log_attachment("a.txt", tmp_path / "missing")
    assert _waiting() == []
    assert "A file could not be attached: FileNotFoundError" in caplog.text


def test_what_waits_is_bounded(
    captured: CapturedTraces, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(attachments, "_MAX_WAITING_BYTES", 5)
    monkeypatch.setattr(provider.runtime, "sends", True)
    with lodeline.start_span("x"):
        lodeline.log_attachment("a.txt", "too long")
    assert _waiting() == []
    assert "Files are dropped" in caplog.text
    assert captured.span("x").events == ()


def test_a_capture_shows_what_was_attached_and_sends_nothing(captured: CapturedTraces):
    with lodeline.start_span("x"):
        lodeline.log_attachment("a.txt", "text")
    [event] = captured.span("x").events
    assert event.attributes == {"name": "a.txt", "size_bytes": 4}
    assert _waiting() == []
