"""How much one request may bring. What is over a span's limit refuses that span, with the reason; nothing is cut."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """Bounds of one trace export request.

    A body may grow to `free_decompressed_bytes` when decompressed, and beyond that to `max_ratio` times its own
    size, never over `max_decompressed_bytes`; a JSON body never over `max_json_bytes`. `max_values` counts the fields
    of one span at any depth (attributes, list items, map entries); `max_json_values` those of a JSON body, roughly.
    Traces with more than `max_chunk_bytes` of spans are kept in several chunks, so that single spans can be read
    without the others.
    """

    max_body_bytes: int = 64 * MIB
    max_decompressed_bytes: int = 256 * MIB
    free_decompressed_bytes: int = 32 * MIB
    max_ratio: int = 200
    max_json_bytes: int = 64 * MIB
    max_json_values: int = 5_000_000
    max_spans: int = 100_000
    max_resource_bytes: int = 256 * 1024
    max_span_bytes: int = 32 * MIB
    max_attributes: int = 10_000
    max_attribute_bytes: int = 16 * MIB
    max_events: int = 10_000
    max_links: int = 10_000
    max_values: int = 1_000_000
    max_depth: int = 64
    max_chunk_bytes: int = 4 * MIB


DEFAULT_LIMITS = IngestLimits()
