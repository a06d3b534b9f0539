"""The names by which MLflow's clients and its door tell of a trace as a whole: tags and metadata."""

from lodeline.domain.usage import TokenUsage, usd_to_picousd
from lodeline.ingest.semconv.parsing import parse_json
from lodeline.ingest.semconv.reading import as_count, as_number
from lodeline.ingest.semconv.usage import Counts, buckets

NAME_TAG = "mlflow.traceName"
ARTIFACTS_TAG = "mlflow.artifactLocation"
SPANS_TAG = "mlflow.trace.spansLocation"
PROMPTS_TAG = "mlflow.linkedPrompts"
SERVER_TAGS = frozenset((ARTIFACTS_TAG, SPANS_TAG, "mlflow.trace.archiveLocation", "mlflow.trace.archivalFailure"))
"""Tags that only a server sets."""
SESSION, USER = "mlflow.trace.session", "mlflow.trace.user"
MODEL, RUN = "mlflow.modelId", "mlflow.sourceRun"
TOKENS, COST = "mlflow.trace.tokenUsage", "mlflow.trace.cost"
SIZE_STATS, FINALISED = "mlflow.trace.sizeStats", "mlflow.trace.infoFinalized"
CONTENT_KEYS = frozenset(("mlflow.traceInputs", "mlflow.traceOutputs"))
"""Metadata that repeats what went into the trace and came out."""
SCHEMA, SCHEMA_VERSION = "mlflow.trace_schema.version", "3"


def tokens_of(text: str) -> TokenUsage | None:
    """Return the tokens that the metadata of a trace tells; None when it tells none."""
    found = parse_json(text)
    if not isinstance(found, dict):
        return None
    return buckets(
        Counts(
            as_count(found.get("input_tokens")),
            as_count(found.get("output_tokens")),
            as_count(found.get("total_tokens")),
            cache_read=as_count(found.get("cache_read_input_tokens")) or 0,
            cache_write=as_count(found.get("cache_creation_input_tokens")) or 0,
        )
    )


def usage_object(usage: TokenUsage) -> dict[str, int]:
    """Return tokens as MLflow tells them; cached ones only where there are any."""
    written = usage.cache_write_5m + usage.cache_write_1h
    counts = {"input_tokens": usage.input, "output_tokens": usage.output, "total_tokens": usage.total}
    if usage.cache_read:
        counts["cache_read_input_tokens"] = usage.cache_read
    if written:
        counts["cache_creation_input_tokens"] = written
    return counts


def cost_picousd_of(text: str) -> int | None:
    """Return the cost that the metadata of a trace tells; None when it tells none."""
    found = parse_json(text)
    total = as_number(found.get("total_cost")) if isinstance(found, dict) else None
    return None if total is None or not 0 <= total <= 1e6 else usd_to_picousd(total)


def stated_span_count(text: str) -> int:
    """Return how many spans a trace has, as its client says; 0 when it does not."""
    found = parse_json(text)
    count = as_count(found.get("num_spans")) if isinstance(found, dict) else None
    return count or 0
