"""Work done in the background, beside requests."""
