"""Contract of `ExperimentStore`."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from lodeline.domain.blob import experiment_folder
from lodeline.domain.budget import CostBudget
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound
from lodeline.domain.experiment import (
    ExperimentChange,
    ExperimentDraft,
    ExperimentSettings,
    PriceOverride,
    PurgeReceipt,
    Retention,
    SettingsChange,
)
from lodeline.domain.ids import MAX_EXPERIMENT_NUMBER, AssessmentId, ExperimentId, TraceId
from lodeline.domain.issue import IssueDraft, IssueId, issue_of
from lodeline.domain.labeling import ItemDraft, LabelingDraft, ReviewTarget
from lodeline.domain.run import RunDraft
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import (
    T0_MS,
    all_pages,
    audit,
    delete_experiment,
    found,
    judgment,
    make_experiment,
    restore_experiment,
    search,
    span,
    write,
)
from tests.contract.reviewing import GOOD, traced

DEFAULT = ExperimentId("0")
SETTINGS = ExperimentSettings(
    capture="hashed",
    mask_patterns=("a+", "ü"),
    mask_secrets=False,
    prices=(PriceOverride("gpt", "openai", input_usd_per_mtok=1.5, cache_read_usd_per_mtok=0.0),),
    retention=Retention(max_age_days=1.5, max_traces=3, max_bytes=4),
    recommended_tags=("team",),
    environments=("prod", "dev"),
    default_environment="dev",
    budget=CostBudget(0.5, "day"),
)


def listed(stores: Stores, text: str = "", *, order: str = "") -> list[str]:
    first = search(text, entity="experiment", experiments=(), order=order, limit=2)
    return [experiment.experiment_id for experiment in all_pages(stores.experiments.search, first)]


def test_the_default_experiment_always_exists(stores: Stores) -> None:
    default = stores.experiments.get(DEFAULT)
    assert (default.name, default.lifecycle) == ("Default", "ACTIVE")
    assert stores.experiments.find("Default") == default


def test_create_keeps_everything_the_draft_says(stores: Stores) -> None:
    draft = ExperimentDraft(
        "ßtraße 'x' %", description="d\n\n", tags={"k": "v", "": "empty key", "Ü": ""}, settings=SETTINGS,
        artifact_root="s3://x", created_by="ann",
    )  # fmt: skip
    made = stores.experiments.create(draft, now_ms=T0_MS, audit=audit())
    assert stores.experiments.get(made.experiment_id) == made
    assert (made.name, made.description, made.tags, made.settings) == (
        draft.name, draft.description, draft.tags, SETTINGS,
    )  # fmt: skip
    assert (made.artifact_root, made.created_by, made.lifecycle) == ("s3://x", "ann", "ACTIVE")
    assert (made.created_ms, made.updated_ms) == (T0_MS, T0_MS)


def test_ids_are_small_decimal_numbers_and_never_reused(stores: Stores) -> None:
    first, second = make_experiment(stores, "a"), make_experiment(stores, "b")
    delete_experiment(stores, second.experiment_id)
    stores.experiments.purge(second.experiment_id, audit=audit())
    third = make_experiment(stores, "b")
    ids = [int(e.experiment_id) for e in (first, second, third)]
    assert ids == sorted(set(ids))
    assert ids[0] > 0
    assert ids[-1] < 100


def test_a_given_id_is_taken_when_free(stores: Stores) -> None:
    assert make_experiment(stores, "given", experiment_id="7").experiment_id == "7"
    made = [make_experiment(stores, f"e{n}").experiment_id for n in range(9)]
    assert "7" not in made
    assert len(set(made)) == 9


def test_the_greatest_id_can_be_given_and_does_not_end_the_numbering(stores: Stores) -> None:
    make_experiment(stores, "last", experiment_id=str(MAX_EXPERIMENT_NUMBER))
    assert 0 < int(make_experiment(stores, "next").experiment_id) < MAX_EXPERIMENT_NUMBER


def test_a_given_id_that_is_taken_is_a_conflict_that_names_the_holder(stores: Stores) -> None:
    held = make_experiment(stores, "held").experiment_id
    with pytest.raises(Conflict) as caught:
        make_experiment(stores, "other", experiment_id=held)
    assert (caught.value.details["experiment_id"], caught.value.details["lifecycle"]) == (held, "ACTIVE")
    assert stores.experiments.find("other") is None


def test_a_taken_name_is_a_conflict_that_names_the_holder(stores: Stores) -> None:
    held = make_experiment(stores, "held").experiment_id
    with pytest.raises(Conflict) as caught:
        make_experiment(stores, "held")
    assert (caught.value.details["experiment_id"], caught.value.details["lifecycle"]) == (held, "ACTIVE")


def test_a_name_that_is_the_id_of_another_is_a_conflict(stores: Stores) -> None:
    held, other = make_experiment(stores, "held").experiment_id, make_experiment(stores, "other").experiment_id
    delete_experiment(stores, held)
    for name, lifecycle in ((held, "DELETED"), ("0", "ACTIVE")):
        with pytest.raises(Conflict, match="is the id of another experiment") as made:
            make_experiment(stores, name)
        with pytest.raises(Conflict) as renamed:
            stores.experiments.update(other, ExperimentChange(name=name), now_ms=T0_MS, audit=audit())
        for error in (made.value, renamed.value):
            assert error.error_code == "experiment_name_is_id"
            assert error.details == {"experiment_id": name, "lifecycle": lifecycle}
    assert stores.experiments.get(other).name == "other"


def test_an_id_that_is_a_name_is_never_given_out(stores: Stores) -> None:
    named = [make_experiment(stores, name).experiment_id for name in ("3", "4", "7")]
    delete_experiment(stores, named[-1])
    ids = [*named, *(make_experiment(stores, f"e{n}").experiment_id for n in range(3))]
    assert ids == ["1", "2", "5", "6", "8", "9"]
    with pytest.raises(Conflict, match="is the name of another experiment") as caught:
        make_experiment(stores, "given", experiment_id="4")
    assert (caught.value.error_code, caught.value.details["experiment_id"]) == ("experiment_id_taken", "2")


def test_an_experiment_may_be_named_by_its_own_id(stores: Stores) -> None:
    assert make_experiment(stores, "1").experiment_id == "1"
    made = make_experiment(stores, "b").experiment_id
    named = stores.experiments.update(made, ExperimentChange(name=made), now_ms=T0_MS, audit=audit())
    assert named.name == made == "2"
    assert make_experiment(stores, "9", experiment_id="9").name == "9"
    assert make_experiment(stores, "010").name == "010"


def test_names_and_ids_never_cross_however_many_are_made_at_once(stores: Stores) -> None:
    def make(number: int) -> None:
        with suppress(Conflict):
            make_experiment(stores, str(number) if number % 2 else f"e{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(1, 60)))
    listed = stores.experiments.search(Search(limit=1000)).items
    names = {each.name: each.experiment_id for each in listed}
    assert [each for each in listed if names.get(each.experiment_id, each.experiment_id) != each.experiment_id] == []


def test_the_name_of_a_deleted_experiment_stays_reserved_until_purge(stores: Stores) -> None:
    held = make_experiment(stores, "held").experiment_id
    delete_experiment(stores, held)
    with pytest.raises(Conflict) as caught:
        make_experiment(stores, "held")
    assert (caught.value.details["experiment_id"], caught.value.details["lifecycle"]) == (held, "DELETED")
    stores.experiments.purge(held, audit=audit())
    assert make_experiment(stores, "held").experiment_id != held


def test_a_client_key_used_before_returns_that_experiment_unchanged(stores: Stores) -> None:
    first = stores.experiments.create(ExperimentDraft("a", client_key="k"), now_ms=T0_MS, audit=audit())
    again = stores.experiments.create(
        ExperimentDraft("b", description="new", client_key="k"), now_ms=T0_MS + 1, audit=audit()
    )
    assert again == first
    assert stores.experiments.find("b") is None


def test_get_and_find_return_deleted_ones_and_miss_unknown_ones(stores: Stores) -> None:
    made = make_experiment(stores, "a")
    deleted = delete_experiment(stores, made.experiment_id)
    assert deleted.lifecycle == "DELETED"
    assert stores.experiments.get(made.experiment_id) == deleted
    assert stores.experiments.find("a") == deleted
    assert stores.experiments.find("A") is None
    assert stores.experiments.find("a ") is None
    with pytest.raises(NotFound):
        stores.experiments.get(ExperimentId("99"))


def test_update_changes_what_is_given_and_leaves_the_rest(stores: Stores) -> None:
    draft = ExperimentDraft("a", description="d", tags={"x": "1", "y": "2"}, settings=SETTINGS)
    made = stores.experiments.create(draft, now_ms=T0_MS, audit=audit())
    change = ExperimentChange(name="b", set_tags={"x": "9", "z": "3"}, delete_tags=("y", "absent"))
    new = stores.experiments.update(made.experiment_id, change, now_ms=T0_MS + 5, audit=audit())
    assert stores.experiments.get(made.experiment_id) == new
    assert (new.name, new.description, new.tags, new.settings) == ("b", "d", {"x": "9", "z": "3"}, SETTINGS)
    assert (new.created_ms, new.updated_ms) == (T0_MS, T0_MS + 5)
    assert stores.experiments.find("a") is None
    change = ExperimentChange(description="")
    new = stores.experiments.update(made.experiment_id, change, now_ms=T0_MS + 6, audit=audit())
    assert (new.name, new.description, new.settings) == ("b", "", SETTINGS)


def test_a_change_of_settings_leaves_the_others_as_they_are_by_then(stores: Stores) -> None:
    made = stores.experiments.create(ExperimentDraft("a", settings=SETTINGS), now_ms=T0_MS, audit=audit())
    changes: list[SettingsChange] = [
        {"capture": "none"},
        {"default_environment": None, "environments": ()},
        {"retention": {"max_bytes": 77}},
        {"retention": {"max_traces": None}},
        {"budget": {"max_usd": 7.5}},
        {"budget": {"period": "week"}},
        {},
    ]
    for settings in changes:
        change = ExperimentChange(settings=settings)
        stores.experiments.update(made.experiment_id, change, now_ms=T0_MS, audit=audit())
    limits = replace(SETTINGS.retention, max_bytes=77, max_traces=None)
    expected = replace(
        SETTINGS,
        capture="none",
        default_environment=None,
        environments=(),
        retention=limits,
        budget=CostBudget(7.5, "week"),
    )
    assert stores.experiments.get(made.experiment_id).settings == expected


def test_tags_are_set_before_they_are_deleted(stores: Stores) -> None:
    change = ExperimentChange(set_tags={"x": "1"}, delete_tags=("x",))
    assert stores.experiments.update(DEFAULT, change, now_ms=T0_MS, audit=audit()).tags == {}


def test_renaming_to_a_taken_name_is_a_conflict_and_changes_nothing(stores: Stores) -> None:
    first, second = make_experiment(stores, "a"), make_experiment(stores, "b")
    with pytest.raises(Conflict):
        stores.experiments.update(
            second.experiment_id, ExperimentChange(name="a", description="x"), now_ms=T0_MS, audit=audit()
        )
    assert stores.experiments.get(second.experiment_id) == second
    same = stores.experiments.update(first.experiment_id, ExperimentChange(name="a"), now_ms=T0_MS, audit=audit())
    assert same.name == "a"


def test_update_of_an_unknown_experiment_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.experiments.update(ExperimentId("99"), ExperimentChange(name="x"), now_ms=T0_MS, audit=audit())


@pytest.mark.parametrize("change", [ExperimentChange(name="x"), ExperimentChange(lifecycle="DELETED")])
def test_a_deleted_experiment_takes_no_change_but_its_restoration(stores: Stores, change: ExperimentChange) -> None:
    made = make_experiment(stores, "a")
    deleted = delete_experiment(stores, made.experiment_id)
    with pytest.raises(Deleted):
        stores.experiments.update(made.experiment_id, change, now_ms=T0_MS, audit=audit())
    assert stores.experiments.get(made.experiment_id) == deleted
    assert restore_experiment(stores, made.experiment_id).lifecycle == "ACTIVE"


def fill(stores: Stores) -> ExperimentId:
    experiment_id = make_experiment(stores, "full").experiment_id
    spans = [span(session="s", user="u"), span("child", 2, parent=1)]
    stores.traces.write([write("tr-1", *spans, experiment=experiment_id), write("tr-2", span())])
    stores.assessments.log(
        experiment_id, judgment("tr-1", assessment_id=AssessmentId("a-1")), by=None, now_ms=T0_MS, audit=audit()
    )
    stores.assessments.log(experiment_id, judgment(None, session="s"), by=None, now_ms=T0_MS, audit=audit())
    path = f"{experiment_folder(experiment_id)}/traces/x/file"
    stores.blobs.put(path, io.BytesIO(b"12345"), max_bytes=5)
    labeling = LabelingDraft(RunDraft("labels"), (GOOD,), state="OPEN")
    session = stores.labeling.create(experiment_id, labeling, now_ms=T0_MS, audit=audit())
    items = [ItemDraft(traced("tr-1")), ItemDraft(ReviewTarget("SESSION", session="s"))]
    stores.reviews.add_items(session.run.run_id, items, by=None, now_ms=T0_MS, audit=audit())
    for number in range(3):
        issue = issue_of(
            IssueDraft("slow", "It takes minutes."), IssueId(f"iss-{number}"), experiment_id, now_ms=T0_MS
        )
        stores.issues.put(issue, audit=audit())
    return experiment_id


def test_deleting_hides_everything_below_at_once(stores: Stores) -> None:
    experiment_id = fill(stores)
    here = (experiment_id,)
    delete_experiment(stores, experiment_id)
    assert stores.traces.get([TraceId("tr-1"), TraceId("tr-2")])[0].trace_id == "tr-2"
    assert found(stores, experiments=(experiment_id, "0")) == ["tr-2"]
    for read in (
        lambda: stores.spans.skeleton(TraceId("tr-1")),
        lambda: stores.spans.load(TraceId("tr-1")),
        lambda: list(stores.spans.chunks(TraceId("tr-1"))),
        lambda: stores.conversations.session(experiment_id, "s", now_ms=T0_MS),
        lambda: stores.assessments.get(AssessmentId("a-1")),
        lambda: stores.assessments.history(AssessmentId("a-1")),
    ):
        with pytest.raises(NotFound):
            read()
    assert stores.conversations.sessions(search(entity="session", experiments=here), now_ms=T0_MS).items == ()
    assert stores.conversations.users(search(entity="user", experiments=here)).items == ()
    assert stores.assessments.of_traces([TraceId("tr-1")]) == {}
    assert stores.assessments.search(search(entity="assessment", experiments=here)).items == ()
    assert stores.analytics.count(search(experiments=here)) == (0, True)


def test_restoring_brings_everything_back(stores: Stores) -> None:
    experiment_id = fill(stores)
    before = stores.traces.get([TraceId("tr-1")]), stores.spans.load(TraceId("tr-1"))
    judged = stores.assessments.get(AssessmentId("a-1"))
    delete_experiment(stores, experiment_id)
    restore_experiment(stores, experiment_id)
    assert (stores.traces.get([TraceId("tr-1")]), stores.spans.load(TraceId("tr-1"))) == before
    assert stores.assessments.get(AssessmentId("a-1")) == judged
    assert stores.conversations.session(experiment_id, "s", now_ms=T0_MS).trace_count == 1


def test_purge_removes_everything_and_says_how_much(stores: Stores) -> None:
    experiment_id = fill(stores)
    size = stores.traces.get([TraceId("tr-1")])[0].size_bytes
    delete_experiment(stores, experiment_id)
    with pytest.raises(NotFound, match="no purge") as never:
        stores.experiments.purged(experiment_id)
    assert never.value.error_code == "purge_not_found"
    receipt = stores.experiments.purge(experiment_id, audit=audit("experiment.purge"))
    assert stores.experiments.purged(experiment_id) == receipt
    assert not stores.experiments.purging()
    freed = receipt.bytes_freed
    assert receipt == PurgeReceipt(
        experiment_id, "full", traces=1, spans=2, assessments=2, blobs=1, bytes_freed=freed, runs=1, labeling_items=2,
        issues=3, of_traces=1,
    )  # fmt: skip
    (entry,) = [each for each in stores.audit.search(Search()).items if each.action == "experiment.purge"]
    assert entry.details == {
        "traces": "1", "spans": "2", "assessments": "2", "blobs": "1", "bytes_freed": str(freed), "runs": "1",
        "labeling_items": "2", "issues": "3",
    }  # fmt: skip
    assert freed >= 5
    assert size > 0
    with pytest.raises(NotFound):
        stores.experiments.get(experiment_id)
    with pytest.raises(NotFound):
        stores.experiments.purge(experiment_id, audit=audit())
    assert stores.experiments.find("full") is None
    assert stores.blobs.list("") == []
    assert stores.admin.check() == []
    assert found(stores) == ["tr-2"]
    again = make_experiment(stores, "again", experiment_id=experiment_id)
    with pytest.raises(NotFound, match="no purge"):
        stores.experiments.purged(experiment_id)
    assert found(stores, experiments=(again.experiment_id,)) == []
    assert stores.traces.write([write("tr-1", span(), experiment=again.experiment_id)])[0].refused is None
    with pytest.raises(NotFound):
        stores.assessments.get(AssessmentId("a-1"))


def test_what_is_not_deleted_or_is_the_default_cannot_be_purged(stores: Stores) -> None:
    made = make_experiment(stores, "a")
    with pytest.raises(Conflict):
        stores.experiments.purge(made.experiment_id, audit=audit())
    delete_experiment(stores, DEFAULT)
    with pytest.raises(Conflict):
        stores.experiments.purge(DEFAULT, audit=audit())
    assert stores.experiments.get(DEFAULT).lifecycle == "DELETED"


def test_the_default_order_is_newest_created_first(stores: Stores) -> None:
    for number, created_ms in enumerate([T0_MS + 5, T0_MS, T0_MS + 5, T0_MS + 9], start=1):
        stores.experiments.create(ExperimentDraft(f"e{number}"), now_ms=created_ms, audit=audit())
    assert listed(stores)[:4] == ["4", "3", "1", "2"]


def test_lists_are_filtered_and_sorted_like_any_other(stores: Stores) -> None:
    for name, team in (("b", "x"), ("a", "y"), ("c", "x")):
        draft = ExperimentDraft(name, tags={"team": team}, description=f"about {name}", created_by="ann")
        stores.experiments.create(draft, now_ms=T0_MS, audit=audit())
    delete_experiment(stores, "3")
    assert listed(stores, "tags.team = 'x'", order="name") == ["1", "3"]
    assert listed(stores, "lifecycle = 'ACTIVE'", order="name desc") == ["1", "2", "0"]
    assert listed(stores, "name IN ('a', 'b') AND description LIKE '%a'") == ["2"]
    assert listed(stores, "description IS NULL") == ["0"]
    assert listed(stores, "created_by = 'ann' AND NOT lifecycle = 'DELETED'", order="id") == ["1", "2"]


def test_named_experiments_restrict_the_list(stores: Stores) -> None:
    for name in "abc":
        make_experiment(stores, name)
    page = stores.experiments.search(search(entity="experiment", experiments=("1", "3", "99")))
    assert {e.experiment_id for e in page.items} == {"1", "3"}


def test_a_cursor_of_another_list_is_invalid(stores: Stores) -> None:
    for name in "abc":
        make_experiment(stores, name)
    cursor = stores.experiments.search(search(entity="experiment", experiments=(), limit=1)).cursor
    assert cursor is not None
    for bad in ("x", "", cursor[:20], cursor[::-1]):
        with pytest.raises(Invalid):
            stores.experiments.search(search(entity="experiment", experiments=(), cursor=bad))
    with pytest.raises(Invalid):
        stores.experiments.search(search("name != 'x'", entity="experiment", experiments=(), cursor=cursor))


@pytest.mark.parametrize("deleted", [False, True])
def test_the_home_of_a_thing_is_told_of_a_deleted_experiment_too(stores: Stores, deleted: bool) -> None:
    experiment_id = fill(stores)
    if deleted:
        delete_experiment(stores, experiment_id)
    assert stores.experiments.home_of("trace", "tr-1") == experiment_id
    assert stores.experiments.home_of("assessment", "a-1") == experiment_id
    for noun in ("trace", "assessment", "run", "evaluation", "labeling session", "item", "model", "dataset", "issue",
                 "label schema", "review queue", "prompt", "nonsense"):  # fmt: skip
        assert stores.experiments.home_of(noun, "nothing \ud800") is None
