"""The fluent functions against the real application."""

import os
import sys
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from lodeline.demo.otlp import SpanDraft, hashed_span_id, hashed_trace_id, request
from lodeline.domain import errors
from lodeline.domain.assessment import AssessmentError, AssessmentSource
from lodeline.domain.ids import otel_trace_id
from lodeline.local import LocalClient, connect
from lodeline.sdk import default_client, frames, provider
from lodeline.sdk.fluent_assessments import (
    delete_assessment,
    get_assessment,
    log_assessment,
    log_expectation,
    log_feedback,
    override_feedback,
    search_assessments,
    update_assessment,
)
from lodeline.sdk.fluent_experiments import (
    create_experiment,
    delete_experiment,
    get_experiment,
    get_experiment_by_name,
    restore_experiment,
    search_experiments,
    update_experiment,
)
from lodeline.sdk.fluent_traces import (
    delete_trace_tag,
    delete_traces,
    get_spans,
    get_trace,
    search_sessions,
    search_traces,
    set_trace_tag,
)
from lodeline.testing import capture_traces

T0_NS = 1_790_000_000_000_000_000
A, B, C = (otel_trace_id(hashed_trace_id(name)) for name in "abc")


@pytest.fixture
def local(tmp_path: Path) -> Generator[LocalClient]:
    """A store of the test's own, which the fluent functions use."""
    with connect(tmp_path / "store") as client:
        default_client.set_default_client(client)
        yield client
        default_client.set_default_client(None)


@pytest.fixture(autouse=True)
def stored(local: LocalClient) -> None:
    """An experiment with the traces a, b and c, a second apart, of which the last is still under way."""
    create_experiment("app", tags={"team": "x"})
    spans = [
        SpanDraft(
            trace_id=hashed_trace_id(name),
            span_id=hashed_span_id(name, "root"),
            parent_id=b"",
            name=name,
            start_ns=T0_NS + index * 1_000_000_000,
            end_ns=0 if name == "c" else T0_NS + index * 1_000_000_000 + 5_000_000,
            attributes={"session.id": "s1", "input.value": f"question {name}"},
        )
        for index, name in enumerate("abc")
    ]
    local.otlp.export(request([({"service.name": "t"}, "tests", "1", spans)]), experiment="app")


def test_traces_are_found_and_read() -> None:
    assert [trace.name for trace in search_traces(experiment="app")] == ["c", "b", "a"]
    assert [trace.name for trace in search_traces(filter="name != 'b'", order="start", limit=1)] == ["a"]
    assert [trace.name for trace in search_traces(filter="trace.name = 'b'", dialect="mlflow")] == ["b"]
    detail = get_trace(A)
    assert detail.trace.request == "question a"
    assert get_spans(A)[0].attributes["input.value"] == "question a"
    assert [session.trace_count for session in search_sessions(experiment="app")] == [3]
    with pytest.raises(errors.NotFound):
        get_trace("tr-nothing")


def test_traces_are_tagged_and_deleted() -> None:
    assert set_trace_tag(A, "release", "1").tags == {"release": "1"}
    assert delete_trace_tag(A, "release").tags == {}
    assert delete_traces([A]).deleted == 1
    assert delete_traces(experiment="app", filter="name = 'b'").deleted == 1
    with pytest.raises(errors.Invalid, match="experiments"):
        delete_traces()
    assert [trace.name for trace in search_traces()] == ["c"]


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_traces_come_as_a_frame(kind: frames.FrameKind) -> None:
    set_trace_tag(A, "release", "1")
    frame = search_traces(order="start", return_type=kind)
    columns: Mapping[str, list[object]] = (
        frame.to_dict("list") if kind == "pandas" else frame.to_dict(as_series=False)
    )
    assert type(frame) is (pd.DataFrame if kind == "pandas" else pl.DataFrame)
    assert columns["name"] == ["a", "b", "c"]
    assert columns["start"][0] == datetime.fromtimestamp(T0_NS / 1e9, UTC)
    assert columns["tags.release"][0] == "1"
    assert columns["tags.release"][1] != "1"
    assert columns["duration_ms"][1] == 5.0
    assert search_traces(filter="name = 'none'", return_type=kind).shape[0] == 0


def test_a_frame_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(errors.Unsupported, match="pip install polars"):
        search_traces(return_type="polars")
    with pytest.raises(errors.Invalid, match="excel"):
        frames.frame_of([], "excel")  # pyright: ignore[reportArgumentType] # what a program without types may pass


def test_feedback_is_logged_overridden_and_revised() -> None:
    first = log_feedback(trace_id=A, name="good", value=True, rationale="short", metadata={"by": "rule"})
    assert (first.source, first.value, first.kind) == (AssessmentSource("CODE"), True, "FEEDBACK")
    second = override_feedback(trace_id=A, assessment_id=first.assessment_id, value=False, source="HUMAN")
    assert (second.overrides, second.name) == (first.assessment_id, "good")
    assert not get_assessment(first.assessment_id).valid
    with pytest.raises(errors.Conflict):
        override_feedback(assessment_id=first.assessment_id, value=True)
    with pytest.raises(errors.Invalid, match=A):
        override_feedback(trace_id=B, assessment_id=first.assessment_id, value=True)
    revised = update_assessment(second.assessment_id, value="no", reason="a word says more")
    assert (revised.value, revised.revision) == ("no", 2)
    delete_assessment(second.assessment_id)
    assert get_assessment(first.assessment_id).valid


def test_who_judged_is_said_simply() -> None:
    def source(source: str = "CODE", source_id: str | None = None) -> AssessmentSource:
        return log_feedback(trace_id=A, value=1, source=source, source_id=source_id).source

    assert source(source="ada") == AssessmentSource("HUMAN", "ada")
    assert source(source="human") == AssessmentSource("HUMAN")
    assert source(source="LLM_JUDGE", source_id="gpt-4o") == AssessmentSource("LLM_JUDGE", "gpt-4o")
    assert source(source_id="length rule") == AssessmentSource("CODE", "length rule")
    with pytest.raises(errors.Invalid, match="LLM_JUDGE is near"):
        source(source="LLM_JUGDE")
    with pytest.raises(errors.Invalid, match="'ada' and 'bob' both"):
        source(source="ada", source_id="bob")
    expected = log_expectation(trace_id=A, name="answer", value="Rome", source_id="ada")
    assert expected.source == AssessmentSource("HUMAN", "ada")


def test_a_failed_judgment_keeps_what_went_wrong() -> None:
    def judge() -> None:
        raise TimeoutError("the judge did not answer")

    digests: set[str | None] = set()
    for trace in (A, B):
        with pytest.raises(TimeoutError) as failed:
            judge()
        error = log_feedback(trace_id=trace, name="good", error=failed.value).error
        assert error is not None
        assert (error.code, error.message) == ("TimeoutError", "the judge did not answer")
        digests.add(error.stack_digest)
    assert len(digests) == 1
    assert None not in digests
    assert log_feedback(trace_id=C, error="NO_ANSWER").error == AssessmentError("NO_ANSWER")


def test_spans_and_sessions_are_judged_and_expectations_logged() -> None:
    span = get_trace(A).spans[0].span_id
    assert log_feedback(trace_id=A, span_id=span, value=0.5).target.span_id == span
    tone = log_feedback(session="s1", experiment="app", name="tone", value="calm", source="HUMAN")
    assert tone.target.session == "s1"
    expected = log_expectation(trace_id=A, name="answer", value={"city": "Rome"}, identifier="q1")
    assert (expected.kind, expected.source.kind, expected.value) == ("EXPECTATION", "HUMAN", {"city": "Rome"})
    again = log_expectation(trace_id=A, name="answer", value={"city": "Rome"}, identifier="q1")
    assert again == expected
    issue = log_assessment(A, name="slow start", kind="ISSUE_REF", source="HUMAN")
    assert issue.value is None
    assert {item.name for item in search_assessments(experiment="app")} == {
        "feedback", "tone", "answer", "slow start"
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_assessments_come_as_a_frame(kind: frames.FrameKind) -> None:
    for value in (True, 0.5, "yes", {"a": 1}):
        log_feedback(trace_id=A, name="good", value=value)
    log_feedback(trace_id=A, name="good", error="LATE")
    frame = search_assessments(order="created", return_type=kind)
    assert list(frame["value"])[:4] == ["true", "0.5", "yes", '{"a":1}']
    assert list(frame["number"])[:3] == [1.0, 0.5, 1.0]
    assert list(frame["error_code"])[4] == "LATE"


@pytest.mark.parametrize(
    "arguments",
    [{}, {"trace_id": A, "session": "s1"}, {"span_id": "0" * 16}, {"trace_id": A, "span_id": "x"}],
)
def test_feedback_on_nothing_or_on_two_things_is_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(errors.Invalid):
        log_feedback(value=True, **arguments)  # pyright: ignore[reportArgumentType] # only texts are passed


def test_experiments_are_made_found_changed_and_deleted() -> None:
    made = create_experiment("second", description="d")
    assert get_experiment("second") == get_experiment(made.experiment_id) == get_experiment_by_name("second") == made
    assert get_experiment_by_name("third") is None
    assert get_experiment_by_name(made.experiment_id) is None
    assert update_experiment("second", name="2nd", set_tags={"a": "b"}).tags == {"a": "b"}
    delete_experiment("2nd")
    assert [item.name for item in search_experiments(filter="tags.a = 'b'")] == []
    assert [item.name for item in search_experiments(lifecycle="DELETED")] == ["2nd"]
    assert restore_experiment("2nd").lifecycle == "ACTIVE"


def test_the_default_client_is_of_the_server_that_is_traced_to(monkeypatch: pytest.MonkeyPatch) -> None:
    default_client.set_default_client(None)
    monkeypatch.setattr(provider.runtime, "started", False)
    monkeypatch.setenv("LODELINE_URL", "http://one.example:1")
    first = default_client.default_client()
    assert first.url == "http://one.example:1"
    assert default_client.default_client() is first
    monkeypatch.setenv("LODELINE_URL", "http://two.example:2")
    assert default_client.default_client().url == "http://two.example:2"
    with capture_traces(url="http://three.example:3"):
        assert default_client.default_client().url == "http://three.example:3"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_forked_process_has_a_client_of_its_own() -> None:
    parent = default_client.default_client()
    child = os.fork()
    if child == 0:
        os._exit(0 if default_client.default_client() is not parent else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
