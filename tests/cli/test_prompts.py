"""``lodeline prompts`` and ``lodeline scorers``."""

from pathlib import Path

from lodeline.local import connect
from tests.cli.conftest import Lodeline


def test_prompts_are_registered_compared_and_promoted(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "greet.txt"
    file.write_text("Hello {{ who }}\nsecond line\n")
    said = lodeline("prompts", "register", "greet", str(file), "-m", "first", store=store).out
    assert "Registered version 1 of greet; variables: who." in said
    assert "the same already, as version 1" in lodeline("prompts", "register", "greet", str(file), store=store).out
    file.write_text("Good day, {{ who }}\nsecond line\n")
    lodeline("prompts", "register", "greet", str(file), store=store)
    lines = lodeline("prompts", "diff", "greet", "1", store=store).out.splitlines()
    assert {"-Hello {{ who }}", "+Good day, {{ who }}"} <= set(lines)
    lodeline("prompts", "alias", "greet", "production=1", "old=1", "-r", "tested", store=store)
    assert "production=2." in lodeline("prompts", "alias", "greet", "production=2", "old=", store=store).out
    lodeline("prompts", "alias", "greet", "production=x", store=store, code=2)
    shown = lodeline("prompts", "get", "greet", "production", store=store).out
    assert "Good day, {{ who }}" in shown
    assert lodeline("prompts", "get", "greet", "1", "--json", store=store).document()["message"] == "first"
    assert "production=2" in lodeline("prompts", "list", store=store).out
    assert len(lodeline("prompts", "versions", "greet", "--json", store=store).lines()) == 2
    lodeline("experiments", "create", "beta", store=store)
    assert "linked to 1." in lodeline("prompts", "link", "greet", "beta", store=store).out
    assert "greet" in lodeline("prompts", "list", "-e", "beta", store=store).out
    assert "no other experiment" in lodeline("prompts", "link", "greet", "1", "--remove", store=store).out
    chat = tmp_path / "chat.json"
    chat.write_text('[{"role": "user", "content": "{{ q }}"}]')
    lodeline("prompts", "register", "chat", str(chat), store=store)
    assert "[user]" in lodeline("prompts", "get", "chat", store=store).out
    chat.write_text('{"role": "user"}')
    lodeline("prompts", "register", "chat", str(chat), store=store, code=2)
    lodeline("prompts", "delete", "greet", "--yes", store=store)
    assert [item["name"] for item in lodeline("prompts", "list", "--json", store=store).lines()] == ["chat"]


def test_registered_scorers_are_listed_and_deleted(lodeline: Lodeline, store: Path) -> None:
    with connect(store) as client:
        client.scorers.register("exact", {"kind": "BUILTIN"})
        client.scorers.register("exact", {"kind": "BUILTIN", "n": 2})
    assert "BUILTIN" in lodeline("scorers", "list", store=store).out
    assert [item["version"] for item in lodeline("scorers", "get", "exact", store=store).lines()] == [2, 1]
    lodeline("scorers", "delete", "exact", "--yes", store=store)
    assert lodeline("scorers", "list", "--json", store=store).lines() == []
