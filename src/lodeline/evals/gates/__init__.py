"""Gates: rules that an evaluation run must meet, from a TOML file to a report. Needs no NumPy."""
