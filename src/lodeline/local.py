"""A store opened in this process: the same application as the server's, called without a network.

The only module of what users import that knows the server, so that everything else works without it.
"""

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from lodeline.domain.errors import Unsupported
from lodeline.sdk.client.clients import AsyncLodelineClient, LodelineClient
from lodeline.sdk.client.inprocess import AsyncInProcessTransport, InProcessTransport

_BASE = "http://localhost"


class LocalClient(LodelineClient):
    """A `LodelineClient` of a store that is open in this process as long as the client is."""

    def __init__(self, store: str | os.PathLike[str], *, create: bool = True) -> None:
        self.store = os.fspath(store)
        self._resources = ExitStack()
        try:
            transport = self._resources.enter_context(_application(self.store, create=create))
            super().__init__(_BASE, transport=transport, max_retries=0, timeout_s=600.0)
        except BaseException:
            self._resources.close()
            raise

    def page_url(self, experiment_id: str, *segments: str) -> None:
        """Return None: nobody serves the pages of a store that is open here alone."""

    def close(self) -> None:
        """Finish pending work and close the store; again is fine."""
        super().close()
        self._resources.close()


class AsyncLocalClient(AsyncLodelineClient):
    """An `AsyncLodelineClient` of a store that is open in this process as long as the client is."""

    def __init__(self, store: str | os.PathLike[str], *, create: bool = True) -> None:
        self.store = os.fspath(store)
        self._resources = ExitStack()
        try:
            application = _application(self.store, create=create)
            transport = AsyncInProcessTransport(self._resources.enter_context(application))
            super().__init__(_BASE, transport=transport, max_retries=0, timeout_s=600.0)
        except BaseException:
            self._resources.close()
            raise

    async def close(self) -> None:
        """Finish pending work and close the store; again is fine."""
        await super().close()
        self._resources.close()


def connect(store: str | os.PathLike[str] = "./lodeline-data", *, create: bool = True) -> LocalClient:
    """Open a store in this process and return a client of it; close it when done.

    A missing store is made; with `create` false that is NotFound.

    It holds the store's lock: Conflict or Unavailable while another process holds it in a way that excludes this
    one. Everything is done as the local actor. Unsupported when the server's packages are not installed.
    """
    return LocalClient(store, create=create)


def connect_async(store: str | os.PathLike[str] = "./lodeline-data", *, create: bool = True) -> AsyncLocalClient:
    """Open a store in this process, as `connect` does, for awaited calls. Opening blocks for a moment."""
    return AsyncLocalClient(store, create=create)


@contextmanager
def _application(store: str, *, create: bool) -> Generator[InProcessTransport]:
    """Give a transport to the server's application over a store, which is closed afterwards."""
    try:
        # What the server needs is an optional part of the installation.
        from lodeline.server.app import close_app, create_app  # noqa: PLC0415
        from lodeline.server.settings import Settings  # noqa: PLC0415
        from lodeline.storage.open import open_stores  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "lodeline":
            raise
        raise Unsupported(
            f"a store is opened in this process by the server's packages, and {error.name} is not installed; run "
            "pip install 'lodeline[server]'.",
            code="server_not_installed",
        ) from error
    stores = open_stores(store, create=create)
    try:
        app = create_app(Settings(store=store, auth=False, grpc_port=None, ingest_processes=0), stores)
    except BaseException:
        stores.close()
        raise
    try:
        with InProcessTransport(app) as transport:
            yield transport
    finally:
        close_app(app)
