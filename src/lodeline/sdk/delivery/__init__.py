"""Delivery: ended spans, by way of a spool on disk, to the server; nothing is lost silently.

    on_end ──queue──▶ writer: encode, append ──spool──▶ sender: batch, compress, post ──▶ /v1/traces
                                                             ╰──▶ dead letters

A span is in memory for some milliseconds, then on disk until the server has acknowledged it, kept it already, or
refused it for good. What a process leaves behind is sent by the next one. See docs/how-to/deliver-reliably.md.
"""

from lodeline.sdk.delivery.processor import DeliveryProcessor, start_delivery
from lodeline.sdk.delivery.settings import DeliverySettings
from lodeline.sdk.delivery.stats import DeliveryStats

__all__ = ["DeliveryProcessor", "DeliverySettings", "DeliveryStats", "start_delivery"]
