"""Label schemas: create, find, change and delete them; which of them a labeling session asks with."""

from collections.abc import Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Invalid, NotFound
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import ExperimentId, new_hex
from lodeline.domain.label_schema import (
    BUILT_IN,
    DEFAULT_NAME,
    LabelSchema,
    LabelSchemaChange,
    LabelSchemaDraft,
    LabelSchemaId,
    changed_schema,
    check_schema,
    default_id,
    default_schema,
    holder_of_default,
    name_taken,
    schema_of,
)
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.storage.base import Stores


class LabelSchemaService:
    """Use cases of label schemas. Every experiment has the schema "Feedback", which is kept once it is changed."""

    def __init__(self, stores: Stores, scope: ExperimentScope, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._clock = clock

    def create(self, actor: Actor, experiment: str, draft: LabelSchemaDraft) -> LabelSchema:
        """Make a schema in an experiment (id or name). Conflict when its name is taken."""
        holder = self._scope.one(actor, "label_schema.write", experiment)
        return self._create(actor, holder, draft)

    def get(
        self, actor: Actor, schema_id: LabelSchemaId, version: int | None = None,
        action: ExperimentAction = "label_schema.read",
    ) -> LabelSchema:  # fmt: skip
        """Return a version of a schema, the latest when None; NotFound when it is unknown or out of reach."""
        permit_reach(actor, action)
        missing = NotFound.of("label schema", schema_id)
        found = self._default(schema_id) or self._stores.label_schemas.get(schema_id, version)
        permit(actor, action, found.experiment_id, missing=missing)
        self._scope.holder(found.experiment_id)
        if version is not None and version != found.version:
            raise NotFound.of("label schema", f"{schema_id}/{version}")
        return found

    def find(self, actor: Actor, experiment: str, name: str) -> LabelSchema:
        """Return the schema of a name in an experiment; NotFound when there is none."""
        for schema in self.list(actor, experiment):
            if schema.name == name:
                return schema
        raise NotFound.of("label schema", name)

    def list(self, actor: Actor, experiment: str) -> Sequence[LabelSchema]:
        """Return the latest versions of an experiment's schemas, by name."""
        return schemas_in(self._stores, self._scope.one(actor, "label_schema.read", experiment))

    def versions(self, actor: Actor, schema_id: LabelSchemaId) -> Sequence[LabelSchema]:
        """Return every version of a schema, oldest first."""
        found = self.get(actor, schema_id)
        return [found] if self._default(schema_id) else self._stores.label_schemas.versions(schema_id)

    def update(self, actor: Actor, schema_id: LabelSchemaId, change: LabelSchemaChange) -> LabelSchema:
        """Make another version of a schema; sessions keep those they have. Conflict when a new name is taken."""
        found = self.get(actor, schema_id, action="label_schema.write")
        now_ms = self._clock.now_ms()
        changed = changed_schema(found, change, now_ms=now_ms)
        check_schema(changed)
        if changed.name != found.name and changed.name == DEFAULT_NAME:
            raise name_taken(DEFAULT_NAME)
        if changed == found:
            return found
        if self._default(schema_id) is not None:
            audit = audit_entry(
                actor, "label_schema.create", schema_id, at_ms=now_ms, experiment_id=found.experiment_id
            )
            self._stores.label_schemas.put(found, audit=audit)
        audit = audit_entry(
            actor, "label_schema.update", schema_id, at_ms=now_ms, experiment_id=found.experiment_id,
            details={"name": changed.name, "version": changed.version},
        )  # fmt: skip
        return self._stores.label_schemas.change(schema_id, change, now_ms=now_ms, audit=audit)

    def delete(self, actor: Actor, schema_id: LabelSchemaId) -> None:
        """Take a schema out of lists for good; sessions and judgments keep what they have. Conflict for the default
        one."""
        found = self.get(actor, schema_id, action="label_schema.delete")
        if found.is_default:
            raise Conflict(
                f"label schema {found.name!r} is the default one and is not deleted; change it instead.",
                code="label_schema_default",
            )
        audit = audit_entry(
            actor, "label_schema.delete", schema_id, at_ms=self._clock.now_ms(), experiment_id=found.experiment_id,
            details={"name": found.name},
        )  # fmt: skip
        self._stores.label_schemas.delete(schema_id, audit=audit)

    def named(self, actor: Actor, experiment: Experiment, names: Sequence[str]) -> tuple[LabelSchema, ...]:
        """Return the schemas that names or ids mean, in order; a built-in one is made when it is missing.

        NotFound names one that is neither. The caller has asked the permission to write sessions.
        """
        present = schemas_in(self._stores, experiment)
        by_key = {schema.name: schema for schema in present} | {schema.schema_id: schema for schema in present}
        found: list[LabelSchema] = []
        for name in names:
            if name in by_key:
                found.append(by_key[name])
            elif name in BUILT_IN:
                found.append(self._create(actor, experiment, BUILT_IN[name]))
            else:
                raise NotFound.of("label schema", name)
        return tuple(found)

    def _create(self, actor: Actor, holder: Experiment, draft: LabelSchemaDraft) -> LabelSchema:
        check_schema(draft)
        schema_id = draft.schema_id or LabelSchemaId(new_hex("ls-"))
        if not 1 <= len(schema_id) <= 250:
            raise Invalid.value("schema_id", schema_id, "1 to 250 characters")
        if draft.name == DEFAULT_NAME:
            raise name_taken(DEFAULT_NAME)
        now_ms = self._clock.now_ms()
        schema = schema_of(draft, schema_id, holder.experiment_id, by=actor.author, now_ms=now_ms)
        audit = audit_entry(
            actor, "label_schema.create", schema_id, at_ms=now_ms, experiment_id=holder.experiment_id,
            details={"name": draft.name},
        )  # fmt: skip
        return self._stores.label_schemas.put(schema, audit=audit)

    def _default(self, schema_id: LabelSchemaId) -> LabelSchema | None:
        """Return the default schema of this id while nobody has changed it; else None."""
        holder = holder_of_default(schema_id)
        if holder is None or self._kept(holder):
            return None
        found = self._stores.experiments.get(holder)
        return default_schema(holder, found.created_ms)

    def _kept(self, experiment_id: ExperimentId) -> bool:
        wanted = default_id(experiment_id)
        return any(schema.schema_id == wanted for schema in self._stores.label_schemas.list(experiment_id))


def schemas_in(stores: Stores, experiment: Experiment) -> Sequence[LabelSchema]:
    """Return the latest versions of an experiment's schemas by name, the default one among them."""
    kept = stores.label_schemas.list(experiment.experiment_id)
    if any(schema.schema_id == default_id(experiment.experiment_id) for schema in kept):
        return kept
    default = default_schema(experiment.experiment_id, experiment.created_ms)
    return sorted([default, *kept], key=lambda schema: schema.name)
