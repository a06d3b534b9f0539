"""The sending side of the ingest benchmark, a process of its own: `python -m bench.load FILE PORT CONNECTIONS`.

FILE holds serialised requests, each after its length in four bytes. They are read before the clock starts. The result
is one line of JSON on standard output.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from bench.http import Connection


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending: requests answered 200, refused ones, seconds, and how long each took in milliseconds.

    `ended_s` is the moment of the last answer on the system's clock that never goes back, which processes share.
    """

    acknowledged: int
    refused: int
    elapsed_s: float
    latencies_ms: list[float]
    ended_s: float


def write_requests(path: Path, requests: Iterable[bytes]) -> int:
    """Write requests in the form that this program reads; return how many."""
    count = 0
    with path.open("wb") as stream:
        for body in requests:
            stream.write(len(body).to_bytes(4, "big") + body)
            count += 1
    return count


def read_requests(path: Path) -> Iterable[bytes]:
    """Yield the requests of a file."""
    with path.open("rb") as stream:
        while head := stream.read(4):
            yield stream.read(int.from_bytes(head, "big"))


async def send(requests: Iterable[bytes], port: int, connections: int) -> Sent:
    """Send every request once over this many connections, each waiting for its answer before the next."""
    waiting = deque(requests)
    latencies_ms: list[float] = []
    refused = 0
    opened = [await Connection.open(port) for _ in range(connections)]

    async def work(connection: Connection) -> None:
        nonlocal refused
        while waiting:
            body = waiting.popleft()
            start = time.perf_counter()
            answer = await connection.post("/v1/traces", body)
            if answer.status == 503:
                refused += 1
                waiting.append(body)
                await asyncio.sleep(0.1)
                continue
            if answer.status != 200 or b"rejected" in answer.body:
                raise RuntimeError(f"the server answered {answer.status}: {answer.body[:500]!r}")
            latencies_ms.append((time.perf_counter() - start) * 1_000)

    start = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in opened))
    elapsed_s, ended_s = time.perf_counter() - start, time.monotonic()
    for connection in opened:
        await connection.close()
    return Sent(len(latencies_ms), refused, elapsed_s, latencies_ms, ended_s)


def main(arguments: Sequence[str]) -> int:
    """Send a file and print what came of it."""
    path, port, connections = arguments
    sent = asyncio.run(send(list(read_requests(Path(path))), int(port), int(connections)))
    sys.stdout.buffer.write(orjson.dumps(asdict(sent)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
