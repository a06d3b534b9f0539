"""Record: one example of a dataset, and how what is written meets what is there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast, get_args

from lodeline.domain.canonical import canonical_json, digest_text
from lodeline.domain.dataset import Identity
from lodeline.domain.errors import Invalid, LodelineError, TooLarge
from lodeline.domain.experiment import check_name, check_tags
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId
from lodeline.domain.span import JsonValue

SourceKind = Literal["TRACE", "SPAN", "SESSION", "HUMAN", "DOCUMENT", "SYNTHETIC", "IMPORT", "REVIEW"]
SOURCE_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
WriteOperation = Literal["append", "merge", "put", "replace", "delete"]
"""See `RecordWrite`."""
StoreOperation = Literal["append", "merge", "put", "replace", "delete", "split"]
"""The same for a store, which also moves records between splits."""
MAX_CONTENT_CHARS = 1_000_000
"""Of inputs, expectations and outputs, each."""
MAX_ID = 250
MAX_NOTE = 2_000
MAX_SPLIT = 100
MAX_RECORD_TAGS = 100


@dataclass(frozen=True, slots=True)
class RecordSource:
    """Where a record comes from: `source_id` names the trace, span (``trace/span``), session, person or document; of
    a review the item (``trace/item`` when it was about a trace)."""

    kind: SourceKind
    source_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RecordDraft:
    """What a record is to hold. `outputs` None is none.

    With a `record_id` it means that record of the dataset, or makes it under this id; else the dataset's identity
    says which one it means.
    """

    inputs: Mapping[str, JsonValue]
    expectations: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    outputs: JsonValue = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    split: str | None = None
    external_id: str | None = None
    source: RecordSource | None = None
    record_id: RecordId | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a version holds it. Times are epoch milliseconds, of this record's first and present content.

    `content_hash` is over canonical inputs, expectations and outputs, `input_hash` over the inputs; tags, split and
    source do not count.
    """

    record_id: RecordId
    inputs: Mapping[str, JsonValue]
    expectations: Mapping[str, JsonValue]
    outputs: JsonValue
    tags: Mapping[str, str]
    split: str | None
    external_id: str | None
    source: RecordSource | None
    content_hash: str
    input_hash: str
    created_ms: int
    updated_ms: int
    author: str | None = None

    def same_as(self, other: "Record") -> bool:
        """Tell whether both say the same, whoever said it and when."""
        return self.content_hash == other.content_hash and (
            self.external_id, self.tags, self.split, self.source,
        ) == (other.external_id, other.tags, other.split, other.source)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PreparedRecord:
    """A checked draft with its hashes; `index` is its place in what was sent."""

    index: int
    draft: RecordDraft
    content_hash: str
    input_hash: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that was not taken: its place in what was sent, the JSON pointer within it, and why."""

    index: int
    pointer: str
    reason: str


def _take_all(record: Record) -> None:
    """Take any record."""


@dataclass(frozen=True, slots=True)
class RecordWrite:
    """One write to a dataset's records.

    - append: add each record; one that the dataset has already, by its identity, is rejected.
    - merge: add, or bring together with the one that is there: expectations and tags key by key; outputs, split,
      external id and source where given.
    - put: add, or take the place of the one that is there.
    - replace: put, and delete every other record.
    - delete: `delete_ids`.
    - split: give each record of `splits` that is there the split that is said for it.

    With `draft` it goes to the draft of the next version, else it is that version, with `message`. When
    `expected_version` is given it must be the latest one. `check` raises for a record, as it would be stored, that
    must not be; it is rejected then.
    """

    operation: StoreOperation
    records: Sequence[PreparedRecord] = ()
    delete_ids: Sequence[RecordId] = ()
    splits: Mapping[RecordId, str] = field(default_factory=dict[RecordId, str])
    draft: bool = False
    message: str = ""
    expected_version: int | None = None
    check: Callable[[Record], None] = _take_all


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What a write did. `record_ids` has the id of each record sent, in order, None where it was rejected.

    `version` is the version made, or None for a draft; of a write that changed nothing the latest.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: tuple[Rejection, ...] = ()
    record_ids: tuple[RecordId | None, ...] = ()
    version: int | None = None
    draft_changes: int = 0


@dataclass(frozen=True, slots=True)
class RecordRevision:
    """A record as it stands from version `valid_from` on, up to and without version `valid_to` (None: still)."""

    record: Record
    valid_from: int
    valid_to: int | None = None

    def holds_in(self, version: int) -> bool:
        """Tell whether the version has the record in this revision."""
        return self.valid_from <= version and (self.valid_to is None or version < self.valid_to)


@dataclass(frozen=True, slots=True)
class RecordDifference:
    """One record that two versions do not have the same; `before` or `after` is None where a version lacks it."""

    record_id: RecordId
    kind: Literal["added", "changed", "removed"]
    before: Record | None
    after: Record | None


@dataclass(frozen=True, slots=True)
class Violation:
    """A record that a dataset's schemas do not let in, with the first place where it is wrong."""

    record_id: RecordId
    pointer: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """A record somewhere: what a trace's records are listed as. `version` is the first one with its content."""

    dataset_id: DatasetId
    dataset_name: str
    experiment_id: ExperimentId
    record: Record
    version: int


def prepare(draft: RecordDraft, index: int = 0) -> PreparedRecord:
    """Return a checked draft with its hashes; Invalid or TooLarge, whose details have the JSON `pointer`."""
    _check_words(draft)
    texts = {
        name: _part(name, getattr(draft, name))
        for name in ("inputs", "expectations", "outputs")
        if name != "outputs" or draft.outputs is not None
    }
    return PreparedRecord(index, draft, _content_hash(texts), digest_text(texts["inputs"]))


def rejection(error: LodelineError, index: int) -> Rejection:
    """Return the rejection that an error of `prepare` means."""
    return Rejection(index, str(error.details.get("pointer", "")), error.message)


def made(prepared: PreparedRecord, record_id: RecordId, *, author: str | None, now_ms: int) -> Record:
    """Return a new record of a draft."""
    draft = prepared.draft
    return Record(
        record_id, dict(draft.inputs), dict(draft.expectations), draft.outputs, dict(draft.tags), draft.split,
        draft.external_id, draft.source, prepared.content_hash, prepared.input_hash, now_ms, now_ms, author,
    )  # fmt: skip


def put(old: Record, prepared: PreparedRecord, *, author: str | None, now_ms: int) -> Record:
    """Return the record with the content of a draft in the place of its own."""
    return replace(made(prepared, old.record_id, author=author, now_ms=now_ms), created_ms=old.created_ms)


def merged(old: Record, prepared: PreparedRecord, *, author: str | None, now_ms: int) -> Record:
    """Return the record brought together with a draft, as `RecordWrite` says."""
    draft = prepared.draft
    whole = RecordDraft(
        inputs=draft.inputs,
        expectations={**old.expectations, **draft.expectations},
        outputs=old.outputs if draft.outputs is None else draft.outputs,
        tags={**old.tags, **draft.tags},
        split=draft.split or old.split,
        external_id=draft.external_id or old.external_id,
        source=draft.source or old.source,
    )
    return put(old, prepare(whole, prepared.index), author=author, now_ms=now_ms)


def identity_of(identity: Identity, record: PreparedRecord | Record) -> tuple[str, str] | None:
    """Return the key by which a record is known under a policy, None when it has none."""
    if identity == "by_input":
        return ("input", record.input_hash)
    if identity == "by_external_id":
        external_id = record.draft.external_id if isinstance(record, PreparedRecord) else record.external_id
        return None if external_id is None else ("external", external_id)
    return None


def _check_words(draft: RecordDraft) -> None:
    for name, most in (("external_id", MAX_ID), ("record_id", MAX_ID), ("split", MAX_SPLIT)):
        text = getattr(draft, name)
        if text is not None:
            check_name(text, noun=name, most=most)
    if len(draft.tags) > MAX_RECORD_TAGS:
        raise TooLarge(f"tags: {len(draft.tags)} are over the limit of {MAX_RECORD_TAGS}.")
    check_tags(draft.tags)
    source = draft.source
    if source is None:
        return
    if source.kind not in SOURCE_KINDS:
        raise Invalid.value("source.kind", source.kind, "one of " + ", ".join(SOURCE_KINDS))
    if source.source_id is not None:
        check_name(source.source_id, noun="source_id", most=MAX_ID)
    if len(source.note or "") > MAX_NOTE:
        raise TooLarge(f"source.note: {len(source.note or '')} characters are over the limit of {MAX_NOTE}.")


def _part(name: str, value: object) -> str:
    if name != "outputs" and not isinstance(value, Mapping):
        raise Invalid(
            f"{name}: {type(value).__name__} is no object; expected a JSON object.", details={"pointer": f"/{name}"}
        )
    try:
        return canonical_json(cast(object, value), most_chars=MAX_CONTENT_CHARS)
    except LodelineError as error:
        pointer = f"/{name}{error.details.get('pointer', '')}"
        raise type(error)(f"{name}: {error.message}", details={**error.details, "pointer": pointer}) from error


def _content_hash(texts: Mapping[str, str]) -> str:
    """The canonical object of the parts, put together from their canonical texts."""
    return digest_text("{" + ",".join(f'"{name}":{texts[name]}' for name in sorted(texts)) + "}")


def trace_of(source: RecordSource | None) -> str | None:
    """Return the id of the trace that a record comes from: wholly, as a span of it, or by a review of it."""
    if source is None or source.source_id is None or source.kind not in {"TRACE", "SPAN", "REVIEW"}:
        return None
    trace_id, slash, _ = source.source_id.partition("/")
    return trace_id if slash or source.kind != "REVIEW" else None


def difference(record_id: RecordId, before: Record | None, after: Record | None) -> RecordDifference | None:
    """Return how a record differs between two versions; None when it does not."""
    if before is None and after is None:
        return None
    if before is None:
        return RecordDifference(record_id, "added", None, after)
    if after is None:
        return RecordDifference(record_id, "removed", before, None)
    return None if before.same_as(after) else RecordDifference(record_id, "changed", before, after)
