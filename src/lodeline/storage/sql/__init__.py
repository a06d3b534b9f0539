"""The relational backend."""
