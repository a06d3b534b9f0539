"""Bytes → domain spans, pure: `otlp` decodes, `semconv` normalises, `summary` folds spans into a trace."""
