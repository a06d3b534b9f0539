"""Where spans go: to the server, by Lodeline's own delivery."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from opentelemetry.sdk.trace import SpanProcessor

from lodeline.sdk.delivery import DeliveryProcessor, DeliverySettings, start_delivery
from lodeline.sdk.settings import SdkSettings


def start_sink(settings: SdkSettings, environ: Mapping[str, str] | None = None) -> SpanProcessor:
    """Return a processor that sends spans to the server of these settings.

    The experiment is not given to it: each span's resource names its own.
    """
    asked = replace(
        DeliverySettings.from_env(os.environ if environ is None else environ),
        endpoint=settings.traces_url,
        headers=settings.all_headers,
        experiment=None,
        exit_timeout_s=settings.exit_timeout_s,
    )
    return start_delivery(asked)


def lost_spans(processors: Iterable[SpanProcessor]) -> int:
    """Return how many spans of this process these have seen refused, or had to drop: no server will have them."""
    counts = (each.stats() for each in processors if isinstance(each, DeliveryProcessor))
    return sum(one.refused + sum(one.dropped.values()) for one in counts)
