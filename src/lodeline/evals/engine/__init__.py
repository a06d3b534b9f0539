"""The evaluation engine; `run` is its one entry."""
