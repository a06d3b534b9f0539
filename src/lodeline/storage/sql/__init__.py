"""The SQL family of backends. SQLite (through apsw) is the embedded default."""
