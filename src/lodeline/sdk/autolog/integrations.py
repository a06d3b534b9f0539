"""Every integration, by name."""

from collections.abc import Mapping

from lodeline.sdk.autolog.integration import Instrumentor, Integration
from lodeline.sdk.autolog.pydantic_ai import PydanticAi

_OPENINFERENCE: tuple[tuple[str, str, str], ...] = (
    ("autogen", "autogen_agentchat", "autogen_agentchat:AutogenAgentChatInstrumentor"),
    ("agno", "agno", "agno:AgnoInstrumentor"),
    ("anthropic", "anthropic", "anthropic:AnthropicInstrumentor"),
    ("bedrock", "boto3", "bedrock:BedrockInstrumentor"),
    ("beeai", "beeai_framework", "beeai:BeeAIInstrumentor"),
    ("claude-agent-sdk", "claude_agent_sdk", "claude_agent_sdk:ClaudeAgentSDKInstrumentor"),
    ("cohere", "cohere", "cohere:CohereInstrumentor"),
    ("crewai", "crewai", "crewai:CrewAIInstrumentor"),
    ("dspy", "dspy", "dspy:DSPyInstrumentor"),
    ("google-adk", "google.adk", "google_adk:GoogleADKInstrumentor"),
    ("google-genai", "google.genai", "google_genai:GoogleGenAIInstrumentor"),
    ("groq", "groq", "groq:GroqInstrumentor"),
    ("guardrails", "guardrails", "guardrails:GuardrailsInstrumentor"),
    ("haystack", "haystack", "haystack:HaystackInstrumentor"),
    ("instructor", "instructor", "instructor:InstructorInstrumentor"),
    ("langchain", "langchain_core", "langchain:LangChainInstrumentor"),
    ("litellm", "litellm", "litellm:LiteLLMInstrumentor"),
    ("llama-index", "llama_index.core", "llama_index:LlamaIndexInstrumentor"),
    ("mcp", "mcp", "mcp:MCPInstrumentor"),
    ("mistralai", "mistralai", "mistralai:MistralAIInstrumentor"),
    ("ollama", "ollama", "ollama:OllamaInstrumentor"),
    ("openai", "openai", "openai:OpenAIInstrumentor"),
    ("openai-agents", "agents", "openai_agents:OpenAIAgentsInstrumentor"),
    ("portkey", "portkey_ai", "portkey:PortkeyInstrumentor"),
    ("smolagents", "smolagents", "smolagents:SmolagentsInstrumentor"),
    ("together", "together", "together:TogetherInstrumentor"),
    ("vertexai", "vertexai", "vertexai:VertexAIInstrumentor"),
)
"""Name, module of the library, and the class of the OpenInference package that instruments it."""


def _openinference(name: str, library: str, place: str) -> Instrumentor:
    module = f"openinference.instrumentation.{place}"
    package = "openinference-instrumentation-" + place.partition(":")[0].replace("_", "-")
    return Instrumentor(name, library, package, module)


INTEGRATIONS: Mapping[str, Integration] = {
    integration.name: integration
    for integration in sorted(
        (*(_openinference(*row) for row in _OPENINFERENCE), PydanticAi()), key=lambda item: item.name
    )
}
"""All of them, in the order of their names."""
