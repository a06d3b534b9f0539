import pytest

from lodeline.ingest.semconv.providers import canonical_provider


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("openai", "openai"),
        ("OpenAI", "openai"),
        ("openai.chat", "openai"),
        ("openai.responses", "openai"),
        ("anthropic.messages", "anthropic"),
        ("Anthropic", "anthropic"),
        ("gemini", "gcp.gemini"),
        ("gcp.gen_ai", "gcp.gemini"),
        ("google", "gcp.gemini"),
        ("google.generative-ai", "gcp.gemini"),
        ("google.vertex.chat", "gcp.vertex_ai"),
        ("vertex_ai", "gcp.vertex_ai"),
        ("azure.chat", "azure.ai.openai"),
        ("az.ai.openai", "azure.ai.openai"),
        ("amazon-bedrock", "aws.bedrock"),
        ("mistral.chat", "mistral_ai"),
        ("xai", "x_ai"),
        ("Our.Gateway", "our.gateway"),
        ("langgraph", None),
        ("strands-agents", None),
        (" ", None),
        ("", None),
        (None, None),
    ],
)
def test_provider_names(name: str | None, canonical: str | None) -> None:
    assert canonical_provider(name) == canonical
