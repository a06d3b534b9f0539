"""Records: what was written is read, whatever was damaged around it."""

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from lodeline.sdk.delivery.records import MAGIC, Record, pack, read_record, records

_payloads = st.binary(max_size=60) | st.binary(max_size=20).map(lambda data: MAGIC + data)


def _record(number: int, payload: bytes) -> Record:
    return Record(sequence=number + 1, spans_before=number * 3, spans=3, payload=payload)


def _read(data: bytes) -> list[Record]:
    return list(records(BytesIO(data), len(data)))


@given(st.lists(_payloads, max_size=6))
def test_round_trip(payloads: list[bytes]) -> None:
    made = [_record(number, payload) for number, payload in enumerate(payloads)]
    assert _read(b"".join(map(pack, made))) == made


@given(st.lists(_payloads, min_size=1, max_size=4), st.data())
def test_a_torn_tail_costs_the_last_record_only(payloads: list[bytes], data: st.DataObject) -> None:
    made = [_record(number, payload) for number, payload in enumerate(payloads)]
    whole = b"".join(map(pack, made))
    cut = data.draw(st.integers(1, made[-1].size_bytes))
    assert _read(whole[:-cut]) == made[:-1]


@given(st.lists(_payloads, min_size=2, max_size=5), st.data())
def test_altered_bytes_cost_the_records_they_are_in(payloads: list[bytes], data: st.DataObject) -> None:
    made = [_record(number, payload) for number, payload in enumerate(payloads)]
    packed = [bytearray(pack(record)) for record in made]
    hit = data.draw(st.integers(0, len(made) - 1))
    place = data.draw(st.integers(0, len(packed[hit]) - 1))
    packed[hit][place] ^= data.draw(st.integers(1, 255))
    assert _read(b"".join(map(bytes, packed))) == [record for record in made if record is not made[hit]]


@given(st.binary(max_size=300))
def test_noise_between_records_is_passed_over(noise: bytes) -> None:
    first, second = _record(0, b"one"), _record(1, b"two")
    assert _read(noise + pack(first) + noise + pack(second) + noise) == [first, second]


def test_a_record_that_ends_beyond_the_end_is_not_read() -> None:
    data = pack(_record(0, b"x" * 100))
    assert read_record(BytesIO(data), 0, len(data) - 1) is None
