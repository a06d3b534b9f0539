"""Identifiers: what they look like, how new ones are made, how foreign ones are checked.

Experiment ids are small decimal integers written as strings ("0" is the default experiment), because MLflow's
client reads them as 32-bit integers. Every other id is an opaque string. New ids come from the operating system's
random source, never from the seedable global generator: evaluation programs set seeds.
"""

import os
import re
import time
from typing import NewType

from lodeline.domain.errors import Invalid

ExperimentId = NewType("ExperimentId", str)
TraceId = NewType("TraceId", str)
"""At most 50 characters. OpenTelemetry traces are "tr-" followed by 32 lower-case hex digits."""
SpanId = NewType("SpanId", str)
"""16 lower-case hex digits, OpenTelemetry's 64-bit span id."""
AssessmentId = NewType("AssessmentId", str)
RunId = NewType("RunId", str)
ModelId = NewType("ModelId", str)
AccountId = NewType("AccountId", str)
KeyId = NewType("KeyId", str)
DatasetId = NewType("DatasetId", str)
RecordId = NewType("RecordId", str)
"""Unique within its dataset."""

DEFAULT_EXPERIMENT = ExperimentId("0")
MAX_EXPERIMENT_NUMBER = 2**31 - 1

_TRACE_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,50}")
_SPAN_ID = re.compile(r"[0-9a-f]{16}")
_ASSESSMENT_ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.:/\-]{1,250}")
_EXPERIMENT_ID = re.compile(r"0|[1-9][0-9]{0,9}")


def new_hex(prefix: str = "") -> str:
    """Return a fresh id: the prefix followed by 32 random hex digits (128 bits)."""
    return prefix + os.urandom(16).hex()


def ordered_hex(prefix: str = "") -> str:
    """Return a fresh id: the prefix, the nanoseconds since the epoch in 16 hex digits, and 16 random ones.

    For what is written in great numbers: ids that are made one after the other stand beside each other in an index,
    where random ones would touch a page each. Nothing reads the time out of them.
    """
    return f"{prefix}{time.time_ns():016x}{os.urandom(8).hex()}"


def otel_trace_id(raw: bytes) -> TraceId:
    """Return the trace id of an OpenTelemetry trace given its 16 bytes."""
    return TraceId("tr-" + raw.hex())


def check_trace_id(text: str) -> TraceId:
    """Return `text` as a trace id; Invalid unless 1–50 characters of letters, digits and ``_ . : -``."""
    if not _TRACE_ID.fullmatch(text):
        raise Invalid.value("trace_id", text, "1 to 50 letters, digits or _ . : -")
    return TraceId(text)


def check_span_id(text: str) -> SpanId:
    """Return `text` as a span id; Invalid unless 16 lower-case hex digits."""
    if not _SPAN_ID.fullmatch(text):
        raise Invalid.value("span_id", text, "16 lower-case hex digits")
    return SpanId(text)


def check_assessment_id(text: str) -> AssessmentId:
    """Return `text` as an assessment's id; Invalid unless 1–250 letters, digits and ``_ . : - /``, without ".."."""
    if not _ASSESSMENT_ID.fullmatch(text):
        raise Invalid.value("assessment_id", text, "1 to 250 letters, digits or _ . : - /, without ..")
    return AssessmentId(text)


def is_experiment_id(text: str) -> bool:
    """Tell whether `text` has the form of an experiment id (decimal, no leading zero, below 2^31)."""
    return bool(_EXPERIMENT_ID.fullmatch(text)) and int(text) <= MAX_EXPERIMENT_NUMBER


def check_experiment_id(text: str) -> ExperimentId:
    """Return `text` as an experiment id; Invalid when it does not have the form of one."""
    if not is_experiment_id(text):
        raise Invalid.value("experiment_id", text, "a decimal number from 0 to 2147483647")
    return ExperimentId(text)
