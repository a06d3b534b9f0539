"""The SDK: tracing and delivery in the traced program, and a client of the server."""
