"""Experiment: the one container for one GenAI application."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal, TypedDict

from lodeline.domain.budget import BudgetPeriod, CostBudget
from lodeline.domain.errors import Conflict, Invalid, NotFound, TooLarge, shown
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId

Lifecycle = Literal["ACTIVE", "DELETED"]
CaptureMode = Literal["full", "hashed", "structure", "none"]
"""What incoming span content keeps: everything; a digest of each string; only keys and types; nothing."""

MAX_NAME = 500
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 20_000
MAX_TAGS = 1_000
MAX_DESCRIPTION = 100_000


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """Own prices of one model, in US dollars per million tokens; None leaves the packaged price in force.

    `model` matches the span's model name exactly; `provider` narrows it when given.
    """

    model: str
    provider: str | None = None
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    cache_read_usd_per_mtok: float | None = None
    cache_write_usd_per_mtok: float | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long traces are kept; None means no limit. See `jobs.retention` for what is never removed."""

    max_age_days: float | None = None
    max_traces: int | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ExperimentSettings:
    """What every incoming trace of an experiment inherits.

    `mask_patterns` are RE2 expressions; each match in a captured string is replaced by ``[masked]`` before anything
    is stored. `recommended_tags` are the tag keys that people are asked to set. `environments` are the names offered
    first; `default_environment` is given to traces that name none. `gated_aliases` are aliases of models that move
    only with a passed gate. `enforce_label_schemas` refuses judgments of people whose name is that of a label schema
    that does not let their value in; what is submitted in a labeling session is always checked. `budget` refuses
    nothing: it is what cost is compared with.
    """

    capture: CaptureMode = "full"
    mask_patterns: tuple[str, ...] = ()
    mask_secrets: bool = True
    prices: tuple[PriceOverride, ...] = ()
    retention: Retention = Retention()
    recommended_tags: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    default_environment: str | None = None
    gated_aliases: tuple[str, ...] = ()
    enforce_label_schemas: bool = False
    budget: CostBudget = field(default_factory=CostBudget)


class RetentionChange(TypedDict, total=False):
    """Single limits of a `Retention`; what is left out stays as it is."""

    max_age_days: float | None
    max_traces: int | None
    max_bytes: int | None


class BudgetChange(TypedDict, total=False):
    """Single parts of a `CostBudget`; what is left out stays as it is."""

    max_usd: float | None
    period: BudgetPeriod


class SettingsChange(TypedDict, total=False):
    """Single settings of an experiment; what is left out stays as it is. A list is replaced whole."""

    capture: CaptureMode
    mask_patterns: tuple[str, ...]
    mask_secrets: bool
    prices: tuple[PriceOverride, ...]
    retention: RetentionChange
    recommended_tags: tuple[str, ...]
    environments: tuple[str, ...]
    default_environment: str | None
    gated_aliases: tuple[str, ...]
    enforce_label_schemas: bool
    budget: BudgetChange


def changed_settings(settings: ExperimentSettings, change: SettingsChange | None) -> ExperimentSettings:
    """Return `settings` with a change, the same where there is none.

    >>> changed_settings(ExperimentSettings(), {"capture": "none", "retention": {"max_traces": 5}}).retention
    Retention(max_age_days=None, max_traces=5, max_bytes=None)
    """
    if change is None:
        return settings
    retention = replace(settings.retention, **change.get("retention", {}))
    budget = replace(settings.budget, **change.get("budget", {}))
    return replace(settings, **{**change, "retention": retention, "budget": budget})


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment. Times are epoch milliseconds UTC; `created_by` is an account name or None without auth."""

    experiment_id: ExperimentId
    name: str
    lifecycle: Lifecycle
    created_ms: int
    updated_ms: int
    created_by: str | None = None
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: ExperimentSettings = ExperimentSettings()
    artifact_root: str | None = None


@dataclass(frozen=True, slots=True)
class ExperimentDraft:
    """What a new experiment is made from. Only imports give `experiment_id`, to keep ids, and `updated_ms`; without
    one it is when the experiment is made.

    `client_key` makes creation idempotent: a second draft with the same key returns the first experiment.
    """

    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: ExperimentSettings = ExperimentSettings()
    artifact_root: str | None = None
    experiment_id: ExperimentId | None = None
    client_key: str | None = None
    created_by: str | None = None
    updated_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ExperimentChange:
    """A change of an experiment: None leaves a field; `set_tags` and `delete_tags` are applied in that order."""

    name: str | None = None
    description: str | None = None
    lifecycle: Lifecycle | None = None
    settings: SettingsChange | None = None
    set_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    delete_tags: tuple[str, ...] = ()


def changed_experiment(experiment: Experiment, change: ExperimentChange, *, now_ms: int | None = None) -> Experiment:
    """Return an experiment with a change, which is of `now_ms`; None leaves the time of the last one.

    >>> draft = Experiment(ExperimentId("1"), "draft", "ACTIVE", 1, 1, tags={"team": "a"})
    >>> changed_experiment(draft, ExperimentChange(set_tags={"team": "b"}), now_ms=2).tags
    {'team': 'b'}
    >>> changed_experiment(draft, ExperimentChange(name="draft", delete_tags=("owner",))) == draft
    True
    """
    tags = {**experiment.tags, **change.set_tags}
    return replace(
        experiment,
        name=experiment.name if change.name is None else change.name,
        description=experiment.description if change.description is None else change.description,
        lifecycle=experiment.lifecycle if change.lifecycle is None else change.lifecycle,
        settings=changed_settings(experiment.settings, change.settings),
        tags={key: value for key, value in tags.items() if key not in change.delete_tags},
        updated_ms=experiment.updated_ms if now_ms is None else now_ms,
    )


@dataclass(frozen=True, slots=True)
class PurgeReceipt:
    """What a purge has removed, as counts; while it goes on `finished` is false.

    `of_traces` is how many traces there were when it began, where that is known.
    """

    experiment_id: ExperimentId
    name: str
    traces: int
    spans: int
    assessments: int
    blobs: int
    bytes_freed: int
    runs: int = 0
    models: int = 0
    datasets: int = 0
    records: int = 0
    prompts: int = 0
    scorers: int = 0
    label_schemas: int = 0
    labeling_items: int = 0
    issues: int = 0
    of_traces: int | None = None
    finished: bool = True

    def counted(self) -> dict[str, str]:
        """Return the counts that are not 0, as the audit trail tells them."""
        kept = asdict(self)
        for name in ("experiment_id", "name", "of_traces", "finished"):
            del kept[name]
        return {name: str(count) for name, count in kept.items() if count}


def experiment_taken(what: Literal["name", "id"], value: str, holder: Experiment | None) -> Conflict:
    """Return the error for a name or id that `holder` has; None says nothing of it."""
    remedy, details = "", dict[str, object]()
    if holder is not None:
        details = {"experiment_id": holder.experiment_id, "lifecycle": holder.lifecycle}
        if holder.lifecycle == "DELETED":
            purge = " or purge" if holder.experiment_id != DEFAULT_EXPERIMENT else ""  # which is for ever
            remedy = f"restore{purge} the deleted experiment that has it, or "
    return Conflict(
        f"experiment {what} {shown(value)} is taken; {remedy}choose another.",
        code=f"experiment_{what}_taken",
        details=details,
    )


def name_is_id(name: str, holder: Experiment | None) -> Conflict:
    """Return the error for a name that is the id of `holder`, whom it would mean; None says nothing of it."""
    return Conflict(
        f"experiment name {shown(name)} is the id of another experiment, which it would mean; choose another.",
        code="experiment_name_is_id",
        details={} if holder is None else {"experiment_id": holder.experiment_id, "lifecycle": holder.lifecycle},
    )


def id_is_name(experiment_id: str, holder: Experiment) -> Conflict:
    """Return the error for a given id that is the name of `holder`, whom it would no longer mean."""
    return Conflict(
        f"experiment id {shown(experiment_id)} is the name of another experiment; choose another.",
        code="experiment_id_taken",
        details={"experiment_id": holder.experiment_id, "lifecycle": holder.lifecycle},
    )


def never_purged(experiment_id: str) -> NotFound:
    """Return the error for an experiment whose purge never began."""
    return NotFound(
        f"experiment {experiment_id!r}: no purge of it ever began.",
        code="purge_not_found",
        details={"noun": "purge", "id": experiment_id},
    )


_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def check_name(name: str, *, noun: str = "experiment name", most: int = MAX_NAME) -> str:
    """Return `name`; Invalid when empty, blank, too long, or holding control characters or lone surrogates."""
    if not name.strip():
        raise Invalid.value(noun, name, "a name that is not blank")
    if len(name) > most:
        raise TooLarge(f"{noun}: {len(name)} characters are over the limit of {most}; shorten it.")
    if _CONTROL.search(name):
        raise Invalid.value(noun, name, "a name without control characters")
    return name


def check_tags(tags: Mapping[str, str], *, most: int = MAX_TAG_VALUE) -> Mapping[str, str]:
    """Return `tags`; Invalid or TooLarge when a key is empty or too long, a value of more than `most` characters, or
    there are too many."""
    if len(tags) > MAX_TAGS:
        raise TooLarge(f"tags: {len(tags)} are over the limit of {MAX_TAGS} in one call.")
    for key, value in tags.items():
        check_name(key, noun="tag key", most=MAX_TAG_KEY)
        if len(value) > most:
            raise TooLarge(f"tag {key!r}: {len(value)} characters are over the limit of {most}.")
    return tags
