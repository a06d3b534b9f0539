"""What metrics of other packages are given of a sample, and what tells one from another."""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import cast

from lodeline.domain.scorer import ScoredTrace
from lodeline.domain.span import JsonValue
from lodeline.evals.texts import json_text, text_of
from lodeline.evals.trace_content import documents_in_trace


def question_of(inputs: JsonValue) -> str:
    """Return the question in the inputs: under question, query, input or prompt, or else all of them as text."""
    if isinstance(inputs, Mapping):
        for key in ("question", "query", "input", "prompt"):
            if isinstance(found := inputs.get(key), str):
                return found
    return inputs if isinstance(inputs, str) else json_text(inputs)


def reference_of(expectations: Mapping[str, JsonValue] | None) -> str | None:
    """Return ``expected_response`` as text; None when nothing is expected."""
    found = (expectations or {}).get("expected_response")
    return None if found is None else text_of(found, field="expectations.expected_response")


def contexts_of(
    inputs: JsonValue, expectations: Mapping[str, JsonValue] | None, trace: ScoredTrace | None
) -> list[str] | None:
    """Return the texts of the documents that the trace last retrieved, or else ``context``; None without any."""
    documents = documents_in_trace(trace) if trace is not None else ()
    if documents:
        return [document.content for document in documents]
    for place in (inputs, expectations):
        found = place.get("context") if isinstance(place, Mapping) else None
        if isinstance(found, str):
            return [found]
        if isinstance(found, Sequence):
            return [text_of(item, field="context") for item in found]
    return None


def metric_params(metric: object, package: str, *, state: frozenset[str] = frozenset()) -> dict[str, JsonValue]:
    """Return what a metric's scores depend on: package, version, class and attributes, but not those of `state`."""
    try:
        installed = version(package)
    except PackageNotFoundError:
        installed = "unknown"
    kind = type(metric)
    held = {f"metric.{key}": value for key, value in vars(metric).items() if key not in state and value is not None}
    told = {"package": package, "package_version": installed, "metric": f"{kind.__module__}.{kind.__qualname__}"}
    return cast("dict[str, JsonValue]", {**told, **held})
