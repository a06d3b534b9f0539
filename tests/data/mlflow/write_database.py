# pyright: basic, reportAttributeAccessIssue=false, reportMissingImports=false, reportArgumentType=false, reportPrivateImportUsage=false
# MLflow is not in the environment that is checked.
"""Write a database with MLflow's own client through MLflow's own server: ``python write_database.py URL``.

`mlflow.zip` and `mlflow.sql.gz` were made by it with MLflow 3.17.2, the latter over PostgreSQL 15::

    mlflow server --backend-store-uri sqlite:///mlflow.db --artifacts-destination artifacts --port 5611
    python write_database.py http://127.0.0.1:5611
    zip -9 -r mlflow.zip mlflow.db artifacts
    pg_dump --no-owner --no-privileges --inserts --rows-per-insert=100 mlflow | gzip -9n > mlflow.sql.gz

It runs in an environment that has ``mlflow``, which the tests themselves do not need.
"""

import contextlib
import os
import sys

os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow
from mlflow.entities import AssessmentSource, IssueSeverity, SpanEvent, SpanType
from mlflow.genai import label_schemas
from mlflow.genai.datasets import create_dataset
from mlflow.genai.scorers import Guidelines, scorer
from mlflow.tracing.attachments import Attachment
from mlflow.tracing.client import TracingClient
from mlflow.tracking._tracking_service.utils import _get_store


@mlflow.trace(span_type=SpanType.CHAIN)
def ask(question: str) -> dict[str, object]:
    with mlflow.start_span("llm", span_type=SpanType.CHAT_MODEL) as span:
        span.set_inputs({"messages": [{"role": "user", "content": question}]})
        span.set_outputs({"choices": [{"message": {"role": "assistant", "content": "Seven days."}}]})
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5})
        span.add_event(SpanEvent("first token", attributes={"index": 1}))
    mlflow.update_current_trace(
        tags={"env": "test"},
        metadata={"mlflow.trace.session": "s-1", "mlflow.trace.user": "u-1"},
        client_request_id="request-1",
    )
    if question == "bad":
        raise ValueError("no answer")
    return {"answer": [1, 2.5, None, True], "question": question}


@scorer
def always(outputs: object) -> bool:
    return outputs is not None


def runs_and_models(experiment_id: str) -> str:
    with mlflow.start_run(run_name="train") as run:
        mlflow.log_params({"lr": "0.1", "k": "v"})
        for step in range(3):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.log_metric("nan", float("nan"))
        mlflow.set_tag("team", "a")
        mlflow.log_text("hello", "notes/a.txt")
    with mlflow.start_run(run_name="gone") as gone:
        mlflow.log_param("a", "b")
    mlflow.delete_run(gone.info.run_id)
    mlflow.set_active_model(name="bot-v1")
    mlflow.log_model_params({"temperature": "0"})
    return run.info.run_id


def traces() -> list[str]:
    ids: list[str] = []
    for question in ("hello", "bad"):
        with contextlib.suppress(ValueError):
            ask(question)
        ids.append(str(mlflow.get_last_active_trace_id()))
    source = AssessmentSource("HUMAN", "ann")
    feedback = mlflow.log_feedback(
        trace_id=ids[0], name="good", value=True, rationale="it is right", source=source, metadata={"k": "v"}
    )
    mlflow.override_feedback(trace_id=ids[0], assessment_id=feedback.assessment_id, value=False)
    mlflow.log_expectation(trace_id=ids[0], name="expected", value={"days": 7})
    mlflow.log_feedback(trace_id=ids[1], name="score", value=5)
    mlflow.log_feedback(trace_id=ids[1], name="failed", error=ValueError("boom"))
    return ids


def labels(experiment_id: str) -> None:
    """Make a schema of each kind of input; listing them makes MLflow add its default one."""
    label_schemas.create_label_schema(
        "tone", type="feedback", input=label_schemas.InputCategorical(options=["warm", "cold"]),
        instruction="How does it sound?", enable_comment=True,
    )  # fmt: skip
    label_schemas.create_label_schema(
        "stars", type="feedback", input=label_schemas.InputNumeric(min_value=1, max_value=5)
    )
    label_schemas.create_label_schema("better", type="expectation", input=label_schemas.InputText(max_length=500))
    client = TracingClient()
    client._list_label_schemas(experiment_id)
    client._create_issue(experiment_id, "too short", "Answers are too short.")


def queues(experiment_id: str, ids: list[str]) -> None:
    """Make a queue that asks with two schemas and has an item of each status, one that asks nothing, and a user's."""
    store = _get_store()
    known = {schema.name: schema.schema_id for schema in store.list_label_schemas(experiment_id)}
    first = store.create_review_queue(
        experiment_id, name="First look", queue_type="custom", users=["ann", "ben"],
        schema_ids=[known["tone"], known["stars"]],
    )  # fmt: skip
    store.add_items_to_review_queue(first.queue_id, item_ids=ids)
    store.set_review_queue_item_status(first.queue_id, item_id=ids[0], status="complete", completed_by="Ann")
    store.set_review_queue_item_status(first.queue_id, item_id=ids[1], status="declined", completed_by="ben")
    empty = store.create_review_queue(experiment_id, name="later", queue_type="custom")
    store.update_review_queue(empty.queue_id, name="Later")
    mine = store.get_or_create_user_queue(experiment_id, user="Carl")
    store.add_items_to_review_queue(mine.queue_id, item_ids=ids[:1])
    run = mlflow.search_runs(experiment_ids=[experiment_id], output_format="list")[0]
    store.create_issue(
        experiment_id, "made up", "Names a shop that there is not.", severity=IssueSeverity.HIGH,
        root_causes=["no source"], categories=["grounding"], source_run_id=run.info.run_id, created_by="ann",
    )  # fmt: skip


def with_attachment() -> None:
    with mlflow.start_span("look") as span:
        span.set_inputs({"picture": Attachment(content_type="image/png", content_bytes=b"a picture")})


def datasets(experiment_id: str, ids: list[str]) -> None:
    dataset = create_dataset(name="qa", experiment_id=[experiment_id, "0"], tags={"purpose": "test"})
    dataset.merge_records(
        [
            {"inputs": {"q": "1"}, "expectations": {"a": "x"}, "tags": {"s": "1"}, "outputs": {"r": 1}},
            {"inputs": {"q": "2"}, "outputs": {"r": "text"}, "expectations": {}, "tags": {}},
        ]
    )
    dataset.merge_records([{"inputs": {"q": "1"}, "expectations": {"b": "y"}}])
    dataset.merge_records([mlflow.get_trace(trace_id) for trace_id in ids])
    create_dataset(name="qa", experiment_id=[experiment_id])


def prompts() -> None:
    mlflow.genai.register_prompt("greeting", "Hi {{name}}", commit_message="first", tags={"tone": "warm"})
    mlflow.genai.register_prompt("greeting", "Hello {{name}}", commit_message="second")
    mlflow.genai.register_prompt("greeting", "Welcome {{name}}", commit_message="third")
    mlflow.MlflowClient().delete_prompt_version("greeting", "2")
    mlflow.genai.register_prompt(
        "chat",
        [{"role": "system", "content": "You {{x}}"}, {"role": "user", "content": "{{q}}"}],
        response_format={"type": "object"},
        model_config={"temperature": 0.1},
    )
    mlflow.genai.set_prompt_alias("greeting", "production", 1)


def main() -> None:
    mlflow.set_tracking_uri(sys.argv[1])
    client = mlflow.MlflowClient()
    client.create_experiment("forgotten")
    client.delete_experiment("1")
    experiment_id = mlflow.set_experiment("shop").experiment_id
    client.set_experiment_tag(experiment_id, "team", "a")
    runs_and_models(experiment_id)
    ids = traces()
    datasets(experiment_id, ids)
    labels(experiment_id)
    queues(experiment_id, ids)
    prompts()
    mlflow.genai.evaluate(
        data=[{"inputs": {"q": "1"}, "expectations": {"e": "1"}}],
        predict_fn=lambda q: f"answer {q}",
        scorers=[always],
    )
    Guidelines(name="polite", guidelines="be polite").register(experiment_id=experiment_id)
    mlflow.set_experiment("Default")
    mlflow.set_active_model(name="other")
    ask("in the default experiment")
    with_attachment()


if __name__ == "__main__":
    main()
