"""The OTLP/gRPC door: TraceService.Export on a thread server of its own, over the same use case as OTLP/HTTP."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.datastructures import Headers

from lodeline.auth.actor import Actor
from lodeline.domain.errors import Invalid, LodelineError
from lodeline.domain.ids import new_hex
from lodeline.server.access import Access, key_of
from lodeline.server.errors import log_incident
from lodeline.server.otlp import PROTOBUF, hint_of, source_of
from lodeline.server.rpc_status import rpc_code, rpc_status
from lodeline.services.ingest import ExportOutcome, ExportRequest, IngestService

SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
THREADS = 8
_STATUS_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


class GrpcDoor:
    """A running OTLP/gRPC server."""

    def __init__(self, server: grpc.Server, port: int) -> None:
        self._server = server
        self.port = port

    def stop(self, grace_s: float) -> None:
        """Take no more calls and wait for those under way, at most `grace_s`."""
        self._server.stop(grace_s).wait(grace_s + 1)


def start_grpc(ingest: IngestService, access: Access, *, host: str, port: int) -> GrpcDoor:
    """Serve on `host`:`port` (0: any free port) and return at once; Invalid when it cannot be bound."""
    server = grpc.server(
        ThreadPoolExecutor(THREADS, thread_name_prefix="lodeline-grpc"),
        options=[
            ("grpc.max_receive_message_length", ingest.limits.max_body_bytes),
            ("grpc.so_reuseport", 0),  # else two servers would share the port and each get half of the spans
        ],
    )
    handler = grpc.unary_unary_rpc_method_handler(_export(ingest, access), _as_sent, _as_sent)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Export": handler}),))
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        bound = server.add_insecure_port(address)
    except RuntimeError as error:
        raise Invalid(f"grpc_port: {address} cannot be bound; another program may have it.") from error
    server.start()
    return GrpcDoor(server, bound)


def _export(ingest: IngestService, access: Access) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    def export(body: bytes, context: grpc.ServicerContext) -> bytes:
        headers = _headers(context.invocation_metadata())
        try:
            actor: Actor = access.by_key(key_of(headers) if access.enabled else None)
            request = ExportRequest(
                body=body, content_type=PROTOBUF, encoding=None, hint=hint_of(headers), source=source_of(headers)
            )
            with ingest.admit(len(body)):
                outcome: ExportOutcome = ingest.export(actor, request)
        except LodelineError as error:
            _abort(context, error)
        except Exception as error:
            incident = new_hex("in-")
            log_incident(incident, error)
            _abort(context, LodelineError(f"something unforeseen went wrong; the log has it as incident {incident}."))
        answer = ExportTraceServiceResponse()
        if outcome.rejected_spans or outcome.message:
            answer.partial_success.rejected_spans = outcome.rejected_spans
            answer.partial_success.error_message = outcome.message
        return answer.SerializeToString()

    return export


def _as_sent(message: bytes) -> bytes:
    """Leave a message to `ingest.otlp`, which does not parse it as a whole."""
    return message


def _headers(metadata: Sequence[tuple[str, str | bytes]]) -> Headers:
    return Headers({key: value for key, value in metadata if isinstance(value, str)})


def _abort(context: grpc.ServicerContext, error: LodelineError) -> NoReturn:
    context.set_trailing_metadata((("grpc-status-details-bin", rpc_status(error)),))
    context.abort(_STATUS_CODES[rpc_code(error)], error.message)
    raise AssertionError("abort returned")
