"""Evaluation, pure: the engine, scorers, judges and statistics over plain values. Needs no server; optional packages
load on first use."""
