"""A server in process, with accounts of every role and a little of everything in its store."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal

from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.testclient import TestClient

from lodeline.auth.actor import LOCAL
from lodeline.auth.credentials import Credentials
from lodeline.auth.passwords import Passwords
from lodeline.auth.secrets import SecretHasher, random_pepper
from lodeline.auth.throttle import Throttle
from lodeline.domain.account import Scope
from lodeline.domain.dataset import DatasetDraft
from lodeline.domain.delivery import DeliveryMark, DeliverySource
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import ExperimentId, RecordId, TraceId
from lodeline.domain.issue import IssueDraft
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import ItemDraft, LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.model import AliasMove, ModelDraft
from lodeline.domain.prompt import PromptDraft
from lodeline.domain.record import RecordDraft
from lodeline.domain.registered_scorer import ScorerDraft
from lodeline.domain.review_events import Claim, Reviewer, Submit
from lodeline.domain.run import RunDraft
from lodeline.server.access import COOKIE
from lodeline.server.app import close_app, create_app, services_of
from lodeline.server.security import CSRF_HEADER
from lodeline.server.settings import load_settings
from lodeline.services.artifacts import of_model, of_run
from lodeline.services.bundle import Services
from tests.clock import SettableClock
from tests.contract.build import T0_MS, audit, judgment, span, write
from tests.services.access import CHEAP, PASSWORD

BASE = "http://127.0.0.1:5000"
PROTOBUF = {"content-type": "application/x-protobuf"}
TRACE = TraceId("tr-" + "ab" * 16)
RoleName = Literal["admin", "editor", "viewer", "reviewer", "nobody", "ingest"]
ROLE_NAMES: tuple[RoleName, ...] = ("admin", "editor", "viewer", "reviewer", "nobody", "ingest")
ACCOUNT_ROLES: tuple[Literal["admin", "editor", "viewer", "reviewer"], ...] = (
    "admin", "editor", "viewer", "reviewer",
)  # fmt: skip


WIDEST: Mapping[str, Scope | None] = {"admin": "admin", "editor": "write", "viewer": "read", "reviewer": None}
"""The widest scope that a key of each role may have."""


@dataclass(frozen=True, slots=True)
class World:
    """A running server. `client` talks to it as nobody; `headers` are those of each role."""

    app: FastAPI
    client: TestClient
    clock: SettableClock
    headers: dict[RoleName, Mapping[str, str]] = field(default_factory=dict["RoleName", "Mapping[str, str]"])
    names: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def services(self) -> Services:
        """The services of the server."""
        return services_of(self.app)

    def send(self, body: bytes, **headers: str):
        """Export spans; underscores in header names stand for hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/v1/traces", content=body, headers=PROTOBUF | given)


def request_of(*trace_ids: str, resource: Mapping[str, str] | None = None) -> bytes:
    """Return an export request with one span for each trace id."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    for key, value in (resource or {}).items():
        attribute = group.resource.attributes.add()
        attribute.key = key
        attribute.value.string_value = value
    scope = group.scope_spans.add()
    for number, trace_id in enumerate(trace_ids, 1):
        made = scope.spans.add()
        made.trace_id = bytes.fromhex(trace_id.removeprefix("tr-"))
        made.span_id = number.to_bytes(8, "big")
        made.name = "step"
        made.start_time_unix_nano = 1_790_000_000_000_000_000
        made.end_time_unix_nano = made.start_time_unix_nano + 5_000_000
    return request.SerializeToString()


@contextmanager
def serve(store: str = "memory:", **flags: object) -> Generator[World]:
    """Give a server over an empty store; password hashes are cheap there."""
    clock = SettableClock()
    credentials = Credentials(Passwords(CHEAP), SecretHasher(random_pepper()), Throttle())
    app = create_app(load_settings(flags={"store": store, **flags}), clock=clock, credentials=credentials)
    try:
        with TestClient(app, base_url=BASE) as client:
            yield World(app, client, clock)
    finally:
        close_app(app)


@contextmanager
def populated(store: str = "memory:") -> Generator[World]:
    """Give a server with auth and figures, an account of each role, and in its store one or two of everything.

    Experiment 1 "app" holds `TRACE` with a session, an assessment and an attachment; experiment 2 "gone" is deleted.
    """
    with serve(store, auth=True, metrics=True) as world:
        services = world.services
        app = services.experiments.create(LOCAL, ExperimentDraft("app"))
        gone = services.experiments.create(LOCAL, ExperimentDraft("gone"))
        services.experiments.delete(LOCAL, gone.experiment_id)
        services.stores.traces.write(
            [write(TRACE, span("root", session="chat-1", user="ada"), experiment=app.experiment_id)],
            DeliveryMark(DeliverySource("sdk-1", ((1, 1),)), app.experiment_id, T0_MS),
        )
        judged = services.assessments.log(LOCAL, judgment(TRACE)).assessment
        services.attachments.put(LOCAL, TRACE, "a.txt", BytesIO(b"attached"))
        run = services.runs.create(LOCAL, "app", RunDraft("nightly"))
        services.artifacts.put(LOCAL, of_run(run, "notes.txt"), BytesIO(b"left behind"))
        draft = EvaluationDraft(RunDraft("version 2"), Bindings(scorers={"exact": "d1"}))
        evaluation = services.evaluations.create(LOCAL, "app", draft).run
        services.evaluations.start(LOCAL, evaluation.run_id)
        ended = services.evaluations.create(LOCAL, "app", EvaluationDraft(RunDraft("ended"))).run
        services.evaluations.cancel(LOCAL, ended.run_id)
        model = services.models.create(LOCAL, "app", ModelDraft("bot", status="READY"))
        services.models.set_alias(LOCAL, "app", AliasMove("production", model.model_id))
        spare = services.models.create(LOCAL, "app", ModelDraft("spare"))
        services.artifacts.put(LOCAL, of_model(spare, "notes.txt"), BytesIO(b"left behind"))
        world.names.update(
            run=run.run_id, evaluation=evaluation.run_id, ended=ended.run_id, model=model.model_id,
            spare=spare.model_id,
        )  # fmt: skip
        dataset = services.datasets.create(LOCAL, DatasetDraft(app.experiment_id, "questions"), experiment="1")
        first = RecordDraft({"q": 1}, record_id=RecordId("dr-1"))
        services.records.write(LOCAL, dataset.dataset_id, "merge", [first])
        services.prompts.register(LOCAL, "1", PromptDraft("greet", "Hello {{ who }}"))
        services.scorers.register(LOCAL, "1", ScorerDraft("exact", {"kind": "BUILTIN"}))
        issue = services.issues.create(LOCAL, "1", IssueDraft("slow", "It takes minutes."))
        world.names.update(dataset=dataset.dataset_id, issue=issue.issue_id)
        world.names.update(
            experiment=app.experiment_id, gone=gone.experiment_id, trace=TRACE, assessment=judged.assessment_id
        )
        _add_labels(world)
        _add_people(world, app.experiment_id)
        yield world


def _add_labels(world: World) -> None:
    """Add a label schema, and a labeling session with an item that every reviewer has claimed (token "t"), one that
    all of them reviewed, and one that they do not agree on."""
    services = world.services
    schema = services.label_schemas.create(LOCAL, "1", LabelSchemaDraft("tone", "FEEDBACK", LabelInput("text")))
    names = ("admin", "editor", "reviewer")
    policy = ReviewPolicy(reviews_required=len(names), min_agreement=1.0)
    draft = LabelingDraft(RunDraft("labels"), (), reviewers=names, policy=policy, state="OPEN")
    made = services.labeling.create(LOCAL, "1", draft, ["Feedback"])
    other = services.labeling.create(LOCAL, "1", draft, ["Feedback"])
    run_id = made.run.run_id
    targets = [ReviewTarget("SESSION", session="chat-1"), ReviewTarget("TRACE", trace_id=TRACE)]
    claimed, reviewed = services.labeling_items.add(LOCAL, run_id, [ItemDraft(each) for each in targets]).item_ids
    (disputed,) = services.labeling_items.add(LOCAL, other.run.run_id, [ItemDraft(targets[0])]).item_ids
    for name in names:
        who = Reviewer(name, verified=True)
        services.stores.reviews.act(claimed, Claim(who, "t"), now_ms=T0_MS, audit=audit("review.claim"))
        for item, answer in ((reviewed, True), (disputed, name == "admin")):
            event = Submit(who, ReviewForm({"Feedback": answer}), "t")
            services.stores.reviews.act(item, event, now_ms=T0_MS, audit=audit("review.submit"))
    world.names.update(
        schema=schema.schema_id, labeling=run_id, claimed=claimed, reviewed=reviewed, disputed=disputed
    )


def _add_people(world: World, experiment_id: ExperimentId) -> None:
    services = world.services
    for role in ACCOUNT_ROLES:
        account = services.accounts.create(LOCAL, role, role=role, password=PASSWORD)
        signed_in = services.logins.sign_in(role, PASSWORD)
        scope = WIDEST[role]
        key = None if scope is None else services.keys.create(LOCAL, role, [scope], owner_id=account.account_id)
        world.headers[role] = {
            "cookie": f"{COOKIE}={signed_in.secret}",
            CSRF_HEADER: signed_in.login.csrf_token,
        }
        world.names[f"{role}_account"] = account.account_id
        if key is not None:
            world.names[f"{role}_key"] = key.key.key_id
            world.names[f"{role}_secret"] = key.secret
    other = services.accounts.create(LOCAL, "other", role="viewer", password=PASSWORD)
    world.names["account"] = other.account_id
    made = services.keys.create(LOCAL, "sender", ["ingest"], experiment_ids=[experiment_id])
    world.names["key"] = made.key.key_id
    world.headers["ingest"] = {"authorization": f"Bearer {made.secret}"}
    world.names["metrics_secret"] = services.keys.create(LOCAL, "prometheus", ["metrics"]).secret
    world.headers["nobody"] = {}
