"""The native REST routes: one file a noun."""
