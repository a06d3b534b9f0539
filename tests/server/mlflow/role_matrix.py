"""What every role gets from every call of MLflow's protocol, written out. A call that is not here fails `test_roles`.

The columns are `KEYS`: the widest key that an admin, an editor and a viewer may have, nobody, and a key of scope
ingest bound to experiment 1. (A reviewer has no key, and cookies count nothing at this door.) A request is right, so
whoever may make it gets 200. Texts are filled from the names of the world.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.server.world import TRACE

KeyName = Literal["admin", "editor", "viewer", "nobody", "ingest"]
KEYS: tuple[KeyName, ...] = ("admin", "editor", "viewer", "nobody", "ingest")
READ, WRITE = "200 200 200 401 403", "200 200 403 401 403"
INGEST = "200 200 403 401 200"
ANY_KEY = "200 200 200 401 200"


@dataclass(frozen=True, slots=True)
class Case:
    """One call: what it is ("METHOD path below /api/"), what each key gets, and the request: its query and its body,
    or raw bytes. `path` is the path with names of the world, where the call's own has other parameters."""

    call: str
    statuses: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    json: Mapping[str, Any] | None = None
    path: str = ""
    content: bytes | None = None

    @property
    def method(self) -> str:
        """The method of the call."""
        return self.call.partition(" ")[0]

    @property
    def filled(self) -> str:
        """The path to ask for, with names of the world in braces."""
        return self.path or self.call.partition(" ")[2]

    def expected(self) -> dict[KeyName, int]:
        """Return the status for each key."""
        return dict(zip(KEYS, map(int, self.statuses.split()), strict=True))


V2, V3 = "2.0/mlflow", "3.0/mlflow"
ONE = {"experiment_id": "1"}
RUN = {"run_id": "{run}"}
MODEL = {"model_id": "{model}"}
MODELS = f"{V2}/logged-models"
SETS = f"{V3}/datasets/{{dataset_id}}"
SET = f"{V3}/datasets/{{dataset}}"
IS_PROMPT = "tags.`mlflow.prompt.is_prompt` = 'true'"
PROMPT = {"name": "greet"}
VERSION = {"name": "greet", "version": "1"}
SCORER = {"experiment_id": "1", "name": "polite"}
ONE_TRACE = {"trace_id": TRACE}
JUDGED = f"{V3}/traces/{{trace_id}}/assessments/{{assessment_id}}"
QUEUE = {"queue_id": "{queue}"}
QUEUES = f"{V3}/review-queues"
LABELS = f"{V3}/label-schemas"
SCHEMA = {"schema_id": "{schema}"}
FILES = "2.0/mlflow-artifacts/artifacts"
FILE = f"{FILES}/1/{{run}}/artifacts/a.txt"
FOLDER = "1/{run}/artifacts"
PARTS = "2.0/mlflow-artifacts/mpu"
PART = b"x"
PARTED: Mapping[str, Any] = {
    "path": "b.txt", "num_parts": 1, "upload_id": "{upload}",
    "parts": [{"part_number": 1, "etag": hashlib.sha256(PART).hexdigest()}],
}  # fmt: skip
FEEDBACK = {"assessment_name": "q", "source": {"source_type": "CODE", "source_id": "c"}, "feedback": {"value": 1}}
INFO = {
    "trace_id": "tr-" + "cd" * 16, "request_time": "2026-11-27T10:00:00Z", "state": "OK",
    "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": ONE},
}  # fmt: skip
COUNT = {"view_type": "TRACES", "metric_name": "trace_count", "aggregations": [{"aggregation_type": "COUNT"}]}
PLACES = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": ONE}]

CASES: tuple[Case, ...] = (
    Case(f"GET {V3}/server-info", ANY_KEY),

    Case(f"POST {V2}/experiments/create", WRITE, json={"name": "new"}),
    Case(f"GET {V2}/experiments/get", READ, ONE),
    Case(f"GET {V2}/experiments/get-by-name", READ, {"experiment_name": "app"}),
    Case(f"POST {V2}/experiments/search", READ, json={}),
    Case(f"GET {V2}/experiments/search", READ),
    Case(f"POST {V2}/experiments/delete", WRITE, json=ONE),
    Case(f"POST {V2}/experiments/restore", "200 200 403 401 404", json={"experiment_id": "2"}),
    Case(f"POST {V2}/experiments/update", WRITE, json={**ONE, "new_name": "other"}),
    Case(f"POST {V2}/experiments/set-experiment-tag", WRITE, json={**ONE, "key": "k", "value": "v"}),
    Case(f"POST {V2}/experiments/delete-experiment-tag", WRITE, json={**ONE, "key": "tag"}),

    Case(f"GET {FILES}", READ, {"path": "1/{run}/artifacts"}),
    Case(f"PUT {FILES}/{{path}}", WRITE, path=FILE, content=b"x"),
    Case(f"GET {FILES}/{{path}}", READ, path=FILE),
    Case(f"DELETE {FILES}/{{path}}", WRITE, path=FILE),
    Case(f"POST {PARTS}/create/{{folder}}", WRITE, json=PARTED, path=f"{PARTS}/create/{FOLDER}"),
    Case(f"PUT {PARTS}/parts/{{path}}", WRITE, {"upload_id": "{upload}", "part_number": "1"},
         path=f"{PARTS}/parts/{FOLDER}/b.txt", content=PART),
    Case(f"POST {PARTS}/complete/{{folder}}", WRITE, json=PARTED,
         path=f"{PARTS}/complete/{FOLDER}"),
    Case(f"POST {PARTS}/abort/{{folder}}", WRITE, json=PARTED,
         path=f"{PARTS}/abort/{FOLDER}"),
    Case(f"GET {V2}/artifacts/list", READ, RUN),
    Case(f"GET {MODELS}/{{model_id}}/artifacts/directories", READ, path=f"{MODELS}/{{model}}/artifacts/directories"),

    Case(f"POST {MODELS}", WRITE, json=ONE),
    Case(f"POST {MODELS}/search", READ, json={"experiment_ids": ["1"]}),
    Case(f"GET {MODELS}/{{model_id}}", READ, path=f"{MODELS}/{{model}}"),
    Case(f"PATCH {MODELS}/{{model_id}}", WRITE, path=f"{MODELS}/{{spare}}", json={"status": "LOGGED_MODEL_READY"}),
    Case(f"DELETE {MODELS}/{{model_id}}", WRITE, path=f"{MODELS}/{{spare}}"),
    Case(f"PATCH {MODELS}/{{model_id}}/tags", WRITE, path=f"{MODELS}/{{model}}/tags",
         json={"tags": [{"key": "k", "value": "v"}]}),
    Case(f"DELETE {MODELS}/{{model_id}}/tags/{{tag_key}}", WRITE, path=f"{MODELS}/{{model}}/tags/tag"),
    Case(f"POST {MODELS}/{{model_id}}/params", WRITE, path=f"{MODELS}/{{model}}/params",
         json={"params": [{"key": "k", "value": "v"}]}),

    Case(f"POST {V3}/datasets/create", WRITE, json={"name": "d", "experiment_ids": ["1"]}),
    Case(f"POST {V3}/datasets/search", READ, json={"experiment_ids": ["1"]}),
    Case(f"GET {SETS}", READ, path=SET),
    Case(f"DELETE {SETS}", WRITE, path=SET),
    Case(f"PATCH {SETS}/tags", WRITE, path=f"{SET}/tags", json={"tags": '{"k": "v"}'}),
    Case(f"DELETE {SETS}/tags/{{key}}", WRITE, path=f"{SET}/tags/tag"),
    Case(f"POST {SETS}/records", WRITE, path=f"{SET}/records", json={"records": '[{"inputs": {"q": 2}}]'}),
    Case(f"GET {SETS}/records", READ, path=f"{SET}/records"),
    Case(f"DELETE {SETS}/records", WRITE, path=f"{SET}/records", json={"dataset_record_ids": ["dr-1"]}),
    Case(f"GET {SETS}/experiment-ids", READ, path=f"{SET}/experiment-ids"),
    Case(f"POST {SETS}/add-experiments", WRITE, path=f"{SET}/add-experiments", json={"experiment_ids": ["0"]}),
    Case(f"POST {SETS}/remove-experiments", WRITE, path=f"{SET}/remove-experiments", json={"experiment_ids": ["0"]}),

    Case(f"POST {V3}/scorers/register", WRITE, json={**SCORER, "serialized_scorer": "{}"}),
    Case(f"GET {V3}/scorers/list", READ, ONE),
    Case(f"GET {V3}/scorers/versions", READ, SCORER),
    Case(f"GET {V3}/scorers/get", READ, SCORER),
    Case(f"DELETE {V3}/scorers/delete", WRITE, json=SCORER),
    Case(f"GET {V3}/scorers/online-configs", READ, {"scorer_ids": "x"}),
    Case(f"PUT {V3}/scorers/online-config", WRITE, json={**SCORER, "sample_rate": 0}),

    Case(f"POST {V2}/registered-models/create", WRITE,
         json={"name": "bye", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}),
    Case(f"GET {V2}/registered-models/get", READ, PROMPT),
    Case(f"PATCH {V2}/registered-models/update", WRITE, json={**PROMPT, "description": "x"}),
    Case(f"DELETE {V2}/registered-models/delete", WRITE, json=PROMPT),
    Case(f"GET {V2}/registered-models/search", READ, {"filter": IS_PROMPT}),
    Case(f"POST {V2}/registered-models/set-tag", WRITE, json={**PROMPT, "key": "k", "value": "v"}),
    Case(f"DELETE {V2}/registered-models/delete-tag", WRITE, json={**PROMPT, "key": "k"}),
    Case(f"POST {V2}/registered-models/alias", WRITE, json={**VERSION, "alias": "next"}),
    Case(f"DELETE {V2}/registered-models/alias", WRITE, json={**PROMPT, "alias": "live"}),
    Case(f"GET {V2}/registered-models/alias", READ, {**PROMPT, "alias": "live"}),
    Case(f"POST {V2}/model-versions/create", WRITE, json={
        **PROMPT, "source": "dummy-source", "tags": [
            {"key": "mlflow.prompt.is_prompt", "value": "true"}, {"key": "mlflow.prompt.text", "value": "Hi"},
        ],
    }),
    Case(f"GET {V2}/model-versions/get", READ, VERSION),
    Case(f"DELETE {V2}/model-versions/delete", WRITE, json={**PROMPT, "version": "2"}),
    Case(f"GET {V2}/model-versions/search", READ, {"filter": f"{IS_PROMPT} AND name = 'greet'"}),
    Case(f"POST {V2}/model-versions/set-tag", WRITE, json={**VERSION, "key": "k", "value": "v"}),
    Case(f"DELETE {V2}/model-versions/delete-tag", WRITE, json={**VERSION, "key": "k"}),

    Case(f"POST {V2}/runs/create", WRITE, json={**ONE, "start_time": 1}),
    Case(f"GET {V2}/runs/get", READ, RUN),
    Case(f"POST {V2}/runs/update", WRITE, json={**RUN, "run_name": "x"}),
    Case(f"POST {V2}/runs/delete", WRITE, json=RUN),
    Case(f"POST {V2}/runs/restore", WRITE, json=RUN),
    Case(f"POST {V2}/runs/search", READ, json={"experiment_ids": ["1"]}),
    Case(f"POST {V2}/runs/set-tag", WRITE, json={**RUN, "key": "k", "value": "v"}),
    Case(f"POST {V2}/runs/delete-tag", WRITE, json={**RUN, "key": "tag"}),
    Case(f"POST {V2}/runs/log-inputs", WRITE, json={**RUN, "models": [MODEL]}),
    Case(f"POST {V2}/runs/outputs", WRITE, json={**RUN, "models": [{**MODEL, "step": 0}]}),
    Case(f"POST {V2}/runs/log-batch", WRITE, json={**RUN, "params": [{"key": "k", "value": "v"}]}),
    Case(f"POST {V2}/runs/log-metric", WRITE, json={**RUN, "key": "m", "value": 1, "timestamp": 1}),
    Case(f"POST {V2}/runs/log-parameter", WRITE, json={**RUN, "key": "k", "value": "v"}),
    Case(f"GET {V2}/metrics/get-history", READ, {**RUN, "metric_key": "m"}),

    Case(f"POST {V3}/traces", INGEST, json={"trace": {"trace_info": INFO}}),
    Case(f"GET {V3}/traces/get", READ, ONE_TRACE),
    Case(f"GET {V3}/traces/batchGet", READ, {"trace_ids": TRACE}),
    Case(f"POST {V3}/traces/batchGetInfos", READ, json={"trace_ids": [TRACE]}),
    Case(f"POST {V3}/traces/search", READ, json={"locations": PLACES}),
    Case(f"GET {V3}/traces/{{trace_id}}", READ, path=f"{V3}/traces/{TRACE}"),
    Case(f"PATCH {V2}/traces/{{request_id}}/tags", WRITE, path=f"{V2}/traces/{TRACE}/tags",
         json={"key": "k", "value": "v"}),
    Case(f"DELETE {V2}/traces/{{request_id}}/tags", WRITE, path=f"{V2}/traces/{TRACE}/tags", json={"key": "tag"}),
    Case(f"POST {V2}/traces/delete-traces", WRITE, json={**ONE, "request_ids": [TRACE]}),
    Case(f"POST {V2}/traces/link-to-run", WRITE, json={**RUN, "trace_ids": [TRACE]}),
    Case(f"POST {V2}/traces/link-prompts", WRITE, json={**ONE_TRACE, "prompt_versions": [VERSION]}),
    Case(f"POST {V3}/traces/calculate-filter-correlation", READ, json={"experiment_ids": ["1"]}),
    Case(f"POST {V3}/traces/metrics", READ, json={"experiment_ids": ["1"], **COUNT}),
    Case(f"POST {V2}/traces", INGEST, json={**ONE, "timestamp_ms": 1}),
    Case(f"PATCH {V2}/traces/{{request_id}}", WRITE, path=f"{V2}/traces/{TRACE}",
         json={"timestamp_ms": 2, "status": "OK"}),
    Case(f"GET {V2}/traces/{{request_id}}/info", READ, path=f"{V2}/traces/{TRACE}/info"),
    Case(f"GET {V2}/traces", READ, {"experiment_ids": "1"}),

    Case(f"POST {V3}/traces/{{trace_id}}/assessments", WRITE, path=f"{V3}/traces/{TRACE}/assessments",
         json={"assessment": FEEDBACK}),
    Case(f"GET {JUDGED}", READ, path=f"{V3}/traces/{TRACE}/assessments/{{assessment}}"),
    Case(f"PATCH {JUDGED}", WRITE, path=f"{V3}/traces/{TRACE}/assessments/{{assessment}}",
         json={"assessment": {"rationale": "x"}, "update_mask": "rationale"}),
    Case(f"DELETE {JUDGED}", WRITE, path=f"{V3}/traces/{TRACE}/assessments/{{assessment}}"),

    Case(f"POST {LABELS}/create", WRITE, json={**ONE, "name": "s", "type": "FEEDBACK", "input": {"text": {}}}),
    Case(f"GET {LABELS}/get", READ, SCHEMA),
    Case(f"GET {LABELS}/get-by-name", READ, {**ONE, "name": "tone"}),
    Case(f"GET {LABELS}/list", READ, ONE),
    Case(f"PATCH {LABELS}/update", WRITE, json={**SCHEMA, "name": "x"}),
    Case(f"DELETE {LABELS}/delete", WRITE, json=SCHEMA),

    Case(f"POST {QUEUES}/create", WRITE, json={**ONE, "name": "new", "queue_type": "CUSTOM"}),
    Case(f"POST {QUEUES}/get-or-create-user", WRITE, json={**ONE, "user": "carl"}),
    Case(f"GET {QUEUES}/get", READ, QUEUE),
    Case(f"GET {QUEUES}/get-by-name", READ, {**ONE, "name": "queue"}),
    Case(f"GET {QUEUES}/list", READ, ONE),
    Case(f"POST {QUEUES}/update", WRITE, json={**QUEUE, "name": "x"}),
    Case(f"POST {QUEUES}/delete", WRITE, json=QUEUE),
    Case(f"POST {QUEUES}/items/add", WRITE, json={**QUEUE, "item_ids": [TRACE]}),
    Case(f"POST {QUEUES}/items/remove", WRITE, json={**QUEUE, "item_ids": [TRACE]}),
    Case(f"GET {QUEUES}/items/list", READ, QUEUE),
    Case(f"POST {QUEUES}/items/set-status", WRITE,
         json={**QUEUE, "item_id": TRACE, "status": "COMPLETE", "completed_by": "ann"}),

    Case(f"POST {V3}/issues", WRITE, json={**ONE, "name": "odd", "description": "x"}),
    Case(f"POST {V3}/issues/search", READ, json=ONE),
    Case(f"GET {V3}/issues/{{issue_id}}", READ, path=f"{V3}/issues/{{issue}}"),
    Case(f"PATCH {V3}/issues/{{issue_id}}", WRITE, path=f"{V3}/issues/{{issue}}", json={"status": "resolved"}),
)  # fmt: skip
