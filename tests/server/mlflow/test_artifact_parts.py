"""Uploads in parts, as MLflow's client makes them: with what it is told, and nothing else."""

import os

from tests.server.world import World, populated

ROOT = "/api/2.0/mlflow-artifacts"


def key(world: World, role: str = "editor") -> dict[str, str]:
    """Return the headers that a client with a key of that role sends."""
    return {"authorization": f"Bearer {world.names[f'{role}_secret']}"}


def test_the_addresses_and_headers_that_are_told_are_enough() -> None:
    with populated() as world:
        folder = f"1/{world.names['run']}/artifacts/deep"
        pieces = [os.urandom(1000), os.urandom(1000), b"end"]
        body = {"path": "C:\\data\\größe 100%.bin", "num_parts": 3}
        begun = world.client.post(f"{ROOT}/mpu/create/{folder}", json=body, headers=key(world)).json()
        credentials = begun["credentials"]
        assert [each["part_number"] for each in credentials] == [1, 2, 3]
        assert world.client.put(credentials[0]["url"], content=b"x").status_code == 401
        parts: list[dict[str, object]] = []
        for credential, piece in zip(credentials, pieces, strict=True):
            answer = world.client.put(credential["url"], content=piece, headers=credential["headers"])
            assert answer.status_code == 200, answer.text
            parts.append({"part_number": credential["part_number"], "etag": answer.headers["etag"]})
        end = {"path": body["path"], "upload_id": begun["upload_id"], "parts": parts}
        complete = f"{ROOT}/mpu/complete/{folder}"
        assert world.client.post(complete, json=end, headers=key(world)).json() == {}
        found = world.client.get(f"{ROOT}/artifacts/{folder}/größe 100%25.bin", headers=key(world, "viewer"))
        assert found.content == b"".join(pieces)
        again = world.client.post(complete, json=end, headers=key(world))
        assert (again.status_code, again.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_an_upload_that_is_given_up_takes_nothing_more() -> None:
    with populated() as world:
        headers = key(world)
        folder = f"1/{world.names['run']}/artifacts"
        begun = world.client.post(f"{ROOT}/mpu/create/{folder}", json={"path": "a", "num_parts": 1}, headers=headers)
        (credential,) = begun.json()["credentials"]
        over = {"path": "a", "upload_id": begun.json()["upload_id"]}
        assert world.client.post(f"{ROOT}/mpu/abort/{folder}", json=over, headers=headers).status_code == 200
        late = world.client.put(credential["url"], content=b"x", headers=credential["headers"])
        assert late.status_code == 404
        assert world.client.get(f"{ROOT}/artifacts/{folder}/a", headers=headers).status_code == 404


def test_odd_numbers_of_parts_are_refused() -> None:
    with populated() as world:
        headers = key(world)
        folder = f"1/{world.names['run']}/artifacts"
        for count in (0, -1, 10_001, "many"):
            body = {"path": "a", "num_parts": count}
            answer = world.client.post(f"{ROOT}/mpu/create/{folder}", json=body, headers=headers)
            assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), count
        for number in ("", "0", "x", "99999999"):
            asked = {"upload_id": "0" * 32, "part_number": number}
            url = f"{ROOT}/mpu/parts/{folder}/a"
            assert world.client.put(url, params=asked, content=b"x", headers=headers).status_code in {400, 404}
