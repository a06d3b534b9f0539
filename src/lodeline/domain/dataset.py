"""Dataset: records with immutable, content-addressed versions, and at most one draft of the next version."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from lodeline.domain.errors import Conflict, Invalid, NotFound, shown
from lodeline.domain.experiment import Lifecycle
from lodeline.domain.ids import DatasetId, ExperimentId

Identity = Literal["by_input", "by_external_id", "none"]
"""When two records are the same one: equal canonical inputs; equal external ids; never."""
MAX_NAME = 250
MAX_SCHEMA_CHARS = 100_000
MAX_LINKS = 100
MAX_LABELS = 100
MAX_MESSAGE = 2_000
EMPTY_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The digest of a dataset without records."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset. Times are epoch milliseconds.

    `latest_version` is 0 until one is published; `record_count` and `digest` are of the latest version;
    `draft_changes` counts the records that a draft adds, changes or removes. It belongs to one experiment and may
    be linked to others, where it is listed and can be read.
    """

    dataset_id: DatasetId
    experiment_id: ExperimentId
    name: str
    identity: Identity
    lifecycle: Lifecycle
    created_ms: int
    updated_ms: int
    created_by: str | None = None
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    linked_experiment_ids: tuple[ExperimentId, ...] = ()
    input_schema: Mapping[str, object] | None = None
    expectation_schema: Mapping[str, object] | None = None
    latest_version: int = 0
    draft_changes: int = 0
    record_count: int = 0
    digest: str = EMPTY_DIGEST


@dataclass(frozen=True, slots=True)
class DatasetDraft:
    """What a new dataset is made from. `dataset_id` is given only by an import that keeps ids."""

    experiment_id: ExperimentId
    name: str
    identity: Identity = "by_input"
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    input_schema: Mapping[str, object] | None = None
    expectation_schema: Mapping[str, object] | None = None
    dataset_id: DatasetId | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """A change of a dataset: None leaves a field; tags are set, then deleted; links are added, then removed.

    An empty schema takes a schema away.
    """

    name: str | None = None
    description: str | None = None
    lifecycle: Lifecycle | None = None
    input_schema: Mapping[str, object] | None = None
    expectation_schema: Mapping[str, object] | None = None
    set_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    delete_tags: tuple[str, ...] = ()
    link: tuple[ExperimentId, ...] = ()
    unlink: tuple[ExperimentId, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One published version, which never changes but for its labels. `parent` is the one before, 0 the empty one.

    `splits` counts the records of each split; `labels` are names such as golden, each on one version of a dataset.
    """

    dataset_id: DatasetId
    version: int
    parent: int
    digest: str
    created_ms: int
    message: str = ""
    author: str | None = None
    added: int = 0
    changed: int = 0
    removed: int = 0
    total: int = 0
    splits: Mapping[str, int] = field(default_factory=dict[str, int])
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """The latest version after a publish; `made` is false when there was nothing to publish."""

    version: DatasetVersion
    made: bool


VersionKind = Literal["latest", "draft", "number", "digest", "label", "time"]


@dataclass(frozen=True, slots=True)
class VersionRef:
    """Which version is meant; `text` is the digest's beginning or the label, `number` the version or epoch ms."""

    kind: VersionKind = "latest"
    number: int = 0
    text: str = ""


LATEST = VersionRef()
DRAFT = VersionRef("draft")
_NUMBER = re.compile(r"[0-9]{1,9}")
_DIGEST = re.compile(r"sha256:([0-9a-f]{8,64})")
_TIME = re.compile(r"time:([0-9]{1,15})")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,99}")
_FORMS = "latest, draft, a number, a label, sha256:<at least 8 hex digits>, or time:<epoch milliseconds>"


def parse_version(text: str | int) -> VersionRef:
    """Return which version a text names; Invalid for other forms than these: latest, draft, a number, a label,
    ``sha256:<digest or its beginning>``, ``time:<epoch milliseconds>`` (the latest published by then)."""
    text = str(text).strip()
    if text in {"latest", "draft"}:
        return LATEST if text == "latest" else DRAFT
    if _NUMBER.fullmatch(text):
        return VersionRef("number", int(text))
    if found := _DIGEST.fullmatch(text):
        return VersionRef("digest", text=found[1])
    if found := _TIME.fullmatch(text):
        return VersionRef("time", int(found[1]))
    if _LABEL.fullmatch(text):
        return VersionRef("label", text=text)
    raise Invalid.value("version", text, _FORMS)


def check_label(label: str) -> str:
    """Return `label`; Invalid unless it is a letter and up to 99 letters, digits, or _ . - and no word for a
    version."""
    if not _LABEL.fullmatch(label) or label in {"latest", "draft"}:
        raise Invalid.value("label", label, "a letter and up to 99 letters, digits or _ . -, not 'latest' or 'draft'")
    return label


def empty_version(dataset: Dataset) -> DatasetVersion:
    """Return the version 0 with which every dataset begins: it has no records."""
    return DatasetVersion(dataset.dataset_id, 0, 0, EMPTY_DIGEST, dataset.created_ms)


def changed_dataset(old: Dataset, change: DatasetChange, now_ms: int) -> Dataset:
    """Return a dataset after a change; whether its name is free is the store's to know."""
    tags = {**old.tags, **change.set_tags}
    links = dict.fromkeys((*old.linked_experiment_ids, *change.link))
    return replace(
        old,
        name=old.name if change.name is None else change.name,
        description=old.description if change.description is None else change.description,
        lifecycle=old.lifecycle if change.lifecycle is None else change.lifecycle,
        input_schema=old.input_schema if change.input_schema is None else change.input_schema or None,
        expectation_schema=(
            old.expectation_schema if change.expectation_schema is None else change.expectation_schema or None
        ),
        tags={key: value for key, value in tags.items() if key not in change.delete_tags},
        linked_experiment_ids=tuple(
            link for link in links if link not in change.unlink and link != old.experiment_id
        ),
        updated_ms=now_ms,
    )


def name_taken(name: str, holder: DatasetId) -> Conflict:
    """Return the error for a name that another active dataset of the experiment has."""
    return Conflict(
        f"dataset name {shown(name)} is taken in this experiment; choose another.",
        code="dataset_name_taken",
        details={"dataset_id": holder},
    )


def id_taken(dataset_id: DatasetId) -> Conflict:
    """Return the error for a given id that another dataset has."""
    return Conflict(f"dataset id {shown(dataset_id)} is taken; choose another.", code="dataset_id_taken")


def no_version(dataset: Dataset, ref: VersionRef) -> NotFound:
    """Return the error for a version that does not exist."""
    what = ref.text if ref.kind in {"label", "digest"} else str(ref.number)
    return NotFound(
        f"dataset {dataset.name!r} has no version by {ref.kind} {shown(what)}; its latest is "
        f"{dataset.latest_version}.",
        code="dataset_version_not_found",
        details={"noun": "dataset version", "id": what, "latest": dataset.latest_version},
    )


def draft_is_no_version() -> Invalid:
    """Return the error for asking a draft for what only a version has."""
    return Invalid("version: a draft is no version yet; publish it first.", details={"field": "version"})


def check_expected(dataset: Dataset, expected: int | None) -> None:
    """Return when `expected` is None or the latest version; else Conflict: someone published meanwhile."""
    if expected is not None and expected != dataset.latest_version:
        raise Conflict(
            f"dataset {dataset.name!r} is at version {dataset.latest_version}, not {expected}: it was changed "
            "meanwhile. Look at the new version and try again.",
            code="dataset_version_changed",
            details={"latest_version": dataset.latest_version, "expected_version": expected},
        )


def draft_in_the_way(dataset: Dataset, changes: int) -> Conflict:
    """Return the error for a direct write that meets a draft."""
    return Conflict(
        f"dataset {dataset.name!r} has a draft with {changes} changed records; publish or discard it, or write to "
        "the draft.",
        code="dataset_has_draft",
        details={"draft_changes": changes},
    )
