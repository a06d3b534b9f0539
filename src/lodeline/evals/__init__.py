"""Evaluation: the engine, scorers, judges and statistics; pure, without storage and without a server."""
