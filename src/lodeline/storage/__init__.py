"""What a store promises, and the backends that keep the promise."""
