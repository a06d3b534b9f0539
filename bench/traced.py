"""The traced program of the delivery benchmark: `python -m bench.traced SDK URL SPOOL TRACES BYTES`.

SDK is `lodeline`, or `opentelemetry` for its batch processor and OTLP exporter. It makes traces of ten spans as fast
as it can, waits until they are delivered, and writes one line of JSON. With a spool called "dead" it does not wait.
"""

import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from lodeline.sdk.delivery import DeliverySettings, start_delivery

SPANS = 10
_FLUSH_MS = 600_000


@dataclass(frozen=True, slots=True)
class Traced:
    """Seconds until all spans were made and until they were delivered; CPU seconds and peak memory of the process."""

    made_s: float
    delivered_s: float
    cpu_s: float
    growth_bytes: int


def make(tracer: Tracer, text: str) -> None:
    """Make one trace: a root and nine children, each with the attributes of a model call."""
    with tracer.start_as_current_span("answer") as root:
        root.set_attribute("lodeline.inputs", text)
        for number in range(SPANS - 1):
            with tracer.start_as_current_span("chat") as span:
                span.set_attributes({
                    "lodeline.kind": "CHAT_MODEL",
                    "lodeline.inputs": text,
                    "lodeline.outputs": text,
                    "gen_ai.request.model": "gpt-4o",
                    "gen_ai.usage.input_tokens": 100 + number,
                    "gen_ai.usage.output_tokens": 40,
                })  # fmt: skip


def _processor(sdk: str, url: str, spool: Path) -> SpanProcessor:
    if sdk == "opentelemetry":
        return BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces"))
    return start_delivery(DeliverySettings(endpoint=f"{url}/v1/traces", spool_dir=spool, exit_timeout_s=0.1))


def run(sdk: str, url: str, spool: Path, traces: int, size_bytes: int) -> Traced:
    """Make traces and wait for their delivery."""
    processor = _processor(sdk, url, spool)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("bench")
    # Half of each text is of its own, as prompts are, so that it compresses as they do.
    text = ("The customer asks where the order is. " * (size_bytes // 38 + 1))[: size_bytes // 2]
    before_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024
    start, start_cpu = time.perf_counter(), time.process_time()
    for number in range(traces):
        make(tracer, f"{number:0{max(1, size_bytes - len(text))}x}{text}")
    made_s = time.perf_counter() - start
    if spool.name != "dead":
        processor.force_flush(_FLUSH_MS)
    delivered_s = time.perf_counter() - start
    cpu_s = time.process_time() - start_cpu
    growth_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 - before_bytes
    provider.shutdown()
    return Traced(made_s, delivered_s, cpu_s, growth_bytes)


if __name__ == "__main__":
    found = run(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
    sys.stdout.write(orjson.dumps(asdict(found)).decode() + "\n")
