"""Normalised views of span attributes: one file a dialect."""
