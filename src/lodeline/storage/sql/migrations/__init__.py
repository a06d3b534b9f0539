"""Numbered SQL files, each applied once, in order, in one transaction; never edited after a release."""
