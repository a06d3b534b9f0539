"""Two loads of the demonstration at one time: both succeed, and the store has what one load makes."""

import re
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from lodeline.cli.demo import load_part
from lodeline.demo.part import DemoDataset, DemoEvaluation, DemoLabeling, DemoPart
from lodeline.domain.errors import Conflict
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import RunId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget, item_id_of
from lodeline.domain.labeling_sources import PastReview
from lodeline.domain.model import ModelDraft
from lodeline.domain.record import RecordDraft
from lodeline.domain.run import RunDraft
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.client.inprocess import InProcessTransport
from lodeline.server.app import close_app, create_app
from lodeline.server.settings import Settings
from tests.e2e.harness import export, judgment, span, trace_id

TRACES = ("one", "two", "three")
EVALUATION, SESSION = RunId("e" * 32), RunId("5" * 32)
Before = Callable[[str], None]
_OF_ONE = re.compile(r"/(?:[0-9a-f]{32}|[a-z]+-[0-9a-f-]+|\d+)(?=/|$)")


class Watched(httpx.BaseTransport):
    """Tells of each change before it is sent: its method and its path without ids."""

    def __init__(self, inner: httpx.BaseTransport, before: Before) -> None:
        self._inner = inner
        self._before = before

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self._before(f"{request.method} {_OF_ONE.sub('/…', request.url.path)}")
        return self._inner.handle_request(request)


@contextmanager
def clients(before: Before = lambda _: None) -> Generator[tuple[LodelineClient, LodelineClient]]:
    """Give two clients of an empty store; of each change of the first one `before` is told before it is sent."""
    app = create_app(Settings(store="memory:", auth=False, grpc_port=None, ingest_processes=0))
    try:
        with InProcessTransport(app) as inner:
            watched = LodelineClient("http://localhost", transport=Watched(inner, before), max_retries=0)
            yield watched, LodelineClient("http://localhost", transport=inner, max_retries=0)
    finally:
        close_app(app)


def load(client: LodelineClient, part: DemoPart) -> int:
    """Load a part and return how many steps it said to have done."""
    steps: list[int] = []
    load_part(client, part, steps.append)
    return sum(steps)


def small_part() -> DemoPart:
    """Return a part that has all that a part can have."""
    targets = [ReviewTarget("TRACE", trace_id=trace_id(each)) for each in TRACES]
    policy = ReviewPolicy(reviews_required=1, mode="named")
    ids = [item_id_of(SESSION, target) for target in targets]
    drafts = [replace(judgment(trace_id(each), "seen", True), identifier=f"seen-{each}") for each in TRACES]
    rows = [RowDraft(each, trace_id=trace_id(each), scores=(ScoreDraft("right", True),)) for each in TRACES]
    return DemoPart(
        ExperimentDraft("races", client_key="races"),
        lambda: (export([span(each, 0, text=each)]) for each in TRACES),
        len(TRACES),
        lambda: iter(drafts),
        len(drafts),
        models=[ModelDraft("agent", status="READY", reuse_key="agent")],
        dataset=DemoDataset("questions", "", [RecordDraft({"q": each}, external_id=each) for each in TRACES]),
        evaluations=[
            DemoEvaluation(
                EvaluationDraft(RunDraft("right", run_id=EVALUATION), Bindings(), rows_total=len(rows)),
                lambda: iter(rows),
            )
        ],
        labeling=[
            DemoLabeling(
                LabelingDraft(RunDraft("looks", run_id=SESSION), (), "", ("ann",), policy, state="OPEN"),
                [LabelSchemaDraft("good", "FEEDBACK", LabelInput("pass_fail"), "Good?")],
                lambda: iter(targets),
                len(targets),
                lambda: (PastReview(each, "ann", ReviewForm({"good": True})) for each in ids),
                len(ids),
            )
        ],
    )


def content(client: LodelineClient) -> dict[str, Sequence[object]]:
    """Return what a store holds, without the ids and times that each load gives anew."""
    runs = list(client.runs.search())
    evaluations = [client.evaluations.get(each.run_id) for each in runs if each.kind == "EVALUATION"]
    sessions = [each.run_id for each in runs if each.kind == "LABELING"]
    return {
        "experiments": sorted(each.name for each in client.experiments.search()),
        "traces": sorted(each.trace_id for each in client.traces.search()),
        "assessments": sorted(
            (each.target.trace_id or "", each.name, each.source.source_id, str(each.value))
            for each in client.assessments.search()
        ),
        "runs": sorted((each.run_id, each.name, each.kind, each.status) for each in runs),
        "evaluations": sorted((each.run.run_id, each.state, each.rows_done) for each in evaluations),
        "sessions": sorted((each, client.labeling.progress(each).items) for each in sessions),
        "models": sorted(each.name for each in client.models.search()),
        "datasets": sorted(
            (each.name, each.latest_version, each.digest, each.draft_changes) for each in client.datasets.search()
        ),
    }


def loaded_once() -> tuple[dict[str, Sequence[object]], int, list[str]]:
    """Return what one load makes, how many steps it is, and the changes that it sends, each kind once."""
    changes: dict[str, None] = {}
    with clients(changes.setdefault) as (client, _):
        steps = load(client, small_part())
        return content(client), steps, list(changes)


def test_whatever_another_load_does_first_a_load_goes_on() -> None:
    part = small_part()
    one, steps, changes = loaded_once()
    assert len(changes) >= 13
    for change in changes:
        raced = False

        def race(sent: str, change: str = change) -> None:
            nonlocal raced
            if sent == change and not raced:
                raced = True
                load(other, part)

        with clients(race) as (client, other):
            assert load(client, part) == steps, change
            assert raced
            assert content(client) == one, change


def test_loads_at_one_time_make_what_one_makes() -> None:
    part = small_part()
    one, steps, _ = loaded_once()
    start = threading.Barrier(2)

    def begin(client: LodelineClient) -> int:
        start.wait(30)
        return load(client, part)

    for _ in range(5):
        with clients() as both, ThreadPoolExecutor(2) as pool:
            assert list(pool.map(begin, both)) == [steps, steps]
            assert content(both[0]) == one


@pytest.mark.parametrize("taken", [EVALUATION, SESSION])
def test_a_run_of_another_kind_in_the_way_is_named(taken: RunId) -> None:
    with clients() as (client, _):
        client.runs.create(draft=RunDraft("other", run_id=taken))
        with pytest.raises(Conflict, match=f"run id '{taken}' is taken"):
            load(client, small_part())
