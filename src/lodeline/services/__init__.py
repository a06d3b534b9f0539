"""Use cases: one file a noun, permission asked first."""
