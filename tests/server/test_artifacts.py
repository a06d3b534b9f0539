"""A run's artifacts at the native door: listed, saved, and nothing outside of the run."""

from io import BytesIO

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.errors import shown
from lodeline.domain.model import Model, ModelDraft
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


@pytest.mark.parametrize("odd", ["a/../b", "a//b", "x\x00y", "CON", "é" * 300, "/".join("a" * 490)])
def test_an_odd_path_is_named_as_it_was_given(odd: str):
    with serve() as world:
        run, model = ran(world, "one"), modelled(world, "one")
        for root in (f"{API}/runs/{run.run_id}/artifacts", f"{API}/models/{model.model_id}/artifacts"):
            for method, address in (("GET", root), ("PUT", f"{root}/content"), ("DELETE", f"{root}/content")):
                answer = world.client.request(method, address, params={"path": odd})
                assert answer.status_code == 400
                assert answer.json()["detail"].startswith(f"path: {shown(odd)} is not valid")
        mlflow = world.client.get(
            "/api/2.0/mlflow/artifacts/list", params={"run_id": run.run_id, "path": odd.strip("/")}
        )
        assert mlflow.json()["message"].startswith(f"path: {shown(odd)} is not valid")
        proxied = world.client.put("/api/2.0/mlflow-artifacts/artifacts/0/x/a:b", content=b"x")
        assert proxied.json()["message"].startswith("path: '0/x/a:b' is not valid")


def test_a_file_in_the_way_is_named_by_the_path_that_was_given():
    with serve() as world:
        root = f"{API}/runs/{ran(world, 'one').run_id}/artifacts/content"
        for path in ("plots", "notes.txt/more"):
            answer = world.client.put(root, params={"path": path}, content=b"x")
            assert (answer.status_code, answer.json()["code"]) == (409, "artifact_in_the_way")
            assert answer.json()["detail"].startswith(f"artifact '{path}': a file stands where a folder is needed")


def test_what_is_not_there_is_not_found():
    with serve() as world:
        root = f"{API}/runs/{ran(world, 'one').run_id}/artifacts"
        for address in (f"{root}/content?path=plots", f"{root}/content?path=x", f"{API}/runs/none/artifacts"):
            assert world.client.get(address).status_code == 404


def modelled(world: World, name: str) -> Model:
    return world.services.models.create(LOCAL, "0", ModelDraft(name))


@pytest.mark.parametrize("kind", ["runs", "models"])
def test_a_file_is_put_listed_read_replaced_and_deleted(kind: str):
    with serve() as world:
        ident = ran(world, "one").run_id if kind == "runs" else modelled(world, "one").model_id
        root = f"{API}/{kind}/{ident}/artifacts"
        for content in (b"first", b"and again"):
            put = world.client.put(f"{root}/content", params={"path": "deep/ä b.bin"}, content=content)
            assert (put.status_code, put.json()) == (200, {"name": "ä b.bin", "size_bytes": len(content)})
            assert world.client.get(f"{root}/content", params={"path": "deep/ä b.bin"}).content == content
        assert world.client.get(root, params={"path": "deep"}).json() == [put.json()]
        assert world.client.delete(f"{root}/content", params={"path": "deep"}).status_code == 204
        assert world.client.get(root, params={"path": "deep"}).json() == []
        assert world.client.delete(f"{root}/content", params={"path": "deep"}).status_code == 404


@pytest.mark.parametrize("kind", ["runs", "models"])
def test_what_is_refused_stores_nothing(kind: str):
    with serve(max_attachment_bytes=10) as world:
        made = ran_empty(world) if kind == "runs" else modelled(world, "one").model_id
        root = f"{API}/{kind}/{made}/artifacts"

        def put(path: str, content: bytes = b"x", below: str = root) -> int:
            return world.client.put(f"{below}/content", params={"path": path}, content=content).status_code

        for path in ("../up.txt", "/", "a//b", "a\\b", "%2e%2e/b", "con", "a./b", ".."):
            assert put(path) == 400, path
        assert put("large.bin", b"x" * 11) == 413
        assert put("a.txt", below=f"{API}/{kind}/none/artifacts") == 404
        assert world.client.get(root).json() == []
        assert put("a.txt") == 200
        assert put("a.txt/below") == 409
        assert world.client.delete(f"{API}/{kind}/{made}").status_code == 200
        assert put("b.txt") == 409
        assert world.client.delete(f"{root}/content", params={"path": "a.txt"}).status_code == 409
        assert [item["name"] for item in world.client.get(root).json()] == ["a.txt"]


def ran_empty(world: World) -> str:
    return world.services.runs.create(LOCAL, "0", RunDraft("empty")).run_id


def test_who_deletes_all_files_of_a_run_names_them():
    with serve() as world:
        run = ran(world, "one")
        address = f"{API}/runs/{run.run_id}/artifacts/content"
        for path in ("", "/"):
            assert world.client.delete(address, params={"path": path}).status_code == 400
        assert len(world.services.artifacts.list(LOCAL, of_run(run))) == 2
