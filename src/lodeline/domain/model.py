"""Model: a version of the application; traces, runs and metrics refer to it. Not the language model."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from lodeline.domain.errors import Conflict, Deleted, Invalid, TooLarge, shown
from lodeline.domain.evaluation import Evaluation
from lodeline.domain.experiment import MAX_TAGS, Lifecycle, check_name, check_tags
from lodeline.domain.gate import GateReport, GateRun
from lodeline.domain.ids import ExperimentId, ModelId, RunId, TraceId
from lodeline.domain.run import MAX_KEY, MetricPoint, check_params, check_points

GateOutcome = Literal["passed", "failed", "inconclusive"]
ModelStatus = Literal["PENDING", "READY", "FAILED"]
MODEL_STATUSES: tuple[ModelStatus, ...] = ("PENDING", "READY", "FAILED")
MAX_DIFF_BYTES = 1_000_000
MAX_MESSAGE = 10_000
MAX_PROMPTS = 500
MAX_METRICS = 10_000
"""Metrics of one model: points that differ in anything but their time and value."""
MAX_REASON = 10_000
MAX_TOLD = 3
"""Rules that a refusal tells of."""
MAX_GATE_RULES = 20_000
"""Characters of a gate file that the event of a move keeps."""

_MODEL_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,250}")
_ALIAS = re.compile(r"[A-Za-z0-9_.\-]{1,250}")


@dataclass(frozen=True, slots=True)
class GitInfo:
    """The source that a model was made from. `dirty` says that files differed from the commit; `diff_digest` is the
    SHA-256 of how, `diff` that text itself when it is at most `MAX_DIFF_BYTES` long."""

    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    dirty: bool = False
    diff_digest: str | None = None
    diff: str | None = None


@dataclass(frozen=True, slots=True)
class PromptUse:
    """A version of a prompt that a model uses."""

    name: str
    version: int


@dataclass(frozen=True, slots=True)
class ModelMetric:
    """One measurement of a model: by a run, on a dataset, or neither. The latest by (step, time, value) is kept."""

    key: str
    value: float
    timestamp_ms: int
    step: int = 0
    dataset_id: str | None = None
    dataset_digest: str | None = None
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One version of the application. Times are epoch milliseconds.

    FAILED says that it cannot be used, `status_message` why. `aliases` are the names that point at it now.
    """

    model_id: ModelId
    experiment_id: ExperimentId
    name: str
    status: ModelStatus
    lifecycle: Lifecycle
    created_ms: int
    updated_ms: int
    status_message: str | None = None
    model_type: str | None = None
    source_run_id: RunId | None = None
    source_trace_id: TraceId | None = None
    parent_model_id: ModelId | None = None
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    git: GitInfo | None = None
    config_digest: str | None = None
    dependencies_digest: str | None = None
    prompt_versions: tuple[PromptUse, ...] = ()
    created_by: str | None = None
    reuse_key: str | None = None
    aliases: tuple[str, ...] = ()
    metrics: tuple[ModelMetric, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelDraft:
    """What a new model is made from.

    A `reuse_key` makes creation idempotent: a second draft of the experiment with the same key gives the first
    model. Programs derive it from a clean commit and a configuration. `model_id` is given only by importers.
    """

    name: str
    status: ModelStatus = "PENDING"
    status_message: str | None = None
    model_type: str | None = None
    source_run_id: RunId | None = None
    source_trace_id: TraceId | None = None
    parent_model_id: ModelId | None = None
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    git: GitInfo | None = None
    config_digest: str | None = None
    dependencies_digest: str | None = None
    prompt_versions: tuple[PromptUse, ...] = ()
    created_by: str | None = None
    reuse_key: str | None = None
    model_id: ModelId | None = None


@dataclass(frozen=True, slots=True)
class ModelChange:
    """A change of a model: None leaves a field. Tags are set, then deleted; params are added, each once."""

    name: str | None = None
    status: ModelStatus | None = None
    status_message: str | None = None
    lifecycle: Lifecycle | None = None
    set_params: Mapping[str, str] = field(default_factory=dict[str, str])
    set_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    delete_tags: tuple[str, ...] = ()
    add_prompts: tuple[PromptUse, ...] = ()


@dataclass(frozen=True, slots=True)
class AliasMove:
    """A move to be made: `model_id` None takes the alias away.

    `gate` is the outcome of the gate that justifies it, as the mover says, and `gate_report` its text or whatever
    names it. With a `gate_run` the server holds that gate itself; its outcome is what counts, and its report is kept.
    """

    alias: str
    model_id: ModelId | None
    reason: str = ""
    gate: GateOutcome | None = None
    gate_report: str | None = None
    gate_run: GateRun | None = None


@dataclass(frozen=True, slots=True)
class AliasMoved:
    """What became of a move: the model that the alias points at now, and the event (None: it pointed there)."""

    model: "Model | None"
    event: "AliasEvent | None"


@dataclass(frozen=True, slots=True)
class AliasEvent:
    """An alias was moved: from which model to which (None: none), by whom, when and why. `gate_run_id` is the
    evaluation on which the server found `gate`; without one the mover said so. `gate_rules` is the gate file that it
    held then, cut to 20,000 characters, and `gate_rules_sha256` the digest of all of it (hexadecimal, of UTF-8)."""

    experiment_id: ExperimentId
    alias: str
    model_id: ModelId | None
    previous_model_id: ModelId | None
    at_ms: int
    by: str | None = None
    reason: str = ""
    gate: GateOutcome | None = None
    gate_report: str | None = None
    gate_run_id: RunId | None = None
    gate_rules: str | None = None
    gate_rules_sha256: str | None = None

    @classmethod
    def of(
        cls, move: AliasMove, experiment_id: ExperimentId, *, previous: ModelId | None, at_ms: int, by: str | None
    ) -> "AliasEvent":
        """Return the event of a move that is made now."""
        held = move.gate_run
        return cls(
            experiment_id, move.alias, move.model_id, previous, at_ms, by, move.reason, move.gate, move.gate_report,
            gate_run_id=None if held is None else held.run_id,
            gate_rules=None if held is None else held.rules[:MAX_GATE_RULES],
            gate_rules_sha256=None if held is None else rules_sha256(held.rules),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """One thing that two models differ in; None is missing."""

    name: str
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """How two models differ; what is equal is left out."""

    left: ModelId
    right: ModelId
    params: tuple[ValueDifference, ...] = ()
    prompts: tuple[ValueDifference, ...] = ()
    git: tuple[ValueDifference, ...] = ()
    metrics: tuple[ValueDifference, ...] = ()
    other: tuple[ValueDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelDump:
    """A model as an export keeps it."""

    model: Model


def model_of(draft: ModelDraft, model_id: ModelId, experiment_id: ExperimentId, *, now_ms: int) -> Model:
    """Return the model that a draft becomes."""
    values = {name: getattr(draft, name) for name in ModelDraft.__slots__ if name != "model_id"}
    return Model(
        model_id=model_id, experiment_id=experiment_id, lifecycle="ACTIVE", created_ms=now_ms, updated_ms=now_ms,
        **values,
    )  # fmt: skip


def changed_model(model: Model, change: ModelChange, *, now_ms: int) -> Model:
    """Return the model after a change.

    Deleted when it is deleted and the change does not restore it; Conflict when a param has another value, or when
    it would become FAILED while an alias points at it.
    """
    if model.lifecycle == "DELETED" and change.lifecycle != "ACTIVE":
        raise Deleted.of("model", model.model_id)
    for key, value in change.set_params.items():
        known = model.params.get(key)
        if known is not None and known != value:
            raise Conflict(
                f"param {key!r} of model {model.model_id!r} is {known!r} already and cannot become {value!r}; a "
                "version with other params is another model.",
                code="param_set",
                details={"key": key, "present": known, "given": value},
            )
    if model.aliases and (change.status == "FAILED" or change.lifecycle == "DELETED"):
        raise Conflict(
            f"model {model.model_id!r} has the alias {model.aliases[0]!r}; move it to another model first.",
            code="model_has_alias",
            details={"aliases": list(model.aliases)},
        )
    tags = {**model.tags, **change.set_tags}
    changed = replace(
        model,
        name=model.name if change.name is None else change.name,
        status=model.status if change.status is None else change.status,
        status_message=model.status_message if change.status_message is None else change.status_message,
        lifecycle=model.lifecycle if change.lifecycle is None else change.lifecycle,
        params={**model.params, **change.set_params},
        tags={key: value for key, value in tags.items() if key not in change.delete_tags},
        prompt_versions=tuple(dict.fromkeys((*model.prompt_versions, *change.add_prompts))),
        updated_ms=now_ms,
    )
    check_model(changed)
    return changed


def check_model_id(text: str) -> ModelId:
    """Return `text` as a model id; Invalid unless 1–250 letters, digits and ``_ . : -``."""
    if not _MODEL_ID.fullmatch(text):
        raise Invalid.value("model_id", text, "1 to 250 letters, digits or _ . : -")
    return ModelId(text)


def check_alias(text: str) -> str:
    """Return `text` as an alias; Invalid unless 1–250 letters, digits and ``_ . -``."""
    if not _ALIAS.fullmatch(text):
        raise Invalid.value("alias", text, "1 to 250 letters, digits or _ . -")
    return text


def check_move(model: Model, move: AliasMove, *, gated: bool) -> None:
    """Return when an alias may be moved to a model; Conflict when it is FAILED, or when the alias is `gated` and no
    gate that passed justifies the move: one that the server has held, so that `gate_run` names it."""
    if model.status == "FAILED":
        raise Conflict(f"model {model.model_id!r} is FAILED and takes no alias.", code="model_failed")
    if model.lifecycle == "DELETED":
        raise Deleted.of("model", model.model_id)
    if gated and (move.gate_run is None or move.gate != "passed"):
        found = (
            "names no evaluation and gate file" if move.gate_run is None else f"has one that {_OUTCOMES[move.gate]}"
        )
        raise Conflict(
            f"alias {move.alias!r} needs a passed gate in this experiment, and the move {found}; give an evaluation "
            "of the model with the rules that it passes (lodeline models alias ALIAS MODEL --gate FILE --evaluation "
            "RUN; lodeline eval gate FILE RUN tries it), or change gated_aliases of the experiment's settings.",
            code="gate_needed",
            details={"alias": move.alias, "gate": move.gate},
        )


def rules_sha256(rules: str) -> str:
    """Return the digest of a gate file's text."""
    return hashlib.sha256(rules.encode("utf-8", "surrogatepass")).hexdigest()


def refused_gate(alias: str, run_id: RunId, report: GateReport) -> Conflict:
    """Return the error of a move whose gate did not pass: which rules, what they saw, and how to look further."""
    wrong = [each for each in report.results if each.rule.action == "fail" and each.status != "pass"]
    told = [f"{shown(each.rule.name)} {each.status}: {each.message}" for each in wrong[:MAX_TOLD]]
    more = [] if len(wrong) <= MAX_TOLD else [f"{len(wrong) - MAX_TOLD} more."]
    rules = " ".join([*told, *more]) or "No rule decides: each warns only, or was skipped."
    found = {"pass": "passed", "fail": "failed"}.get(report.status, "was inconclusive")
    return Conflict(
        f"alias {alias!r} needs a passed gate in this experiment, and the move has one that {found}. {rules} "
        f"See all of it with: lodeline eval gate FILE {run_id}",
        code="gate_needed",
        details={"alias": alias, "gate": report.status, "rules": [each.rule.name for each in wrong[:MAX_TOLD]]},
    )


def check_gate_evaluation(evaluation: Evaluation, experiment_id: ExperimentId, model_id: ModelId) -> None:
    """Return when a gate on an evaluation says something of a model; Conflict unless the evaluation is of the model
    and its experiment, was completed and is not deleted."""
    wrong = _unfit(evaluation, experiment_id)
    if wrong is None and evaluation.bindings.model_id != model_id:
        wrong = f"is of {evaluation.bindings.model_id or 'no model'}, not of {model_id}"
    if wrong is not None:
        raise Conflict(
            f"evaluation {evaluation.run.run_id!r} {wrong}; name a completed one of the model that the alias is to "
            "point at.",
            code="gate_elsewhere",
            details={"run_id": evaluation.run.run_id, "model_id": model_id},
        )


def check_gate_baseline(baseline: Evaluation, evaluation: Evaluation) -> None:
    """Return when an evaluation can be the baseline of a gate on another one; Conflict unless it is another one of
    the same experiment, was completed and is not deleted."""
    wrong = _unfit(baseline, evaluation.run.experiment_id)
    if baseline.run.run_id == evaluation.run.run_id:
        wrong = "is the one that the gate is on"
    if wrong is not None:
        raise Conflict(
            f"baseline {baseline.run.run_id!r} {wrong}; name another completed one of the experiment.",
            code="gate_elsewhere",
            details={"run_id": baseline.run.run_id},
        )


def _unfit(evaluation: Evaluation, experiment_id: ExperimentId) -> str | None:
    run = evaluation.run
    if run.experiment_id != experiment_id:
        return "is of another experiment"
    if run.lifecycle != "ACTIVE":
        return "is deleted"
    if evaluation.state not in {"COMPLETED", "COMPLETED_WITH_ERRORS"}:
        return f"is {evaluation.state}, not completed"
    return None


_OUTCOMES: Mapping[GateOutcome | None, str] = {
    "passed": "passed", "failed": "failed", "inconclusive": "was inconclusive", None: "was not held",
}  # fmt: skip


def check_model(model: Model | ModelDraft) -> None:
    """Return when everything in a model is within bounds; else Invalid or TooLarge, naming it."""
    check_name(model.name, noun="model name")
    check_params(model.params)
    check_tags(model.tags)
    for noun in ("model_type", "source_run_id", "source_trace_id", "parent_model_id", "config_digest",
                 "dependencies_digest", "reuse_key"):  # fmt: skip
        text: str | None = getattr(model, noun)
        if text is not None:
            check_name(text, noun=noun, most=MAX_KEY)
    if len(model.tags) > MAX_TAGS:
        raise TooLarge(f"tags: {len(model.tags)} are over the limit of {MAX_TAGS}.")
    if model.status_message is not None and len(model.status_message) > MAX_MESSAGE:
        raise TooLarge(f"status_message: {len(model.status_message)} characters are over {MAX_MESSAGE}.")
    if len(model.prompt_versions) > MAX_PROMPTS:
        raise TooLarge(f"prompt_versions: {len(model.prompt_versions)} are over the limit of {MAX_PROMPTS}.")
    for prompt in model.prompt_versions:
        check_name(prompt.name, noun="prompt_versions.name", most=MAX_KEY)
    if model.git is not None and model.git.diff is not None and len(model.git.diff) > MAX_DIFF_BYTES:
        raise TooLarge(
            f"git.diff: {len(model.git.diff)} characters are over {MAX_DIFF_BYTES}; send its digest alone."
        )


def check_metrics(metrics: tuple[ModelMetric, ...]) -> None:
    """Return when metrics can be stored; else Invalid or TooLarge, naming what."""
    check_points([
        MetricPoint(m.key, m.value, m.timestamp_ms, m.step, m.dataset_id, m.dataset_digest) for m in metrics
    ])  # fmt: skip
    for metric in metrics:
        if metric.run_id is not None:
            check_name(metric.run_id, noun="metric run_id", most=MAX_KEY)


def metric_about(metric: ModelMetric) -> tuple[str, str, str, str]:
    """Return what a metric is of: its key, dataset and run. A model keeps the latest of each."""
    return metric.key, metric.dataset_id or "", metric.dataset_digest or "", metric.run_id or ""


def merged_metrics(present: tuple[ModelMetric, ...], more: tuple[ModelMetric, ...]) -> tuple[ModelMetric, ...]:
    """Return a model's metrics after more were logged: the latest of each key, dataset and run, by those."""
    found = {metric_about(metric): metric for metric in present}
    for metric in more:
        known = found.get(metric_about(metric))
        if known is None or _place(known) < _place(metric):
            found[metric_about(metric)] = metric
    if len(found) > MAX_METRICS:
        raise TooLarge(f"metrics: {len(found)} different ones of one model are over the limit of {MAX_METRICS}.")
    return tuple(found[about] for about in sorted(found))


def _place(metric: ModelMetric) -> tuple[int, int, bool, float]:
    missing = metric.value != metric.value
    return metric.step, metric.timestamp_ms, not missing, 0.0 if missing else metric.value


def without_diff(model: Model) -> Model:
    """Return a model as lists show it: the diff of its source left out."""
    if model.git is None or model.git.diff is None:
        return model
    return replace(model, git=replace(model.git, diff=None))


def diff_models(left: Model, right: Model) -> ModelDiff:
    """Return how two models differ in params, prompts, source and metrics; the differences are by name."""
    return ModelDiff(
        left.model_id,
        right.model_id,
        params=_differences(left.params, right.params),
        prompts=_differences(_prompts(left), _prompts(right)),
        git=_differences(_git(left), _git(right)),
        metrics=_differences(_metrics(left), _metrics(right)),
        other=_differences(_other(left), _other(right)),
    )


def _differences(left: Mapping[str, str], right: Mapping[str, str]) -> tuple[ValueDifference, ...]:
    names = sorted({*left, *right})
    return tuple(
        ValueDifference(name, left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name)
    )


def _prompts(model: Model) -> dict[str, str]:
    versions: dict[str, list[int]] = {}
    for prompt in model.prompt_versions:
        versions.setdefault(prompt.name, []).append(prompt.version)
    return {name: ", ".join(map(str, sorted(found))) for name, found in versions.items()}


def _git(model: Model) -> dict[str, str]:
    git = model.git or GitInfo()
    found = {"commit": git.commit, "branch": git.branch, "remote": git.remote, "diff": git.diff_digest}
    return {name: value for name, value in found.items() if value is not None}


def _metrics(model: Model) -> dict[str, str]:
    """Return the latest value of each metric by key and dataset, whichever run it is of."""
    found: dict[str, ModelMetric] = {}
    for metric in model.metrics:
        dataset = metric.dataset_digest or metric.dataset_id
        name = metric.key if dataset is None else f"{metric.key} on {dataset}"
        known = found.get(name)
        if known is None or _place(known) < _place(metric):
            found[name] = metric
    return {name: repr(metric.value) for name, metric in found.items()}


def _other(model: Model) -> dict[str, str]:
    found = {
        "name": model.name, "type": model.model_type, "config": model.config_digest,
        "dependencies": model.dependencies_digest,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}
