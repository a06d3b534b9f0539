"""The client that the fluent functions use: one a process, of the server that `lodeline.configure` names."""

import os
import threading
from collections.abc import Mapping

from lodeline.sdk import provider
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.settings import SdkSettings, resolve

FLUSH_TIMEOUT_S = 10.0

_lock = threading.Lock()
_set: LodelineClient | None = None
_made: tuple[tuple[str, str | None, Mapping[str, str]], LodelineClient] | None = None


def default_client(*, flush: bool = True) -> LodelineClient:
    """Return the client of this process: the one that was set, or one of the server that is traced to.

    What this process has traced so far is delivered first, so that it can be found and judged; that is waited for at
    most `FLUSH_TIMEOUT_S`, and not at all without `flush`.
    """
    if flush and provider.runtime.started:
        provider.flush(FLUSH_TIMEOUT_S)
    with _lock:
        return _set or _made_for(_settings())


def set_default_client(client: LodelineClient | None) -> None:
    """Make the fluent functions use `client`, which the caller closes; None: that of the settings again."""
    global _set  # noqa: PLW0603 - the one default of a process
    with _lock:
        _set = client


def _settings() -> SdkSettings:
    """Return the settings in force; who only reads starts no tracing for it."""
    return provider.get_settings() if provider.runtime.started else resolve(os.environ)


def _made_for(settings: SdkSettings) -> LodelineClient:
    global _made  # noqa: PLW0603 - the one default of a process
    place = (settings.url, settings.key, settings.headers)
    if _made is None or _made[0] != place:
        _made = (place, LodelineClient(settings.url, settings.key, headers=settings.headers))
    return _made[1]


def _forget_in_child() -> None:
    """A forked process must not talk on its parent's connections, and the lock may be held by a thread it lacks."""
    global _lock, _set, _made
    _lock, _set, _made = threading.Lock(), None, None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
