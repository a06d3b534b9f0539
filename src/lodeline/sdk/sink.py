"""Where spans go: to the server, by Lodeline's own delivery; by OpenTelemetry's exporter where that is not there."""

import importlib
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opentelemetry.sdk.trace import SpanProcessor

from lodeline.sdk.quiet import complain
from lodeline.sdk.settings import SdkSettings

_DELIVERY = "lodeline.sdk.delivery"
_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def start_sink(settings: SdkSettings, environ: Mapping[str, str] | None = None) -> SpanProcessor | None:
    """Return a processor that sends spans to the server of these settings, None when there is nothing to send with.

    The experiment is not given to it: each span's resource names its own.
    """
    delivery = _imported(_DELIVERY)
    if delivery is not None:
        asked = replace(
            delivery.DeliverySettings.from_env(os.environ if environ is None else environ),
            endpoint=settings.traces_url,
            headers=settings.all_headers,
            experiment=None,
            exit_timeout_s=settings.exit_timeout_s,
        )
        return delivery.start_delivery(asked)
    exporter = _imported(_EXPORTER)
    if exporter is not None:
        made = exporter.OTLPSpanExporter(endpoint=settings.traces_url, headers=settings.all_headers)
        return importlib.import_module("opentelemetry.sdk.trace.export").BatchSpanProcessor(made)
    complain("Traces are not sent: install opentelemetry-exporter-otlp-proto-http")
    return None


def _imported(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
