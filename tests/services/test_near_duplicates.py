"""Records that say almost the same, as the server finds them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lodeline.auth.actor import Actor
from lodeline.domain.dataset import DatasetDraft
from lodeline.domain.errors import Invalid, NotFound, Unavailable
from lodeline.domain.ids import AccountId, DatasetId, ExperimentId
from lodeline.domain.record import RecordDraft
from lodeline.services import near_duplicates as module
from lodeline.services.bundle import Services
from tests.services.bundled import make, services_over
from tests.work import peak_bytes

EDITOR = Actor("account", "ed", AccountId("acc-1"), role="editor")
STRANGER = Actor("account", "st", AccountId("acc-2"), roles={ExperimentId("2"): "editor"})
QUESTION = "How do I send a chair back that I bought in your shop last week?"


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as opened:
        make(opened, "one")
        yield opened


def dataset_of(services: Services, texts: Sequence[str], *, draft: bool = False) -> DatasetId:
    made = services.datasets.create(EDITOR, DatasetDraft(ExperimentId("1"), "asked", "none"), experiment="one")
    services.records.write(
        EDITOR, made.dataset_id, "append", [RecordDraft({"q": text}) for text in texts], draft=draft
    )
    return made.dataset_id


def texts_of(services: Services, dataset: DatasetId, ids: Sequence[str]) -> list[object]:
    return [services.records.get(EDITOR, dataset, each, "latest").inputs["q"] for each in ids]


def test_groups_say_which_records_are_the_same_and_which_almost(services: Services) -> None:
    texts = [QUESTION, "Where is it?", QUESTION.replace("last", "this"), "Where is it?", "Something else entirely."]
    dataset = dataset_of(services, texts)
    found = services.near_duplicates.get(EDITOR, dataset, "latest", threshold=0.6)
    assert (found.version, found.threshold, found.records, found.partial) == (1, 0.6, 5, False)
    exact, near = found.groups
    assert (exact.preview, near.preview) == ("Where is it?", QUESTION)
    assert texts_of(services, dataset, near.record_ids) == [texts[0], texts[2]]
    assert not near.exact
    assert 0.6 <= near.similarity < 1
    assert texts_of(services, dataset, exact.record_ids) == ["Where is it?", "Where is it?"]
    assert (exact.exact, exact.similarity) == (True, 1)
    only = services.near_duplicates.get(EDITOR, dataset, "latest", threshold=1)
    assert [group.exact for group in only.groups] == [True]


def test_letter_case_alone_is_no_exact_copy(services: Services) -> None:
    dataset = dataset_of(services, [QUESTION, QUESTION.upper()])
    (group,) = services.near_duplicates.get(EDITOR, dataset, "latest").groups
    assert (group.similarity, group.exact) == (1, False)


def test_a_draft_is_looked_at_as_it_is_now(services: Services) -> None:
    dataset = dataset_of(services, ["Where is it?"])
    assert services.near_duplicates.get(EDITOR, dataset, "draft").groups == ()
    services.records.write(EDITOR, dataset, "append", [RecordDraft({"q": "Where is it?"})], draft=True)
    assert len(services.near_duplicates.get(EDITOR, dataset, "draft").groups) == 1
    assert services.near_duplicates.get(EDITOR, dataset, "latest").groups == ()


def test_a_version_is_compared_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = dataset_of(services, ["Where is it?", "Where is it?"])
    first = services.near_duplicates.get(EDITOR, dataset, "1")

    def compared_again(*_: object, **__: object) -> None:
        raise AssertionError("compared again")

    monkeypatch.setattr(module, "near_duplicates", compared_again)
    assert services.near_duplicates.get(EDITOR, dataset, "latest") is first
    with pytest.raises(AssertionError):
        services.near_duplicates.get(EDITOR, dataset, "1", threshold=0.9)


def test_what_is_left_out_makes_it_partial(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = dataset_of(services, ["Where is it?", "Something else entirely.", "Where is it?"])
    monkeypatch.setattr(module, "MOST_RECORDS", 2)
    found = services.near_duplicates.get(EDITOR, dataset, "latest")
    assert (found.groups, found.records, found.partial) == ((), 2, True)
    monkeypatch.setattr(module, "MOST_RECORDS", 3)
    monkeypatch.setattr(module, "MOST_CHARACTERS", 5)
    cut = services.near_duplicates.get(EDITOR, dataset, "latest", threshold=0.9)
    assert (len(cut.groups), cut.partial) == (1, True)  # copies are found all the same


def test_what_cannot_be_asked(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = dataset_of(services, ["Where is it?"])
    for threshold in (0.3, 1.01, float("nan")):
        with pytest.raises(Invalid, match="threshold"):
            services.near_duplicates.get(EDITOR, dataset, "latest", threshold=threshold)
    with pytest.raises(NotFound):
        services.near_duplicates.get(STRANGER, dataset, "latest")
    with pytest.raises(NotFound):
        services.near_duplicates.get(EDITOR, dataset, "7")
    monkeypatch.setattr(module, "_WAIT_S", 0.01)
    busy = services.near_duplicates._busy  # pyright: ignore[reportPrivateUsage]  # as while others are compared
    with busy, pytest.raises(Unavailable, match="ask again"):
        services.near_duplicates.get(EDITOR, dataset, "latest")


def test_large_records_are_not_all_in_memory_at_once(tmp_path: Path) -> None:
    with services_over(f"sqlite:{tmp_path / 'store'}") as services:
        make(services, "one")
        dataset = dataset_of(services, [str(number) + "x" * 100_000 for number in range(200)])
        peak = peak_bytes(lambda: services.near_duplicates.get(EDITOR, dataset, "latest"))
    assert peak < 200 * 100_000 / 2
