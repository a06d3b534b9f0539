"""Background work on the store: one thread, bounded steps, each job logged."""
