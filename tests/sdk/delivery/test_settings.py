"""Settings from the environment, and what is refused there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lodeline.domain.errors import Invalid
from lodeline.sdk.delivery import DeliverySettings

HOME = {"XDG_STATE_HOME": "/state", "LOCALAPPDATA": "/state"}


def _from(**env: str) -> DeliverySettings:
    return DeliverySettings.from_env({**HOME, **env})


def test_defaults() -> None:
    made = _from()
    assert made.endpoint == "http://127.0.0.1:5000/v1/traces"
    assert made.spool_dir == Path("/state/lodeline/spool")
    assert (made.headers, made.experiment, made.flush_roots, made.compression) == ({}, None, False, "auto")


@pytest.mark.parametrize(
    ("env", "endpoint"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318"}, "http://a:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a/x/"}, "http://a/x/v1/traces"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://b/t"},
            "http://b/t",
        ),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://b/t", "LODELINE_URL": "https://c/"}, "https://c/v1/traces"),
        ({"LODELINE_URL": " "}, "http://127.0.0.1:5000/v1/traces"),
    ],
)
def test_endpoint(env: Mapping[str, str], endpoint: str) -> None:
    assert _from(**env).endpoint == endpoint


def test_headers() -> None:
    made = _from(
        OTEL_EXPORTER_OTLP_HEADERS="X-A=1, x-b = two%20words,", OTEL_EXPORTER_OTLP_TRACES_HEADERS="x-a=3",
        LODELINE_KEY="ldl_secret",
    )  # fmt: skip
    assert made.headers == {"x-a": "3", "x-b": "two words", "authorization": "Bearer ldl_secret"}
    assert "ldl_secret" not in repr(made)


def test_the_rest() -> None:
    made = _from(
        LODELINE_EXPERIMENT="shop", LODELINE_SPOOL_DIR="here", LODELINE_SPOOL_MAX_MB="1.5",
        LODELINE_FLUSH_ROOTS="yes", LODELINE_SPOOL_FSYNC="1", LODELINE_EXIT_TIMEOUT_S="0",
        OTEL_EXPORTER_OTLP_TIMEOUT="9", OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
    )  # fmt: skip
    assert (made.experiment, made.spool_dir, made.max_spool_bytes) == ("shop", Path("here"), 1_572_864)
    assert (made.flush_roots, made.fsync, made.exit_timeout_s, made.request_timeout_s) == (True, True, 0, 9)
    assert made.compression == "gzip"
    assert _from(LODELINE_SPOOL_DIR="OFF").spool_dir is None
    assert _from(AWS_LAMBDA_FUNCTION_NAME="f").flush_roots
    assert not _from(AWS_LAMBDA_FUNCTION_NAME="f", LODELINE_FLUSH_ROOTS="0").flush_roots


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LODELINE_URL", "ftp://x"),
        ("LODELINE_URL", "here"),
        ("LODELINE_URL", "http://user:hunter2@host"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0d%0ax: y"),
        ("LODELINE_SPOOL_MAX_MB", "0"),
        ("LODELINE_SPOOL_MAX_MB", "nan"),
        ("LODELINE_SPOOL_MAX_MB", "lots"),
        ("LODELINE_EXIT_TIMEOUT_S", "-1"),
        ("LODELINE_FLUSH_ROOTS", "maybe"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli"),
    ],
)
def test_what_cannot_be_used_is_refused_without_telling_secrets(name: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        _from(**{name: value})
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    "changes", [{"max_queue_spans": 0}, {"max_batch_bytes": -1}, {"write_delay_s": -0.1}, {"max_retry_s": 1e9}]
)
def test_bounds_are_checked(changes: Mapping[str, Any]) -> None:
    with pytest.raises(Invalid, match=next(iter(changes))):
        DeliverySettings(**changes)
