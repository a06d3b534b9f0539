"""`LodelineClient` and `AsyncLodelineClient`: every call of the native API, by noun."""

from collections.abc import Mapping
from types import TracebackType
from typing import Generic, Self

import httpx

from lodeline.domain.span import JsonValue
from lodeline.sdk.client.accounts import Accounts
from lodeline.sdk.client.analytics import Analytics
from lodeline.sdk.client.assessments import Assessments
from lodeline.sdk.client.attachments import Attachments
from lodeline.sdk.client.audit import Audit
from lodeline.sdk.client.call import Async, Call, Carrier, ModeT, Noun, Parameter, Sync, call
from lodeline.sdk.client.connection import MAX_RETRIES, TIMEOUT_S, Connection
from lodeline.sdk.client.datasets import Datasets
from lodeline.sdk.client.decoding import parsed
from lodeline.sdk.client.deliveries import Deliveries
from lodeline.sdk.client.evaluations import Evaluations
from lodeline.sdk.client.experiments import Experiments
from lodeline.sdk.client.filters import Filters
from lodeline.sdk.client.keys import Keys
from lodeline.sdk.client.logins import Logins
from lodeline.sdk.client.models import Models
from lodeline.sdk.client.operation import Operation
from lodeline.sdk.client.otlp import Otlp
from lodeline.sdk.client.prompts import Prompts
from lodeline.sdk.client.records import Records
from lodeline.sdk.client.runs import Runs
from lodeline.sdk.client.scorers import Scorers
from lodeline.sdk.client.sessions import Sessions
from lodeline.sdk.client.traces import Traces
from lodeline.sdk.client.transfer import Transfer
from lodeline.sdk.client.transports import AsyncTransport, SyncTransport
from lodeline.sdk.client.users import Users


class _Nouns(Noun[ModeT], Generic[ModeT]):
    """The nouns of a client."""

    def __init__(self, carrier: Carrier, *, awaited: bool) -> None:
        super().__init__(carrier, awaited=awaited)
        self.accounts = Accounts[ModeT](carrier, awaited=awaited)
        self.analytics = Analytics[ModeT](carrier, awaited=awaited)
        self.assessments = Assessments[ModeT](carrier, awaited=awaited)
        self.attachments = Attachments[ModeT](carrier, awaited=awaited)
        self.audit = Audit[ModeT](carrier, awaited=awaited)
        self.datasets = Datasets[ModeT](carrier, awaited=awaited)
        self.deliveries = Deliveries[ModeT](carrier, awaited=awaited)
        self.experiments = Experiments[ModeT](carrier, awaited=awaited)
        self.filters = Filters[ModeT](carrier, awaited=awaited)
        self.keys = Keys[ModeT](carrier, awaited=awaited)
        self.logins = Logins[ModeT](carrier, awaited=awaited)
        self.otlp = Otlp[ModeT](carrier, awaited=awaited)
        self.prompts = Prompts[ModeT](carrier, awaited=awaited)
        self.records = Records[ModeT](carrier, awaited=awaited)
        self.scorers = Scorers[ModeT](carrier, awaited=awaited)
        self.server = Operation[ModeT](carrier, awaited=awaited)
        self.sessions = Sessions[ModeT](carrier, awaited=awaited)
        self.traces = Traces[ModeT](carrier, awaited=awaited)
        self.transfer = Transfer[ModeT](carrier, awaited=awaited)
        self.users = Users[ModeT](carrier, awaited=awaited)
        self.runs = Runs[ModeT](carrier, awaited=awaited)
        self.evaluations = Evaluations[ModeT](carrier, awaited=awaited)
        self.models = Models[ModeT](carrier, awaited=awaited)

    @call
    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Parameter] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Call[JsonValue]:
        """Return the JSON of any answer, None of an empty one: for routes that this version has no method for.

        `path` is from the server's root, such as ``/api/v1/traces``.
        """
        return Call(method, path, parsed, params=params or {}, body=body)


class LodelineClient(_Nouns[Sync]):
    """Calls one server and blocks until it answers. Safe to share between threads; close it when done.

    What is None comes from LODELINE_URL (else http://127.0.0.1:5000) and LODELINE_KEY. Errors are those of
    `lodeline.domain.errors`, as the server raised them; Unavailable when none answers. What was refused for now, or
    what changes nothing the second time, is sent again up to `max_retries` times, no sooner than the server asks.
    `timeout_s` is how long each part of an answer may take.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        connection = Connection.of(url, api_key, timeout_s=timeout_s, max_retries=max_retries, headers=headers)
        self.url = connection.url
        self._transport = SyncTransport(connection, transport)
        super().__init__(self._transport, awaited=False)

    def close(self) -> None:
        """Let go of connections; again is fine."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncLodelineClient(_Nouns[Async]):
    """The same as `LodelineClient`, but every call is awaited; of one event loop."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        connection = Connection.of(url, api_key, timeout_s=timeout_s, max_retries=max_retries, headers=headers)
        self.url = connection.url
        self._transport = AsyncTransport(connection, transport)
        super().__init__(self._transport, awaited=True)

    async def close(self) -> None:
        """Let go of connections; again is fine."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
