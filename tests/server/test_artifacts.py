"""A run's artifacts at the native door: listed, saved, and nothing outside of the run."""

from io import BytesIO

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.run import Run, RunDraft
from lodeline.services.artifacts import of_run
from tests.server.world import World, serve

API = "/api/v1"


def ran(world: World, name: str) -> Run:
    run = world.services.runs.create(LOCAL, "0", RunDraft(name))
    for path in ("notes.txt", "plots/loss é.html"):
        world.services.artifacts.put(LOCAL, of_run(run, path), BytesIO(f"{path} of {name}".encode()))
    return run


def test_files_are_listed_by_folder_and_saved_never_shown():
    with serve() as world:
        root = f"{API}/runs/{ran(world, 'one').run_id}/artifacts"
        assert world.client.get(root).json() == [
            {"name": "notes.txt", "size_bytes": len("notes.txt of one")},
            {"name": "plots", "size_bytes": None},
        ]
        inside = [{"name": "loss é.html", "size_bytes": len("plots/loss é.html of one".encode())}]
        assert world.client.get(root, params={"path": "plots/"}).json() == inside
        assert world.client.get(root, params={"path": "none"}).json() == []
        got = world.client.get(f"{root}/content", params={"path": "plots/loss é.html"})
        assert (got.status_code, got.text) == (200, "plots/loss é.html of one")
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''loss%20%C3%A9.html"
        assert got.headers["content-security-policy"].startswith("sandbox")
        assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "way", ["../{}/artifacts/notes.txt", "plots/../../../{}/artifacts/notes.txt", "%2e%2e/{}", "a\\b"]
)
def test_no_path_leads_to_another_run(way: str):
    with serve() as world:
        mine, other = ran(world, "mine"), ran(world, "other")
        root = f"{API}/runs/{mine.run_id}/artifacts"
        for address in (root, f"{root}/content"):
            answer = world.client.get(address, params={"path": way.format(other.run_id)})
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_what_is_not_there_is_not_found():
    with serve() as world:
        root = f"{API}/runs/{ran(world, 'one').run_id}/artifacts"
        for address in (f"{root}/content?path=plots", f"{root}/content?path=x", f"{API}/runs/none/artifacts"):
            assert world.client.get(address).status_code == 404
