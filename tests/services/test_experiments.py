"""Use cases of experiments."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lodeline.auth.actor import ANONYMOUS, LOCAL, Actor
from lodeline.domain.errors import (
    Conflict,
    Deleted,
    Forbidden,
    Invalid,
    LodelineError,
    NotFound,
    TooLarge,
    Unauthenticated,
)
from lodeline.domain.experiment import (
    ExperimentChange,
    ExperimentDraft,
    PriceOverride,
    SettingsChange,
)
from lodeline.domain.ids import AccountId, ExperimentId
from lodeline.query.ast import Search
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import span, write
from tests.services.bundled import clock_of, make, services_over

EDITOR = Actor("account", "ed", AccountId("acc-1"), role="editor")
ADA = Actor("account", "ada", AccountId("acc-2"), roles={ExperimentId("1"): "viewer"})


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as opened:
        yield opened


def names(services: Services, actor: Actor = LOCAL, query: ListQuery | None = None, **options: object) -> list[str]:
    page = services.experiments.search(actor, query or ListQuery(), **options)  # pyright: ignore[reportArgumentType]
    return [experiment.name for experiment in page.items]


def actions(services: Services) -> list[tuple[str, str]]:
    return [(e.action, e.target) for e in services.stores.audit.search(Search(limit=1000)).items[::-1]]


def test_an_experiment_remembers_who_made_it(services: Services) -> None:
    assert services.experiments.create(EDITOR, ExperimentDraft("a", created_by="somebody else")).created_by == "ed"
    assert make(services).created_by is None


def test_creating_again_with_the_same_key_gives_the_first_one(services: Services) -> None:
    draft = ExperimentDraft("a", client_key="k")
    assert services.experiments.create(LOCAL, draft) == services.experiments.create(LOCAL, draft)
    with pytest.raises(Conflict):
        services.experiments.create(LOCAL, ExperimentDraft("a"))


def test_a_key_of_an_experiment_out_of_reach_says_nothing_of_it(services: Services) -> None:
    secret = services.experiments.create(LOCAL, ExperimentDraft("secret", description="plans", client_key="k"))
    outside = replace(EDITOR, roles={secret.experiment_id: "reviewer"})
    with pytest.raises(Conflict) as caught:
        services.experiments.create(outside, ExperimentDraft("a", client_key="k"))
    told = f"{caught.value.message} {caught.value.details}"
    assert (caught.value.error_code, "secret" in told, "plans" in told) == ("client_key_taken", False, False)
    assert secret.experiment_id not in caught.value.details.values()
    assert services.experiments.create(EDITOR, ExperimentDraft("a", client_key="k")) == secret
    made = services.experiments.create(outside, ExperimentDraft("b", client_key="other"))
    assert services.experiments.create(outside, ExperimentDraft("b", client_key="other")) == made


def test_a_name_is_found_as_id_first_and_then_as_name(services: Services) -> None:
    one = make(services, "one")
    numbered = make(services, "7")
    assert services.experiments.find(LOCAL, "one") == one
    assert services.experiments.find(LOCAL, "1") == one
    assert services.experiments.find(LOCAL, "7") == numbered
    assert services.experiments.find(LOCAL, numbered.experiment_id) == numbered
    with pytest.raises(NotFound):
        services.experiments.find(LOCAL, "99")


def test_a_rename_holds_for_the_next_lookup(services: Services) -> None:
    made = make(services, "before")
    assert services.experiments.find(LOCAL, "before") == made
    services.experiments.update(LOCAL, made.experiment_id, ExperimentChange(name="after"))
    assert services.experiments.find(LOCAL, "after").experiment_id == made.experiment_id
    with pytest.raises(NotFound):
        services.experiments.find(LOCAL, "before")


def test_deleting_hides_what_is_in_it_and_restoring_brings_it_back(services: Services) -> None:
    made = make(services)
    services.stores.traces.write([write("tr-1", span(), experiment=made.experiment_id)])
    for _ in range(2):
        assert services.experiments.delete(LOCAL, made.experiment_id).lifecycle == "DELETED"
    with pytest.raises(NotFound, match="tr-1"):
        services.traces.get(LOCAL, write("tr-1").trace_id)
    with pytest.raises(NotFound) as hidden:
        services.traces.search(LOCAL, ListQuery((made.experiment_id,)))
    assert hidden.value.error_code == "experiment_deleted"
    assert services.traces.search(LOCAL, ListQuery()).items == ()
    with pytest.raises(Deleted):
        services.experiments.update(LOCAL, made.experiment_id, ExperimentChange(description="x"))
    for _ in range(2):
        assert services.experiments.restore(LOCAL, made.experiment_id).lifecycle == "ACTIVE"
    assert services.traces.get(LOCAL, write("tr-1").trace_id).experiment_id == made.experiment_id
    assert actions(services) == [
        ("experiment.create", "app"), ("experiment.delete", "1"), ("experiment.restore", "1"),
    ]  # fmt: skip


def test_only_a_deleted_experiment_is_purged(services: Services) -> None:
    made = make(services)
    with pytest.raises(Conflict):
        services.experiments.purge(LOCAL, made.experiment_id)
    services.experiments.delete(LOCAL, made.experiment_id)
    assert services.experiments.purge(LOCAL, made.experiment_id).name == "app"
    with pytest.raises(NotFound):
        services.experiments.get(LOCAL, made.experiment_id)
    assert make(services).experiment_id != made.experiment_id


@pytest.mark.parametrize("deleted", [False, True])
def test_nothing_is_said_of_who_has_a_name_to_those_who_may_not_read_it(services: Services, deleted: bool) -> None:
    make(services, "own")
    other = make(services, "other").experiment_id
    if deleted:
        services.experiments.delete(LOCAL, other)
    only_own = Actor("account", "own", AccountId("acc-3"), "editor", {other: "reviewer"})
    for actor, details in ((only_own, {}), (EDITOR, {"experiment_id": other, "lifecycle": None})):
        refused: list[Conflict] = []
        with pytest.raises(Conflict) as renamed:
            services.experiments.update(actor, ExperimentId("1"), ExperimentChange(name="other"))
        refused.append(renamed.value)
        with pytest.raises(Conflict) as made:
            services.experiments.create(actor, ExperimentDraft("other"))
        refused.append(made.value)
        for error in refused:
            assert error.error_code == "experiment_name_taken"
            assert error.details.keys() == details.keys()
            assert ("deleted" in error.message) == (deleted and actor is EDITOR)


def test_who_may_not_read_it_is_not_told_what_has_the_id_that_a_name_is(services: Services) -> None:
    make(services, "own")
    other = make(services, "other").experiment_id
    only_own = Actor("account", "own", AccountId("acc-3"), roles={ExperimentId("1"): "editor"})
    change = ExperimentChange(name=other)
    for actor, details in ((only_own, []), (EDITOR, ["experiment_id", "lifecycle"])):
        with pytest.raises(Conflict, match="is the id of another") as refused:
            services.experiments.update(actor, ExperimentId("1"), change)
        assert list(refused.value.details) == details


def test_the_lifecycle_is_no_field_to_edit(services: Services) -> None:
    with pytest.raises(Invalid, match="lifecycle"):
        services.experiments.update(LOCAL, ExperimentId("0"), ExperimentChange(lifecycle="DELETED"))


def test_lists_leave_out_deleted_ones_unless_asked(services: Services) -> None:
    make(services, "kept")
    services.experiments.delete(LOCAL, make(services, "gone").experiment_id)
    assert set(names(services)) == {"Default", "kept"}
    assert names(services, lifecycle="DELETED") == ["gone"]
    assert set(names(services, lifecycle=None)) == {"Default", "kept", "gone"}
    assert names(services, query=ListQuery(filter="name LIKE 'k%'")) == ["kept"]


def test_lists_and_lookups_show_only_what_is_in_reach(services: Services) -> None:
    one, two = make(services, "one"), make(services, "two")
    assert names(services, ADA) == ["one"]
    assert services.experiments.find(ADA, "one") == one
    for hidden in ("two", two.experiment_id, "Default", "unknown", "99"):
        with pytest.raises(NotFound, match=f"experiment '{hidden}' does not exist"):
            services.experiments.find(ADA, hidden)
    with pytest.raises(Forbidden):
        services.experiments.update(ADA, one.experiment_id, ExperimentChange(name="mine"))
    with pytest.raises(NotFound):
        services.experiments.update(ADA, two.experiment_id, ExperimentChange(name="mine"))
    with pytest.raises(Unauthenticated):
        services.experiments.search(ANONYMOUS, ListQuery())


def test_a_role_that_is_taken_away_in_one_experiment_hides_it(services: Services) -> None:
    make(services, "one")
    limited = Actor("account", "eve", AccountId("acc-3"), role="viewer", roles={ExperimentId("1"): "reviewer"})
    assert names(services, limited) == ["Default"]


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (ExperimentDraft(""), Invalid),
        (ExperimentDraft("a\x00b"), Invalid),
        (ExperimentDraft("a" * 501), TooLarge),
        (ExperimentDraft("a", description="d" * 100_001), TooLarge),
        (ExperimentDraft("a", tags={"": "x"}), Invalid),
        (ExperimentDraft("a", tags={"k": "v" * 20_001}), TooLarge),
        (ExperimentDraft("a", client_key=""), Invalid),
        (ExperimentDraft("a", client_key="import:" + "0" * 64), Invalid),
    ],
)
def test_bad_drafts_are_refused(services: Services, draft: ExperimentDraft, error: type[LodelineError]) -> None:
    with pytest.raises(error):
        services.experiments.create(LOCAL, draft)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mask_patterns": ("(",)}, "mask_patterns"),
        ({"mask_patterns": ("(?=a)",)}, "mask_patterns"),
        ({"mask_patterns": ("",)}, "mask_patterns"),
        ({"mask_patterns": ("x*",)}, "in place of"),
        ({"mask_patterns": ("ok", "(?i)[a-z ]*")}, "in place of"),
        ({"mask_patterns": (".*?",)}, "in place of"),
        ({"mask_patterns": ("(secret)?|$",)}, "in place of"),
        ({"prices": (PriceOverride("m", input_usd_per_mtok=-1),)}, "input_usd_per_mtok"),
        ({"prices": (PriceOverride("m", output_usd_per_mtok=float("nan")),)}, "output_usd_per_mtok"),
        ({"prices": (PriceOverride("", input_usd_per_mtok=1),)}, "model"),
        ({"prices": (PriceOverride("m"),)}, "prices"),
        ({"prices": (PriceOverride("m", input_usd_per_mtok=1), PriceOverride("m", input_usd_per_mtok=2))}, "prices"),
        ({"retention": {"max_age_days": 0}}, "max_age_days"),
        ({"retention": {"max_traces": -1}}, "max_traces"),
        ({"retention": {"max_age_days": float("inf")}}, "max_age_days"),
        ({"retention": {"max_age_days": 1e300}}, "max_age_days"),
        ({"budget": {"max_usd": 0}}, "budget.max_usd"),
        ({"budget": {"max_usd": float("nan")}}, "budget.max_usd"),
        ({"budget": {"max_usd": 1e13}}, "budget.max_usd"),
        ({"budget": {"period": "year"}}, "budget.period"),
        ({"environments": ("",)}, "environment"),
        ({"default_environment": "a\nb"}, "environment"),
        ({"recommended_tags": ("",)}, "recommended_tags"),
    ],
)
def test_bad_settings_are_refused_by_name(services: Services, settings: SettingsChange, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        services.experiments.update(LOCAL, ExperimentId("0"), ExperimentChange(settings=settings))


def test_one_model_has_a_price_for_each_provider(services: Services) -> None:
    prices = tuple(PriceOverride("m", provider, input_usd_per_mtok=1) for provider in (None, "a", "b"))
    changed = services.experiments.update(LOCAL, ExperimentId("0"), ExperimentChange(settings={"prices": prices}))
    assert changed.settings.prices == prices


@pytest.mark.parametrize("pattern", [".*", "(?s).*", ".", "[0-9]+", r"\b[0-9]{4}\b", r"\Qa.b"])
def test_masks_of_some_text_or_of_all_are_taken(services: Services, pattern: str) -> None:
    change = ExperimentChange(settings={"mask_patterns": (pattern,)})
    assert services.experiments.update(LOCAL, ExperimentId("0"), change).settings.mask_patterns == (pattern,)


def test_too_many_masks_are_refused(services: Services) -> None:
    change = ExperimentChange(settings={"mask_patterns": ("a",) * 101})
    with pytest.raises(TooLarge, match="mask_patterns"):
        services.experiments.update(LOCAL, ExperimentId("0"), change)


def test_the_audit_trail_says_what_changed_but_not_to_what(services: Services) -> None:
    change = ExperimentChange(
        name="after",
        description="private",
        set_tags={"team": "private"},
        delete_tags=("old",),
        settings={"capture": "none"},
    )
    services.experiments.update(EDITOR, make(services).experiment_id, change)
    entry = services.stores.audit.search(Search()).items[0]
    assert (entry.actor, entry.action, entry.experiment_id) == ("ed", "experiment.update", "1")
    changed = "description, settings.capture, tags.team, tags.old"
    assert dict(entry.details) == {"name": "after", "was": "app", "changed": changed}


@pytest.mark.parametrize(
    "change",
    [
        ExperimentChange(),
        ExperimentChange(name="app", description="", delete_tags=("never",)),
        ExperimentChange(set_tags={"team": "a"}),
        ExperimentChange(settings={"capture": "full", "retention": {"max_traces": None}}),
    ],
)
def test_a_change_that_changes_nothing_leaves_no_trace(services: Services, change: ExperimentChange) -> None:
    made = make(services)
    tagged = services.experiments.update(LOCAL, made.experiment_id, ExperimentChange(set_tags={"team": "a"}))
    before = actions(services)
    clock_of(services).advance(1)
    assert services.experiments.update(LOCAL, made.experiment_id, change) == tagged
    assert actions(services) == before
    services.experiments.delete(LOCAL, made.experiment_id)
    with pytest.raises(Deleted):
        services.experiments.update(LOCAL, made.experiment_id, change)
