"""Attachments: files kept beside a trace."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a trace."""

    name: str
    size_bytes: int
    modified_ms: int
