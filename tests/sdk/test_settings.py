"""Where settings come from, and what becomes of wrong ones."""

import logging
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

import lodeline
from lodeline.domain.errors import Invalid
from lodeline.sdk.settings import SdkSettings, resolve
from lodeline.testing import capture_traces


def test_defaults():
    assert resolve({}) == SdkSettings()
    assert SdkSettings().traces_url == "http://127.0.0.1:5000/v1/traces"


@pytest.mark.parametrize(
    ("environ", "arguments", "field", "value"),
    [
        ({"LODELINE_URL": "http://a:1/"}, {}, "traces_url", "http://a:1/v1/traces"),
        ({"LODELINE_URL": "http://a:1"}, {"url": "http://b:2"}, "traces_url", "http://b:2/v1/traces"),
        ({"LODELINE_URL": "http://a:1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:3"}, {}, "url", "http://a:1"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:3/base"}, {}, "traces_url", "http://c:3/base/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:3/x/v1/traces"}, {}, "url", "http://c:3/x"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:3/own"}, {}, "traces_url", "http://c:3/own"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": "A=1, b=x%20y"}, {}, "headers", {"a": "1", "b": "x y"}),
        ({"OTEL_SERVICE_NAME": "s"}, {}, "service", "s"),
        ({"OTEL_SERVICE_NAME": "s", "LODELINE_SERVICE": "t"}, {}, "service", "t"),
        ({"OTEL_SDK_DISABLED": "true"}, {}, "enabled", False),
        ({"OTEL_SDK_DISABLED": "true", "LODELINE_TRACING": "on"}, {}, "enabled", True),
        ({"LODELINE_TRACING": "off"}, {}, "enabled", False),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}, {}, "sample_ratio", 0.25),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, {}, "sample_ratio", 0.0),
        ({"LODELINE_SAMPLE_RATIO": "0.5", "OTEL_TRACES_SAMPLER": "always_off"}, {}, "sample_ratio", 0.5),
        ({"LODELINE_CAPTURE": "none"}, {"capture": "hashed"}, "capture", "hashed"),
        ({"LODELINE_MAX_CHARS": "100"}, {}, "max_chars", 100),
        ({"LODELINE_EXPERIMENT": " mail "}, {}, "experiment", "mail"),
        ({"LODELINE_EXPERIMENT": ""}, {}, "experiment", None),
        ({"LODELINE_KEY": "k"}, {}, "all_headers", {"x-lodeline-key": "k"}),
    ],
)  # fmt: skip
def test_precedence(environ: dict[str, str], arguments: dict[str, Any], field: str, value: object):
    assert getattr(resolve(environ, arguments), field) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("url", "nonsense"), ("url", "ftp://x"), ("sample_ratio", 2), ("sample_ratio", "x"), ("max_depth", 0),
     ("max_chars", 1.5), ("capture", "some"), ("mask", "no"), ("enabled", "maybe"), ("experiment", " "),
     ("headers", "a=1"), ("exit_timeout_s", -1)],
)  # fmt: skip
def test_a_wrong_argument_is_an_error_and_changes_nothing(name: str, value: object):
    with capture_traces() as captured:
        with pytest.raises(Invalid, match=name):
            lodeline.configure(**{name: value})  # pyright: ignore[reportArgumentType] - that is the point
        with lodeline.start_span("still captured"):
            pass
    assert len(captured.spans) == 1


@pytest.mark.parametrize("variable", ["LODELINE_URL", "LODELINE_SAMPLE_RATIO", "LODELINE_CAPTURE", "LODELINE_TRACING",
                                      "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"])  # fmt: skip
def test_a_wrong_variable_is_complained_of_and_ignored(variable: str, caplog: pytest.LogCaptureFixture):
    assert resolve({variable: "nonsense"}) == SdkSettings()
    assert variable in caplog.text


def test_secrets_are_not_shown(caplog: pytest.LogCaptureFixture):
    environ = {"LODELINE_KEY": "secret-key", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=secret-token"}
    assert "secret" not in repr(resolve(environ))
    resolve({"OTEL_EXPORTER_OTLP_HEADERS": "=secret-token"})
    assert "secret" not in caplog.text


class _Failing(SpanProcessor):
    """Fails whatever it is asked to do."""

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        raise RuntimeError("start")

    def on_end(self, span: ReadableSpan) -> None:
        raise SystemExit(3)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        raise RuntimeError("flush")

    def shutdown(self) -> None:
        raise RuntimeError("shutdown")


def test_a_failing_processor_changes_nothing(caplog: pytest.LogCaptureFixture):
    lodeline.configure(span_processor=_Failing())

    @lodeline.trace
    def work(x: int) -> int:
        with lodeline.start_span("inner"):
            return x + 1

    try:
        assert [work(x) for x in range(3)] == [1, 2, 3]
        assert not lodeline.flush(1)
    finally:
        lodeline.shutdown()
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 4, "each kind of failure is said once"


def test_configuring_again_ends_what_was_before_and_keeps_tracers():
    ended: list[str] = []

    class Target(SpanProcessor):
        def __init__(self, name: str) -> None:
            self.name = name

        def on_end(self, span: ReadableSpan) -> None:
            ended.append(f"{self.name} {span.name}")

        def shutdown(self) -> None:
            ended.append(f"{self.name} is shut down")

    lodeline.configure(span_processor=Target("first"))
    tracer = lodeline.get_tracer_provider().get_tracer("instrumentation")
    with tracer.start_as_current_span("a"):
        pass
    lodeline.configure(span_processor=Target("second"))
    with tracer.start_as_current_span("b"):
        pass
    lodeline.shutdown()
    with lodeline.start_span("c") as span:
        assert not span.is_recording()
    assert ended == ["first a", "first is shut down", "second b", "second is shut down"]


def test_a_processor_can_be_added():
    ended: list[str] = []

    class Target(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            ended.append(span.name)

    lodeline.configure(span_processor=SpanProcessor())
    lodeline.get_tracer_provider().add_span_processor(Target())
    with lodeline.start_span("a"):
        pass
    lodeline.shutdown()
    assert ended == ["a"]


def test_an_experiment_named_by_a_header_is_a_setting_like_any_other():
    environ = {"OTEL_EXPORTER_OTLP_HEADERS": "X-Lodeline-Experiment=from-header,team=a"}
    assert resolve(environ).experiment == "from-header"
    assert resolve(environ).all_headers == {"team": "a"}
    assert resolve(environ, {"experiment": "shop"}).experiment == "shop"
    assert resolve({**environ, "LODELINE_EXPERIMENT": "named"}).experiment == "named"
    assert resolve(environ, {"headers": {"x-lodeline-experiment": "given"}}).experiment == "given"
