"""Datasets, prompts and registered scorers of an experiment's file, out of a store and into one.

- ``datasets/NNNNN.jsonl``: a dataset, then its versions, a row each, oldest first;
- ``records/NNNNN/NNNNN``: revisions of the records of the dataset of that number, in their order, a row each;
- ``prompts/NNNNN.jsonl``: a prompt, then a row for each version and each move of an alias, oldest first;
- ``scorers/NNNNN.jsonl``: a row for each version of a registered scorer, oldest first.

A dataset keeps its id where that is free; elsewhere its new id follows from the old one and the experiment, so that
importing again finds it; so does the name of a prompt. Hashes of records are worked out anew, and the digest of the
latest version must be theirs.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import cast, get_args

from lodeline.domain.canonical import digest_of_set
from lodeline.domain.dataset import MAX_MESSAGE, MAX_NAME, Dataset, DatasetVersion, Identity, check_label
from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.experiment import MAX_DESCRIPTION, Lifecycle, check_name, check_tags
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId
from lodeline.domain.prompt import (
    ChatMessage,
    Prompt,
    PromptAliasEvent,
    PromptDraft,
    PromptVersion,
    check_alias,
    check_prompt,
    version_of,
)
from lodeline.domain.record import SOURCE_KINDS, RecordDraft, RecordRevision, RecordSource, made, prepare
from lodeline.domain.registered_scorer import RegisteredScorer, ScorerDraft, check_scorer
from lodeline.domain.span import JsonValue
from lodeline.domain.transfer import DatasetDump, PromptDump
from lodeline.query.ast import Search
from lodeline.services.record_schema import check_schema
from lodeline.services.transfer_rows import Row, write_row
from lodeline.storage.base import Stores

BLOCK_RECORDS = 500
BLOCK_CHARS = 8 * 2**20
_MEMBER = re.compile(r"(datasets|prompts|scorers)/[0-9]{5}\.jsonl|records/[0-9]{5}/[0-9]{5}")
_EVENTS = 1_000_000
Rows = Callable[[str], Iterator[Row]]
"""Gives the rows of a member."""


@dataclass(slots=True)
class DataCounts:
    """What was added."""

    datasets: int = 0
    records: int = 0
    prompts: int = 0
    scorers: int = 0
    prompt_versions: int = 0


class DataExport:
    """The members of one export; the counts tell afterwards what is in them."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self.counts = DataCounts()

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Yield names and contents of members."""
        for number, dataset in enumerate(self._datasets(), 1):
            yield from self._dataset(number, dataset)
        for number, prompt in enumerate(self._prompts(), 1):
            self.counts.prompts += 1
            self.counts.prompt_versions += prompt.latest_version
            yield f"prompts/{number:05d}.jsonl", _lines(self._prompt_rows(prompt))
        for number, scorer in enumerate(self._stores.scorers.list((self._experiment_id,)), 1):
            self.counts.scorers += 1
            versions = self._stores.scorers.versions(self._experiment_id, scorer.name)
            yield f"scorers/{number:05d}.jsonl", _lines(asdict(version) for version in reversed(versions))

    def _datasets(self) -> Iterator[Dataset]:
        search = Search((self._experiment_id,), limit=100)
        while True:
            page = self._stores.datasets.search(search)
            yield from (each for each in page.items if each.experiment_id == self._experiment_id)
            if page.cursor is None:
                return
            search = replace(search, cursor=page.cursor)

    def _dataset(self, number: int, dataset: Dataset) -> Iterator[tuple[str, bytes]]:
        versions: list[DatasetVersion] = []
        cursor: str | None = None
        while True:
            page = self._stores.datasets.versions(dataset.dataset_id, limit=500, cursor=cursor)
            versions += page.items
            cursor = page.cursor
            if cursor is None:
                break
        # What is published while this goes on is left out, with its records.
        latest = versions[0].version if versions else 0
        head = replace(dataset, latest_version=latest, linked_experiment_ids=())
        self.counts.datasets += 1
        yield f"datasets/{number:05d}.jsonl", _lines([asdict(head), *(asdict(each) for each in versions[::-1])])
        for block, rows in enumerate(_blocks(self._revisions(dataset.dataset_id, latest + 1)), 1):
            yield f"records/{number:05d}/{block:05d}", b"".join(rows)

    def _revisions(self, dataset_id: DatasetId, draft: int) -> Iterator[bytes]:
        seen: RecordId | None = None
        for revision in self._stores.data_transfer.revisions(dataset_id):
            if revision.valid_from > draft:
                continue
            ends = None if revision.valid_to is None or revision.valid_to > draft else revision.valid_to
            self.counts.records += revision.record.record_id != seen
            seen = revision.record.record_id
            yield write_row(asdict(replace(revision, valid_to=ends)))

    def _prompts(self) -> Iterator[Prompt]:
        search = Search((self._experiment_id,), limit=100)
        while True:
            page = self._stores.prompts.search(search)
            own = (each for each in page.items if each.experiment_id == self._experiment_id)
            yield from (each for each in own if each.latest_version)
            if page.cursor is None:
                return
            search = replace(search, cursor=page.cursor)

    def _prompt_rows(self, prompt: Prompt) -> Iterator[dict[str, object]]:
        prompts, name = self._stores.prompts, prompt.name
        yield {"prompt": asdict(replace(prompt, linked_experiment_ids=()))}
        for number in range(1, prompt.latest_version + 1):
            yield {"version": asdict(prompts.version(self._experiment_id, name, str(number)))}
        events = prompts.alias_events(self._experiment_id, name, limit=_EVENTS)
        for event in reversed(events):
            yield {"event": asdict(event)}


class DataImport:
    """The members of one file, checked and then put into an experiment."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId, members: Iterable[str], rows: Rows) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self._members = sorted(name for name in members if _MEMBER.fullmatch(name))
        self._rows = rows
        self.counts = DataCounts()

    def check(self) -> None:
        """Return when everything can be stored; Invalid or TooLarge before that, naming the place."""
        for name in self._named("datasets"):
            dump = dataset_from_rows(self._rows(name))
            members: list[tuple[str, str | None]] = []
            for block in self._blocks_of(name):
                for revision in revisions_from_rows(self._rows(block), dump.dataset.latest_version):
                    if revision.holds_in(dump.dataset.latest_version):
                        members.append((revision.record.content_hash, revision.record.external_id))
            if dump.dataset.digest != digest_of_set(members) or dump.dataset.record_count != len(members):
                raise Invalid(f"{name}: the records are not those of the digest of the latest version.")
        for name in self._named("prompts"):
            prompt_from_rows(self._rows(name))
        for name in self._named("scorers"):
            scorer_from_rows(self._rows(name))

    def run(self) -> Iterator[DataCounts]:
        """Add what is not there yet; yields after every step. `check` was called before."""
        store = self._stores.data_transfer
        for name in self._named("datasets"):
            yield from self._dataset(name)
        for name in self._named("prompts"):
            dump = prompt_from_rows(self._rows(name))
            if store.restore_prompt(self._experiment_id, dump):
                self.counts.prompts += 1
                self.counts.prompt_versions += len(dump.versions)
            yield self.counts
        for name in self._named("scorers"):
            self.counts.scorers += store.restore_scorer(self._experiment_id, scorer_from_rows(self._rows(name)))
            yield self.counts

    def _dataset(self, name: str) -> Iterator[DataCounts]:
        dump = dataset_from_rows(self._rows(name))
        dataset_id = self._free_id(dump.dataset.dataset_id)
        store = self._stores.data_transfer
        named = replace(dump, dataset=replace(dump.dataset, dataset_id=dataset_id))
        if not store.restore_dataset(self._experiment_id, named):
            return
        for block in self._blocks_of(name):
            revisions = list(revisions_from_rows(self._rows(block), dump.dataset.latest_version))
            self.counts.records += store.restore_records(dataset_id, revisions)
            yield self.counts
        store.complete_dataset(dataset_id, lifecycle=dump.dataset.lifecycle, updated_ms=dump.dataset.updated_ms)
        self.counts.datasets += 1
        yield self.counts

    def _free_id(self, dataset_id: DatasetId) -> DatasetId:
        """Return the id that a dataset has, or is to have, in this experiment."""
        holder = self._stores.data_transfer.holder_of(dataset_id)
        if holder is None or holder == self._experiment_id:
            return dataset_id
        text = f"{dataset_id} in {self._experiment_id}"
        return DatasetId("d-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32])

    def _named(self, folder: str) -> list[str]:
        return [name for name in self._members if name.startswith(f"{folder}/")]

    def _blocks_of(self, dataset: str) -> list[str]:
        number = dataset.removeprefix("datasets/").removesuffix(".jsonl")
        return [name for name in self._members if name.startswith(f"records/{number}/")]


def dataset_from_rows(rows: Iterator[Row]) -> DatasetDump:
    """Return the dataset of a member; Invalid when it breaks a rule of datasets."""
    head = _first(rows)
    versions = tuple(_version(row, number) for number, row in enumerate(rows, 1))
    last = versions[-1] if versions else None
    dataset_id = DatasetId(check_name(head.text("dataset_id"), noun="dataset_id", most=250))
    labels = [check_label(label) for version in versions for label in version.labels]
    if head.whole("latest_version") != len(versions) or len(labels) != len(set(labels)):
        raise Invalid("dataset: its versions are not all there, or a label is on two of them.")
    schemas = [cast("dict[str, object] | None", head.json(name)) for name in ("input_schema", "expectation_schema")]
    for schema, name in zip(schemas, ("input_schema", "expectation_schema"), strict=True):
        if schema is not None:
            head.row(name)
            check_schema(schema, name)
    dataset = Dataset(
        dataset_id=dataset_id,
        experiment_id=ExperimentId("0"),
        name=check_name(head.text("name"), noun="dataset name", most=MAX_NAME),
        identity=head.one_of("identity", get_args(Identity)),
        lifecycle=head.one_of("lifecycle", get_args(Lifecycle)),
        created_ms=head.whole("created_ms"),
        updated_ms=head.whole("updated_ms", least=1),
        created_by=head.text_or_none("created_by"),
        description=_bounded(head, "description", MAX_DESCRIPTION),
        tags=check_tags(head.pairs("tags")),
        input_schema=schemas[0],
        expectation_schema=schemas[1],
        latest_version=len(versions),
        record_count=0 if last is None else last.total,
        digest=digest_of_set(()) if last is None else last.digest,
    )
    return DatasetDump(dataset, tuple(replace(version, dataset_id=dataset_id) for version in versions))


def revisions_from_rows(rows: Iterator[Row], latest: int) -> Iterator[RecordRevision]:
    """Yield the revisions of a member, their hashes worked out anew; Invalid for what breaks a rule of records."""
    for row in rows:
        begins, ends = row.whole("valid_from", least=1), row.whole_or_none("valid_to", least=1)
        if begins > latest + 1 or (ends is not None and not begins < ends <= latest + 1):
            raise Invalid(f"record: it cannot stand from version {begins} to {ends}; the latest is {latest}.")
        record = row.row("record")
        source = record.row_or_none("source")
        record.row("inputs")
        record.row("expectations")
        draft = RecordDraft(
            inputs=cast("dict[str, JsonValue]", record.json("inputs")),
            expectations=cast("dict[str, JsonValue]", record.json("expectations")),
            outputs=record.json("outputs"),
            tags=record.pairs("tags"),
            split=record.text_or_none("split"),
            external_id=record.text_or_none("external_id"),
            source=None
            if source is None
            else RecordSource(
                source.one_of("kind", SOURCE_KINDS), source.text_or_none("source_id"), source.text_or_none("note")
            ),
            record_id=RecordId(record.text("record_id")),
        )
        found = made(
            prepare(draft), RecordId(record.text("record_id")), author=record.text_or_none("author"),
            now_ms=record.whole("updated_ms"),
        )  # fmt: skip
        yield RecordRevision(replace(found, created_ms=record.whole("created_ms")), begins, ends)


def prompt_from_rows(rows: Iterator[Row]) -> PromptDump:
    """Return the prompt of a member; Invalid when it breaks a rule of prompts."""
    head = _first(rows).row("prompt")
    versions: list[PromptVersion] = []
    events: list[PromptAliasEvent] = []
    for row in rows:
        version, event = row.row_or_none("version"), row.row_or_none("event")
        if version is not None:
            versions.append(_prompt_version(version, head.text("name"), len(versions) + 1))
        elif event is not None:
            events.append(
                PromptAliasEvent(
                    check_alias(event.text("alias")), event.whole_or_none("before"), event.whole_or_none("after"),
                    event.whole("at_ms"), event.text_or_none("by"), event.text("reason", ""),
                )
            )  # fmt: skip
    if not versions or len({version.kind for version in versions}) > 1:
        raise Invalid("prompt: it has no versions, or versions of both kinds.")
    aliases = head.row("aliases")
    found = cast("dict[str, JsonValue]", head.json("aliases"))
    prompt = Prompt(
        name=versions[0].name,
        experiment_id=ExperimentId("0"),
        latest_version=len(versions),
        created_ms=head.whole("created_ms"),
        updated_ms=head.whole("updated_ms"),
        created_by=head.text_or_none("created_by"),
        description=_bounded(head, "description", MAX_DESCRIPTION),
        tags=check_tags(head.pairs("tags")),
        aliases={check_alias(alias): aliases.whole(alias, least=1) for alias in found},
    )
    if any(version > len(versions) for version in prompt.aliases.values()):
        raise Invalid("prompt: an alias leads to a version that is not there.")
    return PromptDump(prompt, tuple(versions), tuple(events))


def scorer_from_rows(rows: Iterator[Row]) -> list[RegisteredScorer]:
    """Return the versions of a member; Invalid when one breaks a rule of registered scorers."""
    found: list[RegisteredScorer] = []
    for row in rows:
        row.row("definition")
        definition = cast("dict[str, JsonValue]", row.json("definition"))
        draft = ScorerDraft(row.text("name"), definition, row.text("message", ""))
        found.append(
            RegisteredScorer(
                draft.name, ExperimentId("0"), len(found) + 1, check_scorer(draft), definition,
                row.whole("created_ms"), draft.message, row.text_or_none("created_by"),
            )
        )  # fmt: skip
    if len({scorer.name for scorer in found}) != 1:
        raise Invalid("scorer: its versions are of several names, or there are none.")
    return found


def _version(row: Row, number: int) -> DatasetVersion:
    if row.whole("version", least=1) != number:
        raise Invalid(f"dataset: version {number} is missing.")
    splits = row.row("splits")
    names = cast("dict[str, JsonValue]", row.json("splits"))
    return DatasetVersion(
        dataset_id=DatasetId(""),
        version=number,
        parent=number - 1,
        digest=row.text("digest"),
        created_ms=row.whole("created_ms"),
        message=_bounded(row, "message", MAX_MESSAGE),
        author=row.text_or_none("author"),
        added=row.whole("added"),
        changed=row.whole("changed"),
        removed=row.whole("removed"),
        total=row.whole("total"),
        splits={name: splits.whole(name) for name in names},
        labels=row.texts("labels"),
    )


def _prompt_version(row: Row, name: str, number: int) -> PromptVersion:
    config = row.row_or_none("model_config")
    draft = PromptDraft(
        name=name,
        template=row.text_or_none("template"),
        messages=tuple(ChatMessage(each.text("role"), each.text("content")) for each in row.rows("messages")),
        message=row.text("message", ""),
        tags=row.pairs("tags"),
        response_format=row.json("response_format"),
        model_config=None if config is None else cast("dict[str, JsonValue]", row.json("model_config")),
    )
    by, at_ms = row.text_or_none("author"), row.whole("created_ms")
    return version_of(draft, check_prompt(draft), ExperimentId("0"), number, by=by, now_ms=at_ms)


def _first(rows: Iterator[Row]) -> Row:
    found = next(rows, None)
    if found is None:
        raise Invalid("file: a member is empty.")
    return found


def _bounded(row: Row, name: str, most: int) -> str:
    text = row.text(name, "")
    if len(text) > most:
        raise TooLarge(f"{name}: {len(text)} characters are over the limit of {most}.")
    return text


def _lines(rows: Iterable[dict[str, object]]) -> bytes:
    return b"".join(map(write_row, rows))


def _blocks(rows: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    block: list[bytes] = []
    for row in rows:
        block.append(row)
        if len(block) >= BLOCK_RECORDS or sum(map(len, block[-1:])) > BLOCK_CHARS:
            yield block
            block = []
    if block:
        yield block
