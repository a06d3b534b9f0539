"""Where things are kept: interfaces in `base`, one family of backends a folder, `open` to get one by URL."""
