"""Evaluation, pure: scorers and judges over plain values. Needs no server; optional packages load on first use."""
