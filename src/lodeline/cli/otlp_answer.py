"""What an OTLP door says in protobuf about a request that it took."""

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from lodeline.domain.errors import Unavailable


def partial_success(answer: bytes) -> tuple[int, str]:
    """Return how many spans were refused, and why; Unavailable when this is no such answer."""
    try:
        partial = ExportTraceServiceResponse.FromString(answer).partial_success
    except DecodeError as error:
        raise Unavailable(
            "the server's answer is no OTLP; is this a Lodeline server?", code="unreadable_answer"
        ) from error
    return partial.rejected_spans, partial.error_message
