"""Canonical provider names: the well-known values of the OpenTelemetry GenAI conventions."""

_CANONICAL = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
    "amazon-bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "aws": "aws.bedrock",
    "azure": "azure.ai.openai",
    "azure.ai.openai": "azure.ai.openai",
    "azure.openai": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "az.ai.openai": "azure.ai.openai",
    "azure.ai.inference": "azure.ai.inference",
    "az.ai.inference": "azure.ai.inference",
    "azure_ai": "azure.ai.inference",
    "azure-ai-inference": "azure.ai.inference",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "deepseek": "deepseek",
    # The three names below "google" mean the same endpoint to different emitters; Vertex AI is told apart.
    "google": "gcp.gemini",
    "gemini": "gcp.gemini",
    "gcp.gemini": "gcp.gemini",
    "gcp.gen_ai": "gcp.gemini",
    "google-gla": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "google_generativeai": "gcp.gemini",
    "google.generative-ai": "gcp.gemini",
    "google-vertex": "gcp.vertex_ai",
    "google_vertexai": "gcp.vertex_ai",
    "google.vertex": "gcp.vertex_ai",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "gcp.vertex_ai": "gcp.vertex_ai",
    "gcp.vertex.agent": "gcp.gemini",
    "groq": "groq",
    "ibm.watsonx.ai": "ibm.watsonx.ai",
    "watsonx": "ibm.watsonx.ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "mistral_ai": "mistral_ai",
    "openai": "openai",
    "openai-responses": "openai",
    "openai-chat": "openai",
    "perplexity": "perplexity",
    "x_ai": "x_ai",
    "x-ai": "x_ai",
    "xai": "x_ai",
    "grok": "x_ai",
}

_FRAMEWORKS = frozenset((
    "langchain", "langgraph", "llamaindex", "llama_index", "strands-agents", "strands", "pydantic-ai", "crewai",
    "agno", "autogen", "haystack", "dspy", "semantic_kernel", "smolagents", "openai_agents", "litellm", "vercel_ai",
    "unknown",
))  # fmt: skip
"""What emitters write in the provider's place although it is the library they instrument."""

MAX_PROVIDER = 100


def canonical_provider(name: str | None) -> str | None:
    """Return the well-known name of a provider, the given one in lower case when it is none, None for
    frameworks.

    Vercel's ``openai.chat`` or ``anthropic.messages`` (provider, then API) give the provider.
    """
    if name is None:
        return None
    if (known := _CANONICAL.get(name)) is not None:
        return known
    return _less_usual(name)


def _less_usual(name: str) -> str | None:
    name = name.strip().lower()[:MAX_PROVIDER]
    known = _CANONICAL.get(name) or _CANONICAL.get(name.rpartition(".")[0])
    if known is not None:
        return known
    known = _CANONICAL.get(name.partition(".")[0])
    return known if known is not None else None if name in _FRAMEWORKS or not name else name
