"""Evaluation from a program: run the application over data, score it, keep it all on the server."""
