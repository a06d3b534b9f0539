"""The server: composition root, doors, settings."""
