"""An import that is killed on its way, and begun again."""

import subprocess
import time
from pathlib import Path

import lodeline
from tests.e2e.harness import LODELINE, serving
from tests.mlflow.conftest import MlflowFiles, import_all
from tests.mlflow.growing import grow

MANY = 1_500
_DEADLINE_S = 90.0


def test_killed_on_its_way_and_begun_again_nothing_is_doubled(tmp_path: Path, mlflow: MlflowFiles) -> None:
    grow(mlflow.database, MANY)
    store = tmp_path / "store"
    with serving(store) as server, server.client() as client:
        command = [*LODELINE, "import", "mlflow", str(mlflow.database), "--artifacts", str(mlflow.artifacts)]
        process = subprocess.Popen([*command, "--server", server.url], stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + _DEADLINE_S
            while not any(each.name == "shop" for each in client.experiments.search()) or not list(
                client.traces.search(experiment="2", limit=1)
            ):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.01)
        finally:
            process.kill()
            process.wait()
        cut = sum(1 for _ in client.traces.search(experiment="2"))
    assert 0 < cut < MANY
    with lodeline.connect(store) as client:
        account = import_all(client, mlflow)
        # The server may have gone on with the file that it had when the client was killed.
        assert account.found["traces"] == MANY + 5
        assert 0 < account.added["traces"] <= MANY + 5 - cut
        ids = [each.trace_id for each in client.traces.search(experiment="2")]
        assert len(ids) == len(set(ids)) == MANY + 4 - 1
        assert sum(import_all(client, mlflow).added.values()) == 0
        [good] = client.traces.search(experiment="2", filter="name = 'ask' AND state = 'OK'", limit=1)
        assert len(client.traces.get(good.trace_id).assessments) == 3
