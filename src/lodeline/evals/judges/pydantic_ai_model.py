"""The client of many providers: Pydantic AI. Imported only when a judge's model is opened."""

import asyncio
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import orjson
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelRateLimitError,
    ModelServerError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
    UserError,
)
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters, infer_model
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from lodeline.domain.span import JsonValue
from lodeline.evals.judges.background import run_there, submit
from lodeline.evals.judges.model import JudgeFailed, JudgeReply, JudgeRequest
from lodeline.evals.judges.rendering import new_nonce, render

_ANSWER = "judgment"
_DESCRIPTION = "The judgment: first the rationale, then the value."
_MAX_SHOWN = 500
_TRANSIENT_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class PydanticAiModel:
    """One provider's model; a call is one attempt. The client is made when it is first asked."""

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        base_url: str | None,
        api_key: str | None,
        timeout_s: float,
        temperature: float | None,
    ):
        self._provider, self._model = provider, model
        self._base_url, self._api_key = base_url, api_key
        self._timeout_s, self._temperature = timeout_s, temperature
        self._lock = threading.Lock()
        self._opened: Model | None = None

    @property
    def name(self) -> str:
        """The provider and the model."""
        return f"{self._provider}:{self._model}"

    @property
    def digest_params(self) -> Mapping[str, JsonValue]:
        """What its answers depend on."""
        return {"model": self.name, "base_url": _without_user(self._base_url), "temperature": self._temperature}

    async def answer(self, request: JudgeRequest) -> JudgeReply:
        """Return its answer; raises `JudgeFailed`."""
        return await run_there(self._answer(request))

    async def _answer(self, request: JudgeRequest) -> JudgeReply:
        model = self._open()  # imports the provider's library the first time, which is no part of the call
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._ask(model, request)
        except TimeoutError as error:
            raise JudgeFailed(
                f"{self.name} did not answer within {self._timeout_s:g} s.", code="judge_timeout", transient=True
            ) from error
        except (ModelAPIError, UnexpectedModelBehavior, UserError) as error:
            raise self._failure(error) from error
        reply = JudgeReply(
            answer={},
            model=f"{self._provider}:{response.model_name or self._model}",
            input_tokens=response.usage.input_tokens,
            output_tokens=response.usage.output_tokens,
            cost_usd=_cost_usd(response),
            latency_ms=(time.perf_counter() - began) * 1_000,
        )
        return self._with_answer(reply, response)

    async def _ask(self, model: Model, request: JudgeRequest) -> ModelResponse:
        system, prompt = render(request, new_nonce())
        settings = ModelSettings(max_tokens=request.max_output_tokens)
        if self._temperature is not None:
            settings["temperature"] = self._temperature
        return await model_request(
            model,
            [ModelRequest.user_text_prompt(prompt, instructions=system)],
            model_settings=settings,
            model_request_parameters=_parameters(model, request),
        )

    def _open(self) -> Model:
        with self._lock:
            if self._opened is None:
                self._opened = self._make()
            return self._opened

    def _make(self) -> Model:
        # Attempts are counted, waited for and paid for by `retrying`, so the libraries' own retries are off.
        if self._provider == "openai":
            from openai import AsyncOpenAI, OpenAIError  # noqa: PLC0415 -- each provider's library is optional
            from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
            from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

            try:
                client = AsyncOpenAI(base_url=self._base_url, api_key=self._api_key, max_retries=0)
            except OpenAIError as error:
                raise JudgeFailed(f"{self.name}: {error}", code="no_credentials") from error
            self._close_with_me(client.close)
            return OpenAIChatModel(self._model, provider=OpenAIProvider(openai_client=client))
        if self._provider == "anthropic":
            from anthropic import AsyncAnthropic  # noqa: PLC0415
            from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
            from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

            other = AsyncAnthropic(base_url=self._base_url, api_key=self._api_key, max_retries=0)
            self._close_with_me(other.close)
            if other.api_key is None and other.auth_token is None and other.credentials is None:
                raise JudgeFailed(f"{self.name}: set api_key or ANTHROPIC_API_KEY.", code="no_credentials")
            return AnthropicModel(self._model, provider=AnthropicProvider(anthropic_client=other))
        try:
            return infer_model(self.name)
        except (UserError, ImportError, ValueError) as error:
            raise JudgeFailed(f"{self.name}: {str(error)[:_MAX_SHOWN]}", code="judge_rejected") from error

    def _close_with_me(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Close a client, on the loop that its connections belong to, when nobody holds this model any more."""
        weakref.finalize(self, _close, close).atexit = False

    def _with_answer(self, reply: JudgeReply, response: ModelResponse) -> JudgeReply:
        answer = _json_object(response.parts)
        if answer is not None:
            return JudgeReply(
                answer, reply.model, reply.input_tokens, reply.output_tokens, reply.cost_usd, reply.latency_ms
            )
        if response.finish_reason == "content_filter":
            raise JudgeFailed(f"{self.name} refused to judge this.", code="judge_refused", reply=reply)
        if response.finish_reason == "length":
            raise JudgeFailed(
                f"{self.name}: the answer was cut at the limit of its tokens; raise max_output_tokens.",
                code="malformed_answer",
                reply=reply,
            )
        said = " ".join(part.content for part in response.parts if isinstance(part, TextPart))
        raise JudgeFailed(
            f"{self.name} did not answer with a JSON object but with {said[:_MAX_SHOWN]!r}.",
            code="malformed_answer",
            reply=reply,
        )

    def _failure(self, error: Exception) -> JudgeFailed:
        """Return what a provider's error means. Messages are the provider's; keys are never in them."""
        text = f"{self.name}: {str(error)[:_MAX_SHOWN]}"
        retry_after_s = error.retry_after if isinstance(error, ModelAPIError) else None
        status = error.status_code if isinstance(error, ModelHTTPError) else None
        if isinstance(error, ModelAuthenticationError):
            # Providers repeat a part of the key they were given.
            return JudgeFailed(f"{self.name}: the provider refuses the key ({status}).", code="no_credentials")
        if isinstance(error, ModelRateLimitError | ModelUnavailableError) or status in (429, 503, 529):
            return JudgeFailed(text, code="judge_overloaded", transient=True, retry_after_s=retry_after_s)
        if isinstance(error, ModelServerError | ModelConnectionError) or status in _TRANSIENT_STATUS:
            return JudgeFailed(text, code="judge_unavailable", transient=True, retry_after_s=retry_after_s)
        if isinstance(error, UnexpectedModelBehavior):
            return JudgeFailed(text, code="malformed_answer")
        return JudgeFailed(text, code="judge_rejected")


def _without_user(url: str | None) -> str | None:
    """Return an address without a user's name and password."""
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _close(close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    submit(close())


def _parameters(model: Model, request: JudgeRequest) -> ModelRequestParameters:
    """Ask for JSON by the provider's own means where it has them, else by a tool that must be called."""
    schema = dict(request.schema)
    if model.profile.get("supports_json_schema_output"):
        wanted = OutputObjectDefinition(json_schema=schema, name=_ANSWER, description=_DESCRIPTION, strict=True)
        return ModelRequestParameters(output_mode="native", output_object=wanted, allow_text_output=True)
    tool = ToolDefinition(name=_ANSWER, parameters_json_schema=schema, description=_DESCRIPTION)
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)


def _json_object(parts: Sequence[object]) -> Mapping[str, JsonValue] | None:
    for part in parts:
        if isinstance(part, ToolCallPart):
            found: object = part.args
        elif isinstance(part, TextPart):
            found = part.content
        else:
            continue
        if isinstance(found, str):
            try:
                found = orjson.loads(found)
            except (orjson.JSONDecodeError, UnicodeEncodeError):
                continue
        if isinstance(found, Mapping):
            return cast("Mapping[str, JsonValue]", found)
    return None


def _cost_usd(response: ModelResponse) -> float | None:
    try:
        return float(response.cost().total_price)
    except (LookupError, ValueError, AssertionError):  # the model has no price in the tables
        return None
