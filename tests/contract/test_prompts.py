"""Contract of `PromptStore`."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, TooLarge
from lodeline.domain.ids import ExperimentId
from lodeline.domain.prompt import (
    MAX_LINKS,
    ChatMessage,
    EmptyPrompt,
    Prompt,
    PromptAliasEvent,
    PromptChange,
    PromptDraft,
    RegisteredPrompt,
    check_prompt,
)
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import (
    T0_MS,
    all_pages,
    audit,
    delete_experiment,
    make_experiment,
    restore_experiment,
    search,
)

ZERO = ExperimentId("0")
CHAT = (ChatMessage("system", "You are {{ role }}."), ChatMessage("user", "{{question}} ü\u2028"))


def register(stores: Stores, name: str = "greet", template: str | None = "Hello {{ who }}", *, experiment: str = "0",
             at_ms: int = T0_MS,
             messages: tuple[ChatMessage, ...] = (), **more: object) -> RegisteredPrompt:  # fmt: skip
    draft = PromptDraft(name, template, messages, **more)  # type: ignore[arg-type]
    return stores.prompts.register(
        ExperimentId(experiment), draft, check_prompt(draft), by="ann", now_ms=at_ms, audit=audit("prompt.register")
    )


def known(stores: Stores, name: str) -> Prompt:
    found = stores.prompts.find(name)
    assert found is not None
    return found


def change(stores: Stores, name: str, what: PromptChange, *, experiment: str = "0", at_ms: int = T0_MS + 1) -> Prompt:
    return stores.prompts.update(
        ExperimentId(experiment), name, what, by="bob", now_ms=at_ms, audit=audit("prompt.update")
    )


def listed(stores: Stores, text: str = "", *, order: str = "", experiments: Sequence[str] = ("0",)) -> list[str]:
    first = search(text, entity="prompt", experiments=experiments, order=order, limit=2)
    return [prompt.name for prompt in all_pages(stores.prompts.search, first)]


def test_a_version_keeps_everything(stores: Stores) -> None:
    made = register(
        stores, "chat", None, messages=CHAT, message="first", tags={"k": "v"}, description="d",
        response_format={"type": "object", "n": 1.5}, model_config={"model": "m", "temperature": 0},
    )  # fmt: skip
    version = made.version
    assert made.made
    assert (version.name, version.version, version.kind, version.template) == ("chat", 1, "chat", None)
    assert (version.messages, version.variables, version.author) == (CHAT, ("role", "question"), "ann")
    assert (version.response_format, version.model_config) == (
        {"type": "object", "n": 1.5}, {"model": "m", "temperature": 0},
    )  # fmt: skip
    assert stores.prompts.version(ZERO, "chat", "1") == version
    assert known(stores, "chat") == Prompt(
        "chat", ZERO, 1, T0_MS, T0_MS, "ann", "d", {}, {}
    )  # fmt: skip


def test_the_same_again_is_the_latest_version(stores: Stores) -> None:
    first = register(stores)
    again = register(stores, message="other words about it", tags={"x": "y"}, at_ms=T0_MS + 5)
    assert (again.made, again.version) == (False, first.version)
    second = register(stores, template="Bye {{ who }}", at_ms=T0_MS + 6)
    assert (second.made, second.version.version) == (True, 2)
    assert register(stores).version.version == 3
    prompt = known(stores, "greet")
    assert (prompt.latest_version, prompt.created_ms) == (3, T0_MS)
    actions = [entry.action for entry in stores.audit.search(Search(limit=10)).items]
    assert actions.count("prompt.register") == 3


def test_a_prompt_stays_of_its_kind(stores: Stores) -> None:
    register(stores)
    with pytest.raises(Conflict):
        register(stores, template=None, messages=CHAT)
    assert known(stores, "greet").latest_version == 1


def test_versions_are_found_by_number_alias_and_latest(stores: Stores) -> None:
    for number in range(1, 6):
        register(stores, template=f"t{number}")
    change(stores, "greet", PromptChange(set_aliases={"production": 2, "test": 5}))
    found = {ref: stores.prompts.version(ZERO, "greet", ref).version for ref in ("latest", "3", "production", "test")}
    assert found == {"latest": 5, "3": 3, "production": 2, "test": 5}
    for ref in ("0", "6", "none", "-1", "٣" * 20):
        with pytest.raises(NotFound):
            stores.prompts.version(ZERO, "greet", ref)
    pages = [stores.prompts.versions(ZERO, "greet", limit=2, cursor=None)]
    while (cursor := pages[-1].cursor) is not None:
        pages.append(stores.prompts.versions(ZERO, "greet", limit=2, cursor=cursor))
    assert [version.version for page in pages for version in page.items] == [5, 4, 3, 2, 1]
    with pytest.raises(Invalid):
        stores.prompts.versions(ZERO, "greet", limit=2, cursor="x")


def test_moves_of_aliases_are_events(stores: Stores) -> None:
    register(stores, template="a")
    register(stores, template="b")
    change(stores, "greet", PromptChange(set_aliases={"production": 1}, reason="first"), at_ms=T0_MS + 1)
    change(stores, "greet", PromptChange(set_aliases={"production": 1}), at_ms=T0_MS + 2)
    change(stores, "greet", PromptChange(set_aliases={"production": 2}, reason="better"), at_ms=T0_MS + 3)
    prompt = change(stores, "greet", PromptChange(delete_aliases=("production", "none")), at_ms=T0_MS + 4)
    assert prompt.aliases == {}
    assert list(stores.prompts.alias_events(ZERO, "greet", limit=10)) == [
        PromptAliasEvent("production", 2, None, T0_MS + 4, "bob"),
        PromptAliasEvent("production", 1, 2, T0_MS + 3, "bob", "better"),
        PromptAliasEvent("production", None, 1, T0_MS + 1, "bob", "first"),
    ]
    assert len(stores.prompts.alias_events(ZERO, "greet", limit=1)) == 1
    with pytest.raises(NotFound):
        change(stores, "greet", PromptChange(set_aliases={"ok": 1, "bad": 3}, set_tags={"a": "b"}))
    assert known(stores, "greet") == prompt


def test_descriptions_and_tags_change(stores: Stores) -> None:
    register(stores)
    change(stores, "greet", PromptChange(description="d", set_tags={"x": "1", "y": "2"}))
    prompt = change(stores, "greet", PromptChange(set_tags={"z": "3"}, delete_tags=("y", "none")))
    assert (prompt.description, prompt.tags, prompt.updated_ms) == ("d", {"x": "1", "z": "3"}, T0_MS + 1)
    assert known(stores, "greet") == prompt


def test_lists_are_filtered_and_sorted(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    for number, name in enumerate(("b", "a", "c")):
        register(stores, name, at_ms=T0_MS + number)
    register(stores, "elsewhere", experiment=other)
    change(stores, "a", PromptChange(set_tags={"team": "x"}, set_aliases={"production": 1, "test": 1}))
    register(stores, "b", "more")
    assert listed(stores) == ["c", "a", "b"]
    assert listed(stores, order="name desc") == ["c", "b", "a"]
    assert listed(stores, "tags.team = 'x' AND alias = 'test'") == ["a"]
    assert listed(stores, "version = 2 OR name LIKE 'c%'", order="name") == ["b", "c"]
    assert listed(stores, experiments=(other,)) == ["elsewhere"]


def test_names_are_unique_in_the_store_and_hidden_with_their_experiment(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    register(stores, template="there", experiment=other)
    with pytest.raises(Conflict) as caught:
        register(stores, template="here")
    assert (caught.value.error_code, caught.value.details) == ("prompt_name_taken", {"name": "greet"})
    assert stores.prompts.version(other, "greet", "latest").template == "there"
    for ask in (
        lambda: stores.prompts.version(ZERO, "greet", "1"),
        lambda: change(stores, "greet", PromptChange(description="x")),
        lambda: stores.prompts.delete(ZERO, "greet", audit=audit()),
    ):
        with pytest.raises(NotFound):
            ask()
    delete_experiment(stores, other)
    assert stores.prompts.find("greet") is stores.prompts.find("none") is None
    for ask in (
        lambda: stores.prompts.version(other, "greet", "1"),
        lambda: stores.prompts.versions(other, "greet", limit=1, cursor=None),
        lambda: stores.prompts.alias_events(other, "greet", limit=1),
        lambda: change(stores, "none", PromptChange()),
        lambda: stores.prompts.delete(ZERO, "none", audit=audit()),
        lambda: register(stores, experiment="99"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert listed(stores, experiments=("0", other)) == []
    with pytest.raises(Conflict):
        register(stores, template="here")
    for ask in (
        lambda: register(stores, template="x", experiment=other),
        lambda: change(stores, "greet", PromptChange(description="x"), experiment=other),
        lambda: stores.prompts.delete(other, "greet", audit=audit()),
    ):
        with pytest.raises(Deleted):
            ask()
    restore_experiment(stores, other)
    assert known(stores, "greet").experiment_id == other
    delete_experiment(stores, other)
    assert stores.experiments.purge(other, audit=audit()).prompts == 1
    assert register(stores, template="here").version.version == 1
    assert stores.admin.check() == []


def test_linked_experiments_list_a_prompt(stores: Stores) -> None:
    one, two = (make_experiment(stores, name).experiment_id for name in ("one", "two"))
    register(stores)
    prompt = change(stores, "greet", PromptChange(link=(two, one, ZERO)))
    assert prompt.linked_experiment_ids == (one, two)
    assert known(stores, "greet") == prompt == change(stores, "greet", PromptChange(link=(one,)))
    assert [listed(stores, experiments=wanted) for wanted in ((one,), (two, one, "0"))] == [["greet"], ["greet"]]
    for wrong in (PromptChange(link=(ExperimentId("99"),)), PromptChange(link=(ExperimentId("x"),))):
        with pytest.raises(NotFound):
            change(stores, "greet", wrong)
    assert change(stores, "greet", PromptChange(unlink=(one, ExperimentId("7")))).linked_experiment_ids == (two,)
    assert listed(stores, experiments=(one,)) == []
    delete_experiment(stores, two)
    assert listed(stores, experiments=(two,)) == []
    with pytest.raises(Deleted):
        change(stores, "greet", PromptChange(link=(two,)))
    assert stores.experiments.purge(two, audit=audit()).prompts == 0
    assert known(stores, "greet").linked_experiment_ids == ()
    change(stores, "greet", PromptChange(link=(one,)))
    stores.prompts.delete(ZERO, "greet", audit=audit())
    assert listed(stores, experiments=(one,)) == []
    register(stores)
    many = tuple(make_experiment(stores, f"e{number}").experiment_id for number in range(MAX_LINKS + 1))
    with pytest.raises(TooLarge):
        change(stores, "greet", PromptChange(link=many))
    assert stores.admin.check() == []


def test_deleting_removes_all_versions(stores: Stores) -> None:
    register(stores, template="a")
    register(stores, template="b")
    change(stores, "greet", PromptChange(set_aliases={"production": 1}))
    assert stores.prompts.delete(ZERO, "greet", audit=audit()) == 2
    assert stores.prompts.find("greet") is None
    assert register(stores).version.version == 1
    assert known(stores, "greet").aliases == {}
    assert stores.prompts.alias_events(ZERO, "greet", limit=9) == []


def test_a_prompt_may_begin_without_versions(stores: Stores) -> None:
    draft = EmptyPrompt("empty", "for later", {"team": "a"})
    made = stores.prompts.create(ZERO, draft, by="ann", now_ms=T0_MS, audit=audit("prompt.create"))
    assert (made.latest_version, made.description, dict(made.tags), made.created_by) == (
        0,
        "for later",
        {"team": "a"},
        "ann",
    )
    assert known(stores, "empty") == made
    with pytest.raises(NotFound):
        stores.prompts.version(ZERO, "empty", "latest")
    with pytest.raises(Conflict):
        stores.prompts.create(ZERO, draft, by=None, now_ms=T0_MS, audit=audit())
    assert register(stores, "empty", None, messages=CHAT).version.version == 1
    assert dict(known(stores, "empty").tags) == {"team": "a"}
    assert [entry.action for entry in stores.audit.search(Search(limit=9)).items] == [
        "prompt.register",
        "prompt.create",
    ]


def test_the_same_again_is_a_version_when_it_is_to_be(stores: Stores) -> None:
    draft = PromptDraft("greet", "Hello {{ who }}")
    digest = check_prompt(draft)
    made = [
        stores.prompts.register(ZERO, draft, digest, repeat=repeat, by=None, now_ms=T0_MS, audit=audit())
        for repeat in (True, True, False)
    ]
    assert [(each.version.version, each.made) for each in made] == [(1, True), (2, True), (2, False)]


def test_tags_of_versions_change_and_nothing_else(stores: Stores) -> None:
    first = register(stores, tags={"a": "1", "b": "2"}).version
    register(stores, template="Bye {{ who }}")
    found = stores.prompts.tag_version(
        ZERO, "greet", 1, set_tags={"a": "3", "c": "4"}, delete_tags=("b", "c"), audit=audit("prompt.tag_version")
    )
    assert dict(found.tags) == {"a": "3"}
    assert stores.prompts.version(ZERO, "greet", "1") == found == replace(first, tags={"a": "3"})
    assert dict(stores.prompts.version(ZERO, "greet", "2").tags) == {}
    for name, version in (("greet", 3), ("greet", 0), ("other", 1)):
        with pytest.raises(NotFound):
            stores.prompts.tag_version(ZERO, name, version, set_tags={}, delete_tags=(), audit=audit())
