"""The client that the fluent functions use: one a process, made when it is first needed."""

import os
import threading

from lodeline.sdk.client.clients import LodelineClient

_lock = threading.Lock()
_client: LodelineClient | None = None


def default_client() -> LodelineClient:
    """Return the client of this process, made from LODELINE_URL and LODELINE_KEY unless one was set."""
    global _client  # noqa: PLW0603 - the one default of a process
    with _lock:
        if _client is None:
            _client = LodelineClient()
        return _client


def set_default_client(client: LodelineClient | None) -> None:
    """Make the fluent functions use `client`, which the caller closes; None: one of the environment."""
    global _client  # noqa: PLW0603 - the one default of a process
    with _lock:
        _client = client


def _forget_in_child() -> None:
    """A forked process must not talk on its parent's connections, and the lock may be held by a thread it lacks."""
    global _client, _lock  # noqa: PLW0603 - the one default of a process
    _lock = threading.Lock()
    _client = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
