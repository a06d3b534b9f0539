"""Datasets in programs: the handle, loading in batches, and files, frames and rows as records."""
