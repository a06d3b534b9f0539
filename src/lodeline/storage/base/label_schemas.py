"""Label schemas."""

from collections.abc import Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId
from lodeline.domain.label_schema import LabelSchema, LabelSchemaChange, LabelSchemaId


class LabelSchemaStore(Protocol):
    """The schemas of experiments with all their versions.

    The default schema of an experiment is not kept until it is changed: callers know it
    (`domain.label_schema.default_schema`).
    """

    def put(self, schema: LabelSchema, *, audit: AuditEntry) -> LabelSchema:
        """Add a schema at its first version. Conflict when another one of the experiment has the name, or the id is
        taken (a deleted schema's as well); TooLarge when the experiment has `MAX_SCHEMAS`. NotFound or Deleted for
        the experiment. The audit entry is given the id as its target."""
        ...

    def get(self, schema_id: LabelSchemaId, version: int | None = None) -> LabelSchema:
        """Return a version, the latest when None; NotFound when there is none or the schema is deleted."""
        ...

    def list(self, experiment_id: ExperimentId) -> Sequence[LabelSchema]:
        """Return the latest versions of an experiment's schemas, by name; none for an unknown experiment."""
        ...

    def versions(self, schema_id: LabelSchemaId) -> Sequence[LabelSchema]:
        """Return every version, oldest first; NotFound when unknown or deleted."""
        ...

    def change(self, schema_id: LabelSchemaId, change: LabelSchemaChange, *, now_ms: int, audit: AuditEntry
               ) -> LabelSchema:  # fmt: skip
        """Append the version that `domain.label_schema.changed_schema` gives; none when nothing differs. Conflict
        when a new name is another one's."""
        ...

    def delete(self, schema_id: LabelSchemaId, *, audit: AuditEntry) -> None:
        """Take a schema out of lists for good; sessions keep their versions. NotFound when unknown."""
        ...
