"""Files of experiments that are broken or hostile: refused before anything is stored, or cleaned."""

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.auth.actor import LOCAL
from lodeline.domain.errors import Invalid, LodelineError, TooLarge
from lodeline.domain.ids import TraceId
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.examples import examples
from tests.services.bundled import services_over
from tests.services.test_transfer import export, fill, load, rewrite


def _garbage(members: dict[str, bytes]) -> None:
    members["chunks/00001.bin"] = b"\x01" + members["chunks/00001.bin"][1:][::-1]


def _rename(members: dict[str, bytes]) -> None:
    members["../evil"] = b"x"


def _retitle(members: dict[str, bytes]) -> None:
    members["experiment.json"] = members["experiment.json"].replace(b'"app"', b'"bpp"')


def _without(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        del members[name]

    return change


def _with(rows: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["traces/00001.jsonl"] = rows

    return change


def _rows(member: str, edit: Callable[[list[dict[str, Any]]], object]) -> Callable[[dict[str, bytes]], None]:
    """Edit the rows of a member of the file."""

    def change(members: dict[str, bytes]) -> None:
        rows = [json.loads(line) for line in members[member].splitlines()]
        edit(rows)
        members[member] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    return change


def _row(**changes: object) -> Callable[[dict[str, bytes]], None]:
    return _rows("traces/00001.jsonl", lambda rows: rows[0].update(changes))


def _attached(name: str) -> Callable[[dict[str, bytes]], None]:
    """Give the attachment of the file another name."""
    return _rows(
        "traces/00001.jsonl", lambda rows: [each.update(name=name) for row in rows for each in row["attachments"]]
    )


def _judgment(at: int = 0, **changes: object) -> Callable[[dict[str, bytes]], None]:
    return _rows("assessments/00001.jsonl", lambda rows: rows[at]["assessment"].update(changes))


def _revision(**changes: object) -> Callable[[dict[str, bytes]], None]:
    return _rows("assessments/00001.jsonl", lambda rows: rows[0].update(changes))


def _experiment(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["experiment.json"] = json.dumps({**json.loads(members["experiment.json"]), **changes}).encode()

    return change


def _manifest(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **changes}).encode()

    return change


INFO: dict[str, object] = {"tags": {}, "metadata": {}}
LONG_INFOS: list[dict[str, object]] = [
    {"name": "n" * 8_001},
    {"request": "r" * 100_001},
    {"session": "s" * 501},
    {"run_id": "r" * 501},
    {"tags": {"k" * 251: "v"}},
    {"tags": {"k": "v" * 20_001}},
    {"metadata": {"k" * 501: "v"}},
    {"metadata": {"k": "v" * 20_001}},
]
BAD_JUDGMENTS: list[dict[str, object]] = [
    {"assessment_id": "a" * 251},
    {"assessment_id": "../../x"},
    {"assessment_id": ""},
    {"identifier": "i" * 501},
    {"run_id": "r" * 501},
    {"created_by": "b" * 501},
    {"metadata": {"k" * 251: "v"}},
    {"value": "v" * 1_000_001},
    {"value": 2**64},
    {"source": {"kind": "HUMAN", "source_id": "s" * 501}},
]


@pytest.mark.parametrize(
    "change",
    [
        _garbage,
        _rename,
        _without("experiment.json"),
        _without("chunks/00001.bin"),
        _with(b"[]\n"),
        _with(b"{}\n"),
        _with(b"[" * 100_000 + b"\n"),
        _with(b'{"trace_id": "tr-1"'),
        _manifest(format="other"),
        _manifest(version=2),
        _row(trace_id="../../x"),
        _row(trace_id=5),
        _row(chunks=[10**9]),
        _row(chunks=[-1]),
        _row(chunks="all"),
        _row(chunks=[], info=None),
        _row(received_ms=2**70),
        _row(tag_edits={"a": 1}),
        _row(info={"state": "NONE"}),
        _row(info={"tokens": [1, 2]}),
        _row(attachments=[{"name": "../up", "member": "attachments/00001/00000"}]),
        _row(attachments=[{"name": "a", "member": "experiment.json"}]),
        _row(attachments=[{"name": "a", "member": "attachments/00001/99999"}]),
        _row(attachments=[{"name": name, "member": "attachments/00001/00000"} for name in "ab"]),
        _attached("é" * 128),
        _attached("a" * 256),
        _judgment(2, overrides="unknown"),
        _judgment(2, valid=False),
        _judgment(1, revision=1),
        _row(tag_edits={"a" * 251: "b"}),
        _row(tag_edits={"a": "b" * 20_001}),
        _row(tag_edits={" ": None}),
        _row(linked_run_ids=["r" * 251]),
        _row(linked_run_ids=[""]),
        *(_row(info={**INFO, **changes}) for changes in LONG_INFOS),
        *(_judgment(0, **changes) for changes in BAD_JUDGMENTS),
        _revision(by="b" * 501),
        _revision(reason="r" * 100_001),
        _judgment(1, target={"trace_id": "tr-2", "span_id": "0" * 16}),
        _judgment(name=""),
        _judgment(kind="NONE"),
        _judgment(confidence=2),
        _judgment(target={"trace_id": None, "session": None}),
        _experiment(experiment_id="x"),
        _experiment(name=""),
        _experiment(created_by="b" * 501),
        _experiment(settings={"capture": "some", "retention": {}}),
        _experiment(settings={"capture": "full", "mask_patterns": ["("], "retention": {}}),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_and_nothing_is_stored(
    services: Services, change: Callable[[dict[str, bytes]], None]
) -> None:
    fill(services)
    data = rewrite(export(services), change)
    with services_over() as empty:
        with pytest.raises((Invalid, TooLarge)):
            load(empty, data)
        assert [e.name for e in empty.experiments.search(LOCAL, ListQuery(), lifecycle=None).items] == ["Default"]
        assert empty.stores.blobs.list("") == []


def test_lone_surrogates_are_cleaned_wherever_they_are(services: Services, other: Services) -> None:
    fill(services)
    odd = "x\ud800"
    info = {"name": odd, "session": odd, "tags": {odd: odd}, "metadata": {odd: odd}}

    def change(members: dict[str, bytes]) -> None:
        _row(info=info, tag_edits={"t" + odd: odd})(members)
        _judgment(rationale=odd, metadata={"k": odd}, value=[odd])(members)

    load(other, rewrite(export(services), change))
    with zipfile.ZipFile(io.BytesIO(export(services))) as archive:
        first = json.loads(archive.read("traces/00001.jsonl").splitlines()[0])["trace_id"]
    dump = other.stores.transfer.dump(TraceId(first))
    assert dump.info is not None
    clean = "x\ufffd"
    assert (dump.info.name, dump.info.session, dump.info.metadata) == (clean, clean, {clean: clean})
    assert (dump.info.tags, dump.tag_edits) == ({clean: clean}, {"tx\ufffd": clean})
    assert other.stores.admin.check() == []
    other.traces.delete(LOCAL, [trace.trace_id for trace in other.traces.search(LOCAL, ListQuery(("app",))).items])
    assert other.stores.admin.check() == []


def test_an_emoji_comes_back_as_it_was(services: Services, other: Services) -> None:
    fill(services)
    services.traces.tag(LOCAL, TraceId("tr-0"), {"mood": "\U0001f600"})
    load(other, export(services))
    assert other.traces.get(LOCAL, TraceId("tr-0")).tags["mood"] == "\U0001f600"


def test_a_changed_member_is_noticed_before_anything_is_stored(services: Services, other: Services) -> None:
    fill(services)
    with pytest.raises(Invalid, match=r"chunks/00001\.bin"):
        load(other, rewrite(export(services), _garbage, seal=False))
    with pytest.raises(Invalid, match="SHA-256"):
        load(other, rewrite(export(services), _retitle, seal=False))
    assert len(other.experiments.search(LOCAL, ListQuery()).items) == 1


def test_a_file_that_unpacks_to_too_much_is_refused(services: Services) -> None:
    fill(services)
    data = export(services)

    def bomb(members: dict[str, bytes]) -> None:
        members["attachments/00001/00000"] = b"\x00" * 70_000_000

    source = rewrite(data, bomb)
    squeezed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(TooLarge):
        load(services, squeezed.getvalue(), "copy")


places = st.integers(0, 2**31)


@cache
def a_file() -> bytes:
    with services_over() as full:
        fill(full)
        return export(full)


@settings(max_examples=examples(30), deadline=None)
@given(data=st.data())
def test_damaged_files_give_an_error_of_ours_and_store_nothing(data: st.DataObject) -> None:
    raw = bytearray(a_file())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(places) % len(raw)] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del raw[data.draw(places) % len(raw) :]
    with services_over() as empty:
        try:
            load(empty, bytes(raw))
        except LodelineError:
            assert empty.traces.search(LOCAL, ListQuery()).items == ()


@given(st.binary(max_size=200))
def test_bytes_that_are_no_file_are_refused(data: bytes) -> None:
    with services_over() as empty, pytest.raises(Invalid):
        load(empty, data)


def test_one_content_is_no_content_of_attachments_of_several_traces(services: Services) -> None:
    fill(services)
    named = [{"name": "a", "member": "attachments/00001/00000"}]
    change = _rows("traces/00001.jsonl", lambda rows: [row.update(attachments=named) for row in rows])
    with services_over() as empty:
        with pytest.raises(Invalid, match="is another's"):
            load(empty, rewrite(export(services), change))
        assert empty.stores.blobs.list("") == []
