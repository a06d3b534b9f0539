# pyright: basic, reportMissingImports=false
"""Programs of frameworks, traced by the autolog of MLflow's client or by ours::

    python -m tests.frameworks.programs TRACER FRAMEWORK SERVER REPLAY

Each asks a model once, in a trace called "chat", and where the framework runs tools also with two of them, in a trace
called "tools". They run in environments of their own, which have the framework and either tracer, and know nothing of
the project's tests.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

Start = Callable[[str], AbstractContextManager[object]]
MODEL = "gpt-4o-mini"
QUESTION = "Say this is a test"
WEATHER = "What's the weather in Seattle and San Francisco today?"
SYSTEM = "You're a helpful assistant."
KEY = "key"


def get_current_weather(location: str) -> str:
    """Get the current weather in a given location.

    Args:
        location: The city and state, e.g. Boston, MA.
    """
    return "50 degrees and raining" if "Seattle" in location else "70 degrees and sunny"


def langchain(start: Start, chat: str, tools: str) -> None:
    """Ask a chat model, and bind tools to one."""
    openai: Any = importlib.import_module("langchain_openai")
    messages: Any = importlib.import_module("langchain_core.messages")
    tool: Any = importlib.import_module("langchain_core.tools").tool(get_current_weather)
    with start("chat"):
        openai.ChatOpenAI(model=MODEL, api_key=KEY, base_url=chat).invoke(QUESTION)
    with start("tools"):
        model = openai.ChatOpenAI(model=MODEL, api_key=KEY, base_url=tools).bind_tools([tool])
        said = [messages.SystemMessage(SYSTEM), messages.HumanMessage(WEATHER)]
        asked = model.invoke(said)
        model.invoke([*said, asked, *(tool.invoke(call) for call in asked.tool_calls)])


def langgraph(start: Start, chat: str, tools: str) -> None:
    """Run an agent of LangGraph, which LangChain's factory makes."""
    openai: Any = importlib.import_module("langchain_openai")
    agents: Any = importlib.import_module("langchain.agents")
    with start("chat"):
        agent = agents.create_agent(openai.ChatOpenAI(model=MODEL, api_key=KEY, base_url=chat), tools=[])
        agent.invoke({"messages": [("user", QUESTION)]})
    with start("tools"):
        model = openai.ChatOpenAI(model=MODEL, api_key=KEY, base_url=tools)
        agent = agents.create_agent(model, tools=[get_current_weather], system_prompt=SYSTEM)
        agent.invoke({"messages": [("user", WEATHER)]})


def litellm(start: Start, chat: str, tools: str) -> None:
    """Ask by LiteLLM's `completion`, which runs no tools itself."""
    lite: Any = importlib.import_module("litellm")
    given: dict[str, Any] = {"model": f"openai/{MODEL}", "api_key": KEY}
    with start("chat"):
        lite.completion(messages=[{"role": "user", "content": QUESTION}], api_base=chat, **given)
    schema = {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}
    function = {"name": "get_current_weather", "description": "Get the weather.", "parameters": schema}
    given |= {"api_base": tools, "tools": [{"type": "function", "function": function}]}
    with start("tools"):
        said: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": WEATHER}]
        asked = lite.completion(messages=said, **given).choices[0].message
        answers = [
            {"role": "tool", "tool_call_id": call.id, "content": get_current_weather(call.function.arguments)}
            for call in asked.tool_calls
        ]
        lite.completion(messages=[*said, asked.model_dump(), *answers], **given)


def pydantic_ai(start: Start, chat: str, tools: str) -> None:
    """Run an agent of pydantic-ai."""
    ai: Any = importlib.import_module("pydantic_ai")
    models: Any = importlib.import_module("pydantic_ai.models.openai")
    providers: Any = importlib.import_module("pydantic_ai.providers.openai")

    def model(url: str) -> Any:
        return models.OpenAIChatModel(MODEL, provider=providers.OpenAIProvider(base_url=url, api_key=KEY))

    with start("chat"):
        ai.Agent(model(chat)).run_sync(QUESTION)
    with start("tools"):
        ai.Agent(model(tools), system_prompt=SYSTEM, tools=[get_current_weather]).run_sync(WEATHER)


def openai_agents(start: Start, chat: str, tools: str) -> None:
    """Run an agent of OpenAI's Agents SDK over chat completions."""
    agents: Any = importlib.import_module("agents")
    openai: Any = importlib.import_module("openai")

    def model(url: str) -> Any:
        return agents.OpenAIChatCompletionsModel(MODEL, openai.AsyncOpenAI(api_key=KEY, base_url=url))

    with start("chat"):
        agents.Runner.run_sync(agents.Agent("plain", model=model(chat)), QUESTION)
    with start("tools"):
        tool = agents.function_tool(get_current_weather)
        agent = agents.Agent("weather", instructions=SYSTEM, tools=[tool], model=model(tools))
        agents.Runner.run_sync(agent, WEATHER)


def dspy(start: Start, chat: str, tools: str) -> None:
    """Ask by DSPy's model; its signatures want answers in a form of their own, which were not recorded."""
    lib: Any = importlib.import_module("dspy")
    with start("chat"):
        lib.LM(f"openai/{MODEL}", api_key=KEY, api_base=chat, cache=False)(QUESTION)


def llama_index(start: Start, chat: str, tools: str) -> None:
    """Ask a model of LlamaIndex, and give one tools to call."""
    models: Any = importlib.import_module("llama_index.llms.openai")
    llms: Any = importlib.import_module("llama_index.core.llms")
    tool: Any = importlib.import_module("llama_index.core.tools").FunctionTool.from_defaults(get_current_weather)
    with start("chat"):
        models.OpenAI(MODEL, api_key=KEY, api_base=chat).chat([llms.ChatMessage(role="user", content=QUESTION)])
    with start("tools"):
        model = models.OpenAI(MODEL, api_key=KEY, api_base=tools)
        said = [llms.ChatMessage(role="system", content=SYSTEM), llms.ChatMessage(role="user", content=WEATHER)]
        asked = model.chat_with_tools([tool], chat_history=said, allow_parallel_tool_calls=True)
        calls = model.get_tool_calls_from_response(asked)
        answers = [
            llms.ChatMessage(
                role="tool",
                content=str(tool.call(**call.tool_kwargs)),
                additional_kwargs={"tool_call_id": call.tool_id},
            )
            for call in calls
        ]
        model.chat_with_tools([tool], chat_history=[*said, asked.message, *answers])


PROGRAMS: Mapping[str, Callable[[Start, str, str], None]] = {
    "langchain": langchain,
    "langgraph": langgraph,
    "litellm": litellm,
    "pydantic-ai": pydantic_ai,
    "openai-agents": openai_agents,
    "dspy": dspy,
    "llama-index": llama_index,
}


def traced_by_mlflow(framework: str, server: str) -> tuple[Start, Callable[[], object]]:
    """Turn MLflow's autolog on; return how a trace is begun, and what waits until all are sent."""
    os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    mlflow: Any = importlib.import_module("mlflow")
    mlflow.set_tracking_uri(server)
    mlflow.set_experiment(f"mlflow {framework}")
    module = {"langgraph": "langchain", "openai-agents": "openai"}.get(framework, framework.replace("-", "_"))
    importlib.import_module(f"mlflow.{module}").autolog()
    return mlflow.start_span, mlflow.flush_trace_async_logging


def traced_by_lodeline(framework: str, server: str) -> tuple[Start, Callable[[], object]]:
    """Turn our autolog on; as above."""
    lodeline: Any = importlib.import_module("lodeline")
    lodeline.configure(url=server, experiment=f"lodeline {framework}")
    name = {"langgraph": "langchain"}.get(framework, framework)
    if lodeline.autolog(name) != (name,):
        raise RuntimeError(f"{name} is not traced")
    return lodeline.start_span, lodeline.shutdown


def main(tracer: str, framework: str, server: str, replay: str) -> None:
    """Run the program of a framework."""
    traced = traced_by_mlflow if tracer == "mlflow" else traced_by_lodeline
    start, finish = traced(framework, server)
    asyncio.set_event_loop(asyncio.new_event_loop())
    PROGRAMS[framework](start, f"{replay}/openai-chat/v1", f"{replay}/openai-tools/v1")
    finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
