"""Bytes to domain spans, and spans to trace summaries: pure functions."""
