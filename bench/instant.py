# pyright: basic
"""A server that answers MLflow's client at once: what the client sends is kept in memory and nothing is done with it.

It measures the client alone: no server can be faster through it. It knows only the calls that `bench.mlflow` makes,
and answers them with what the client needs to go on; spans are read when they are asked for.
"""

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Generator
from urllib.parse import parse_qs, urlsplit

import httptools
import orjson
import uvloop
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_START_TIMEOUT_S = 60.0
_TRACE = re.compile(r"/api/3\.0/mlflow/traces/(tr-[0-9a-f]{32})(/assessments)?")


class Kept:
    """What has been sent to this server."""

    def __init__(self) -> None:
        self.experiments: dict[str, str] = {}
        self.infos: dict[str, dict] = {}
        self.exports: list[bytes] = []
        self.spans: dict[str, list[dict]] = {}
        self.runs: dict[str, dict] = {}
        self.of_runs: dict[str, list[str]] = {}

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> object:
        """Return the answer's message, bytes as they are; None for what is not known."""
        if path == "/v1/traces":
            self.exports.append(body)
            return b""
        if path == "/version":
            return b"3.17.2"
        sent = orjson.loads(body) if body else {name: values[0] for name, values in query.items()}
        if (known := _ANSWERS.get((method, path.partition("/mlflow/")[2]))) is not None:
            return known(self, sent)
        if (of_trace := _TRACE.fullmatch(path)) is None:
            return {}
        return self.of_trace(of_trace[1], sent, judged=of_trace[2] is not None)

    def of_trace(self, trace_id: str, sent: dict, *, judged: bool) -> object:
        """Return the info of a trace, or take an assessment of it."""
        info = self.infos[trace_id]
        if not judged:
            return {"trace": {"trace_info": info}}
        made = {**sent["assessment"], "assessment_id": f"a-{uuid.uuid4().hex}", "trace_id": trace_id}
        info.setdefault("assessments", []).append(made)
        return {"assessment": made}

    def start(self, sent: dict) -> object:
        """Keep the info of a trace."""
        info = sent["trace"]["trace_info"]
        # Else the client sends the spans a second time, as a file.
        info.setdefault("tags", {})["mlflow.trace.spansLocation"] = "TRACKING_STORE"
        self.infos[info["trace_id"]] = info
        if (run_id := info.get("trace_metadata", {}).get("mlflow.sourceRun")) is not None:
            self.of_runs.setdefault(run_id, []).append(info["trace_id"])
        return {"trace": {"trace_info": info}}

    def search(self, sent: dict) -> object:
        """Return the newest infos of an experiment, of a run, or with a tag; other clauses are passed over."""
        places = {place["mlflow_experiment"]["experiment_id"] for place in sent["locations"]}
        clause, most = sent.get("filter", ""), int(sent.get("max_results", 100))
        found = list(self.infos.values())
        if (of_run := re.search(r"run_id = '(\w+)'", clause)) is not None:
            found = [self.infos[trace_id] for trace_id in self.of_runs.get(of_run[1], [])]
        if "tags.even = '0'" in clause:
            found = [info for info in found if info["tags"].get("even") == "0"]
        mine = [info for info in found if info["trace_location"]["mlflow_experiment"]["experiment_id"] in places]
        mine.reverse()
        first = int(sent.get("page_token") or 0)
        more = {"next_page_token": str(first + most)} if first + most < len(mine) else {}
        return {"traces": mine[first : first + most], **more}

    def traces(self, ids: list[str]) -> list[dict]:
        """Return traces with their spans."""
        self._read()
        return [{"trace_info": self.infos[each], "spans": self.spans.get(each, [])} for each in ids]

    def run(self, sent: dict) -> object:
        """Make a run, or change it, or return it."""
        run_id = sent.get("run_id") or uuid.uuid4().hex
        if run_id not in self.runs:
            now_ms = int(time.time() * 1_000)
            info = {
                "run_id": run_id,
                "run_uuid": run_id,
                "run_name": sent.get("run_name", "run"),
                "start_time": now_ms,
            }
            info |= {"experiment_id": sent["experiment_id"], "status": "RUNNING", "user_id": "", "end_time": now_ms}
            info |= {"artifact_uri": f"mlflow-artifacts:/{run_id}", "lifecycle_stage": "active"}
            self.runs[run_id] = {"info": info, "data": {"tags": sent.get("tags", [])}}
        return {"run": self.runs[run_id], "run_info": self.runs[run_id]["info"]}

    def measured(self, sent: dict) -> object:
        """Keep the metrics of a run."""
        self.runs[sent["run_id"]]["data"].setdefault("metrics", []).extend(sent.get("metrics", []))
        return {}

    def experiment(self, sent: dict) -> object:
        """Make an experiment, or return one by name or id; None for a name that there is not."""
        if "name" in sent:
            self.experiments[sent["name"]] = str(len(self.experiments) + 1)
            return {"experiment_id": self.experiments[sent["name"]]}
        for name, experiment_id in self.experiments.items():
            if experiment_id == sent.get("experiment_id") or name == sent.get("experiment_name"):
                place = f"mlflow-artifacts:/{experiment_id}"
                told = {"experiment_id": experiment_id, "name": name, "artifact_location": place}
                return {"experiment": {**told, "lifecycle_stage": "active"}}
        return None

    def _read(self) -> None:
        """Read the exports that nobody has asked for until now."""
        for body in self.exports:
            export = ExportTraceServiceRequest.FromString(body)
            for span in (each for r in export.resource_spans for scope in r.scope_spans for each in scope.spans):
                told = MessageToDict(span, preserving_proto_field_name=True)
                self.spans.setdefault(f"tr-{span.trace_id.hex()}", []).append(told)
        self.exports.clear()


_ANSWERS: dict[tuple[str, str], Callable[[Kept, dict], object]] = {
    ("POST", "traces"): Kept.start,
    ("POST", "traces/search"): Kept.search,
    ("GET", "traces/get"): lambda kept, sent: {"trace": kept.traces([sent["trace_id"]])[0]},
    ("GET", "traces/batchGet"): lambda kept, sent: {"traces": kept.traces(sent["trace_ids"])},
    ("POST", "runs/create"): Kept.run,
    ("POST", "runs/update"): Kept.run,
    ("GET", "runs/get"): Kept.run,
    ("POST", "runs/log-batch"): Kept.measured,
    ("POST", "experiments/create"): Kept.experiment,
    ("GET", "experiments/get"): Kept.experiment,
    ("GET", "experiments/get-by-name"): Kept.experiment,
}


class _Connection(asyncio.Protocol):
    """One connection of the client; requests are answered as they end."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._body = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url, self._body = self._url + url, b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        at = urlsplit(self._url.decode())
        self._url = b""
        query = parse_qs(at.query)
        ids = {"trace_ids": query["trace_ids"]} if "trace_ids" in query else {}
        method = self._parser.get_method().decode()
        if ids:
            found: object = {"traces": self._kept.traces(ids["trace_ids"])}
        else:
            found = self._kept.answer(method, at.path, query, self._body)
        status = b"200 OK" if found is not None else b"404 Not Found"
        told = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "unknown"} if found is None else found
        body = told if isinstance(told, bytes) else orjson.dumps(told)
        kind = b"text/plain" if isinstance(told, bytes) else b"application/json"
        head = b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n" % (status, kind, len(body))
        self._transport.write(head + body)  # pyright: ignore[reportAttributeAccessIssue] - of a stream


@contextlib.contextmanager
def serve_at_once() -> Generator[str]:
    """Give the address of such a server, a process of its own, and end it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, "-m", "bench.instant", str(port)]) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/version", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):  # noqa: S310 - this machine
            return
        time.sleep(0.01)
    raise RuntimeError("the server that answers at once did not start")


async def _serve(port: int) -> None:
    kept = Kept()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(kept), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
