"""``lodeline datasets``, from an empty store on."""

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Demo, Lodeline


def test_a_dataset_from_a_file_to_a_file(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{"required": ["q"]}')
    schema = str(tmp_path / "schema.json")
    lodeline("datasets", "create", "qa", "--tag", "team=x", "--input-schema", schema, store=store)
    rows = [{"inputs": {"q": n}, "expectations": {"a": n * n}} for n in range(3)]
    file = tmp_path / "qa.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = lodeline("datasets", "import", "qa", str(file), "-m", "squares", store=store)
    assert "Inserted 3, updated 0, unchanged 0, deleted 0, rejected 0: version 1." in said.out
    swapped = lodeline("datasets", "import", str(file), "qa", store=store, code=2).err
    assert "there is no 'qa'; the dataset comes first, then the file" in swapped
    (tmp_path / "more.csv").write_text("question,answer\nfour,4\n")
    columns = ["--input", "question", "--expect", "answer"]
    refused = lodeline("datasets", "import", "qa", str(tmp_path / "more.csv"), *columns, store=store, code=1)
    assert "Rejected record 0" in refused.err
    (tmp_path / "more.csv").write_text("q,a\nfour,4\n")
    lodeline("datasets", "import", "qa", str(tmp_path / "more.csv"), "--input", "q", "--expect", "a", "--draft",
             store=store)  # fmt: skip
    assert "Published version 2: +1 ~0 −0, 4 records." in lodeline("datasets", "publish", "qa", store=store).out
    assert "nothing to publish" in lodeline("datasets", "publish", "qa", store=store).out
    lodeline("datasets", "label", "qa", "golden", "--version", "1", store=store)
    versions = lodeline("datasets", "versions", "qa", "--json", store=store).lines()
    assert [(v["version"], v["labels"], v["message"]) for v in versions] == [(2, [], ""), (1, ["golden"], "squares")]
    (change,) = lodeline("datasets", "diff", "qa", "golden", "--json", store=store).lines()
    assert change["kind"] == "added"
    assert "added" in lodeline("datasets", "diff", "qa", "1", "2", store=store).out
    shown = lodeline("datasets", "records", "qa", "--filter", "expectations.a > 0", "--json", store=store).lines()
    assert [record["inputs"] for record in shown] == [{"q": 1}, {"q": 2}, {"q": "four"}]
    assert '{"q":"four"}' in lodeline("datasets", "records", "qa", store=store).out
    lodeline("datasets", "split", "qa", "train=3", "test=1", store=store)
    lodeline("datasets", "export", "qa", str(tmp_path / "out.jsonl"), "--version", "golden", store=store)
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
    got = lodeline("datasets", "get", "qa", "--json", store=store).document()
    assert (got["latest_version"], got["record_count"], got["tags"]) == (3, 4, {"team": "x"})
    assert str(got["dataset_id"]) in lodeline("datasets", "list", store=store).out
    lodeline("datasets", "delete", "qa", "--yes", store=store)
    assert lodeline("datasets", "list", "--json", store=store).lines() == []
    lodeline("datasets", "get", "qa", store=store, code=1)
    assert "ACTIVE" in lodeline("datasets", "restore", str(got["dataset_id"]), store=store).out


def test_near_duplicates_of_a_draft(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    lodeline("datasets", "create", "qa", store=store)
    questions = ["Where is my order 4711, please?", "Who wrote Faust?", "where is my order 4712 please"]
    file = tmp_path / "qa.jsonl"
    file.write_text("".join(json.dumps({"inputs": {"q": each}}) + "\n" for each in questions))
    lodeline("datasets", "import", "qa", str(file), "--draft", store=store)
    found = lodeline("datasets", "near-duplicates", "qa", "--version", "draft", "--threshold", "0.6", store=store)
    assert [line.split()[0] for line in found.out.splitlines()[2:4]] == ["1", "1"]
    assert "Faust" not in found.out
    assert "1 groups among 3 records." in found.err
    report = lodeline(
        "datasets", "near-duplicates", "qa", "--version", "draft", "--threshold", "1", "--json", store=store
    ).document()
    assert (report["texts"], report["partial"]) == (3, False)


def test_a_draft_is_discarded(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    lodeline("datasets", "create", "qa", store=store)
    (tmp_path / "a.jsonl").write_text('{"inputs": {"q": 1}}\n')
    assert (
        "a draft of 1" in lodeline("datasets", "import", "qa", str(tmp_path / "a.jsonl"), "--draft", store=store).out
    )
    assert "1 changed records" in lodeline("datasets", "get", "qa", store=store).out
    assert lodeline("datasets", "discard", "qa", "--yes", "--json", store=store).document()["draft_changes"] == 0


def test_traces_become_records(lodeline: Lodeline, demo: Demo, store: Path) -> None:
    shutil.copytree(demo.store, store)
    lodeline("datasets", "create", "failures", "--experiment", "1", "--identity", "none", store=store)
    adding = ["datasets", "add-traces", "failures", "-e", "1"]
    said = lodeline(*adding, "--filter", "", "-n", "2", "--draft", "--json", store=store).document()
    assert (said["inserted"], said["version"], said["draft_changes"]) == (2, None, 2)
    lodeline(*adding, store=store, code=2)
