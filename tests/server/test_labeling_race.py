"""Many reviewers of one open pool, over HTTP: some vanish with what they claimed, leases run out, and still every
item gets exactly the reviews that were asked for, and nothing that was submitted is lost.

The server is a real one on a port, in this process, so that its clock can be moved on; the store is a real file.
"""

import random
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from lodeline.domain.errors import Conflict
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import ItemDraft, LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.run import RunDraft
from lodeline.sdk.client.clients import LodelineClient
from lodeline.server.app import close_app, create_app, services_of
from lodeline.server.settings import load_settings
from lodeline.storage.base import Stores
from tests.clock import SettableClock
from tests.contract.build import span, write

REVIEWERS = 50
ITEMS = 40
REVIEWS = 3
DEADLINE_S = 300.0


class Pool:
    """One session, what its reviewers were told was submitted, and what went wrong."""

    def __init__(self, url: str, run_id: str) -> None:
        self.url = url
        self.run_id = run_id
        self.until = time.monotonic() + DEADLINE_S
        self.accepted: list[tuple[str, str, int]] = []
        self.failures: list[BaseException] = []
        self._lock = threading.Lock()

    def review(self, number: int) -> None:
        """Review as one person until nothing is left; every third person vanishes once, with a claim in hand."""
        chance = random.Random(number)
        try:
            with LodelineClient(self.url, timeout_s=120.0) as client:
                vanishes = number % 3 == 0
                while time.monotonic() < self.until:
                    item = client.reviews.next(self.run_id, reviewer=f"r{number}").item
                    if item is None:
                        if self._is_done(client):
                            return
                        time.sleep(0.2)
                        continue
                    if vanishes:
                        return
                    self._submit(client, number, item.item_id, item.mine.token if item.mine else None, chance)
        except BaseException as error:  # a thread's failure must reach the test
            self.failures.append(error)

    def _submit(
        self, client: LodelineClient, number: int, item_id: str, token: str | None, chance: random.Random
    ) -> None:
        score = chance.randrange(1, 6)
        form = ReviewForm({"score": score})
        for _ in range(chance.choice((1, 1, 2))):  # now and then sent twice, as after a lost answer
            try:
                client.reviews.submit(item_id, form, token=token, key=f"{item_id}-{number}", reviewer=f"r{number}")
            except Conflict as error:
                if error.error_code != "claim_lost":
                    raise
                return
        with self._lock:
            self.accepted.append((item_id, f"r{number}", score))

    def _is_done(self, client: LodelineClient) -> bool:
        return client.labeling.get(self.run_id).counts.get("COMPLETE", 0) == ITEMS


def test_fifty_reviewers_review_each_item_as_often_as_asked_and_lose_nothing(tmp_path: Path) -> None:
    clock = SettableClock()
    with serving(tmp_path / "store", clock) as (url, stores), LodelineClient(url, timeout_s=120.0) as client:
        run_id, item_ids = session(client, stores)
        pool = Pool(url, run_id)
        threads = [threading.Thread(target=pool.review, args=(number,)) for number in range(REVIEWERS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and time.monotonic() < pool.until:
            # Leases run out all the time, those of people who only are slow among them.
            clock.advance(31)
            time.sleep(0.1)
        for thread in threads:
            thread.join(DEADLINE_S)
        assert pool.failures == []
        found = client.labeling_items.list(run_id).all()
        assert [(item.item_id, item.state) for item in found] == [(each, "COMPLETE") for each in item_ids]
        assert [len(item.submissions) for item in found] == [REVIEWS] * ITEMS
        kept = [
            (item.item_id, a.reviewer, a.submission.form.answers["score"])
            for item in found
            for a in item.submissions
            if a.submission is not None
        ]
        assert sorted(kept) == sorted(pool.accepted)
        judged = client.assessments.search(experiment="0", filter=f"run = '{run_id}'").all()
        assert len(judged) == ITEMS * REVIEWS
        assert len({(a.target.trace_id, a.source.source_id) for a in judged}) == ITEMS * REVIEWS
        vanished = {f"r{number}" for number in range(0, REVIEWERS, 3)}
        gone = [a for item in found for a in item.assignments if a.state == "EXPIRED" and a.reviewer in vanished]
        assert gone, "nobody who vanished lost their claim: the test did not test that"
        assert stores.admin.check() == []


def session(client: LodelineClient, stores: Stores) -> tuple[str, list[str]]:
    """Make the session with its items, which are traces."""
    schema = LabelSchemaDraft("score", "FEEDBACK", LabelInput("numeric", min_value=1, max_value=5))
    client.label_schemas.create(schema)
    traces = [TraceId(f"tr-{number}") for number in range(ITEMS)]
    stores.traces.write([write(each, span(), experiment=ExperimentId("0")) for each in traces])
    policy = ReviewPolicy(reviews_required=REVIEWS, lease_minutes=1)
    draft = LabelingDraft(RunDraft("pool"), (), policy=policy, state="OPEN")
    made = client.labeling.create(draft, "score")
    items = [ItemDraft(ReviewTarget("TRACE", trace_id=each)) for each in traces]
    return made.run.run_id, list(client.labeling_items.add(made.run.run_id, items).item_ids)


@contextmanager
def serving(store: Path, clock: SettableClock) -> Generator[tuple[str, Stores]]:
    """Serve a store on a free port of this machine."""
    app = create_app(load_settings(flags={"store": str(store)}), clock=clock)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 60
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", services_of(app).stores
    finally:
        server.should_exit = True
        thread.join(60)
        close_app(app)
