"""The typed client of the native API: one file a noun, every route described once for both kinds of client."""
