"""Cutting an export request in two, for a server that takes less at a time."""

from importlib import import_module


def split(body: bytes) -> tuple[tuple[bytes, int], tuple[bytes, int]] | None:
    """Return two requests, each with how many spans it has; None when there is nothing to cut apart.

    Together they have the spans of `body`, in their order.
    """
    messages = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    try:
        whole = messages.ExportTraceServiceRequest.FromString(body)
    except Exception:  # protobuf's own error class; what no server can read is not cut
        return None
    total = sum(len(scope.spans) for resource in whole.resource_spans for scope in resource.scope_spans)
    if total < 2:
        return None
    half = total // 2
    first, second = messages.ExportTraceServiceRequest(), messages.ExportTraceServiceRequest()
    seen = 0
    for resource in whole.resource_spans:
        for scope in resource.scope_spans:
            count = len(scope.spans)
            cut = min(max(0, half - seen), count)
            seen += count
            for target, spans in ((first, scope.spans[:cut]), (second, scope.spans[cut:])):
                if spans:
                    made = target.resource_spans.add(resource=resource.resource, schema_url=resource.schema_url)
                    made.scope_spans.add(scope=scope.scope, schema_url=scope.schema_url, spans=spans)
    return (first.SerializeToString(), half), (second.SerializeToString(), total - half)
