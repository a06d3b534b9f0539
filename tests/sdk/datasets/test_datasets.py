"""Datasets in programs, against the real application: handle, files, frames."""

import csv
import json
import math
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lodeline
from lodeline.domain.errors import Conflict, Invalid, NotFound, Unsupported
from lodeline.domain.record import RecordDraft, RecordSource
from lodeline.domain.span import JsonValue
from lodeline.local import LocalClient, connect
from lodeline.sdk import default_client
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.datasets import files, loading
from lodeline.sdk.datasets.files import cell_text, cell_value, read_rows
from lodeline.sdk.datasets.handle import Dataset
from lodeline.sdk.datasets.rows import Columns, drafts_of
from lodeline.sdk.fluent_datasets import create_dataset, delete_dataset, get_dataset, search_datasets
from lodeline.testing import capture_traces

HARD: list[RecordDraft] = [
    RecordDraft({"q": "plain", "n": 1, "f": 1.5, "b": True, "none": None, "text": "1", "empty": ""}, {"a": "true"}),
    RecordDraft({"q": "=1+1", "list": [1, "x", None], "deep": {"a": {"b": "ü,\n\"quoted\""}}}, {"a": 0}),
    RecordDraft(
        {"q.with.dots": " spaces ", "n": -5}, {}, {"answer": None}, {"team": "x", "k": ""}, "test", "ext,1",
        RecordSource("DOCUMENT", "doc", "page 3"),
    ),
    RecordDraft({"q": "[not json", "quote": '"'}, {"a": [], "o": {}}, "null", split="train"),
    RecordDraft({}, {"a": "\u2028\x00"}, ""),
]  # fmt: skip


@pytest.fixture
def local(tmp_path: Path) -> Generator[LocalClient]:
    """A store of the test's own, which the fluent functions use."""
    with connect(tmp_path / "store") as client:
        default_client.set_default_client(client)
        yield client
        default_client.set_default_client(None)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_an_exported_file_has_the_same_digest_when_imported(local: LocalClient, tmp_path: Path, suffix: str) -> None:
    dataset = create_dataset("hard", identity="none")
    assert dataset.append(HARD).inserted == len(HARD)
    file = tmp_path / f"records.{suffix}"
    assert dataset.export(file) == len(HARD)
    again = create_dataset("again", identity="none")
    assert again.append(file).rejected == ()
    assert again.info.digest == dataset.info.digest
    pairs = zip(dataset, again, strict=True)
    assert all(one.same_as(other) and one.record_id == other.record_id for one, other in pairs)
    with pytest.raises(Conflict):
        dataset.export(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([file.name, "store"])


def test_no_cell_of_a_csv_file_is_a_formula(local: LocalClient, tmp_path: Path) -> None:
    dataset = create_dataset("formulas", identity="none")
    dataset.append([RecordDraft({"q": text}) for text in ("=cmd|x", "+1", "-1", "@a", "\t=1", "\r=1")])
    dataset.export(tmp_path / "f.csv")
    with (tmp_path / "f.csv").open(newline="") as text:
        cells = [row["inputs.q"] for row in csv.DictReader(text)]
    assert all(cell.startswith('"') for cell in cells)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(alphabet=st.characters(codec="utf-8")),
        lambda inner: st.lists(inner, max_size=3), max_leaves=5,
    )
)  # fmt: skip
def test_a_cell_is_read_as_it_was_written(value: JsonValue) -> None:
    text = cell_text(value)
    assert text
    again = cell_value(text)
    assert again == value
    assert type(again) is type(value)


def test_many_records_are_one_version(local: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH_RECORDS", 10)
    dataset = create_dataset("many")
    rows = [{"inputs": {"q": n}} for n in range(45)]
    report = dataset.append([*rows, {"inputs": {"q": 3}}], message="all of them")
    assert (report.inserted, [r.index for r in report.rejected], report.version) == (45, [45], 1)
    assert (len(report.record_ids), report.record_ids[45]) == (46, None)
    assert [record.inputs["q"] for record in dataset] == list(range(45))
    assert [version.message for version in dataset.versions()] == ["all of them"]
    report = dataset.replace({"inputs": {"q": n}} for n in range(20, 60))
    assert (report.inserted, report.unchanged, report.deleted, report.version) == (15, 25, 20, 2)
    assert dataset.info.draft_changes == 0
    assert {str(record.inputs["q"]) for record in dataset} == set(map(str, range(20, 60)))
    assert len(dataset.at(1).records(filter="inputs.q < 5").all()) == 5


def test_a_load_that_fails_leaves_the_dataset_as_it_was(local: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH_RECORDS", 10)
    dataset = create_dataset("failing")
    dataset.append([{"inputs": {"q": "kept"}}])

    def rows() -> Iterator[dict[str, dict[str, int]]]:
        for number in range(35):
            yield {"inputs": {"q": number}}
        raise ValueError("the source is gone")

    with pytest.raises(ValueError, match="gone"):
        dataset.merge_records(rows())
    with pytest.raises(Invalid, match="record 30"):
        dataset.replace({"inputs": {"q": math.nan if n == 30 else n}} for n in range(40))
    info = local.datasets.get(dataset.dataset_id)
    assert (info.latest_version, info.draft_changes, info.record_count) == (1, 0, 1)
    dataset.merge_records([{"inputs": {"q": 1}}], draft=True)
    with pytest.raises(Conflict):
        dataset.merge_records({"inputs": {"q": n}} for n in range(40))
    assert local.datasets.get(dataset.dataset_id).draft_changes == 1
    assert dataset.publish("one").version.total == 2


def test_a_handle_reads_one_version_whoever_writes_meanwhile(local: LocalClient) -> None:
    dataset = create_dataset("pinned")
    dataset.append([{"inputs": {"q": n}} for n in range(3)])
    found = dataset.records()
    first = iter(found)
    next(first)
    dataset.replace([{"inputs": {"q": 9}}])
    assert len(list(first)) == 2
    golden = dataset.at(1)
    golden.label("golden")
    assert get_dataset("pinned", version="golden").version == 1
    kinds = [(each.kind, (each.before or each.after) is not None) for each in dataset.diff("golden")]
    assert kinds == [("removed", True)] * 3 + [("added", True)]
    with pytest.raises(NotFound):
        dataset.at(7)
    report = dataset.delete_records([record.record_id for record in dataset])
    assert (report.deleted, dataset.info.record_count, len(list(golden))) == (1, 0, 3)


def test_records_that_say_almost_the_same_are_grouped(local: LocalClient) -> None:
    dataset = create_dataset("asked twice")
    texts = ("Where is my parcel now?", "Who?", "where is my parcel, now")
    dataset.append([{"inputs": {"q": text}} for text in texts])
    (group,) = dataset.near_duplicates(threshold=0.9).groups
    found: dict[str, object] = {record.record_id: record.inputs["q"] for record in dataset}
    assert [found[name] for name in group.names] == ["Where is my parcel now?", "where is my parcel, now"]


def test_datasets_are_found_by_name_and_id_and_deleted(local: LocalClient) -> None:
    experiment = local.experiments.create("shop").experiment_id
    made = create_dataset("here", experiment="shop", tags={"team": "x"}, description="d")
    assert get_dataset("here", experiment=experiment).info == made.info == get_dataset(made.dataset_id).info
    assert [dataset.name for dataset in search_datasets(experiment="shop", filter="tags.team = 'x'")] == ["here"]
    with pytest.raises(NotFound):
        get_dataset("here")
    assert delete_dataset("here", experiment="shop").info.lifecycle == "DELETED"
    assert search_datasets(experiment="shop") == []
    assert made.dataset_id in repr(made)


def test_frames_of_both_kinds_become_records_and_records_frames(local: LocalClient) -> None:
    frame = pd.DataFrame(
        {
            "question": ["a", "b"], "n": np.array([1, 2]), "answer": ["x", None], "part": ["train", "test"],
            "at": [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)],
            "v": [np.array([1.5]), np.array([2.5])],
        }
    )  # fmt: skip
    columns = Columns(inputs=("question", "n", "at", "v"), expectations=("answer",), split="part")
    one, other = create_dataset("pandas"), create_dataset("polars")
    assert one.merge_records(frame, columns=columns).inserted == 2
    lists: dict[str, list[object]] = {
        "question": ["a", "b"], "n": [1, 2], "answer": ["x", None], "part": ["train", "test"],
        "at": ["2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"], "v": [[1.5], [2.5]],
    }  # fmt: skip
    polars = pl.DataFrame(lists)
    other.merge_records(polars, columns=columns)
    assert one.info.digest == other.info.digest
    first, second = one
    assert first.inputs == {"question": "a", "n": 1, "at": "2026-01-01T00:00:00+00:00", "v": [1.5]}
    assert (first.expectations, second.expectations, second.split) == ({"answer": "x"}, {}, "test")
    shown = one.to_df()
    assert shown["inputs"][0]["question"] == "a"
    again = create_dataset("again")
    again.merge_records(one.to_df())
    polars_again = create_dataset("polars again")
    polars_again.merge_records(one.to_df("polars"))
    assert again.info.digest == polars_again.info.digest == one.info.digest
    assert create_dataset("empty").to_df().empty


def test_rows_that_are_no_records_are_named() -> None:
    for rows, text in (
        ([{"inputs": {"q": 1}}, {"question": "x"}], "row 1.*question"),
        ([{"inputs": "text"}], "row 0: inputs"),
        ([{"inputs": {"q": 1}, "source": {"kind": "TRACE"}, "tags": [1]}], "row 0: tags"),
    ):
        with pytest.raises(Invalid, match=text):
            list(drafts_of(rows))
    with pytest.raises(Invalid, match=r"row 0.*no column 'b'"):
        list(drafts_of([{"a": 1}], Columns(inputs=("b",))))
    for rows in ({"inputs": {"q": 1}}, 5):
        with pytest.raises(TypeError):
            list(drafts_of(rows))


def test_dotted_columns_and_json_texts_are_objects() -> None:
    rows = [{"inputs.q": "a", "expectations.x": None, "expectations": '{"y": 1}', "tags.n": 5, "split": math.nan}]
    assert list(drafts_of(rows)) == [RecordDraft({"q": "a"}, {"y": 1}, tags={"n": "5"})]


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.jsonl", '{"inputs": {}}\nnope\n', "line 2 is not JSON"),
        ("a.jsonl", "[1]\n", "line 1 is no JSON object"),
        ("a.csv", "inputs.q\na,b\n", "line 2 has more cells"),
        ("a.parquet", "nope", "no Parquet file"),
        ("a.txt", "", "ends in .jsonl"),
    ],
)
def test_files_that_cannot_be_read_say_where(tmp_path: Path, name: str, content: str, text: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(Invalid, match=text):
        list(read_rows(tmp_path / name))
    with pytest.raises(Invalid, match=r"cannot be read|ends in"):
        list(read_rows(tmp_path / ("missing" + Path(name).suffix)))


def test_a_csv_file_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes('\ufeffinputs.q,inputs.n,expectations.a\r\n"a, ü",1,\r\n'.encode())
    assert list(drafts_of(tmp_path / "a.csv")) == [RecordDraft({"q": "a, ü", "n": 1})]


def test_without_a_library_parquet_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(files, "import_module", missing)
    (tmp_path / "a.parquet").write_bytes(b"")
    with pytest.raises(Unsupported, match="pyarrow"):
        list(read_rows(tmp_path / "a.parquet"))


def test_batches_are_bounded_in_bytes() -> None:
    drafts = [RecordDraft({"q": "x" * 1_000_000}) for _ in range(9)]
    assert [len(batch) for batch in loading.batched(drafts)] == [4, 4, 1]


def test_the_client_takes_what_the_handle_takes(local: LodelineClient) -> None:
    handle = Dataset(local, local.datasets.create("direct"))
    handle.append([json.loads('{"inputs": {"q": "x"}, "outputs": [1]}')])
    assert [record.outputs for record in handle] == [(1,)] or [record.outputs for record in handle] == [[1]]


def test_the_experiment_that_traces_go_to_is_made_for_its_first_dataset(local: LocalClient) -> None:
    with capture_traces():
        lodeline.set_experiment("gates")
        dataset = create_dataset("questions", experiment="gates")
        with pytest.raises(NotFound, match="'gaets' does not exist"):
            create_dataset("questions", experiment="gaets")
    assert local.experiments.find("gates").experiment_id == dataset.info.experiment_id
