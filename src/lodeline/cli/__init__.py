"""The command line: one file a command group; `main` finds the group, `client` talks to a server."""
