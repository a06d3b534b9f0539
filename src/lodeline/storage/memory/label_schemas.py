"""Label schemas in memory."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict, NotFound, TooLarge
from lodeline.domain.ids import ExperimentId
from lodeline.domain.label_schema import (
    MAX_SCHEMAS,
    LabelSchema,
    LabelSchemaChange,
    LabelSchemaId,
    changed_schema,
    name_taken,
)
from lodeline.storage.memory.state import State


class MemoryLabelSchemas:
    """The `LabelSchemaStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def put(self, schema: LabelSchema, *, audit: AuditEntry) -> LabelSchema:
        with self._state.lock:
            self._state.writable(schema.experiment_id)
            if schema.schema_id in self._state.label_schemas:
                raise Conflict(f"label schema id {schema.schema_id!r} is taken; leave it out.")
            self._check_name(schema.experiment_id, schema.name, schema.schema_id)
            count = sum(each.experiment_id == schema.experiment_id for each in self._latest())
            if count >= MAX_SCHEMAS:
                raise TooLarge(f"label schemas: an experiment has at most {MAX_SCHEMAS}; delete some.")
            self._state.label_schemas[schema.schema_id] = [schema]
            self._state.record(replace(audit, target=schema.schema_id))
            return schema

    def get(self, schema_id: LabelSchemaId, version: int | None = None) -> LabelSchema:
        with self._state.lock:
            versions = self._visible(schema_id)
            number = len(versions) if version is None else version
            if not 1 <= number <= len(versions):
                raise NotFound.of("label schema", f"{schema_id}/{version}")
            return versions[number - 1]

    def list(self, experiment_id: ExperimentId) -> Sequence[LabelSchema]:
        with self._state.lock:
            if not self._state.is_active(experiment_id):
                return []
            found = [each for each in self._latest() if each.experiment_id == experiment_id]
            return sorted(found, key=lambda each: each.name)

    def versions(self, schema_id: LabelSchemaId) -> Sequence[LabelSchema]:
        with self._state.lock:
            return [*self._visible(schema_id)]

    def change(self, schema_id: LabelSchemaId, change: LabelSchemaChange, *, now_ms: int, audit: AuditEntry
               ) -> LabelSchema:  # fmt: skip
        with self._state.lock:
            versions = self._writable(schema_id)
            changed = changed_schema(versions[-1], change, now_ms=now_ms)
            if changed.version == len(versions):
                return changed
            self._check_name(changed.experiment_id, changed.name, schema_id)
            versions.append(changed)
            self._state.record(audit)
            return changed

    def delete(self, schema_id: LabelSchemaId, *, audit: AuditEntry) -> None:
        with self._state.lock:
            self._writable(schema_id)
            self._state.deleted_label_schemas.add(schema_id)
            self._state.record(audit)

    def _latest(self) -> Sequence[LabelSchema]:
        gone = self._state.deleted_label_schemas
        return [versions[-1] for each, versions in self._state.label_schemas.items() if each not in gone]

    def _check_name(self, experiment_id: ExperimentId, name: str, schema_id: LabelSchemaId) -> None:
        for each in self._latest():
            if (each.experiment_id, each.name) == (experiment_id, name) and each.schema_id != schema_id:
                raise name_taken(name)

    def _known(self, schema_id: LabelSchemaId) -> "list[LabelSchema]":  # quoted: `list` is a method here
        versions = self._state.label_schemas.get(schema_id)
        if versions is None or schema_id in self._state.deleted_label_schemas:
            raise NotFound.of("label schema", schema_id)
        return versions

    def _visible(self, schema_id: LabelSchemaId) -> "list[LabelSchema]":
        versions = self._known(schema_id)
        if not self._state.is_active(versions[0].experiment_id):
            raise NotFound.of("label schema", schema_id)
        return versions

    def _writable(self, schema_id: LabelSchemaId) -> "list[LabelSchema]":
        versions = self._known(schema_id)
        self._state.writable(versions[0].experiment_id)
        return versions
