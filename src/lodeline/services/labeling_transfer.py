"""Label schemas, labeling sessions and issues in an experiment's file: what an export writes and an import restores.

- ``labels/NNNNN.jsonl``: a row for each version of a schema, oldest first;
- ``labeling/NNNNN.jsonl``: a row, the state of a labeling session, whose run is among the runs;
- ``items/NNNNN.jsonl``: rows of items of one session with their reviews, in order. Tokens of claims stay behind;
- ``issues/NNNNN.jsonl``: rows of issues, the first made first.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from lodeline.domain.document import from_document, to_document
from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.imported_answers import AskedSchemas, held_item
from lodeline.domain.issue import Issue, check_issue
from lodeline.domain.label_schema import DEFAULT_NAME, LabelSchema, check_schema, default_id
from lodeline.domain.labeling import (
    LabelingItem,
    SessionDump,
    assignment_id_of,
    check_target,
    item_id_of,
)
from lodeline.domain.labeling_checks import (
    MAX_FORMER_SCHEMAS,
    MAX_PLACE,
    MAX_PRIORITY,
    MAX_REVIEWS,
    MAX_ROUND,
    check_instructions,
    check_policy,
    check_reviewers,
    check_schemas,
)
from lodeline.domain.review_places import MAX_SLOTS
from lodeline.domain.run import check_moment
from lodeline.services.item_targets import TargetOwners
from lodeline.services.reviewers import without_tokens
from lodeline.services.run_transfer import RowsOf
from lodeline.services.transfer_rows import Row, write_row
from lodeline.storage.base import Stores

ITEMS_TOGETHER = 200
ISSUES_TOGETHER = 200
MAX_LISTED = 1_000
_MEMBER = re.compile(r"(labels|labeling|items|issues)/[0-9]{5}\.jsonl")


@dataclass(slots=True)
class LabelingCounts:
    """What an import added, by the names of `ImportReport`."""

    label_schemas: int = 0
    labeling_sessions: int = 0
    labeling_items: int = 0
    issues: int = 0


class LabelingExport:
    """The members of a file that hold an experiment's label schemas, labeling sessions and issues."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self._numbers: dict[str, int] = {}

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the content of each member."""
        for schema in self._stores.label_schemas.list(self._experiment_id):
            versions = self._stores.label_schemas.versions(schema.schema_id)
            yield self._name("labels"), b"".join(write_row(to_document(each)) for each in versions)
        for session in self._stores.labeling_transfer.sessions(self._experiment_id):
            run_id = session.run.run_id
            row = {"run_id": run_id, "session": to_document(SessionDump.of(session))}
            yield self._name("labeling"), write_row(row)
            items = self._stores.reviews.every(run_id)
            while block := list(islice(items, ITEMS_TOGETHER)):
                rows = (write_row({"run_id": run_id, "item": to_document(without_tokens(each))}) for each in block)
                yield self._name("items"), b"".join(rows)
        issues = self._stores.issues.list([self._experiment_id])[::-1]
        for start in range(0, len(issues), ISSUES_TOGETHER):
            block = issues[start : start + ISSUES_TOGETHER]
            yield self._name("issues"), b"".join(write_row(to_document(each)) for each in block)

    def _name(self, folder: str) -> str:
        self._numbers[folder] = self._numbers.get(folder, 0) + 1
        return f"{folder}/{self._numbers[folder]:05d}.jsonl"


class LabelingImport:
    """Restores what `LabelingExport` wrote, after the traces, the runs and the datasets; `check` was called before
    `run`. Items about something of another experiment are refused: reviewing them would show it."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId, members: Sequence[str], rows_of: RowsOf) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self._names = sorted(name for name in members if _MEMBER.fullmatch(name))
        self._rows_of = rows_of
        self._owners = TargetOwners(stores, experiment_id)
        self.counts = LabelingCounts()
        self.refused: list[str] = []

    def check(self) -> None:
        """Return when everything can be stored; Invalid or TooLarge, naming the place, before that."""
        for name in self._named("labels"):
            _versions(self._rows_of(name))
        for row in self._all("labeling"):
            _session(row)
        for row in self._all("items"):
            self._item(row)
        for row in self._all("issues"):
            _issue(row)

    def run(self) -> Iterator[None]:
        """Add what is not there yet; yields after every step."""
        transfer = self._stores.labeling_transfer
        for name in self._named("labels"):
            self.counts.label_schemas += transfer.restore_schema(
                self._experiment_id, self._own(_versions(self._rows_of(name)))
            )
            yield
        for row in self._all("labeling"):
            run_id, dump = _session(row)
            dump = replace(
                dump,
                schemas=tuple(self._mine(schema) for schema in dump.schemas),
                former_schemas=tuple(self._mine(schema) for schema in dump.former_schemas),
            )
            self.counts.labeling_sessions += transfer.restore_session(self._experiment_id, run_id, dump)
            yield
        for name in self._named("items"):
            items = self._ours([self._item(row) for row in self._rows_of(name)])
            self.counts.labeling_items += transfer.restore_items(self._experiment_id, items)
            yield
        for name in self._named("issues"):
            issues = [_issue(row) for row in self._rows_of(name)]
            self.counts.issues += self._stores.issues.restore(self._experiment_id, issues)
            yield

    def _ours(self, items: Sequence[LabelingItem]) -> list[LabelingItem]:
        """Return the items of the experiment's sessions, without those about something of another experiment."""
        ours = [item for item in items if self._owners.has_run(item.run_id)]
        kept: list[LabelingItem] = []
        for item, foreign in zip(ours, self._owners.foreign([item.target for item in ours]), strict=True):
            if foreign is None:
                kept.append(item)
            elif len(self.refused) < MAX_LISTED:
                self.refused.append(f"item {item.item_id}: it is about {foreign}, which is another experiment's.")
        return kept

    def _item(self, row: Row) -> LabelingItem:
        item = _item(row)
        asked = self._asked.get(item.run_id)
        if asked is None:
            raise Invalid(f"{row.where}: the labeling session {shown(item.run_id)} of the item is not in the file.")
        return held_item(item, asked)

    @cached_property
    def _asked(self) -> Mapping[RunId, AskedSchemas]:
        """What answers may be to, by session: what it asks or asked with, and any other version that the file has,
        for sessions have not always kept what they asked with."""
        every = [schema for name in self._named("labels") for schema in _versions(self._rows_of(name))]
        sessions = (_session(row) for row in self._all("labeling"))
        return {
            run_id: AskedSchemas.of(run_id, (*dump.schemas, *dump.former_schemas, *every))
            for run_id, dump in sessions
        }

    def _own(self, versions: Sequence[LabelSchema]) -> Sequence[LabelSchema]:
        """Return a schema as this experiment's: its default one has an id and a mark of its own."""
        own = versions[-1].name == DEFAULT_NAME
        return [self._mine(version) if own else replace(version, is_default=False) for version in versions]

    def _mine(self, schema: LabelSchema) -> LabelSchema:
        """Return a version as this experiment's; the default one has the id that is its own here."""
        if schema.name != DEFAULT_NAME:
            return replace(schema, experiment_id=self._experiment_id)
        return replace(
            schema,
            schema_id=default_id(self._experiment_id),
            experiment_id=self._experiment_id,
            is_default=True,
        )

    def _named(self, folder: str) -> list[str]:
        return [name for name in self._names if name.startswith(f"{folder}/")]

    def _all(self, folder: str) -> Iterator[Row]:
        for name in self._named(folder):
            yield from self._rows_of(name)


def _versions(rows: Iterator[Row]) -> list[LabelSchema]:
    found: list[LabelSchema] = []
    for number, row in enumerate(rows, 1):
        schema = from_document(LabelSchema, row.data, row.where)
        check_schema(schema)
        if schema.version != number or (found and schema.schema_id != found[0].schema_id):
            raise Invalid(f"{row.where}: version {number} of the label schema is missing.")
        found.append(schema)
    if not found:
        raise Invalid("label schema: a member is empty.")
    return found


def _issue(row: Row) -> Issue:
    issue = from_document(Issue, row.data, row.where)
    check_issue(issue)
    return issue


def _session(row: Row) -> tuple[RunId, SessionDump]:
    dump = from_document(SessionDump, row.row("session").data, row.where)
    check_instructions(dump.instructions)
    check_schemas(dump.schemas)
    if len(dump.former_schemas) > MAX_FORMER_SCHEMAS:
        raise TooLarge(f"{row.where}: {len(dump.former_schemas)} former_schemas are over the limit of "
                       f"{MAX_FORMER_SCHEMAS}.")  # fmt: skip
    for schema in (*dump.schemas, *dump.former_schemas):
        check_schema(schema)
    check_reviewers(dump.reviewers)
    check_policy(dump.policy, dump.reviewers)
    return RunId(row.text("run_id")), dump


def _item(row: Row) -> LabelingItem:
    item = from_document(LabelingItem, row.row("item").data, row.where)
    check_target(item.target)
    if item.run_id != row.text("run_id") or item.item_id != item_id_of(item.run_id, item.target):
        raise Invalid(f"{row.where}: its id is not that of its session and its target.")
    slots = [a.slot for a in item.assignments]
    if slots != sorted(set(slots)) or not set(slots) <= set(range(MAX_SLOTS)):
        raise Invalid(f"{row.where}: its assignments are not in order of their slots.")
    _check_times(item)
    _check_numbers(item, row.where)
    for each in item.assignments:
        if each.assignment_id != assignment_id_of(item.item_id, each.slot):
            raise Invalid(f"{row.where}: the assignment in slot {each.slot} has the id of another one.")
        if (each.submission is not None) != (each.state == "SUBMITTED"):
            raise Invalid(f"{row.where}: the assignment in slot {each.slot} is {each.state} and has a submission, or "
                          "lacks one.")  # fmt: skip
    return without_tokens(item)


def _check_numbers(item: LabelingItem, where: str) -> None:
    """Return when an item's numbers are such as a session gives; else Invalid."""
    rounds = [each.round for each in (*item.assignments, *item.adjudications)]
    for noun, value, least, most in (
        ("place", item.place, 0, MAX_PLACE),
        ("required", item.required, 0, MAX_SLOTS),
        ("priority", item.priority, -MAX_PRIORITY, MAX_PRIORITY),
        ("round", item.round, 1, MAX_ROUND),
        ("reviews_required", item.reviews_required, 1, MAX_REVIEWS),
        *(("round", each, 1, item.round) for each in rounds),
    ):
        if value is not None and not least <= value <= most:
            raise Invalid(f"{where}: {noun} is {value}; expected a whole number from {least} to {most}.")


def _check_times(item: LabelingItem) -> None:
    """Return when all times of an item can be shown as dates; else Invalid."""
    check_moment(item.added_ms, "added_ms")
    check_moment(item.removed_ms, "removed_ms")
    for each in item.assignments:
        for noun in ("claimed_ms", "lease_until_ms", "ended_ms", "requeued_ms"):
            check_moment(getattr(each, noun), noun)
        if each.submission is not None:
            check_moment(each.submission.submitted_ms, "submitted_ms")
    for decision in item.adjudications:
        check_moment(decision.at_ms, "at_ms")
