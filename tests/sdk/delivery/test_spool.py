"""The spool's folder: order, settling, recovery, damage, and who may have it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.sdk.delivery.records import Record, pack
from lodeline.sdk.delivery.spool import SETTLED_FILE, Spool, SpoolMeta, read_meta, segment_files

META = SpoolMeta(instance="a" * 32, endpoint="http://here/v1/traces", experiment="app", pid=1, created_ms=1)
OTHER = SpoolMeta(instance="b" * 32, endpoint=META.endpoint, experiment="app", pid=2, created_ms=2)
BIG = 10_000_000
_opened: list[Spool] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    for spool in _opened:
        spool.abandon()
    _opened.clear()


def _records(count: int, *, first: int = 1, size_bytes: int = 50) -> list[Record]:
    return [Record(number, (number - 1) * 2, 2, bytes(size_bytes)) for number in range(first, first + count)]


def _filled(root: Path, made: list[Record], *, max_segment_bytes: int = BIG) -> Spool:
    spool = Spool.create(root, META)
    _opened.append(spool)
    for record in made:
        spool.append(record, max_segment_bytes=max_segment_bytes)
    return spool


def _rest(spool: Spool) -> Iterator[Record]:
    while (record := spool.read()) is not None:
        yield record


def _die(spool: Spool) -> None:
    """Do what the system does when a process ends: its files are closed, and no more."""
    spool.abandon()


def _adopted(root: Path, sender: SpoolMeta = OTHER) -> Spool:
    spool = Spool.adopt(root / META.instance, sender=sender)
    assert spool is not None
    _opened.append(spool)
    return spool


def _settle(spool: Spool, record: Record) -> None:
    spool.settle(record.sequence, record.spans_before + record.spans)


def test_reads_what_was_appended_in_order_and_deletes_what_is_settled(tmp_path: Path) -> None:
    made = _records(20)
    spool = _filled(tmp_path, made[:10], max_segment_bytes=300)
    assert len(segment_files(spool.folder)) > 2
    assert list(_rest(spool)) == made[:10]
    for record in made[10:]:
        spool.append(record, max_segment_bytes=300)
    assert list(_rest(spool)) == made[10:]
    _settle(spool, made[14])
    left = segment_files(spool.folder)
    assert left
    assert int(left[0].stem) <= 16
    _settle(spool, made[-1])
    assert (segment_files(spool.folder), spool.size_bytes) == ([], 0)
    spool.close()
    assert not spool.folder.exists()


def test_what_a_dead_process_left_is_read_again_from_where_it_was_settled(tmp_path: Path) -> None:
    made = _records(30)
    spool = _filled(tmp_path, made, max_segment_bytes=400)
    list(_rest(spool))
    _settle(spool, made[9])
    _die(spool)
    adopted = _adopted(tmp_path)
    assert list(_rest(adopted)) == made[10:]
    assert (adopted.damaged_spans, adopted.damaged_bytes) == (0, 0)
    assert adopted.meta == META
    _settle(adopted, made[-1])
    adopted.close()
    assert not adopted.folder.exists()


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    spool = _filled(tmp_path, _records(1))
    assert Spool.adopt(spool.folder, sender=OTHER) is None
    _die(spool)
    first = _adopted(tmp_path)
    assert Spool.adopt(spool.folder, sender=OTHER) is None
    first.close()
    assert read_meta(first.folder) == META
    assert list(_rest(_adopted(tmp_path))) == _records(1)


@pytest.mark.parametrize(
    ("sender", "may"),
    [
        (SpoolMeta("b", META.endpoint, "app", 2, 2, credentials="ffff"), True),
        (SpoolMeta("b", META.endpoint, "other", 2, 2), True),
        (SpoolMeta("b", META.endpoint, "other", 2, 2, credentials="ffff"), False),
        (SpoolMeta("b", "http://there/v1/traces", "app", 2, 2), False),
    ],
)
def test_only_who_can_send_it_adopts_it(tmp_path: Path, sender: SpoolMeta, may: bool) -> None:
    _die(_filled(tmp_path, _records(1)))
    if may:
        assert list(_rest(_adopted(tmp_path, sender))) == _records(1)
    else:
        assert Spool.adopt(tmp_path / META.instance, sender=sender) is None


def test_a_torn_tail_is_cut_and_the_rest_is_read(tmp_path: Path) -> None:
    made = _records(5)
    spool = _filled(tmp_path, made)
    _die(spool)
    file = segment_files(spool.folder)[0]
    file.write_bytes(file.read_bytes()[:-7])
    adopted = _adopted(tmp_path)
    assert list(_rest(adopted)) == made[:4]
    assert adopted.damaged_bytes == made[4].size_bytes - 7
    adopted.settle(4, 8)
    adopted.close()
    assert not adopted.folder.exists()


def test_damage_in_the_middle_is_counted_in_spans(tmp_path: Path) -> None:
    made = _records(9)
    spool = _filled(tmp_path, made, max_segment_bytes=300)
    _die(spool)
    first, second, *_ = segment_files(spool.folder)
    data = bytearray(first.read_bytes())
    data[made[0].size_bytes + 40] ^= 1
    first.write_bytes(data)
    second.unlink()
    adopted = _adopted(tmp_path)
    per_segment = len(data) // made[0].size_bytes
    kept = [made[0], *made[2:per_segment], *made[2 * per_segment :]]
    assert list(_rest(adopted)) == kept
    assert adopted.damaged_spans == 2 * (len(made) - len(kept))


def test_damage_under_a_living_process_is_counted(tmp_path: Path) -> None:
    made = _records(4)
    spool = _filled(tmp_path, made)
    file = segment_files(spool.folder)[0]
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert list(_rest(spool)) == made[:3]
    assert spool.damaged_spans == 2
    spool.append(_records(1, first=5)[0], max_segment_bytes=BIG)
    assert list(_rest(spool)) == _records(1, first=5)


@pytest.mark.parametrize("mark", [b"", b"rubbish", bytes(20), b"\xff" * 20])
def test_an_unreadable_mark_only_costs_sending_again(tmp_path: Path, mark: bytes) -> None:
    made = _records(4)
    spool = _filled(tmp_path, made)
    list(_rest(spool))
    _settle(spool, made[1])
    _die(spool)
    (spool.folder / SETTLED_FILE).write_bytes(mark)
    adopted = _adopted(tmp_path)
    assert list(_rest(adopted)) == made
    assert adopted.damaged_spans == 0


def test_dropping_the_oldest(tmp_path: Path) -> None:
    made = _records(12)
    spool = _filled(tmp_path, made, max_segment_bytes=300)
    in_first = segment_files(spool.folder)[0].stat().st_size // made[0].size_bytes
    assert spool.read() == made[0]
    assert spool.drop_oldest() == 2 * (in_first - 1)
    assert spool.passed == in_first
    assert list(_rest(spool)) == made[in_first:]
    spool.drop_oldest()
    _die(spool)
    adopted = _adopted(tmp_path)
    rest = list(_rest(adopted))
    assert rest == made[2 * in_first :]
    assert adopted.damaged_spans == 0
    while adopted.drop_oldest() is not None:
        pass
    assert (segment_files(adopted.folder), adopted.size_bytes) == ([], 0)


def test_strange_folders_are_left_alone(tmp_path: Path) -> None:
    for name, text in {"no-json": "{", "list": "[]", "new": '{"format": 99}', "odd": '{"instance": 1}'}.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "meta.json").write_text(text)
        (folder / "0000000001.seg").write_bytes(pack(_records(1)[0]))
        assert read_meta(folder) is None
        assert Spool.adopt(folder, sender=OTHER) is None
    assert Spool.adopt(tmp_path / "absent", sender=OTHER) is None


def test_any_order_of_calls_loses_nothing(tmp_path: Path) -> None:
    """Appends, reads, settlements and deaths at random: every record is read at least once until it is settled."""
    for seed in range(40):
        chance = random.Random(seed)
        root = tmp_path / str(seed)
        spool = Spool.create(root, META)
        written: list[Record] = []
        read: list[Record] = []
        for _ in range(chance.randrange(5, 60)):
            match chance.randrange(3):
                case 0:
                    record = Record(len(written) + 1, len(written) * 2, 2, chance.randbytes(chance.randrange(90)))
                    spool.append(record, max_segment_bytes=chance.randrange(60, 400))
                    written.append(record)
                case 1 if (found := spool.read()) is not None:
                    read.append(found)
                case 2 if read:
                    _settle(spool, read[-1])
                case _:
                    pass
        assert read == written[: len(read)]
        _die(spool)
        adopted = _adopted(root)
        again = list(_rest(adopted))
        assert {record.sequence for record in [*read, *again]} == {record.sequence for record in written}
        assert (adopted.damaged_spans, adopted.damaged_bytes) == (0, 0)
        _die(adopted)
