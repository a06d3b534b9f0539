"""The one filter language: text → syntax → typed check → AST → reference evaluation. Pure."""
