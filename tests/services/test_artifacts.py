"""Artifacts by path: where they may be, who may, and what goes with what."""

import io
from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.errors import Forbidden, Invalid, LodelineError, NotFound, TooLarge
from lodeline.domain.ids import AccountId, KeyId, TraceId
from lodeline.services.bundle import Services
from tests.contract.build import span, write
from tests.services.bundled import services_over

TRACE = TraceId("tr-" + "ab" * 16)


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("artifacts")
    with services_over(str(request.param).format(folder / "store")) as opened:
        yield opened


def put(services: Services, path: str, data: bytes = b"x", actor: Actor = LOCAL) -> None:
    services.artifacts.check_write(actor, path)
    services.artifacts.put(actor, path, io.BytesIO(data))


def read(services: Services, path: str, actor: Actor = LOCAL) -> bytes:
    size_bytes, stream = services.artifacts.open(actor, path)
    with stream:
        data = stream.read()
    assert len(data) == size_bytes
    return data


def names(services: Services, path: str) -> list[tuple[str, int | None]]:
    return [(item.name, item.size_bytes) for item in services.artifacts.list(LOCAL, path)]


def test_files_and_folders(services: Services) -> None:
    put(services, "0/run/artifacts/a.txt", b"hello")
    put(services, "0/run/artifacts/deep/er/b.txt")
    assert read(services, "0/run/artifacts/a.txt") == b"hello"
    assert names(services, "0/run/artifacts") == [("a.txt", 5), ("deep", None)]
    assert names(services, "0/run/artifacts/deep/") == [("er", None)]
    assert names(services, "0/run/artifacts/a.txt") == names(services, "0/none") == names(services, "") == []
    services.artifacts.delete(LOCAL, "0/run/artifacts/deep")
    assert names(services, "0") == [("run", None)]
    for missing in ("0/run/artifacts/deep/er/b.txt", "0/run", "9/x"):
        with pytest.raises(NotFound):
            read(services, missing)


@pytest.mark.parametrize(
    "path",
    [
        "", "0", "..", "../0/x", "0/../1/x", "0/%2e%2e/x", "0/a\\..\\b", "0//x", "/etc/passwd", "0/a\x00b",
        "0/con", "x/y",
    ],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(services: Services, path: str) -> None:
    with pytest.raises(Invalid):
        put(services, path)


def test_what_is_too_large_is_refused_and_leaves_nothing(services: Services) -> None:
    with pytest.raises(TooLarge):
        put(services, "0/big", bytes(services.artifacts.max_bytes + 1))
    assert names(services, "0") == []


def test_files_of_a_trace_go_with_it_and_attachments_are_attachments(services: Services) -> None:
    services.stores.traces.write([write(TRACE, span())])
    folder = f"0/traces/{TRACE}/artifacts"
    put(services, f"{folder}/attachments/a1", b"picture")
    put(services, f"{folder}/traces.json", b"{}")
    assert names(services, folder) == [("attachments", None), ("traces.json", 2)]
    assert names(services, f"{folder}/attachments") == [("a1", 7)]
    assert read(services, f"{folder}/attachments/a1") == b"picture"
    assert read(services, f"{folder}/traces.json") == b"{}"
    assert "a1" in [item.name for item in services.attachments.list(LOCAL, TRACE)]
    services.artifacts.delete(LOCAL, f"{folder}/traces.json")
    assert names(services, folder) == [("attachments", None)]
    services.traces.delete(LOCAL, [TRACE])
    assert names(services, folder) == []


def test_who_may(services: Services) -> None:
    viewer = Actor("account", "vi", AccountId("acc-1"), role="viewer")
    sender = Actor("key", "app", AccountId("acc-2"), role="editor", scopes=("ingest",), key_id=KeyId("k"))
    put(services, "0/run/artifacts/a.txt")
    assert read(services, "0/run/artifacts/a.txt", viewer) == b"x"
    attachment = f"0/traces/{TRACE}/artifacts/attachments/a1"
    put(services, attachment, b"first", sender)

    def refused(actor: Actor, path: str) -> type[LodelineError]:
        with pytest.raises(LodelineError) as caught:
            put(services, path, b"second", actor)
        return type(caught.value)

    assert refused(viewer, "0/run/artifacts/a.txt") is Forbidden
    assert refused(sender, "0/run/artifacts/b.txt") is Forbidden
    # Who may only send replaces nothing.
    assert refused(sender, attachment) is Forbidden
    assert read(services, attachment) == b"first"
    with pytest.raises(LodelineError):
        read(services, attachment, sender)
