"""The demonstration's parts: real data, fixed ids, and judgments that fit their traces."""

from collections import Counter
from importlib.resources import files

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from lodeline.demo.airline import airline_part
from lodeline.demo.captures import captures_part
from lodeline.demo.catalogue import demo_parts
from lodeline.demo.frameworks import frameworks_part
from lodeline.demo.part import SYNTHETIC_TIMES_TAG, DemoPart
from lodeline.demo.rag import rag_part
from lodeline.domain.assessment import check_draft
from lodeline.domain.evaluation import check_bindings
from lodeline.domain.evaluation_row import check_rows
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import ExperimentId, otel_trace_id
from lodeline.domain.label_schema import LabelSchemaId, schema_of
from lodeline.domain.labeling import LabelingSession, item_id_of
from lodeline.domain.labeling_checks import check_policy
from lodeline.domain.labeling_sources import checked_reviews
from lodeline.domain.record import prepare
from lodeline.domain.run import Run, check_run

PARTS = demo_parts()
EACH_PART = pytest.mark.parametrize("part", PARTS, ids=[str(part.draft.tags["lodeline.demo"]) for part in PARTS])


def spans_of(part: DemoPart) -> list[Span]:
    return [
        span
        for body in part.requests()
        for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


@EACH_PART
def test_a_part_yields_what_it_counts(part: DemoPart) -> None:
    assert len(list(part.requests())) == part.request_count > 0
    assert len(list(part.assessments())) == part.assessment_count


@EACH_PART
def test_a_part_is_the_same_every_time(part: DemoPart) -> None:
    assert list(part.requests()) == list(part.requests())
    assert list(part.assessments()) == list(part.assessments())
    assert part.draft.client_key


@EACH_PART
def test_every_span_is_valid_and_unique_and_has_its_parent(part: DemoPart) -> None:
    spans = spans_of(part)
    keys = [(span.trace_id, span.span_id) for span in spans]
    assert all(len(trace_id) == 16 and len(span_id) == 8 for trace_id, span_id in keys)
    assert len(set(keys)) == len(keys)
    assert {(span.trace_id, span.parent_span_id) for span in spans if span.parent_span_id} <= set(keys)
    assert all(0 < span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)


@EACH_PART
def test_assessments_are_valid_idempotent_and_on_traces_of_the_part(part: DemoPart) -> None:
    traces = {otel_trace_id(span.trace_id) for span in spans_of(part)}
    drafts = [check_draft(draft) for draft in part.assessments()]
    assert {draft.target.trace_id for draft in drafts if draft.target.trace_id} <= traces
    assert all(draft.identifier and draft.created_ms for draft in drafts)
    assert len({(draft.target, draft.name, draft.identifier) for draft in drafts}) == len(drafts)


@EACH_PART
def test_evaluations_are_valid_and_on_traces_and_records_of_the_part(part: DemoPart) -> None:
    traces = {otel_trace_id(span.trace_id) for span in spans_of(part)}
    drafts = [] if part.dataset is None else list(part.dataset.records)
    prepared = {str(draft.record_id): prepare(draft) for draft in drafts if draft.record_id}
    assert len(prepared) == len(drafts)
    for item in part.evaluations:
        check_run(item.draft.run)
        rows = list(item.rows())
        check_bindings(item.draft.bindings)
        check_rows(rows)
        assert item.draft.run.run_id
        assert len(rows) == item.draft.rows_total
        assert {row.trace_id for row in rows} <= traces
        assert all(row.content_hash == prepared[str(row.record_id)].content_hash for row in rows)
        assert {score.name for row in rows for score in row.scores} == set(item.draft.bindings.scorers)
        assert item.draft.bindings.model_id in {model.model_id for model in part.models}
    assert all(model.reuse_key for model in part.models)


@EACH_PART
def test_labeling_sessions_are_valid_and_on_traces_of_the_part(part: DemoPart) -> None:
    traces = {otel_trace_id(span.trace_id) for span in spans_of(part)}
    for each in part.labeling:
        assert each.draft.run.run_id
        schemas = [
            schema_of(draft, LabelSchemaId("ls-1"), ExperimentId("1"), by=None, now_ms=1) for draft in each.schemas
        ]
        session = LabelingSession(
            Run(each.draft.run.run_id, ExperimentId("1"), "", "LABELING", "RUNNING", "ACTIVE", 1),
            "OPEN", tuple(schemas), reviewers=each.draft.reviewers, policy=each.draft.policy,
        )  # fmt: skip
        check_policy(each.draft.policy, each.draft.reviewers)
        targets, reviews = list(each.targets()), list(each.reviews())
        assert (len(targets), len(reviews)) == (each.item_count, each.review_count)
        assert {one for t in targets for one in (t.trace_id, t.other_trace_id) if one is not None} <= traces
        items = {item_id_of(each.draft.run.run_id, target) for target in targets}
        assert len(items) == len(targets)
        assert {review.item_id for review in reviews} <= items
        assert len({(review.item_id, review.reviewer) for review in reviews}) == len(reviews)
        for begin in range(0, len(reviews), 1_000):
            checked_reviews(reviews[begin : begin + 1_000], session, now_ms=2_000_000_000_000)


def test_no_trace_belongs_to_two_parts() -> None:
    owners = Counter(trace_id for part in PARTS for trace_id in {span.trace_id for span in spans_of(part)})
    assert set(owners.values()) == {1}


def test_names_and_keys_of_the_experiments_differ() -> None:
    assert len({part.draft.client_key for part in PARTS}) == len(PARTS)
    assert len({check_name(part.draft.name) for part in PARTS}) == len(PARTS)


def test_captures_show_one_call_through_many_emitters() -> None:
    emitters: dict[str, set[str]] = {}
    for body in captures_part().requests():
        for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
            tags = {item.key: item.value.string_value for item in resource_spans.resource.attributes}
            if call := tags.get("lodeline.tags.call"):
                emitters.setdefault(call, set()).add(tags["lodeline.tags.emitter"])
    assert len(emitters["test_agent_with_tools"]) == 11
    assert len({emitter for seen in emitters.values() for emitter in seen}) >= 20


def test_captures_hold_failed_calls() -> None:
    failed = [span for span in spans_of(captures_part()) if span.status.code == 2 and not span.parent_span_id]
    assert len(failed) >= 5


def test_retrievers_find_the_gold_passages_that_their_source_counts() -> None:
    found = Counter(draft.name for draft in rag_part().assessments() if draft.value is True)
    assert found["gold_retrieved"] == 53 + 26
    assert 0 < found["correctness"] <= found["gold_retrieved"]


def test_airline_rewards_are_those_of_the_source() -> None:
    rewards = [draft for draft in airline_part().assessments() if draft.name == "reward"]
    assert len(rewards) == 140
    assert sum(draft.value == 1.0 for draft in rewards) == 43


def test_airline_traces_say_that_their_times_are_synthetic() -> None:
    for body in airline_part().requests():
        (resource_spans,) = ExportTraceServiceRequest.FromString(body).resource_spans
        assert f"lodeline.tags.{SYNTHETIC_TIMES_TAG}" in {item.key for item in resource_spans.resource.attributes}


def test_airline_keeps_every_message_of_its_conversations() -> None:
    spans = spans_of(airline_part())
    names = Counter(span.name.split(" ")[0] for span in spans)
    farewells = sum(len(span.events) for span in spans)
    assert names["chat"] == 2_023
    assert names["execute_tool"] == 1_001
    assert names["airline-agent"] + farewells == 1_162


def test_framework_traces_keep_judges_scores_with_their_reasons() -> None:
    scores = list(frameworks_part().assessments())
    assert len(scores) == 17
    assert all(draft.source.kind == "LLM_JUDGE" and draft.rationale for draft in scores)


def test_every_data_file_is_named_in_the_readme_and_the_notice() -> None:
    data = files("lodeline.demo") / "data"
    readme, notice = (data / "README.md").read_text("utf-8"), (data / "NOTICE").read_text("utf-8")
    shipped = [entry.name for entry in data.iterdir() if entry.name.endswith(".zst")]
    assert len(shipped) == 9
    assert all(name in readme and name in notice for name in shipped)
    licences = [entry.name for entry in (data / "licences").iterdir()]
    assert licences
    assert all(f"licences/{name}" in notice for name in licences)
