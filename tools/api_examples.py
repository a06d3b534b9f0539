"""One true example of every native route: each is asked of a server in this process, over a store of its own.

Nothing in the answers depends on the time or on chance: the clock stands still, and ids and secrets made at random
are replaced by fixed ones.
"""

import json
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from lodeline.auth.actor import LOCAL
from lodeline.auth.credentials import Credentials
from lodeline.auth.passwords import Passwords
from lodeline.auth.secrets import SecretHasher, random_pepper
from lodeline.auth.throttle import Throttle
from lodeline.demo.otlp import SpanDraft, hashed_span_id, hashed_trace_id, request, trace_id_text
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.audit import AuditEntry
from lodeline.domain.dataset import DatasetDraft
from lodeline.domain.delivery import DeliverySource
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import DatasetId, ExperimentId, ModelId, RecordId, RunId
from lodeline.domain.issue import IssueDraft
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft, LabelSchemaId
from lodeline.domain.labeling import ItemDraft, ItemId, LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.model import AliasMove, ModelDraft
from lodeline.domain.prompt import PromptChange, PromptDraft
from lodeline.domain.record import RecordDraft, RecordSource
from lodeline.domain.registered_scorer import ScorerDraft
from lodeline.domain.review_events import Claim, Reviewer, ReviewEvent, Submit
from lodeline.domain.run import MetricPoint, RunDraft
from lodeline.domain.span import JsonValue
from lodeline.ingest.resources import ExperimentHint
from lodeline.server.app import close_app, create_app, services_of
from lodeline.server.settings import load_settings
from lodeline.services.artifacts import of_model, of_run
from lodeline.services.bundle import Services
from lodeline.services.ingest import ExportRequest

API = "/api/v1"
NOW_MS = 1_767_225_600_000
_WIDTH = 116
PASSWORD = "tulips in the rain"  # noqa: S105 - of an account that lives for one example
TRACE = trace_id_text(hashed_trace_id("api example"))
ROOT_SPAN = hashed_span_id("api example", "root").hex()
SERVER = "http://127.0.0.1:5000"


@dataclass(frozen=True, slots=True)
class Example:
    """One request; names in braces are filled from `World.names`.

    `file` is sent as a body of type `media`, `saved` is where the answer goes; with `token` there is no account yet.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    body: JsonValue = None
    file: str | None = None
    media: str = "application/octet-stream"
    saved: str | None = None
    token: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What an example is on the page: the command, the status, and the JSON of the answer, if it has one."""

    command: str
    status: int
    answer: JsonValue


EXAMPLES: Mapping[str, Example] = {
    "get_server": Example("/server"),
    "set_up": Example("/setup", body={"token": "{token}", "name": "ada", "password": PASSWORD}, token=True),
    "sign_in": Example("/login", body={"name": "grace", "password": PASSWORD}),
    "sign_out": Example("/logout"),
    "get_me": Example("/me"),
    "export_experiment": Example("/experiments/1/export", saved="support.lodeline.zip"),
    "import_experiment": Example(
        "/experiments/import", {"as_name": "support copy"}, file="support.lodeline.zip", media="application/zip"
    ),
    "create_experiment": Example("/experiments", body={"name": "billing", "tags": {"team": "payments"}}),
    "search_experiments": Example("/experiments", {"filter": "name LIKE 's%'", "limit": "10"}),
    "find_experiment": Example("/experiments/find", {"name": "support"}),
    "get_experiment": Example("/experiments/1"),
    "update_experiment": Example("/experiments/1", body={"description": "Answers mail.", "set_tags": {"a": "b"}}),
    "delete_experiment": Example("/experiments/1"),
    "restore_experiment": Example("/experiments/{gone}/restore"),
    "get_budget": Example("/experiments/1/budget"),
    "purge_experiment": Example("/experiments/{gone}/purge"),
    "get_purge": Example("/experiments/{purged}/purge"),
    "complete_filter": Example("/filters/complete", {"text": "state = 'ER", "position": "11"}),
    "count_traces": Example("/traces/count", {"experiment": "support", "filter": "state = 'ERROR'"}),
    "break_down_spans": Example("/traces/breakdown", {"experiment": "support", "by": "model"}),
    "get_trace_facet": Example("/traces/facet", {"experiment": "support", "field": "environment"}),
    "aggregate_traces": Example(
        "/traces/aggregate",
        body={
            "experiments": ["support"], "filter": "environment = \"production\"", "bucket_ms": 3_600_000,
            "measures": ["count", "error_rate", "duration_p95"], "group_by": "user",
        },
    ),
    "search_traces": Example("/traces", {"experiment": "support", "filter": "state = 'ERROR'", "limit": "1"}),
    "delete_traces": Example("/traces/delete", body={"experiments": ["support"], "filter": "start < \"2026-02-01\""}),
    "tag_traces": Example(
        "/traces/tags", body={"trace_ids": ["{trace}", "tr-0"], "set": {"reviewed": "yes"}, "delete": ["todo"]}
    ),
    "reprice_traces": Example("/traces/reprice", body={"experiment": "support", "dry_run": True}),
    "link_traces": Example("/traces/link", body={"run_id": "nightly-1", "trace_ids": ["{trace}"]}),
    "get_trace": Example("/traces/{trace}"),
    "delete_trace": Example("/traces/{trace}"),
    "get_spans": Example("/traces/{trace}/spans", {"ids": ROOT_SPAN}),
    "find_spans": Example("/traces/{trace}/spans/find", {"text": "order a-99"}),
    "get_trace_otlp": Example("/traces/{trace}/otlp", saved="trace.pb"),
    "log_trace_info": Example(
        "/traces/{trace}/info", body={"experiment": "support", "user": "ada", "tags": {"channel": "mail"}}
    ),
    "tag_trace": Example("/traces/{trace}/tags", body={"set": {"reviewed": "yes"}, "delete": ["todo"]}),
    "delete_trace_tag": Example("/traces/{trace}/tags/release"),
    "list_attachments": Example("/traces/{trace}/attachments"),
    "put_attachment": Example("/traces/{trace}/attachments/letter.txt", file="letter.txt"),
    "get_attachment": Example("/traces/{trace}/attachments/invoice.txt", saved="invoice.txt"),
    "delete_attachment": Example("/traces/{trace}/attachments/invoice.txt"),
    "log_assessment": Example(
        "/assessments",
        body={
            "name": "helpful", "value": 0.2, "trace_id": "{trace}", "rationale": "It promises what nobody checked.",
            "source": {"kind": "LLM_JUDGE", "source_id": "judge-3"}, "identifier": "judge-3/helpful/1",
        },
    ),
    "list_assessment_names": Example("/assessment-names", {"experiment": "support"}),
    "get_assessment_agreement": Example("/assessment-agreement", {"name": "correct", "experiment": "support"}),
    "get_assessment_judges": Example(
        "/assessment-judges", {"name": "correct", "experiment": "support", "filter": "created > '2026-01-01'"}
    ),
    "search_assessments": Example("/assessments", {"filter": "name = 'correct' AND value = false"}),
    "log_assessments": Example(
        "/assessments/batch",
        body={
            "assessments": [
                {"name": "tone", "value": "friendly", "trace_id": "{trace}", "span_id": ROOT_SPAN},
                {"name": "solved", "value": True, "session": "chat-1", "experiment": "support"},
            ]
        },
    ),
    "get_trace_assessments": Example("/traces/{trace}/assessments"),
    "get_assessment": Example("/assessments/{assessment}"),
    "update_assessment": Example(
        "/assessments/{assessment}",
        body={"replace_value": True, "value": True, "reason": "the order had been sent after all"},
    ),
    "delete_assessment": Example("/assessments/{assessment}"),
    "get_assessment_history": Example("/assessments/{assessment}/history"),
    "search_sessions": Example("/sessions", {"experiment": "support", "filter": "error_count > 0"}),
    "get_session": Example("/sessions/chat-1", {"experiment": "support"}),
    "search_users": Example("/users", {"experiment": "support"}),
    "list_deliveries": Example("/deliveries", {"experiment": "support"}),
    "get_delivery": Example("/deliveries/9f1c2a77"),
    "create_dataset": Example(
        "/datasets", body={"experiment": "support", "name": "refunds", "identity": "by_external_id"}
    ),
    "search_datasets": Example("/datasets", {"experiment": "support", "filter": "record_count > 0"}),
    "find_dataset": Example("/datasets/find", {"experiment": "support", "name": "questions"}),
    "get_dataset": Example("/datasets/{dataset}"),
    "update_dataset": Example("/datasets/{dataset}", body={"description": "What customers ask."}),
    "delete_dataset": Example("/datasets/{dataset}"),
    "restore_dataset": Example("/datasets/{dataset}/restore"),
    "publish_dataset": Example("/datasets/{dataset}/publish", body={"message": "two more questions"}),
    "discard_dataset_draft": Example("/datasets/{dataset}/draft"),
    "list_dataset_versions": Example("/datasets/{dataset}/versions"),
    "get_dataset_version": Example("/datasets/{dataset}/versions/golden"),
    "label_dataset_version": Example("/datasets/{dataset}/versions/1/labels", body={"set": ["release-1"]}),
    "write_records": Example(
        "/datasets/{dataset}/records",
        body={
            "operation": "merge", "draft": True,
            "records": [{"inputs": {"question": "Where is A-1?"}, "expectations": {"tool": "look_up"}}],
        },
    ),
    "add_traces_to_dataset": Example(
        "/datasets/{dataset}/records/from-traces",
        body={"experiments": ["support"], "filter": "state = 'ERROR'", "draft": True},
    ),
    "search_records": Example("/datasets/{dataset}/records", {"filter": "expectations.tool = 'look_up'"}),
    "get_record": Example("/datasets/{dataset}/records/dr-1", {"version": "1"}),
    "get_record_history": Example("/datasets/{dataset}/records/dr-1/history"),
    "diff_dataset_versions": Example("/datasets/{dataset}/diff", {"before": "1", "after": "draft"}),
    "get_near_duplicates": Example("/datasets/{dataset}/near-duplicates?threshold=0.7"),
    "list_schema_violations": Example("/datasets/{dataset}/violations"),
    "assign_splits": Example(
        "/datasets/{dataset}/splits", body={"ratios": {"train": 0.5, "test": 0.5}, "seed": 7, "draft": True}
    ),
    "get_trace_records": Example("/traces/{trace}/records"),
    "register_prompt": Example(
        "/prompts",
        body={
            "experiment": "support", "name": "greeting", "template": "Hello {{ name }}, how can I help?",
            "message": "ask what for", "config": {"temperature": 0.2},
        },
    ),
    "search_prompts": Example("/prompts", {"experiment": "support", "filter": "alias = 'production'"}),
    "get_prompt": Example("/prompts/greeting"),
    "update_prompt": Example(
        "/prompts/greeting",
        body={"set_aliases": {"production": 1}, "reason": "the new one is too short"},
    ),
    "delete_prompt": Example("/prompts/greeting"),
    "list_prompt_versions": Example("/prompts/greeting/versions", {"limit": "1"}),
    "get_prompt_version": Example("/prompts/greeting/versions/production", {"experiment": "support"}),
    "list_prompt_alias_events": Example("/prompts/greeting/alias-events"),
    "register_scorer": Example(
        "/scorers",
        body={"experiment": "support", "name": "polite", "definition": {"kind": "JUDGE", "target": "tone"}},
    ),
    "list_scorers": Example("/scorers", {"experiment": "support"}),
    "get_scorer_versions": Example("/scorers/exact", {"experiment": "support"}),
    "delete_scorer": Example("/scorers/exact", {"experiment": "support"}),
    "create_issue": Example(
        "/issues", body={"experiment": "support", "name": "Slow answers", "description": "It takes minutes."}
    ),
    "list_issues": Example("/issues", {"experiment": "support", "status": "pending"}),
    "get_issue": Example("/issues/{issue}"),
    "update_issue": Example("/issues/{issue}", body={"status": "resolved"}),
    "list_accounts": Example("/accounts"),
    "create_account": Example("/accounts", body={"name": "linus", "role": "editor", "password": PASSWORD}),
    "get_account": Example("/accounts/{account}"),
    "delete_account": Example("/accounts/{account}"),
    "set_account_role": Example("/accounts/grace/role", body={"role": "editor", "experiment_id": "1"}),
    "set_account_disabled": Example("/accounts/{account}/disabled", body={"disabled": True}),
    "set_account_password": Example("/accounts/{account}/password", body={"new": "a wholly new one"}),
    "create_key": Example("/keys", body={"name": "collector", "scopes": ["ingest"], "experiment_ids": ["1"]}),
    "list_keys": Example("/keys"),
    "revoke_key": Example("/keys/{key}"),
    "create_run": Example(
        "/runs", body={"experiment": "support", "name": "nightly", "run_id": "run-2", "params": {"lr": "0.1"}}
    ),
    "search_runs": Example("/runs", {"experiment": "support", "filter": "metrics.accuracy > 0.5", "limit": "1"}),
    "get_run": Example("/runs/{run}"),
    "update_run": Example("/runs/{run}", body={"status": "FINISHED", "set_tags": {"reviewed": "yes"}}),
    "delete_run": Example("/runs/{run}"),
    "restore_run": Example("/runs/{run}/restore"),
    "log_run_metrics": Example(
        "/runs/{run}/metrics",
        body={"metrics": [{"key": "loss", "value": 0.25, "timestamp_ms": NOW_MS, "step": 2}]},
    ),
    "get_metric_history": Example("/runs/{run}/metrics", {"key": "accuracy"}),
    "list_artifacts": Example("/runs/{run}/artifacts"),
    "get_artifact": Example("/runs/{run}/artifacts/content", {"path": "notes.txt"}, saved="notes.txt"),
    "put_artifact": Example("/runs/{run}/artifacts/content", {"path": "plots/loss.svg"}, file="loss.svg"),
    "delete_artifact": Example("/runs/{run}/artifacts/content", {"path": "notes.txt"}),
    "list_model_artifacts": Example("/models/m-1/artifacts", {"path": "prompts"}),
    "get_model_artifact": Example(
        "/models/m-1/artifacts/content", {"path": "prompts/answer.txt"}, saved="answer.txt"
    ),
    "put_model_artifact": Example(
        "/models/m-1/artifacts/content", {"path": "prompts/letter.txt"}, file="letter.txt"
    ),
    "delete_model_artifact": Example("/models/m-1/artifacts/content", {"path": "prompts"}),
    "create_evaluation": Example(
        "/evaluations",
        body={
            "experiment": "support", "name": "version 2.1", "run_id": "evaluation-3", "rows_total": 200,
            "bindings": {"dataset_digest": "5f2a", "scorers": {"correct": "c0ffee"}, "seed": 7},
        },
    ),
    "get_evaluation": Example("/evaluations/{evaluation}"),
    "start_evaluation": Example("/evaluations/{evaluation}/start"),
    "finish_evaluation": Example("/evaluations/{evaluation}/finish", body={}),
    "cancel_evaluation": Example("/evaluations/{evaluation}/cancel", body={"message": "the budget is spent"}),
    "resume_evaluation": Example("/evaluations/{interrupted}/resume", body={}),
    "log_evaluation_rows": Example(
        "/evaluations/{evaluation}/rows",
        body={
            "rows": [
                {
                    "row_key": "0002", "content_hash": "b1", "trace_id": "{trace}", "duration_ms": 1250,
                    "scores": [{"name": "correct", "value": False, "rationale": "No such order."}],
                },
            ]
        },
    ),
    "list_evaluation_rows": Example("/evaluations/{evaluation}/rows", {"state": "DONE"}),
    "get_evaluation_summary": Example("/evaluations/{evaluation}/summary"),
    "gate_evaluation": Example(
        "/evaluations/{evaluation}/gate",
        body={"rules": "[[gate]]\nname = 'enough are right'\nmetric = 'correct'\nop = '>='\nthreshold = 0.8"},
    ),
    "compare_evaluations": Example(
        "/evaluations/compare", body={"baseline": "{evaluation}", "candidates": ["{interrupted}"]}
    ),
    "create_model": Example(
        "/models",
        body={
            "experiment": "support", "name": "support 2.3", "model_id": "m-3",
            "git": {"commit": "9f1c2a7", "branch": "main"},
        },
    ),
    "search_models": Example("/models", {"experiment": "support", "filter": "alias = 'production'"}),
    "get_model": Example("/models/{model}"),
    "update_model": Example("/models/{model}", body={"status": "READY", "set_params": {"prompt": "5"}}),
    "delete_model": Example("/models/{other_model}"),
    "restore_model": Example("/models/{model}/restore"),
    "log_model_metrics": Example(
        "/models/{model}/metrics", body={"metrics": [{"key": "correct", "value": 0.82, "timestamp_ms": NOW_MS}]}
    ),
    "diff_models": Example("/models/diff", {"left": "m-1", "right": "m-2"}),
    "set_model_alias": Example(
        "/models/aliases/production",
        body={"experiment": "support", "model_id": "{other_model}", "reason": "better on the golden set"},
    ),
    "get_model_by_alias": Example("/models/aliases/production", {"experiment": "support"}),
    "list_alias_events": Example("/models/aliases", {"experiment": "support", "limit": "1"}),
    "create_label_schema": Example(
        "/label-schemas",
        body={
            "experiment": "support", "name": "tone", "kind": "FEEDBACK", "title": "Which tone?", "schema_id": "ls-2",
            "input": {"kind": "categorical", "options": ["rude", "plain", "kind"], "ordered": True},
        },
    ),
    "list_label_schemas": Example("/label-schemas", {"experiment": "support"}),
    "find_label_schema": Example("/label-schemas/find", {"experiment": "support", "name": "grounded"}),
    "get_label_schema": Example("/label-schemas/{schema}", {"version": "1"}),
    "list_label_schema_versions": Example("/label-schemas/{schema}/versions"),
    "update_label_schema": Example("/label-schemas/{schema}", body={"instruction": "Judge by the documents alone."}),
    "delete_label_schema": Example("/label-schemas/{schema}"),
    "create_labeling_session": Example(
        "/labeling",
        body={
            "experiment": "support", "name": "week 2", "run_id": "labeling-2", "schemas": ["grounded"],
            "reviewers": ["ada", "grace"], "policy": {"reviews_required": 2, "min_agreement": 0.5}, "state": "OPEN",
        },
    ),
    "list_labeling_sessions": Example("/labeling", {"experiment": "support"}),
    "get_labeling_session": Example("/labeling/{labeling}"),
    "update_labeling_session": Example("/labeling/{labeling}", body={"state": "PAUSED"}),
    "get_labeling_report": Example("/labeling/{labeling}/report"),
    "get_labeling_progress": Example("/labeling/{labeling}/progress"),
    "get_review_link": Example("/labeling/{labeling}/link", {"reviewer": "grace"}),
    "add_labeling_items": Example(
        "/labeling/{labeling}/items",
        body={"items": [{"target": {"kind": "SESSION", "session": "chat-1"}, "gold": {"grounded": True}}]},
    ),
    "add_labeling_traces": Example(
        "/labeling/{labeling}/items/search", body={"filter": "status = 'OK'", "limit": 100}
    ),
    "add_labeling_records": Example("/labeling/{labeling}/items/records", body={"dataset_id": "{dataset}"}),
    "add_labeling_items_by_rule": Example(
        "/labeling/{labeling}/items/rule", body={"kind": "low_score", "name": "correct", "below": 0.5}
    ),
    "log_labeling_reviews": Example(
        "/labeling/{labeling}/reviews",
        body={
            "reviews": [
                {
                    "item_id": "{claimed}", "reviewer": "grace", "answers": {"grounded": True},
                    "made_ms": 1_600_000_000_000,
                }
            ]
        },
    ),
    "list_labeling_rules": Example("/labeling/{labeling}/rules"),
    "list_labeling_items": Example("/labeling/{labeling}/items", {"state": "DISPUTED"}),
    "sync_labeling_session": Example("/labeling/{labeling}/sync", body={"dataset_id": "d-2"}),
    "get_labeling_item": Example("/labeling/items/{reviewed}"),
    "remove_labeling_item": Example("/labeling/items/{claimed}"),
    "reopen_labeling_item": Example("/labeling/items/{disputed}/reopen"),
    "adjudicate_labeling_item": Example(
        "/labeling/items/{disputed}/adjudicate", body={"answers": {"grounded": False}, "comment": "No source."}
    ),
    "list_review_sessions": Example("/reviews/sessions"),
    "get_review_session": Example("/reviews/sessions/{labeling}"),
    "claim_next_review": Example("/reviews/sessions/{labeling}/next", body={}),
    "list_reviews": Example("/reviews/sessions/{labeling}/items"),
    "get_review": Example("/reviews/items/{claimed}"),
    "claim_review": Example("/reviews/items/{claimed}/claim", body={}),
    "save_review_draft": Example(
        "/reviews/items/{claimed}/draft", body={"token": "{token_}", "comment": "Look at the second document."}
    ),
    "submit_review": Example(
        "/reviews/items/{claimed}/submit",
        body={
            "token": "{token_}", "key": "form-1", "answers": {"grounded": False},
            "comments": {"grounded": "No document says so."}, "assertions": {"cites": "It names the order's page."},
        },
    ),
    "release_review": Example("/reviews/items/{claimed}/release", body={"token": "{token_}", "requeue": True}),
    "decline_review": Example("/reviews/items/{claimed}/decline", body={"reason": "I do not read this language."}),
    "undo_review": Example("/reviews/items/{reviewed}/undo", body={}),
    "link_account": Example(
        "/accounts/{account}/external", body={"subject": "248289761001", "issuer": "https://login.example.org"}
    ),
    "unlink_account": Example("/accounts/{account}/external"),
    "search_audit": Example("/audit", {"filter": "action LIKE 'account.%'", "limit": "1"}),
}  # fmt: skip
"""By the name of the route (the operationId of the OpenAPI document)."""


@dataclass(frozen=True, slots=True)
class World:
    """A server with an account, and a little of everything in its store."""

    app: FastAPI
    client: TestClient
    names: Mapping[str, str]


def answered(name: str, method: str) -> Answered:
    """Ask the example of a route and return what the page shows; KeyError for a route without one."""
    example = EXAMPLES[name]
    with _world(accounts=not example.token) as world:
        path = API + example.path.format(**world.names)
        body = _filled(example.body, world.names)
        content = None if example.file is None else _file(example, world)
        headers = {} if example.file is None else {"content-type": example.media}
        response = world.client.request(
            method, path, params=dict(example.query), json=body, content=content, headers=headers
        )
    return Answered(
        _settled(_command(example, method, path, body)),
        response.status_code,
        _answer(response.headers.get("content-type"), response.text),
    )


def pretty(value: JsonValue, *, indent: int = 0, lead: int = 0) -> str:
    """Return JSON that puts on one line what fits there, after `lead` characters that stand before it."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent + lead <= _WIDTH or not isinstance(value, Mapping | list) or not value:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, Mapping):
        parts = [
            f"{pad}{json.dumps(key)}: {pretty(item, indent=indent + 2, lead=len(key) + 4)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    parts = [pad + pretty(item, indent=indent + 2) for item in value]
    return "[\n" + ",\n".join(parts) + "\n" + " " * indent + "]"


@contextmanager
def _world(*, accounts: bool) -> Generator[World]:
    credentials = Credentials(Passwords(_CHEAP), SecretHasher(random_pepper()), Throttle())
    settings = load_settings(flags={"store": "memory:", "auth": True})
    app = create_app(settings, clock=_StandingClock(), credentials=credentials)
    services = services_of(app)
    try:
        with TestClient(app, base_url=SERVER, follow_redirects=False) as client:
            names = _filled_store(services)
            if accounts:
                names |= _people(services, client)
            else:
                names["token"] = services.accounts.setup_token() or ""
            yield World(app, client, names)
    finally:
        close_app(app)


def _filled_store(services: Services) -> dict[str, str]:
    support = services.experiments.create(LOCAL, ExperimentDraft("support", description="Answers customers."))
    gone = services.experiments.create(LOCAL, ExperimentDraft("old"))
    services.experiments.delete(LOCAL, gone.experiment_id)
    purged = services.experiments.create(LOCAL, ExperimentDraft("older"))
    services.experiments.delete(LOCAL, purged.experiment_id)
    services.experiments.purge(LOCAL, purged.experiment_id)
    _ingest(services, support.experiment_id)
    draft = AssessmentDraft(
        target=AssessmentTarget(trace_id=TRACE),
        name="correct",
        kind="FEEDBACK",
        value=False,
        source=AssessmentSource("HUMAN", "ada"),
        rationale="The order does not exist.",
    )
    judged = services.assessments.log(LOCAL, draft).assessment
    services.attachments.put(LOCAL, TRACE, "invoice.txt", BytesIO(b"12 tulips"))
    names = {
        "gone": gone.experiment_id,
        "purged": purged.experiment_id,
        "trace": TRACE,
        "assessment": judged.assessment_id,
    }
    return (
        names | {"dataset": _dataset(services), "issue": _issue(services)} | _evaluated(services) | _labeled(services)
    )


def _issue(services: Services) -> str:
    """Make an issue that the trace shows."""
    draft = IssueDraft(
        "answers without looking", "The order's state is told although no tool was called.", severity="high",
        root_causes=("the prompt asks for short answers",), categories=("grounding",), created_by="ada",
    )  # fmt: skip
    made = services.issues.create(LOCAL, "support", draft)
    shows = AssessmentDraft(
        target=AssessmentTarget(trace_id=TRACE), name=made.issue_id, kind="ISSUE_REF", value=None,
        source=AssessmentSource("HUMAN", "ada"),
    )  # fmt: skip
    services.assessments.log(LOCAL, shows)
    return made.issue_id


def _labeled(services: Services) -> dict[str, str]:
    """Make a labeling session with an item that ada has claimed, one that is reviewed, and one that is disputed."""
    schema = LabelSchemaDraft(
        "grounded", "FEEDBACK", LabelInput("pass_fail"), "Do the documents say so?", enable_comment=True,
        schema_id=LabelSchemaId("ls-1"),
    )  # fmt: skip
    services.label_schemas.create(LOCAL, "support", schema)
    draft = LabelingDraft(
        RunDraft("week 1", run_id=RunId("labeling-1")), (), "Read the documents first.", ("ada", "grace"),
        ReviewPolicy(reviews_required=2, min_agreement=1.0), state="OPEN",
    )  # fmt: skip
    services.labeling.create(LOCAL, "support", draft, ["grounded"])
    targets = [
        ReviewTarget("TRACE", trace_id=TRACE), ReviewTarget("RECORD", dataset_id="d-2", record_id="dr-1"),
        ReviewTarget("RECORD", dataset_id="d-2", record_id="dr-3"),
    ]  # fmt: skip
    _reviewed_records(services)
    drafts = [ItemDraft(each) for each in targets]
    claimed, reviewed, disputed = services.labeling_items.add(LOCAL, RunId("labeling-1"), drafts).item_ids
    ada, grace = Reviewer("ada", verified=True), Reviewer("grace", verified=True)
    events: list[tuple[ItemId, ReviewEvent]] = [(claimed, Claim(ada, "claim-1"))]
    events += [(reviewed, Submit(who, ReviewForm({"grounded": True}), "-")) for who in (ada, grace)]
    events += [(disputed, Submit(who, ReviewForm({"grounded": who == ada}), "-")) for who in (ada, grace)]
    for item, event in events:
        entry = AuditEntry(NOW_MS, "ada", "review.submit", item)
        services.stores.reviews.act(item, event, now_ms=NOW_MS, audit=entry)
    return {
        "schema": "ls-1", "labeling": "labeling-1", "claimed": claimed, "reviewed": reviewed, "disputed": disputed,
        "token_": "claim-1",
    }  # fmt: skip


def _reviewed_records(services: Services) -> None:
    made = DatasetDraft(ExperimentId("1"), "reviewed", dataset_id=DatasetId("d-2"))
    services.datasets.create(LOCAL, made, experiment="support")
    records = [
        RecordDraft({"question": f"Question {number}?"}, outputs="No.", record_id=RecordId(f"dr-{number}"))
        for number in (1, 3)
    ]
    services.records.write(LOCAL, DatasetId("d-2"), "append", records)


def _evaluated(services: Services) -> dict[str, str]:
    """Make runs, evaluations and models of the experiment that there is."""
    run = services.runs.create(LOCAL, "support", RunDraft("training", run_id=RunId("run-1")))
    point = MetricPoint("accuracy", 0.75, NOW_MS, 1)
    services.runs.log_metrics(LOCAL, run.run_id, [point])
    services.artifacts.put(LOCAL, of_run(run, "notes.txt"), BytesIO(b"12 epochs"))
    for name in ("evaluation-1", "evaluation-2"):
        draft = EvaluationDraft(RunDraft("version 2.0", run_id=RunId(name)), Bindings(scorers={"correct": "c0ffee"}))
        services.evaluations.create(LOCAL, "support", draft)
        services.evaluations.start(LOCAL, RunId(name))
        row = RowDraft("0001", content_hash="a1", scores=(ScoreDraft("correct", True),))
        services.evaluations.log_rows(LOCAL, RunId(name), [row])
    services.evaluations.finish(LOCAL, RunId("evaluation-2"), state="INTERRUPTED")
    for number in ("1", "2"):
        model = ModelDraft(f"support 2.{number}", params={"top_k": number}, model_id=ModelId(f"m-{number}"))
        made = services.models.create(LOCAL, "support", model)
        services.artifacts.put(LOCAL, of_model(made, "prompts/answer.txt"), BytesIO(b"Answer in one sentence."))
    services.models.set_alias(LOCAL, "support", AliasMove("production", ModelId("m-1"), "first release"))
    return {
        "run": "run-1", "evaluation": "evaluation-1", "interrupted": "evaluation-2", "model": "m-1",
        "other_model": "m-2",
    }  # fmt: skip


def _dataset(services: Services) -> str:
    """Make a dataset with a version, labelled golden, and a draft."""
    draft = DatasetDraft(ExperimentId("1"), "questions", tags={"team": "support"})
    made = services.datasets.create(LOCAL, draft, experiment="support")
    first = RecordDraft(
        {"question": "Where is my order A-99?"}, {"tool": "look_up"}, source=RecordSource("TRACE", TRACE),
        record_id=RecordId("dr-1"),
    )  # fmt: skip
    services.records.write(LOCAL, made.dataset_id, "append", [first], message="the first question")
    services.datasets.label(LOCAL, made.dataset_id, "1", set_labels=["golden"])
    second = RecordDraft({"question": "Can I return it?"}, record_id=RecordId("dr-2"))
    services.records.write(LOCAL, made.dataset_id, "append", [second], draft=True)
    _prompt_and_scorer(services)
    return made.dataset_id


def _prompt_and_scorer(services: Services) -> None:
    for template in ("Hello {{ name }}!", "Good day, {{ name }}."):
        services.prompts.register(LOCAL, "support", PromptDraft("greeting", template, description="How we begin."))
    moved = PromptChange(set_aliases={"production": 2}, reason="more polite")
    services.prompts.update(LOCAL, "greeting", moved)
    services.scorers.register(LOCAL, "support", ScorerDraft("exact", {"kind": "BUILTIN", "target": "exact_match"}))


def _ingest(services: Services, experiment_id: str) -> None:
    start_ns = NOW_MS * 1_000_000 - 5_000_000_000
    spans = [
        SpanDraft(
            hashed_trace_id("api example"), bytes.fromhex(ROOT_SPAN), b"", "invoke_agent support",
            start_ns, start_ns + 1_250_000_000,
            {
                "gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "chat-1", "lodeline.user": "eve",
                "lodeline.inputs": "Where is my order A-99?", "lodeline.tags.release": "2.1",
            },
            error="KeyError: 'A-99'",
        ),
        SpanDraft(
            hashed_trace_id("api example"), hashed_span_id("api example", "tool"), bytes.fromhex(ROOT_SPAN),
            "execute_tool look_up", start_ns + 200_000_000, start_ns + 900_000_000,
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up"}, error="KeyError: 'A-99'",
        ),
    ]  # fmt: skip
    resource = {"service.name": "support", "service.version": "2.1", "deployment.environment.name": "production"}
    body = request([(resource, "support", "1", spans)])
    hint = ExperimentHint(experiment_id, "id")
    source = DeliverySource("9f1c2a77", ((1, 2), (5, 5)))
    services.ingest.export(LOCAL, ExportRequest(body, "application/x-protobuf", hint=hint, source=source))


def _file(example: Example, world: World) -> bytes:
    """Return the bytes of the file that an example sends: a letter, or an export of what is then no longer there."""
    if example.media != "application/zip":
        return b"Dear Ada"
    exported = world.client.get(f"{API}/experiments/1/export").read()
    world.client.delete(f"{API}/traces/{TRACE}").raise_for_status()
    return exported


def _people(services: Services, client: TestClient) -> dict[str, str]:
    admin = services.accounts.create(LOCAL, "ada", role="admin", password=PASSWORD)
    viewer = services.accounts.create(LOCAL, "grace", role="viewer", password=PASSWORD)
    made = services.keys.create(LOCAL, "laptop", ["admin"], owner_id=admin.account_id)
    client.headers["authorization"] = f"Bearer {made.secret}"
    return {"account": viewer.account_id, "key": made.key.key_id}


def _filled(body: JsonValue, names: Mapping[str, str]) -> JsonValue:
    return json.loads(re.sub(r"\{(\w+)\}", lambda hit: names[hit[1]], json.dumps(body)))


def _command(example: Example, method: str, path: str, body: JsonValue) -> str:
    parts = ["curl -s"] + ([] if method == "GET" else [f"-X {method}"])
    if example.query and method == "GET":
        parts += ["-G", f"{SERVER}{path}"]
        parts += [f"\\\n  --data-urlencode {_quoted(f'{key}={value}')}" for key, value in example.query.items()]
    else:
        query = httpx.QueryParams(dict(example.query))
        parts.append(f"'{SERVER}{path}?{query}'" if example.query else f"{SERVER}{path}")
    if body is not None:
        parts.append(f"\\\n  -H 'content-type: application/json' -d '{pretty(body, lead=40)}'")
    if example.file is not None:
        parts.append(f"\\\n  -H 'content-type: {example.media}' --data-binary @{example.file}")
    if example.saved is not None:
        parts.append(f"-o {example.saved}")
    return " ".join(parts)


def _quoted(text: str) -> str:
    return f'"{text}"' if re.search(r"[^\w=.-]", text) else text


def _answer(content_type: str | None, text: str) -> JsonValue:
    return json.loads(_settled(text)) if content_type == "application/json" else None


def _settled(text: str) -> str:
    """Return a text in which what was made at random is always the same."""
    seen: dict[str, str] = {}

    def fixed(hit: re.Match[str]) -> str:
        return seen.setdefault(hit[0], f"{hit[1]}-{len(seen) + 1:032x}")

    text = re.sub(r"\b(a|acc|key|d|dr|iss|ri)-[0-9a-f]{32}\b", fixed, text)
    text = re.sub(r"\b(ldl_[a-z]+_)[0-9A-Za-z]{57}\b", r"\1" + "x" * 57, text)
    text = re.sub(r"\b(ldl_[a-z]+_)[0-9A-Za-z]{8}\b", r"\1" + "x" * 8, text)
    text = re.sub(r'("modified_ms": ?)\d+', rf"\g<1>{NOW_MS}", text)
    text = re.sub(r'("payload_bytes": ?")\d+"', r'\1…"', text)
    return re.sub(r'("(?:csrf_token|token)": ?")[0-9A-Za-z_-]+"', r'\1…"', text)


class _StandingClock:
    """It is always the first of January."""

    def now_ms(self) -> int:
        return NOW_MS

    def now_ns(self) -> int:
        return NOW_MS * 1_000_000


_CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
