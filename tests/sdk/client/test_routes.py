"""Every route of the OpenAPI document has a method of the client, which asks for that very route."""

import asyncio
import math
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from lodeline.domain.analytics import AggregateQuery
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.evaluation import EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.ids import TraceId
from lodeline.domain.issue import IssueDraft
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import ItemDraft, ItemId, LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.labeling_rules import ItemRule
from lodeline.domain.labeling_sources import PastReview
from lodeline.domain.model import ModelDraft, ModelMetric
from lodeline.domain.record import RecordDraft
from lodeline.domain.run import MetricPoint, RunDraft
from lodeline.domain.trace import TraceInfo
from lodeline.sdk.client.clients import AsyncLodelineClient, LodelineClient
from lodeline.server.app import close_app, create_app
from lodeline.server.settings import Settings

DRAFT = AssessmentDraft(AssessmentTarget(trace_id=TraceId("a/b")), "n", "FEEDBACK", AssessmentSource("CODE"), 1)

SCHEMA = LabelSchemaDraft("a", "FEEDBACK", LabelInput("categorical", options=("x", "y")))

METHODS: Mapping[str, Callable[[Any], Any]] = {
    "get_server": lambda c: c.server.get(),
    "set_up": lambda c: c.accounts.set_up("token", "ada", "secret"),
    "sign_in": lambda c: c.logins.sign_in("ada", "secret"),
    "sign_out": lambda c: c.logins.sign_out(),
    "get_me": lambda c: c.logins.me(),
    "export_experiment": lambda c: c.transfer.export_experiment("1"),
    "import_experiment": lambda c: c.transfer.import_experiment(b"zip", as_name="b"),
    "create_experiment": lambda c: c.experiments.create("a"),
    "search_experiments": lambda c: c.experiments.search().first(),
    "find_experiment": lambda c: c.experiments.find("a"),
    "get_experiment": lambda c: c.experiments.get("1"),
    "update_experiment": lambda c: c.experiments.update("1", name="b"),
    "delete_experiment": lambda c: c.experiments.delete("1"),
    "restore_experiment": lambda c: c.experiments.restore("1"),
    "get_budget": lambda c: c.experiments.budget("1"),
    "purge_experiment": lambda c: c.experiments.purge("1"),
    "get_purge": lambda c: c.experiments.purged("1"),
    "count_traces": lambda c: c.analytics.count(),
    "break_down_spans": lambda c: c.analytics.breakdown("name", kinds=["TOOL"]),
    "get_trace_facet": lambda c: c.analytics.facet("state"),
    "aggregate_traces": lambda c: c.analytics.aggregate(AggregateQuery(("count",))),
    "search_traces": lambda c: c.traces.search().first(),
    "delete_traces": lambda c: c.traces.delete_many(["a"]),
    "tag_traces": lambda c: c.traces.tag_many(["a"], {"x": "y"}, ["z"]),
    "reprice_traces": lambda c: c.traces.reprice("a", filter="cost > 1", dry_run=True),
    "link_traces": lambda c: c.traces.link("run", ["a"]),
    "log_trace_info": lambda c: c.traces.log_info("a", TraceInfo(user="u")),
    "get_trace": lambda c: c.traces.get("a/b"),
    "delete_trace": lambda c: c.traces.delete(".."),
    "get_spans": lambda c: c.traces.spans("a", ["b" * 16]),
    "get_trace_otlp": lambda c: c.traces.otlp("a/b"),
    "find_spans": lambda c: c.traces.find_spans("a", "b c"),
    "tag_trace": lambda c: c.traces.tag("a", {"x": "y"}),
    "delete_trace_tag": lambda c: c.traces.delete_tag("a", "x/y?z#ü"),
    "list_attachments": lambda c: c.attachments.list("a"),
    "put_attachment": lambda c: c.attachments.put("a", "b.png", b"x"),
    "get_attachment": lambda c: c.attachments.get("a", "b.png"),
    "delete_attachment": lambda c: c.attachments.delete("a", "b.png"),
    "log_assessment": lambda c: c.assessments.log(DRAFT),
    "log_assessments": lambda c: c.assessments.log_many([DRAFT]),
    "search_assessments": lambda c: c.assessments.search().first(),
    "list_assessment_names": lambda c: c.assessments.names(experiment="a"),
    "get_assessment_agreement": lambda c: c.assessments.agreement("correct"),
    "get_assessment_judges": lambda c: c.assessments.judges("correct", judge_names=["a", "b"]),
    "get_trace_assessments": lambda c: c.assessments.of_trace("a"),
    "get_assessment": lambda c: c.assessments.get("a"),
    "update_assessment": lambda c: c.assessments.update("a", value=1),
    "delete_assessment": lambda c: c.assessments.delete("a"),
    "get_assessment_history": lambda c: c.assessments.history("a"),
    "search_sessions": lambda c: c.sessions.search().first(),
    "get_session": lambda c: c.sessions.get("a/b", experiment="0"),
    "search_users": lambda c: c.users.search().first(),
    "list_deliveries": lambda c: c.deliveries.list(),
    "get_delivery": lambda c: c.deliveries.get("i"),
    "complete_filter": lambda c: c.filters.complete("na", 2),
    "create_dataset": lambda c: c.datasets.create("d"),
    "search_datasets": lambda c: c.datasets.search().first(),
    "find_dataset": lambda c: c.datasets.find("d"),
    "get_dataset": lambda c: c.datasets.get("d-1"),
    "update_dataset": lambda c: c.datasets.update("d-1", name="b"),
    "delete_dataset": lambda c: c.datasets.delete("d-1"),
    "restore_dataset": lambda c: c.datasets.restore("d-1"),
    "publish_dataset": lambda c: c.datasets.publish("d-1", message="m"),
    "discard_dataset_draft": lambda c: c.datasets.discard("d-1"),
    "list_dataset_versions": lambda c: c.datasets.versions("d-1").first(),
    "get_dataset_version": lambda c: c.datasets.version("d-1", "golden"),
    "label_dataset_version": lambda c: c.datasets.label("d-1", 1, set_labels=["golden"]),
    "write_records": lambda c: c.records.write("d-1", [RecordDraft({"q": 1})]),
    "add_traces_to_dataset": lambda c: c.records.add_traces("d-1", trace_ids=["a"]),
    "search_records": lambda c: c.records.search("d-1").first(),
    "get_record": lambda c: c.records.get("d-1", "dr-1"),
    "get_record_history": lambda c: c.records.history("d-1", "dr-1"),
    "diff_dataset_versions": lambda c: c.records.diff("d-1", 1, 2).first(),
    "get_near_duplicates": lambda c: c.records.near_duplicates("d-1"),
    "list_schema_violations": lambda c: c.records.violations("d-1").first(),
    "assign_splits": lambda c: c.records.assign_splits("d-1", {"a": 1}),
    "get_trace_records": lambda c: c.records.of_trace("a/b"),
    "register_prompt": lambda c: c.prompts.register("p", "Hello {{ who }}"),
    "search_prompts": lambda c: c.prompts.search().first(),
    "get_prompt": lambda c: c.prompts.get("p"),
    "update_prompt": lambda c: c.prompts.update("p", set_aliases={"production": 1}),
    "delete_prompt": lambda c: c.prompts.delete("p"),
    "list_prompt_versions": lambda c: c.prompts.versions("p").first(),
    "get_prompt_version": lambda c: c.prompts.version("p", "production"),
    "list_prompt_alias_events": lambda c: c.prompts.alias_events("p"),
    "register_scorer": lambda c: c.scorers.register("s", {"kind": "BUILTIN"}),
    "list_scorers": lambda c: c.scorers.list(),
    "get_scorer_versions": lambda c: c.scorers.versions("s/t"),
    "delete_scorer": lambda c: c.scorers.delete("s"),
    "create_issue": lambda c: c.issues.create(IssueDraft("slow", "It takes minutes.", severity="low")),
    "list_issues": lambda c: c.issues.list().first(),
    "get_issue": lambda c: c.issues.get("iss-1"),
    "update_issue": lambda c: c.issues.update("iss-1", status="resolved"),
    "create_account": lambda c: c.accounts.create("ada"),
    "list_accounts": lambda c: c.accounts.list(),
    "get_account": lambda c: c.accounts.get("a"),
    "set_account_role": lambda c: c.accounts.set_role("a", "admin"),
    "set_account_disabled": lambda c: c.accounts.set_disabled("a", True),
    "set_account_password": lambda c: c.accounts.set_password("a", "new"),
    "link_account": lambda c: c.accounts.link("a/b", "248289761001"),
    "unlink_account": lambda c: c.accounts.unlink("a/b"),
    "delete_account": lambda c: c.accounts.delete("a"),
    "create_key": lambda c: c.keys.create("k", ["read"]),
    "list_keys": lambda c: c.keys.list(),
    "revoke_key": lambda c: c.keys.revoke("k"),
    "search_audit": lambda c: c.audit.search().first(),
    "create_run": lambda c: c.runs.create("r"),
    "search_runs": lambda c: c.runs.search().first(),
    "get_run": lambda c: c.runs.get("a/b"),
    "update_run": lambda c: c.runs.update("a", name="b"),
    "delete_run": lambda c: c.runs.delete("a"),
    "restore_run": lambda c: c.runs.restore("a"),
    "log_run_metrics": lambda c: c.runs.log_metrics("a", [MetricPoint("k", math.nan, 1)]),
    "list_artifacts": lambda c: c.artifacts.list("a", "plots/é"),
    "get_artifact": lambda c: c.artifacts.get("a", "plots/b c.png"),
    "put_artifact": lambda c: c.artifacts.put("a", "plots/b c.png", b"x"),
    "delete_artifact": lambda c: c.artifacts.delete("a", "plots"),
    "list_model_artifacts": lambda c: c.model_artifacts.list("m-1", "plots/é"),
    "get_model_artifact": lambda c: c.model_artifacts.get("m-1", "plots/b c.png"),
    "put_model_artifact": lambda c: c.model_artifacts.put("m-1", "plots/b c.png", b"x"),
    "delete_model_artifact": lambda c: c.model_artifacts.delete("m-1", "plots"),
    "get_metric_history": lambda c: c.runs.metric_history("a", "k/é"),
    "create_evaluation": lambda c: c.evaluations.create(EvaluationDraft(RunDraft("e"))),
    "get_evaluation": lambda c: c.evaluations.get("a"),
    "start_evaluation": lambda c: c.evaluations.start("a"),
    "finish_evaluation": lambda c: c.evaluations.finish("a"),
    "cancel_evaluation": lambda c: c.evaluations.cancel("a"),
    "resume_evaluation": lambda c: c.evaluations.resume("a"),
    "log_evaluation_rows": lambda c: c.evaluations.log_rows("a", [RowDraft("1", scores=(ScoreDraft("s", 1),))]),
    "list_evaluation_rows": lambda c: c.evaluations.rows("a", state="DONE").first(),
    "get_evaluation_summary": lambda c: c.evaluations.summary("a", slices=["k"]),
    "gate_evaluation": lambda c: c.evaluations.gate("a", "[[gate]]"),
    "compare_evaluations": lambda c: c.evaluations.compare("a", "b"),
    "create_model": lambda c: c.models.create(ModelDraft("m")),
    "search_models": lambda c: c.models.search().first(),
    "get_model": lambda c: c.models.get("a"),
    "update_model": lambda c: c.models.update("a", status="READY"),
    "delete_model": lambda c: c.models.delete("a"),
    "restore_model": lambda c: c.models.restore("a"),
    "log_model_metrics": lambda c: c.models.log_metrics("a", [ModelMetric("k", 1.0, 1)]),
    "diff_models": lambda c: c.models.diff("a", "b"),
    "set_model_alias": lambda c: c.models.set_alias("production", None),
    "get_model_by_alias": lambda c: c.models.by_alias("production"),
    "list_alias_events": lambda c: c.models.alias_events(),
    "create_label_schema": lambda c: c.label_schemas.create(SCHEMA),
    "list_label_schemas": lambda c: c.label_schemas.list(),
    "find_label_schema": lambda c: c.label_schemas.find("a/b"),
    "get_label_schema": lambda c: c.label_schemas.get("a/b", 2),
    "list_label_schema_versions": lambda c: c.label_schemas.versions("a/b"),
    "update_label_schema": lambda c: c.label_schemas.update("a/b", input=LabelInput("text")),
    "delete_label_schema": lambda c: c.label_schemas.delete("a/b"),
    "create_labeling_session": lambda c: c.labeling.create(LabelingDraft(RunDraft("a"), ()), "Feedback"),
    "list_labeling_sessions": lambda c: c.labeling.list(experiment="1").first(),
    "get_labeling_session": lambda c: c.labeling.get("a/b"),
    "update_labeling_session": lambda c: c.labeling.update("a/b", state="OPEN", policy=ReviewPolicy()),
    "get_labeling_report": lambda c: c.labeling.report("a/b"),
    "get_labeling_progress": lambda c: c.labeling.progress("a/b"),
    "get_review_link": lambda c: c.labeling.link("a/b", reviewer="ann"),
    "add_labeling_items": lambda c: c.labeling_items.add("a/b", [ItemDraft(ReviewTarget("SESSION", session="s"))]),
    "add_labeling_traces": lambda c: c.labeling_items.add_traces("a/b", filter="name = 'x'"),
    "add_labeling_records": lambda c: c.labeling_items.add_records("a/b", "d-1", version=3),
    "add_labeling_items_by_rule": lambda c: c.labeling_items.apply_rule("a/b", ItemRule("sample", share=0.5)),
    "log_labeling_reviews": lambda c: c.labeling_items.log_reviews(
        "a/b", [PastReview(ItemId("ri-1"), "ann", ReviewForm({"a": 1}), 1)]
    ),
    "list_labeling_rules": lambda c: c.labeling.rules("a/b"),
    "list_labeling_items": lambda c: c.labeling_items.list("a/b", state="COMPLETE").first(),
    "sync_labeling_session": lambda c: c.labeling.sync("a/b", "d-1"),
    "get_labeling_item": lambda c: c.labeling_items.get("a/b"),
    "remove_labeling_item": lambda c: c.labeling_items.remove("a/b"),
    "reopen_labeling_item": lambda c: c.labeling_items.reopen("a/b"),
    "adjudicate_labeling_item": lambda c: c.labeling_items.adjudicate("a/b", ReviewForm({"a": 1}), reviewer="ann"),
    "list_review_sessions": lambda c: c.reviews.sessions(reviewer="ann").first(),
    "get_review_session": lambda c: c.reviews.session("a/b"),
    "claim_next_review": lambda c: c.reviews.next("a/b"),
    "list_reviews": lambda c: c.reviews.held("a/b").first(),
    "get_review": lambda c: c.reviews.get("a/b"),
    "claim_review": lambda c: c.reviews.claim("a/b"),
    "save_review_draft": lambda c: c.reviews.save("a/b", "t", ReviewForm()),
    "submit_review": lambda c: c.reviews.submit("a/b", ReviewForm({"a": 1}), key="k"),
    "release_review": lambda c: c.reviews.release("a/b", "t", requeue=True),
    "decline_review": lambda c: c.reviews.decline("a/b", "tired"),
    "undo_review": lambda c: c.reviews.undo("a/b"),
}


@pytest.fixture(scope="module")
def routes() -> Mapping[str, tuple[str, str]]:
    """Method and path of every route, by its operation id."""
    app = create_app(Settings(store="memory:", grpc_port=None))
    try:
        paths: Mapping[str, Mapping[str, Mapping[str, str]]] = app.openapi()["paths"]
        return {
            operation["operationId"]: (method.upper(), path)
            for path, operations in paths.items()
            for method, operation in operations.items()
        }
    finally:
        close_app(app)


class Asked(Exception):
    """Stops a call once its request is known."""

    def __init__(self, request: httpx.Request) -> None:
        self.request = request


def refuse(request: httpx.Request) -> httpx.Response:
    raise Asked(request)


def test_every_route_has_a_method_and_every_method_a_route(routes: Mapping[str, tuple[str, str]]) -> None:
    assert METHODS.keys() == routes.keys()


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("operation", METHODS)
def test_a_method_asks_for_its_route(operation: str, awaited: bool, routes: Mapping[str, tuple[str, str]]) -> None:
    method, path = routes[operation]
    request = asked_async(METHODS[operation]) if awaited else asked_sync(METHODS[operation])
    assert request.method == method
    raw = request.url.raw_path.partition(b"?")[0].decode("ascii")
    pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    assert re.fullmatch(pattern, raw), (pattern, raw)
    if operation == "delete_trace_tag":
        assert unquote(raw).endswith("/tags/x/y?z#ü")


def asked_sync(ask: Callable[[Any], Any]) -> httpx.Request:
    def run() -> None:
        with LodelineClient("http://local", transport=httpx.MockTransport(refuse)) as client:
            answer = ask(client)
            if isinstance(answer, AbstractContextManager):
                with answer:
                    pass

    with pytest.raises(Asked) as stop:
        run()
    return stop.value.request


def asked_async(ask: Callable[[Any], Any]) -> httpx.Request:
    async def run() -> None:
        async with AsyncLodelineClient("http://local", transport=httpx.MockTransport(refuse)) as client:
            answer = ask(client)
            if isinstance(answer, AbstractAsyncContextManager):
                async with answer:
                    pass
            else:
                await answer

    with pytest.raises(Asked) as stop:
        asyncio.run(run())
    return stop.value.request
