"""Use cases of prompts: who may do what with a name that all experiments share."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.errors import Conflict, Forbidden, LodelineError, NotFound, Unauthenticated
from lodeline.domain.ids import AccountId, ExperimentId
from lodeline.domain.prompt import PromptChange, PromptDraft
from lodeline.query.ast import Search
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from lodeline.storage.base import PromptStore
from tests.services.bundled import make, services_over

ONE, TWO, THREE = ExperimentId("1"), ExperimentId("2"), ExperimentId("3")
EDITOR = Actor("account", "ed", AccountId("acc-1"), role="editor")
VIEWER = Actor("account", "vi", AccountId("acc-2"), role="viewer")
ONLY_TWO = Actor("account", "two", AccountId("acc-3"), roles={TWO: "editor"})
READS_ONE = Actor("account", "both", AccountId("acc-4"), roles={ONE: "viewer", TWO: "editor"})
HELLO = PromptDraft("greet", "Hello {{ who }}")


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Services]:
    """Experiments 1 "one", 2 "two" and 3 "three"; "greet" belongs to the first."""
    with services_over(str(request.param).format(tmp_path)) as opened:
        for name in ("one", "two", "three"):
            make(opened, name)
        opened.prompts.register(EDITOR, "one", HELLO)
        yield opened


def names(services: Services, actor: Actor, *experiments: str) -> list[str]:
    return [prompt.name for prompt in services.prompts.search(actor, ListQuery(experiments)).items]


def test_a_name_means_one_prompt_wherever_it_is_asked_for(services: Services) -> None:
    assert services.prompts.get(VIEWER, "greet").experiment_id == ONE
    assert services.prompts.version(VIEWER, "greet", "latest", experiment="one").template == "Hello {{ who }}"
    for ask in (
        lambda: services.prompts.get(VIEWER, "greet", experiment="two"),
        lambda: services.prompts.delete(EDITOR, "greet", experiment="two"),
        lambda: services.prompts.get(VIEWER, "greet", experiment="none"),
    ):
        with pytest.raises(NotFound):
            ask()
    second = services.prompts.register(EDITOR, "two", PromptDraft("greet", "Hi {{ who }}")).version
    assert (second.version, second.experiment_id) == (2, ONE)
    assert services.prompts.get(VIEWER, "greet", experiment="two").linked_experiment_ids == (TWO,)
    assert names(services, VIEWER, "two") == ["greet"]
    assert services.prompts.register(EDITOR, None, HELLO).version.version == 3
    assert services.prompts.register(EDITOR, None, PromptDraft("new", "x")).version.experiment_id == "0"
    actions = [entry.details for entry in services.stores.audit.search(Search(limit=99)).items]
    assert {"linked": "2"} in actions


@pytest.mark.parametrize(
    ("actor", "raised"),
    [(VIEWER, Forbidden), (READS_ONE, Forbidden), (ONLY_TWO, Conflict), (Actor("anonymous", "-"), Unauthenticated)],
)
def test_who_may_not_write_registers_nothing(services: Services, actor: Actor, raised: type[LodelineError]) -> None:
    with pytest.raises(raised):
        services.prompts.register(actor, "two" if actor is not VIEWER else None, HELLO)
    assert services.prompts.get(EDITOR, "greet").latest_version == 1


def test_what_is_out_of_reach_is_not_there_and_its_name_says_nothing(services: Services) -> None:
    for draft in (HELLO, PromptDraft("greet", "guess")):
        with pytest.raises(Conflict) as caught:
            services.prompts.register(ONLY_TWO, "two", draft)
        assert caught.value.details == {"name": "greet"}
        assert "one" not in caught.value.message.split()
    unknown = str(NotFound.of("prompt", "greet"))
    for ask in (
        lambda: services.prompts.get(ONLY_TWO, "greet"),
        lambda: services.prompts.version(ONLY_TWO, "greet", "1"),
        lambda: services.prompts.versions(ONLY_TWO, "greet"),
        lambda: services.prompts.alias_events(ONLY_TWO, "greet"),
        lambda: services.prompts.update(ONLY_TWO, "greet", PromptChange(link=(TWO,))),
        lambda: services.prompts.delete(ONLY_TWO, "greet"),
    ):
        with pytest.raises(NotFound) as missing:
            ask()
        assert str(missing.value) == unknown
    assert names(services, ONLY_TWO) == []


def test_a_link_lets_read_and_no_more(services: Services) -> None:
    services.prompts.update(EDITOR, "greet", PromptChange(link=(TWO, THREE)))
    assert services.prompts.get(ONLY_TWO, "greet").linked_experiment_ids == (TWO,)
    assert services.prompts.version(ONLY_TWO, "greet", "1").template == "Hello {{ who }}"
    assert names(services, ONLY_TWO) == names(services, ONLY_TWO, "two") == ["greet"]
    assert services.prompts.search(ONLY_TWO, ListQuery()).items[0].linked_experiment_ids == (TWO,)
    for ask in (
        lambda: services.prompts.update(ONLY_TWO, "greet", PromptChange(description="x")),
        lambda: services.prompts.delete(ONLY_TWO, "greet"),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(Conflict):
        services.prompts.register(ONLY_TWO, "two", HELLO)
    services.prompts.update(EDITOR, "greet", PromptChange(unlink=(TWO,)))
    with pytest.raises(NotFound):
        services.prompts.get(ONLY_TWO, "greet")


def test_linking_needs_writing_on_both_sides(services: Services) -> None:
    one_editor = Actor("account", "o", AccountId("acc-5"), roles={ONE: "editor", THREE: "viewer"})
    with pytest.raises(NotFound):
        services.prompts.update(one_editor, "greet", PromptChange(link=(TWO,)))
    with pytest.raises(Forbidden):
        services.prompts.update(one_editor, "greet", PromptChange(link=(THREE,)))
    with pytest.raises(Forbidden):
        services.prompts.update(READS_ONE, "greet", PromptChange(link=(TWO,)))
    assert services.prompts.get(EDITOR, "greet").linked_experiment_ids == ()


def test_a_prompt_that_another_caller_makes_meanwhile_is_used(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: PromptStore = services.stores.prompts
    seen = store.find

    def find(name: str) -> object:
        monkeypatch.setattr(store, "find", seen)
        return None

    monkeypatch.setattr(store, "find", find)
    made = services.prompts.register(EDITOR, "two", PromptDraft("greet", "Hi"))
    assert (made.version.version, made.version.experiment_id) == (2, ONE)
    assert services.prompts.get(LOCAL, "greet").linked_experiment_ids == (TWO,)
