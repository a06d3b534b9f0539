"""`LodelineClient` and `AsyncLodelineClient`: every call of the native API, by noun."""

import importlib
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self

import httpx

from lodeline.domain.errors import LodelineError
from lodeline.domain.span import JsonValue
from lodeline.sdk.client.call import Async, Call, ModeT, Noun, Parameter, Sync, call, page_path
from lodeline.sdk.client.connection import MAX_RETRIES, TIMEOUT_S, Connection
from lodeline.sdk.client.decoding import parsed
from lodeline.sdk.client.transports import AsyncTransport, SyncTransport

if TYPE_CHECKING:
    from lodeline.sdk.client.accounts import Accounts
    from lodeline.sdk.client.analytics import Analytics
    from lodeline.sdk.client.artifacts import Artifacts, ModelArtifacts
    from lodeline.sdk.client.assessments import Assessments
    from lodeline.sdk.client.attachments import Attachments
    from lodeline.sdk.client.audit import Audit
    from lodeline.sdk.client.datasets import Datasets
    from lodeline.sdk.client.deliveries import Deliveries
    from lodeline.sdk.client.evaluations import Evaluations
    from lodeline.sdk.client.experiments import Experiments
    from lodeline.sdk.client.filters import Filters
    from lodeline.sdk.client.issues import Issues
    from lodeline.sdk.client.keys import Keys
    from lodeline.sdk.client.label_schemas import LabelSchemas
    from lodeline.sdk.client.labeling import Labeling
    from lodeline.sdk.client.labeling_items import LabelingItems
    from lodeline.sdk.client.logins import Logins
    from lodeline.sdk.client.models import Models
    from lodeline.sdk.client.operation import Operation
    from lodeline.sdk.client.otlp import Otlp
    from lodeline.sdk.client.prompts import Prompts
    from lodeline.sdk.client.records import Records
    from lodeline.sdk.client.reviews import Reviews
    from lodeline.sdk.client.runs import Runs
    from lodeline.sdk.client.scorers import Scorers
    from lodeline.sdk.client.sessions import Sessions
    from lodeline.sdk.client.traces import Traces
    from lodeline.sdk.client.transfer import Transfer
    from lodeline.sdk.client.users import Users

_NOUNS = {
    "accounts": ("accounts", "Accounts"),
    "analytics": ("analytics", "Analytics"),
    "artifacts": ("artifacts", "Artifacts"),
    "assessments": ("assessments", "Assessments"),
    "attachments": ("attachments", "Attachments"),
    "audit": ("audit", "Audit"),
    "datasets": ("datasets", "Datasets"),
    "deliveries": ("deliveries", "Deliveries"),
    "evaluations": ("evaluations", "Evaluations"),
    "experiments": ("experiments", "Experiments"),
    "filters": ("filters", "Filters"),
    "issues": ("issues", "Issues"),
    "keys": ("keys", "Keys"),
    "label_schemas": ("label_schemas", "LabelSchemas"),
    "labeling": ("labeling", "Labeling"),
    "labeling_items": ("labeling_items", "LabelingItems"),
    "logins": ("logins", "Logins"),
    "model_artifacts": ("artifacts", "ModelArtifacts"),
    "models": ("models", "Models"),
    "otlp": ("otlp", "Otlp"),
    "prompts": ("prompts", "Prompts"),
    "records": ("records", "Records"),
    "reviews": ("reviews", "Reviews"),
    "runs": ("runs", "Runs"),
    "scorers": ("scorers", "Scorers"),
    "server": ("operation", "Operation"),
    "sessions": ("sessions", "Sessions"),
    "traces": ("traces", "Traces"),
    "transfer": ("transfer", "Transfer"),
    "users": ("users", "Users"),
}
"""Where the class of each noun is; its module is imported when the noun is first used, which spares a program (and
each command of the command line) the others."""


class _Nouns(Noun[ModeT], Generic[ModeT]):
    """The nouns of a client."""

    accounts: "Accounts[ModeT]"
    analytics: "Analytics[ModeT]"
    artifacts: "Artifacts[ModeT]"
    assessments: "Assessments[ModeT]"
    attachments: "Attachments[ModeT]"
    audit: "Audit[ModeT]"
    datasets: "Datasets[ModeT]"
    deliveries: "Deliveries[ModeT]"
    evaluations: "Evaluations[ModeT]"
    experiments: "Experiments[ModeT]"
    filters: "Filters[ModeT]"
    issues: "Issues[ModeT]"
    keys: "Keys[ModeT]"
    label_schemas: "LabelSchemas[ModeT]"
    labeling: "Labeling[ModeT]"
    labeling_items: "LabelingItems[ModeT]"
    logins: "Logins[ModeT]"
    model_artifacts: "ModelArtifacts[ModeT]"
    models: "Models[ModeT]"
    otlp: "Otlp[ModeT]"
    prompts: "Prompts[ModeT]"
    records: "Records[ModeT]"
    reviews: "Reviews[ModeT]"
    runs: "Runs[ModeT]"
    scorers: "Scorers[ModeT]"
    server: "Operation[ModeT]"
    sessions: "Sessions[ModeT]"
    traces: "Traces[ModeT]"
    transfer: "Transfer[ModeT]"
    users: "Users[ModeT]"

    if not TYPE_CHECKING:  # a checker knows the nouns from above, and no other name

        def __getattr__(self, name: str) -> object:
            if name not in _NOUNS:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            module, kind = _NOUNS[name]
            made = getattr(importlib.import_module(f"lodeline.sdk.client.{module}"), kind)(
                self.carrier, awaited=self.awaited
            )
            setattr(self, name, made)
            return made

        def __dir__(self) -> list[str]:
            return sorted({*super().__dir__(), *_NOUNS})

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


def _is_page(answer: bytes) -> bool:
    """Tell the web page, which is built around this element, from what says that there is none."""
    return b'<div id="root">' in answer


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
        self._has_page: bool | None = None
        self._transport = SyncTransport(connection, transport)
        super().__init__(self._transport, awaited=False)

    def page_url(self, experiment_id: str, *segments: str) -> str | None:
        """Return the address of an experiment's page, or of one below it, such as ``("7", "traces", "tr-…")``.

        None where the server serves no web page, as from a source tree that has none, or does not answer.
        """
        if self._has_page is None:
            try:
                self._has_page = self._transport.send(Call("GET", "/", _is_page))
            except LodelineError:
                self._has_page = False
        return self.url + page_path(experiment_id, *segments) if self._has_page else None

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
