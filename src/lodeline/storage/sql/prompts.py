"""Prompts in SQLite."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.prompt import (
    ChatMessage,
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
from lodeline.query.ast import Always, Search
from lodeline.query.subjects_data import PromptSubject
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray
from lodeline.storage.sql.experiment_rows import active_numbers, check_writable, number_of
from lodeline.storage.sql.filter import Sql, within
from lodeline.storage.sql.listing import Listing, by_columns
from lodeline.storage.sql.writer import Writer

_SELECT = "SELECT p.id, p.exp, p.name, p.created_ms, p.updated_ms, p.latest, p.doc FROM prompts p "
_VERSION = "SELECT version, digest, created_ms, doc FROM prompt_versions WHERE prompt = ? "


class SqlPrompts:
    """Implements `storage.base.PromptStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def create(self, experiment_id: ExperimentId, draft: EmptyPrompt, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Prompt:  # fmt: skip
        def run(db: Db) -> Prompt:
            check_writable(db, experiment_id)
            if db.execute("SELECT 1 FROM prompts WHERE name = ?", (clean(draft.name),)).fetchone() is not None:
                raise prompt_name_taken(draft.name)
            prompt = empty_prompt(draft, experiment_id, by=by, now_ms=now_ms)
            insert(db, prompt)
            trail.write(db, audit)
            return prompt

        return self._writer.call(run)

    def register(self, experiment_id: ExperimentId, draft: PromptDraft, digest: str, *, repeat: bool = False,
                 by: str | None, now_ms: int, audit: AuditEntry) -> RegisteredPrompt:  # fmt: skip
        def run(db: Db) -> RegisteredPrompt:
            check_writable(db, experiment_id)
            found = _find(db, experiment_id, draft.name)
            if found is None:
                if db.execute("SELECT 1 FROM prompts WHERE name = ?", (clean(draft.name),)).fetchone() is not None:
                    raise prompt_name_taken(draft.name)
                prompt = Prompt(
                    clean(draft.name), experiment_id, 0, now_ms, now_ms, created_by=by, description=draft.description
                )
                found = insert(db, prompt), prompt
            elif found[1].latest_version:
                last = _version_at(db, *found, found[1].latest_version)
                if last.digest == digest and not repeat:
                    return RegisteredPrompt(last, made=False)
                if last.kind != draft.kind:
                    raise kind_differs(draft.name, last.kind)
            key, prompt = found
            version = version_of(draft, digest, experiment_id, prompt.latest_version + 1, by=by, now_ms=now_ms)
            insert_version(db, key, version)
            db.execute("UPDATE prompts SET latest = ?, updated_ms = ? WHERE id = ?", (version.version, now_ms, key))
            trail.write(db, audit)
            return RegisteredPrompt(version, made=True)

        return self._writer.call(run)

    def find(self, name: str) -> Prompt | None:
        sql = _SELECT + "JOIN experiments e ON e.exp = p.exp AND e.lifecycle = 'ACTIVE' WHERE p.name = ?"
        with self._readers.read() as db:
            row = db.execute(sql, (clean(name),)).fetchone()
            return None if row is None else _prompt(db, row)

    def search(self, search: Search) -> Page[Prompt]:
        with self._readers.read() as db:
            wanted = carray(active_numbers(db, search.experiment_ids))
            scope = Sql(
                "(p.exp IN carray(?) OR p.id IN (SELECT l.prompt FROM prompt_links l WHERE l.exp IN carray(?))) "
                "AND p.exp IN (SELECT exp FROM experiments WHERE lifecycle = 'ACTIVE')",
                (wanted, wanted),
            )
            return _LISTING.page(db, search, scope=scope, condition=within(search.node, by_columns(_FILTER)))

    def update(self, experiment_id: ExperimentId, name: str, change: PromptChange, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Prompt:  # fmt: skip
        def run(db: Db) -> Prompt:
            key, old = _writable(db, experiment_id, name)
            for link in change.link:
                check_writable(db, link)
            new, moved = changed_prompt(old, change, by=by, now_ms=now_ms)
            db.execute("UPDATE prompts SET updated_ms = ?, doc = ? WHERE id = ?", (now_ms, _doc(new), key))
            set_aliases(db, key, new)
            _set_links(db, key, new)
            insert_events(db, key, moved)
            trail.write(db, audit)
            return new

        return self._writer.call(run)

    def tag_version(self, experiment_id: ExperimentId, name: str, version: int, *, set_tags: Mapping[str, str],
                    delete_tags: Sequence[str], audit: AuditEntry) -> PromptVersion:  # fmt: skip
        def run(db: Db) -> PromptVersion:
            key, prompt = _writable(db, experiment_id, name)
            found = tagged_version(_version_at(db, key, prompt, version), set_tags, delete_tags)
            sql = "UPDATE prompt_versions SET doc = ? WHERE prompt = ? AND version = ?"
            db.execute(sql, (_version_doc(found), key, version))
            trail.write(db, audit)
            return found

        return self._writer.call(run)

    def delete(self, experiment_id: ExperimentId, name: str, *, audit: AuditEntry) -> int:
        def run(db: Db) -> int:
            key, prompt = _writable(db, experiment_id, name)
            remove(db, key)
            trail.write(db, audit)
            return prompt.latest_version

        return self._writer.call(run)

    def versions(self, experiment_id: ExperimentId, name: str, *, limit: int, cursor: str | None
                 ) -> Page[PromptVersion]:  # fmt: skip
        print_ = cursors.fingerprint("prompt", Always(), (), "versions", experiment_id, name)
        sql = _VERSION + "AND version < ? ORDER BY version DESC LIMIT ?"
        with self._readers.read() as db:
            key, prompt = _visible(db, experiment_id, name)
            below = 2**62 if cursor is None else int(cursors.decode(cursor, print_)[0] or 0)
            found = [_version(prompt, row) for row in db.execute(sql, (key, below, limit + 1)).fetchall()]
        end = cursors.encode((found[limit - 1].version,), print_) if len(found) > limit else None
        return Page(tuple(found[:limit]), end)

    def version(self, experiment_id: ExperimentId, name: str, ref: str) -> PromptVersion:
        with self._readers.read() as db:
            key, prompt = _visible(db, experiment_id, name)
            number = prompt.latest_version if ref == "latest" else prompt.aliases.get(ref)
            if number is None and ref.isdecimal():
                number = int(ref)
            if number is None or not 1 <= number <= prompt.latest_version:
                raise no_prompt_version(name, ref, prompt.latest_version)
            return _version_at(db, key, prompt, number)

    def alias_events(self, experiment_id: ExperimentId, name: str, *, limit: int) -> Sequence[PromptAliasEvent]:
        sql = "SELECT at_ms, doc FROM prompt_events WHERE prompt = ? ORDER BY id DESC LIMIT ?"
        with self._readers.read() as db:
            key, _ = _visible(db, experiment_id, name)
            found = db.execute(sql, (key, limit)).fetchall()
        return [PromptAliasEvent(at_ms=at_ms, **loads(doc)) for at_ms, doc in found]


def insert(db: Db, prompt: Prompt) -> int:
    """Insert a prompt's row, without versions, and return its key."""
    db.execute(
        "INSERT INTO prompts (exp, name, created_ms, updated_ms, latest, doc) VALUES (?, ?, ?, ?, ?, ?)",
        (
            number_of(prompt.experiment_id), clean(prompt.name), prompt.created_ms, prompt.updated_ms,
            prompt.latest_version, _doc(prompt),
        ),
    )  # fmt: skip
    return db.last_insert_rowid()


def insert_version(db: Db, key: int, version: PromptVersion) -> None:
    """Insert a version's row."""
    db.execute(
        "INSERT INTO prompt_versions (prompt, version, digest, created_ms, doc) VALUES (?, ?, ?, ?, ?)",
        (key, version.version, version.digest, version.created_ms, _version_doc(version)),
    )


def _version_doc(version: PromptVersion) -> str:
    doc = asdict(version)
    for name in ("name", "experiment_id", "version", "digest", "created_ms"):
        del doc[name]
    return dumps(doc)


def insert_events(db: Db, key: int, events: Sequence[PromptAliasEvent]) -> None:
    """Append events of aliases."""
    for event in events:
        doc = asdict(event)
        del doc["at_ms"]
        db.execute("INSERT INTO prompt_events (prompt, at_ms, doc) VALUES (?, ?, ?)", (key, event.at_ms, dumps(doc)))


def set_aliases(db: Db, key: int, prompt: Prompt) -> None:
    """Make a prompt's aliases its only ones."""
    db.execute("DELETE FROM prompt_aliases WHERE prompt = ?", (key,))
    db.executemany(
        "INSERT INTO prompt_aliases (prompt, alias, version) VALUES (?, ?, ?)",
        [(key, clean(alias), version) for alias, version in prompt.aliases.items()],
    )


def _set_links(db: Db, key: int, prompt: Prompt) -> None:
    db.execute("DELETE FROM prompt_links WHERE prompt = ?", (key,))
    db.executemany(
        "INSERT INTO prompt_links (prompt, exp) VALUES (?, ?)",
        [(key, number_of(link)) for link in prompt.linked_experiment_ids],
    )


def remove(db: Db, key: int) -> None:
    """Remove a prompt with all that belongs to it."""
    for table in ("prompt_versions", "prompt_aliases", "prompt_events", "prompt_links"):
        db.execute(f"DELETE FROM {table} WHERE prompt = ?", (key,))
    db.execute("DELETE FROM prompts WHERE id = ?", (key,))


def _find(db: Db, experiment_id: ExperimentId, name: str) -> tuple[int, Prompt] | None:
    sql = _SELECT + "WHERE p.exp = ? AND p.name = ?"
    row = db.execute(sql, (number_of(experiment_id), clean(name))).fetchone()
    return None if row is None else (row[0], _prompt(db, row))


def _visible(db: Db, experiment_id: ExperimentId, name: str) -> tuple[int, Prompt]:
    sql = "SELECT 1 FROM experiments WHERE exp = ? AND lifecycle = 'ACTIVE'"
    found = _find(db, experiment_id, name)
    if found is None or db.execute(sql, (number_of(experiment_id),)).fetchone() is None:
        raise NotFound.of("prompt", name)
    return found


def _writable(db: Db, experiment_id: ExperimentId, name: str) -> tuple[int, Prompt]:
    found = _find(db, experiment_id, name)
    if found is None:
        raise NotFound.of("prompt", name)
    check_writable(db, experiment_id)
    return found


def _doc(prompt: Prompt) -> str:
    return dumps({"created_by": prompt.created_by, "description": prompt.description, "tags": dict(prompt.tags)})


def _prompt(db: Db, row: Row) -> Prompt:
    key, number, name, created_ms, updated_ms, latest, doc = row
    sql = "SELECT alias, version FROM prompt_aliases WHERE prompt = ? ORDER BY alias"
    aliases = db.execute(sql, (key,)).fetchall()
    links = db.execute("SELECT exp FROM prompt_links WHERE prompt = ? ORDER BY exp", (key,)).fetchall()
    return Prompt(
        name,
        ExperimentId(str(number)),
        latest,
        created_ms,
        updated_ms,
        aliases=dict(aliases),
        linked_experiment_ids=tuple(ExperimentId(str(link)) for (link,) in links),
        **loads(doc),
    )


def _version_at(db: Db, key: int, prompt: Prompt, number: int) -> PromptVersion:
    row = db.execute(_VERSION + "AND version = ?", (key, number)).fetchone()
    if row is None:
        raise no_prompt_version(prompt.name, str(number), prompt.latest_version)
    return _version(prompt, row)


def _version(prompt: Prompt, row: Row) -> PromptVersion:
    version, digest, created_ms, doc = row
    data: dict[str, Any] = loads(doc)
    messages = tuple(ChatMessage(**message) for message in data.pop("messages"))
    variables = tuple(data.pop("variables"))
    found = PromptVersion(
        name=prompt.name,
        experiment_id=prompt.experiment_id,
        version=version,
        digest=digest,
        created_ms=created_ms,
        **data,
    )
    return replace(found, messages=messages, variables=variables)


def _load(db: Db, key: int) -> Prompt:
    row = db.execute(_SELECT + "WHERE p.id = ?", (key,)).fetchone()
    assert row is not None  # noqa: S101  # the key was read in this transaction
    return _prompt(db, row)


_FILTER = {
    "name": "p.name",
    "experiment": "CAST(p.exp AS TEXT)",
    "created": "(p.created_ms * 1000000)",
    "updated": "(p.updated_ms * 1000000)",
    "version": "p.latest",
}


_LISTING = Listing(
    entity="prompt",
    table="prompts p",
    id_column="p.id",
    columns={
        **_FILTER,
        "created": "p.created_ms",
        "updated": "p.updated_ms",
        "created_by": "json_extract(p.doc, '$.created_by')",
        "tags": "(SELECT j.value FROM json_each(p.doc, '$.tags') j WHERE j.key = ?)",
    },
    newest="created",
    load=_load,
    subject=PromptSubject,
)
