"""Benchmarks: `python -m bench` (or `make bench`). A timing is never a test; the checks of the answers are."""
