"""Turning integrations on and off: what is traced, what is said, and what never happens to the program."""

import logging
import sys
from collections.abc import Generator
from pathlib import Path

import openai
import pytest
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import lodeline
from lodeline.domain.errors import Invalid
from lodeline.sdk.autolog.integrations import INTEGRATIONS
from lodeline.testing import CapturedTraces
from tests.e2e.replay import replaying


@pytest.fixture(autouse=True)
def _all_off(captured: CapturedTraces) -> Generator[None]:
    yield
    lodeline.autolog(disable=True)


def ask() -> str | None:
    """Ask a model with the unmodified library; the answer is a recorded one."""
    with replaying() as replay, openai.OpenAI(api_key="k", base_url=f"{replay.url}/openai-chat/v1") as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
    return answer.choices[0].message.content


def names(captured: CapturedTraces) -> list[str]:
    return [span.name for span in captured.spans]


def test_a_library_is_traced_while_it_is_on(captured: CapturedTraces) -> None:
    assert lodeline.autolog("openai") == ("openai",)
    assert lodeline.autolog("OpenAI") == ("openai",), "again is fine, in any spelling"
    with lodeline.start_span("program"):
        assert ask() == "This is a test. How can I assist you today?"
    call = captured.span("ChatCompletion")
    assert call.parent_id == captured.span("program").span_id
    assert call.attributes["llm.token_count.total"] == 24
    assert lodeline.autolog("openai", disable=True) == ("openai",)
    assert lodeline.autolog("openai", disable=True) == ()
    assert ask() == "This is a test. How can I assist you today?"
    assert names(captured) == ["program", "ChatCompletion"]


def test_without_names_everything_that_is_installed_is_on(captured: CapturedTraces) -> None:
    assert lodeline.autolog() == ("anthropic", "google-genai", "openai", "pydantic-ai")
    ask()
    assert names(captured) == ["ChatCompletion"]
    assert lodeline.autolog(disable=True) == ("anthropic", "google-genai", "openai", "pydantic-ai")
    ask()
    assert names(captured) == ["ChatCompletion"]


def test_spans_can_go_to_a_provider_of_the_program_s_own(captured: CapturedTraces) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    lodeline.autolog("openai", tracer_provider=provider)
    ask()
    assert [span.name for span in exporter.get_finished_spans()] == ["ChatCompletion"]
    assert captured.spans == []


def test_an_unknown_name_is_refused_with_what_was_meant() -> None:
    with pytest.raises(Invalid, match=r"Did you mean 'anthropic'\?"):
        lodeline.autolog("openai", "antropic")
    assert lodeline.autolog(disable=True) == (), "nothing was turned on"


def test_a_library_that_is_not_installed_is_named(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "lodeline"):
        assert lodeline.autolog("smolagents") == ()
    assert caplog.messages == ["autolog: smolagents is not traced, as its library smolagents is not installed."]


def test_a_missing_instrumentation_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "groq").mkdir()
    (tmp_path / "groq" / "__init__.py").write_text("raise RuntimeError('nobody asked for it')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with caplog.at_level(logging.WARNING, "lodeline"):
        assert lodeline.autolog("groq") == ()
    assert caplog.messages == ["autolog: groq is not traced; run pip install openinference-instrumentation-groq."]
    assert "groq" not in lodeline.autolog()


def test_what_somebody_else_traces_is_left_to_them(
    captured: CapturedTraces, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = InMemorySpanExporter()
    theirs = TracerProvider(shutdown_on_exit=False)
    theirs.add_span_processor(SimpleSpanProcessor(exporter))
    OpenAIInstrumentor().instrument(tracer_provider=theirs)
    try:
        with caplog.at_level(logging.WARNING, "lodeline"):
            assert lodeline.autolog("openai") == ()
        assert "instrumented already" in caplog.messages[0]
        assert lodeline.autolog("openai", disable=True) == ()
        ask()
        assert len(exporter.get_finished_spans()) == 1
        assert captured.spans == []
    finally:
        OpenAIInstrumentor().uninstrument()


def test_an_instrumentation_that_fails_does_not_end_the_program(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "openinference.instrumentation.openai._request", None)
    monkeypatch.delitem(sys.modules, "openinference.instrumentation.openai")
    with caplog.at_level(logging.WARNING, "lodeline"):
        assert lodeline.autolog("openai", "anthropic") == ("anthropic",)
    assert "its instrumentation failed" in caplog.messages[0]


def test_every_integration_has_a_name_that_can_be_typed() -> None:
    assert list(INTEGRATIONS) == sorted(INTEGRATIONS)
    assert all(name == item.name and name.replace("-", "").isalnum() for name, item in INTEGRATIONS.items())


@pytest.mark.parametrize("name", ["openai", "anthropic", "google-genai"])
def test_installed_instrumentations_are_where_the_table_says(name: str, captured: CapturedTraces) -> None:
    assert lodeline.autolog(name) == (name,)
    assert lodeline.autolog(name, disable=True) == (name,)
