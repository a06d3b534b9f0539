"""Delivery: ended spans, by way of a spool on disk, to the server; nothing is lost silently."""
