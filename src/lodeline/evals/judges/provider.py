"""A provider's model as a judge, through the client library that the extra ``lodeline[judges]`` brings."""

from typing import cast

from lodeline.domain.errors import Invalid
from lodeline.evals.judges.model import JudgeModel
from lodeline.evals.optional import load_optional

DEFAULT_TIMEOUT_S = 60.0


def provider_model(
    model: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    temperature: float | None = None,
) -> JudgeModel:
    """Return the model `model` names, as ``openai:/gpt-4o`` or ``anthropic:claude-sonnet-4-5``.

    `base_url` is for servers that speak OpenAI's or Anthropic's protocol; keys come from `api_key` or the provider's
    usual environment variable, and are looked for when it is first asked. One call is one attempt of at most
    `timeout_s` seconds. Without `temperature` the provider's default holds. Invalid for a name without provider;
    Unsupported without the extra.
    """
    provider, colon, name = model.partition(":")
    name = name.removeprefix("/")
    if not colon or not provider or not name:
        raise Invalid.value("model", model, "a provider and a model, as 'openai:/gpt-4o'")
    if not 0 < timeout_s <= 3_600:
        raise Invalid.value("timeout_s", timeout_s, "seconds, more than 0 and at most 3,600")
    if base_url is not None and provider not in ("openai", "anthropic"):
        raise Invalid.value("base_url", base_url, "no address unless the provider is openai or anthropic")
    load_optional("pydantic_ai", install="lodeline[judges]", needed_for="A judge's model")
    module = load_optional(
        "lodeline.evals.judges.pydantic_ai_model", install="lodeline[judges]", needed_for="A judge's model"
    )
    made = module.PydanticAiModel(
        provider, name, base_url=base_url, api_key=api_key, timeout_s=timeout_s, temperature=temperature
    )
    return cast("JudgeModel", made)
