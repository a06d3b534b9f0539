"""Datasets, prompts and registered scorers travel with their experiment."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.dataset import DatasetChange, DatasetDraft
from lodeline.domain.errors import Invalid, LodelineError, NotFound
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId
from lodeline.domain.prompt import RENAMED_FROM, ChatMessage, PromptChange, PromptDraft
from lodeline.domain.record import RecordDraft, RecordSource
from lodeline.domain.registered_scorer import ScorerDraft
from lodeline.domain.transfer import ImportReport
from lodeline.services.archive import ArchiveReader, ArchiveWriter
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.services.bundled import services_over

ALL = ListQuery(limit=1_000)


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """A store of either backend, whose experiment 1 "app" has datasets, two prompts and a scorer."""
    with services_over(str(request.param).format(tmp_path / "here")) as opened:
        fill(opened)
        yield opened


@pytest.fixture(params=["memory:", "sqlite:{}"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """Another store, of either backend."""
    with services_over(str(request.param).format(tmp_path / "other")) as opened:
        yield opened


def fill(services: Services) -> None:
    services.experiments.create(LOCAL, ExperimentDraft("app"))
    services.experiments.create(LOCAL, ExperimentDraft("neighbour"))
    draft = DatasetDraft(ExperimentId("1"), "qa", description="d", tags={"t": "v"}, input_schema={"type": "object"})
    qa = services.datasets.create(LOCAL, draft, experiment="app").dataset_id
    hard = RecordDraft(
        {"q": "ü\u2028\x00", "n": 1.5}, {"a": [None, {"x": 2**53 + 1}]}, {"o": ""}, {"k": ""}, "test", "e",
        RecordSource("DOCUMENT", "doc", "note"), RecordId("dr-hard"),
    )  # fmt: skip
    services.records.write(LOCAL, qa, "append", [hard, RecordDraft({"q": 1}), RecordDraft({"q": 2})], message="one")
    services.records.write(LOCAL, qa, "merge", [RecordDraft({"q": 1}, {"a": 1})], message="two")
    services.records.write(LOCAL, qa, "delete", delete_ids=["dr-hard"])
    services.datasets.label(LOCAL, qa, "1", set_labels=["golden"])
    services.datasets.update(LOCAL, qa, DatasetChange(link=(ExperimentId("2"),)))
    services.records.write(LOCAL, qa, "put", [RecordDraft({"q": 2}, {"a": 5}), RecordDraft({"q": 9})], draft=True)
    services.datasets.create(LOCAL, DatasetDraft(ExperimentId("1"), "empty", "none"), experiment="app")
    gone = services.datasets.create(LOCAL, DatasetDraft(ExperimentId("1"), "gone"), experiment="app").dataset_id
    services.datasets.delete(LOCAL, gone)
    services.datasets.create(LOCAL, DatasetDraft(ExperimentId("1"), "gone"), experiment="app")
    for template in ("Hello {{ who }}", "Hi {{ who }}"):
        services.prompts.register(LOCAL, "app", PromptDraft("greet", template, message=template, tags={"x": "y"}))
    chat = PromptDraft("chat", None, (ChatMessage("user", "{{q}}"),), response_format=[1], model_config={"m": 1})
    services.prompts.register(LOCAL, "app", chat)
    for version in (1, 2):
        moved = PromptChange(set_aliases={"production": version}, reason=f"v{version}", set_tags={"a": "b"})
        services.prompts.update(LOCAL, "greet", moved)
    for number in range(2):
        services.scorers.register(LOCAL, "app", ScorerDraft("exact", {"kind": "BUILTIN", "n": number}, f"m{number}"))


def export(services: Services, experiment: str = "app") -> bytes:
    return b"".join(services.transfer.export(LOCAL, experiment)[1])


def load(services: Services, data: bytes, as_name: str | None = None) -> ImportReport:
    return services.transfer.import_file(LOCAL, io.BytesIO(data), as_name=as_name)


def everything(services: Services, experiment: str = "app") -> object:
    """Return all there is of an experiment's datasets, prompts and scorers, but for the ids that may differ."""
    nowhere = ExperimentId("")
    datasets: list[object] = []
    for dataset in services.datasets.search(
        LOCAL, ListQuery((experiment,), order="name, lifecycle"), lifecycle=None
    ).items:
        ident = dataset.dataset_id
        plain = replace(dataset, experiment_id=nowhere, linked_experiment_ids=(), dataset_id=DatasetId(""))
        versions = [replace(v, dataset_id=DatasetId("")) for v in services.datasets.versions(LOCAL, ident).items]
        records = [
            services.records.search(LOCAL, ident, str(number), ALL).items
            for number in range(dataset.latest_version + 1)
        ]
        datasets.append((plain, versions, records, services.records.search(LOCAL, ident, "draft", ALL).items))
    prompts: list[object] = []
    for prompt in services.prompts.search(LOCAL, ListQuery((experiment,), order="name")).items:
        versions = services.prompts.versions(LOCAL, prompt.name).items
        name = prompt.tags.get(RENAMED_FROM, prompt.name)
        tags = {key: value for key, value in prompt.tags.items() if key != RENAMED_FROM}
        prompts.append(replace(prompt, experiment_id=nowhere, name=name, tags=tags))
        prompts.append([replace(version, experiment_id=nowhere, name=name) for version in versions])
        prompts.append(services.prompts.alias_events(LOCAL, prompt.name))
    scorers = services.scorers.versions(LOCAL, experiment, "exact")
    return datasets, prompts, [replace(scorer, experiment_id=nowhere) for scorer in scorers]


def test_everything_arrives_as_it_was(services: Services, other: Services) -> None:
    report = load(other, export(services))
    assert (report.datasets, report.records, report.prompts, report.scorers) == (4, 4, 2, 1)
    assert everything(other) == everything(services)
    assert other.stores.admin.check() == []
    ids = {d.dataset_id for d in services.datasets.search(LOCAL, ListQuery(("app",))).items}
    assert {d.dataset_id for d in other.datasets.search(LOCAL, ListQuery(("app",))).items} == ids
    assert export(other) == export(other)
    dataset = other.datasets.find(LOCAL, "app", "qa")
    assert other.records.publish(LOCAL, dataset.dataset_id).version.changed == 1
    assert other.stores.admin.check() == []


def test_a_copy_in_the_same_store_has_ids_of_its_own(services: Services) -> None:
    data = export(services)
    report = load(services, data, "copy")
    assert (report.datasets, report.records) == (4, 4)
    assert everything(services, "copy") == everything(services)
    assert {p.name for p in services.prompts.search(LOCAL, ListQuery(("copy",))).items} == {
        f"{name}.experiment-{report.experiment.experiment_id}" for name in ("chat", "greet")
    }
    again = load(services, data, "copy")
    assert (again.datasets, again.records, again.prompts, again.scorers) == (0, 0, 0, 0)
    copied = services.datasets.find(LOCAL, "copy", "qa").dataset_id
    assert copied != services.datasets.find(LOCAL, "app", "qa").dataset_id
    services.records.discard(LOCAL, copied)
    services.records.write(LOCAL, copied, "append", [RecordDraft({"q": "mine"})])
    load(services, data, "copy")
    assert [record.inputs["q"] for record in services.records.search(LOCAL, copied, "latest", ALL).items] == [
        1, 2, "mine",
    ]  # fmt: skip
    assert services.stores.admin.check() == []


def test_many_records_travel_in_blocks(services: Services, other: Services) -> None:
    made = services.datasets.create(LOCAL, DatasetDraft(ExperimentId("1"), "many"), experiment="app")
    services.records.write(LOCAL, made.dataset_id, "append", [RecordDraft({"q": n}) for n in range(1_234)])
    assert load(other, export(services)).records == 1_238
    found = other.records.search(LOCAL, made.dataset_id, "latest", ListQuery(limit=1_000))
    assert [record.inputs["q"] for record in found.items] == list(range(1_000))
    assert other.datasets.get(LOCAL, made.dataset_id).digest == services.datasets.get(LOCAL, made.dataset_id).digest


def rewritten(data: bytes, change: Callable[[str, list[dict[str, object]]], None]) -> bytes:
    """Return the file with the rows of its members changed, and all digests of members right."""
    reader, writer = ArchiveReader(io.BytesIO(data)), ArchiveWriter()
    for name in reader.members:
        content = b"".join(reader.pieces(name))
        if name.startswith(("datasets/", "records/", "prompts/", "scorers/")):
            rows = [json.loads(line) for line in content.splitlines()]
            change(name, rows)
            content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        writer.add(name, content)
    return writer.finish({key: value for key, value in reader.facts.items() if key not in {"members"}})


def _set(row: dict[str, object], path: str, value: object) -> None:
    *steps, last = path.split(".")
    for step in steps:
        row = row[step]  # type: ignore[assignment]
    row[last] = value


@pytest.mark.parametrize(
    ("member", "index", "path", "value"),
    [
        ("datasets/00004", 0, "name", ""), ("datasets/00004", 0, "identity", "odd"),
        ("datasets/00004", 0, "latest_version", 2), ("datasets/00004", 0, "input_schema", {"type": 5}),
        ("datasets/00004", 1, "version", 2), ("datasets/00004", 1, "splits", {"x": "y"}),
        ("datasets/00004", 3, "digest", "0" * 64), ("datasets/00004", 3, "total", 7),
        ("datasets/00004", 3, "labels", ["golden"]), ("datasets/00004", 3, "labels", ["latest"]),
        ("records/00004", 0, "valid_from", 9), ("records/00004", 0, "valid_to", 1), ("records/00004", 0, "record", 5),
        ("records/00004", 0, "record.inputs", []), ("records/00004", 2, "record.inputs.q", "changed"),
        ("records/00004", 0, "record.source.kind", "ODD"), ("records/00004", 0, "record.record_id", ""),
        ("records/00004", 0, "record.tags", {"": "x"}), ("records/00004", 0, "record.created_ms", "now"),
        ("prompts/00002", 0, "prompt.name", "a b"), ("prompts/00002", 0, "prompt.aliases", {"latest": 1}),
        ("prompts/00002", 0, "prompt.aliases", {"production": 3}), ("prompts/00002", 1, "version.template", None),
        ("prompts/00002", 3, "event.alias", "-"), ("scorers/00001", 0, "name", "other"),
        ("scorers/00001", 0, "definition", {}), ("scorers/00001", 1, "definition", "text"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_a_rule_adds_nothing(member: str, index: int, path: str, value: object) -> None:
    with services_over() as source, services_over() as target:
        fill(source)

        def change(name: str, rows: list[dict[str, object]]) -> None:
            if name.startswith(member):
                _set(rows[index], path, value)

        data = rewritten(export(source), change)
        with pytest.raises(LodelineError) as caught:
            load(target, data)
        assert caught.value.http_status in {400, 413}
        with pytest.raises(NotFound):
            target.experiments.find(LOCAL, "app")


def test_hashes_of_a_file_are_not_believed(services: Services, other: Services) -> None:
    def change(name: str, rows: list[dict[str, object]]) -> None:
        if name.startswith("records/"):
            for row in rows:
                _set(row, "record.content_hash", "0" * 64)
                _set(row, "record.input_hash", "nonsense")

    load(other, rewritten(export(services), change))
    assert everything(other) == everything(services)


def test_members_are_listed_in_the_file(services: Services) -> None:
    with zipfile.ZipFile(io.BytesIO(export(services))) as archive:
        names = set(archive.namelist())
        facts = json.loads(archive.read("manifest.json"))
    assert {"datasets/00001.jsonl", "records/00004/00001", "prompts/00002.jsonl", "scorers/00001.jsonl"} <= names
    counts = facts["counts"]
    assert [counts[noun] for noun in ("datasets", "records", "prompts", "scorers")] == [4, 4, 2, 1]
    with pytest.raises(Invalid):
        ArchiveReader(io.BytesIO(b"PK"))
