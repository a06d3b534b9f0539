"""Uploads in parts: what becomes a file, what does not, and what is left behind."""

import hashlib
import io
from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.blob import experiment_folder
from lodeline.domain.errors import Forbidden, Invalid, LodelineError, NotFound, TooLarge
from lodeline.domain.ids import AccountId, ExperimentId
from lodeline.services.artifact_parts import KEPT_MS, MAX_PARTS
from lodeline.services.bundle import Services
from tests.services.bundled import clock_of, services_over

PATH = "0/run/artifacts/deep/a b.bin"
UPLOADS = f"{experiment_folder(ExperimentId('0'))}/uploads"


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("parts")
    with services_over(str(request.param).format(folder / "store")) as opened:
        yield opened


def put(services: Services, upload_id: str, number: int, data: bytes, path: str = PATH) -> str:
    services.artifact_parts.check_part(LOCAL, path, upload_id, number)
    return services.artifact_parts.put(LOCAL, path, upload_id, number, io.BytesIO(data))


def joined(services: Services, upload_id: str, parts: list[tuple[int, str]], path: str = PATH) -> bytes:
    return b"".join(services.artifact_parts.read(LOCAL, path, upload_id, parts))


def left(services: Services) -> list[str]:
    return [info.path for info in services.stores.blobs.list(UPLOADS)]


def test_parts_become_the_file_in_the_order_of_their_numbers(services: Services) -> None:
    upload_id = services.artifact_parts.create(LOCAL, PATH, 3)
    pieces = [b"a" * 400_000, b"", b"c"]
    digests = {number: put(services, upload_id, number, pieces[number - 1]) for number in (3, 1, 2)}
    assert digests[3] == hashlib.sha256(b"c").hexdigest()
    assert joined(services, upload_id, sorted(digests.items())) == b"".join(pieces)
    assert services.artifacts.list(LOCAL, "0/run/artifacts") == []
    services.artifact_parts.delete(LOCAL, PATH, upload_id)
    assert left(services) == []
    with pytest.raises(NotFound, match="upload"):
        services.artifact_parts.delete(LOCAL, PATH, upload_id)


def test_a_part_that_comes_again_takes_the_place_of_the_first(services: Services) -> None:
    upload_id = services.artifact_parts.create(LOCAL, PATH, 1)
    first = put(services, upload_id, 1, b"first")
    again = put(services, upload_id, 1, b"again")
    assert joined(services, upload_id, [(1, again)]) == b"again"
    with pytest.raises(Invalid, match="ETag"):
        joined(services, upload_id, [(1, first)])


def test_a_file_that_is_not_whole_is_refused(services: Services) -> None:
    upload_id = services.artifact_parts.create(LOCAL, PATH, 2)
    one = put(services, upload_id, 1, b"1")
    with pytest.raises(Invalid, match="part 2 has not come"):
        joined(services, upload_id, [(1, one), (2, one)])
    for named in ([(1, one)], [(2, one), (1, one)], [(1, one), (1, one)], []):
        with pytest.raises(Invalid, match="2 parts; name all of them"):
            joined(services, upload_id, named)


@pytest.mark.parametrize("upload_id", ["", "0", "../../x", "g" * 32, "0" * 32])
def test_an_upload_that_there_is_not(services: Services, upload_id: str) -> None:
    with pytest.raises(NotFound, match="upload"):
        put(services, upload_id, 1, b"x")


def test_an_id_opens_no_other_path(services: Services) -> None:
    upload_id = services.artifact_parts.create(LOCAL, PATH, 1)
    for other in ("0/run/artifacts/deep/other.bin", "0/models/m/artifacts/x"):
        with pytest.raises(NotFound, match="upload"):
            put(services, upload_id, 1, b"x", other)


@pytest.mark.parametrize("parts", [-1, 0, MAX_PARTS + 1])
def test_odd_numbers_of_parts(services: Services, parts: int) -> None:
    with pytest.raises(Invalid, match="num_parts"):
        services.artifact_parts.create(LOCAL, PATH, parts)
    assert left(services) == []


def test_parts_beyond_the_plan_and_paths_that_lead_elsewhere(services: Services) -> None:
    upload_id = services.artifact_parts.create(LOCAL, PATH, 2)
    for number in (0, 3):
        with pytest.raises(Invalid, match="part_number"):
            put(services, upload_id, number, b"x")
    for path in ("0/../1/x", "0", "0/%2e%2e/x", "../x"):
        with pytest.raises(Invalid):
            services.artifact_parts.create(LOCAL, path, 1)


def test_the_parts_together_are_bounded_as_one_file_is(services: Services) -> None:
    most = services.artifacts.max_bytes
    services.artifacts.max_bytes = 10
    try:
        upload_id = services.artifact_parts.create(LOCAL, PATH, 2)
        put(services, upload_id, 1, b"1234567")
        with pytest.raises(TooLarge, match="10 bytes"):
            put(services, upload_id, 2, b"4567")
        put(services, upload_id, 2, b"456")
        put(services, upload_id, 1, b"7654321")
    finally:
        services.artifacts.max_bytes = most


def test_whoever_may_not_write_the_file_may_not_send_parts(services: Services) -> None:
    reader = Actor("account", "vi", AccountId("acc-1"), role="viewer")
    upload_id = services.artifact_parts.create(LOCAL, PATH, 1)
    digest = put(services, upload_id, 1, b"x")
    parts = services.artifact_parts
    for refused in (
        lambda: parts.create(reader, PATH, 1),
        lambda: parts.check_part(reader, PATH, upload_id, 1),
        lambda: parts.put(reader, PATH, upload_id, 1, io.BytesIO(b"y")),
        lambda: parts.read(reader, PATH, upload_id, [(1, digest)]),
        lambda: parts.delete(reader, PATH, upload_id),
    ):
        with pytest.raises((Forbidden, NotFound)) as raised:
            refused()
        error = raised.value
        assert isinstance(error, LodelineError)
        assert error.details.get("noun") != "upload"
    assert joined(services, upload_id, [(1, digest)]) == b"x"


def test_what_nobody_ended_goes_a_day_later(services: Services) -> None:
    clock = clock_of(services)
    old = services.artifact_parts.create(LOCAL, PATH, 1)
    written_ms = max(info.modified_ms for info in services.stores.blobs.list(UPLOADS))
    clock.advance((written_ms + KEPT_MS - clock.now_ms()) / 1_000)
    services.artifact_parts.create(LOCAL, PATH, 1)
    put(services, old, 1, b"x")
    clock.advance(86_400)
    fresh = services.artifact_parts.create(LOCAL, PATH, 1)
    with pytest.raises(NotFound):
        put(services, old, 1, b"x")
    assert len(left(services)) == 1
    put(services, fresh, 1, b"x")
