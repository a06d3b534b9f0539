"""Importing is light: nothing before it is used, and nothing of the server ever."""

import subprocess
import sys

import pytest

import lodeline

HEAVY = {
    "apsw",
    "asyncio",
    "fastapi",
    "httpx",
    "numpy",
    "pandas",
    "pydantic",
    "rich",
    "starlette",
    "typer",
    "uvicorn",
}


TRACING = (
    "Span", "SpanType", "configure", "flush", "get_current_active_span", "get_last_active_trace_id",
    "get_tracer_provider", "get_tracing_context_headers", "log_attachment", "mask_strings", "set_active_model",
    "set_experiment", "set_tracing_context_from_headers", "shutdown", "start_span", "start_span_no_context", "trace",
    "trace_context", "traced_executor", "update_current_trace", "with_current_context",
)  # fmt: skip
"""What a traced program uses; the client of the API needs its HTTP library."""


def _imported(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return {module.split(".")[0] for module in done.stdout.split()}


def test_the_package_alone_imports_nothing():
    assert _imported("import lodeline") & {"opentelemetry", "orjson", *HEAVY} == set()


def test_tracing_imports_nothing_heavy():
    traced = (getattr(lodeline, name) for name in TRACING)
    assert all(found is not None for found in traced)
    names = ", ".join(f"lodeline.{name}" for name in TRACING)
    assert _imported(f"import lodeline; {names}") & HEAVY == set()


def test_unknown_names_are_said():
    with pytest.raises(AttributeError, match="module 'lodeline' has no attribute 'tarce'"):
        _ = lodeline.tarce


def test_every_public_name_is_listed():
    assert set(lodeline.__all__) <= set(dir(lodeline))
    for name in lodeline.__all__:
        assert getattr(lodeline, name) is not None
