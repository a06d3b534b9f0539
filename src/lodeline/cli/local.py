"""A store opened in this process: the same application as the server's, called without a network."""

from collections.abc import Generator
from contextlib import contextmanager

from lodeline.cli.client import Client
from lodeline.cli.inprocess import InProcessTransport
from lodeline.cli.wire import HttpWire
from lodeline.server.app import close_app, create_app
from lodeline.server.settings import Settings
from lodeline.storage.open import open_stores

_BASE = "http://localhost"


@contextmanager
def open_client(store: str, *, create: bool = False) -> Generator[Client]:
    """Give a client of a store, which is closed afterwards; everything is done as the local actor.

    NotFound when there is none, unless it is to be made (`create`). Conflict or Unavailable when another process
    holds the store in a way that excludes this one.
    """
    stores = open_stores(store, create=create)
    try:
        app = create_app(Settings(store=store, auth=False, grpc_port=None), stores)
    except BaseException:
        stores.close()
        raise
    try:
        with InProcessTransport(app) as transport:
            client = Client(HttpWire(_BASE, transport=transport))
            try:
                yield client
            finally:
                client.close()
    finally:
        close_app(app)
