"""Prompts in programs, against the real application."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from lodeline.domain.errors import Invalid, NotFound, Unavailable
from lodeline.domain.prompt import ChatMessage
from lodeline.local import LocalClient, connect
from lodeline.sdk import default_client, prompts
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.prompts import load_prompt, parse_prompt, register_prompt, search_prompts, set_prompt_alias
from lodeline.sdk.spans import start_span
from lodeline.testing import CapturedTraces


@pytest.fixture
def local(tmp_path: Path) -> Generator[LocalClient]:
    """A store of the test's own, which the fluent functions use; nothing is kept from other tests."""
    prompts.cache.forget()
    with connect(tmp_path / "store") as client:
        default_client.set_default_client(client)
        yield client
        default_client.set_default_client(None)
    prompts.cache.forget()


def test_a_text_prompt_is_filled_once(local: LocalClient) -> None:
    made = register_prompt("greet", "Hello {{ who }}, {{n}} new: {{items}} {not} {{ 1 }}", message="first")
    filled = made.format(who="{{ n }} {{items}}", n=3, items=["a", "ü"])
    assert filled == 'Hello {{ n }} {{items}}, 3 new: ["a", "ü"] {not} {{ 1 }}'
    with pytest.raises(Invalid) as caught:
        made.format(who="x", n=1, item=2)
    assert caught.value.details == {"missing": ["items"], "unknown": ["item"]}
    assert made.template == "Hello {{ who }}, {{n}} new: {{items}} {not} {{ 1 }}"
    assert (made.name, made.version.version, made.version.message) == ("greet", 1, "first")


def test_a_chat_prompt_becomes_messages(local: LocalClient) -> None:
    made = register_prompt(
        "chat", [{"role": "system", "content": "You are {{ role }}."}, ChatMessage("user", "{{ question }}")]
    )
    assert made.format(role="kind", question="why?") == [
        {"role": "system", "content": "You are kind."},
        {"role": "user", "content": "why?"},
    ]
    assert made.template == (ChatMessage("system", "You are {{ role }}."), ChatMessage("user", "{{ question }}"))
    with pytest.raises(Invalid):
        register_prompt("broken", [{"role": "user"}])


def test_versions_are_loaded_by_every_name(local: LocalClient) -> None:
    for text in ("one", "two", "three"):
        register_prompt("p", text)
    prompt = set_prompt_alias("p", "production", 2, reason="tested")
    assert prompt.aliases == {"production": 2}
    for name, expected in (
        ("p", "three"), ("prompts:/p", "three"), ("p/1", "one"), ("prompts:/p/1", "one"), ("p@production", "two"),
        ("prompts:/p@production", "two"),
    ):  # fmt: skip
        assert load_prompt(name).template == expected
    assert load_prompt("p", version=1).template == "one"
    assert load_prompt("p", version="production").template == "two"
    assert set_prompt_alias("p", "production", None).aliases == {}
    for wrong in ("p@production", "none", "p/9"):
        with pytest.raises(NotFound):
            load_prompt(wrong)
    for wrong in ("", "a b", "p@", "p/x", "prompts://p", "../p"):
        with pytest.raises(Invalid):
            parse_prompt(wrong)
    with pytest.raises(Invalid):
        load_prompt("p/1", version=2)
    assert [found.name for found in search_prompts(filter="version = 3")] == ["p"]


def test_what_is_loaded_is_kept_for_a_while(local: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    register_prompt("p", "one")
    assert load_prompt("p").template == "one"
    local.prompts.register("p", "two")
    assert load_prompt("p").template == "one"
    assert load_prompt("p", ttl_s=0.0).template == "one"
    prompts.cache.forget("p")
    assert load_prompt("p", ttl_s=0.0).template == "two"
    local.prompts.register("p", "three")
    assert load_prompt("p").template == "three"
    register_prompt("p", "four")
    assert load_prompt("p").template == "four"
    monkeypatch.setattr(prompts, "MAX_CACHED", 1)
    assert load_prompt("p/1").template == "one"
    local.prompts.register("p", "five")
    assert load_prompt("p").template == "five"


def test_a_server_that_is_away_leaves_what_was_loaded(local: LocalClient) -> None:
    register_prompt("p", "one")
    load_prompt("p", ttl_s=0.0)
    away = LodelineClient("http://127.0.0.1:9", max_retries=0)
    away.url = local.url
    default_client.set_default_client(away)
    assert load_prompt("p").template == "one"
    with pytest.raises(Unavailable):
        load_prompt("p/1")
    away.close()


def test_a_trace_names_the_versions_that_it_used(local: LocalClient, captured: CapturedTraces) -> None:
    one, two = register_prompt("one", "1 {{x}}"), register_prompt("two", "2")
    one.format(x=1)
    with start_span("turn"):
        load_prompt("two")
        with start_span("inner"):
            one.format(x=1)
            one.format(x=2)
            two.format()
    said = captured.span("turn").attributes
    assert json.loads(str(said["lodeline.metadata.lodeline.prompts"])) == [
        {"name": "two", "version": 1},
        {"name": "one", "version": 1},
    ]
    assert said["lodeline.metadata.lodeline.prompt.one"] == "1"
