"""Lodeline: traces, evaluation and improvement of GenAI applications."""

__version__ = "0.1.0"
