"""Prompts in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.prompt import (
    EmptyPrompt,
    Prompt,
    PromptAliasEvent,
    PromptChange,
    PromptDraft,
    PromptVersion,
    RegisteredPrompt,
    changed_prompt,
    empty_prompt,
    kind_differs,
    no_prompt_version,
    prompt_name_taken,
    tagged_version,
    version_of,
)
from lodeline.query import cursor as cursors
from lodeline.query.ast import Always, Order, Search
from lodeline.query.fields import field as field_of
from lodeline.query.subjects_data import PromptSubject
from lodeline.storage.memory.matching import Row, list_page
from lodeline.storage.memory.state import State


@dataclass(slots=True)
class PromptTable:
    """A prompt with its versions, oldest first, and its events, in their order."""

    prompt: Prompt
    number: int
    versions: list[PromptVersion] = field(default_factory=list[PromptVersion])
    events: list[PromptAliasEvent] = field(default_factory=list[PromptAliasEvent])


class MemoryPrompts:
    """The `PromptStore` of the memory backend."""

    def __init__(self, state: State, tables: dict[str, PromptTable]) -> None:
        self._state = state
        self._tables = tables
        self._made = 0

    def create(self, experiment_id: ExperimentId, draft: EmptyPrompt, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Prompt:  # fmt: skip
        with self._state.lock:
            self._state.writable(experiment_id)
            if draft.name in self._tables:
                raise prompt_name_taken(draft.name)
            self._made += 1
            prompt = empty_prompt(draft, experiment_id, by=by, now_ms=now_ms)
            self._tables[draft.name] = PromptTable(prompt, self._made)
            self._state.record(audit)
            return prompt

    def register(self, experiment_id: ExperimentId, draft: PromptDraft, digest: str, *, repeat: bool = False,
                 by: str | None, now_ms: int, audit: AuditEntry) -> RegisteredPrompt:  # fmt: skip
        with self._state.lock:
            self._state.writable(experiment_id)
            table = self._tables.get(draft.name)
            if table is None:
                self._made += 1
                prompt = Prompt(
                    draft.name, experiment_id, 0, now_ms, now_ms, created_by=by, description=draft.description
                )
                table = self._tables[draft.name] = PromptTable(prompt, self._made)
            elif table.prompt.experiment_id != experiment_id:
                raise prompt_name_taken(draft.name)
            elif table.versions and table.versions[-1].digest == digest and not repeat:
                return RegisteredPrompt(table.versions[-1], made=False)
            elif table.versions and table.versions[-1].kind != draft.kind:
                raise kind_differs(draft.name, table.versions[-1].kind)
            version = version_of(draft, digest, experiment_id, len(table.versions) + 1, by=by, now_ms=now_ms)
            table.versions.append(version)
            table.prompt = replace(table.prompt, latest_version=version.version, updated_ms=now_ms)
            self._state.record(audit)
            return RegisteredPrompt(version, made=True)

    def find(self, name: str) -> Prompt | None:
        with self._state.lock:
            table = self._tables.get(name)
            return table.prompt if table is not None and self._state.is_active(table.prompt.experiment_id) else None

    def search(self, search: Search) -> Page[Prompt]:
        with self._state.lock:
            wanted = {each for each in search.experiment_ids if self._state.is_active(ExperimentId(each))}
            rows = [
                Row(table.prompt, PromptSubject(table.prompt), (-table.number,))
                for table in self._tables.values()
                if self._state.is_active(table.prompt.experiment_id)
                and wanted.intersection((table.prompt.experiment_id, *table.prompt.linked_experiment_ids))
            ]
            return list_page(rows, search, "prompt", Order(field_of("prompt", "created")))

    def update(self, experiment_id: ExperimentId, name: str, change: PromptChange, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Prompt:  # fmt: skip
        with self._state.lock:
            table = self._writable(experiment_id, name)
            for link in change.link:
                self._state.writable(link)
            table.prompt, moved = changed_prompt(table.prompt, change, by=by, now_ms=now_ms)
            table.events += moved
            self._state.record(audit)
            return table.prompt

    def tag_version(self, experiment_id: ExperimentId, name: str, version: int, *, set_tags: Mapping[str, str],
                    delete_tags: Sequence[str], audit: AuditEntry) -> PromptVersion:  # fmt: skip
        with self._state.lock:
            table = self._writable(experiment_id, name)
            if not 1 <= version <= len(table.versions):
                raise no_prompt_version(name, str(version), len(table.versions))
            found = tagged_version(table.versions[version - 1], set_tags, delete_tags)
            table.versions[version - 1] = found
            self._state.record(audit)
            return found

    def delete(self, experiment_id: ExperimentId, name: str, *, audit: AuditEntry) -> int:
        with self._state.lock:
            self._writable(experiment_id, name)
            self._state.record(audit)
            return len(self._tables.pop(name).versions)

    def versions(self, experiment_id: ExperimentId, name: str, *, limit: int, cursor: str | None
                 ) -> Page[PromptVersion]:  # fmt: skip
        with self._state.lock:
            versions = self._visible(experiment_id, name).versions
            print_ = cursors.fingerprint("prompt", Always(), (), "versions", experiment_id, name)
            below = 2**62 if cursor is None else int(cursors.decode(cursor, print_)[0] or 0)
            found = [version for version in reversed(versions) if version.version < below]
            end = cursors.encode((found[limit - 1].version,), print_) if len(found) > limit else None
            return Page(tuple(found[:limit]), end)

    def version(self, experiment_id: ExperimentId, name: str, ref: str) -> PromptVersion:
        with self._state.lock:
            table = self._visible(experiment_id, name)
            latest = table.prompt.latest_version
            number = latest if ref == "latest" else table.prompt.aliases.get(ref)
            if number is None and ref.isdecimal():
                number = int(ref)
            if number is None or not 1 <= number <= latest:
                raise no_prompt_version(name, ref, latest)
            return table.versions[number - 1]

    def alias_events(self, experiment_id: ExperimentId, name: str, *, limit: int) -> Sequence[PromptAliasEvent]:
        with self._state.lock:
            return self._visible(experiment_id, name).events[::-1][:limit]

    def _visible(self, experiment_id: ExperimentId, name: str) -> PromptTable:
        table = self._of(experiment_id, name)
        if not self._state.is_active(experiment_id):
            raise NotFound.of("prompt", name)
        return table

    def _writable(self, experiment_id: ExperimentId, name: str) -> PromptTable:
        table = self._of(experiment_id, name)
        self._state.writable(experiment_id)
        return table

    def _of(self, experiment_id: ExperimentId, name: str) -> PromptTable:
        table = self._tables.get(name)
        if table is None or table.prompt.experiment_id != experiment_id:
            raise NotFound.of("prompt", name)
        return table
