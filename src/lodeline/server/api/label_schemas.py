"""Native routes of label schemas."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.comparison import Direction
from lodeline.domain.ids import DEFAULT_EXPERIMENT
from lodeline.domain.label_schema import (
    MAX_INSTRUCTION,
    MAX_LABEL,
    MAX_NAME,
    MAX_OPTIONS,
    MAX_TEXT_LENGTH,
    MAX_TEXTS,
    MAX_TITLE,
    InputKind,
    LabelInput,
    LabelKind,
    LabelSchema,
    LabelSchemaChange,
    LabelSchemaDraft,
    LabelSchemaId,
)
from lodeline.domain.text_span import MarkedPart
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body, Id
from lodeline.server.api.entry import native_router

router = native_router("/label-schemas", "label schemas")

SchemaPath = Annotated[str, Path(min_length=1, max_length=250, description="The label schema's id.")]
_Home = Annotated[
    str, Query(min_length=1, max_length=500, description="The experiment that has them, by id or name.")
]
_Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
_Label = Annotated[str, Field(min_length=1, max_length=MAX_LABEL)]
_Instruction = Annotated[str, Field(max_length=MAX_INSTRUCTION)]


class LabelInputBody(Body):
    """How an answer is given; fields that its kind does not have are left out."""

    kind: InputKind
    positive_label: _Label = "Pass"
    negative_label: _Label = "Fail"
    options: Annotated[list[_Label], Field(max_length=MAX_OPTIONS)] = Field(default_factory=list[str])
    multi_select: bool = False
    ordered: bool = False
    min_value: Annotated[float | None, Field(ge=-1e300, le=1e300)] = None
    max_value: Annotated[float | None, Field(ge=-1e300, le=1e300)] = None
    max_length: Annotated[int | None, Field(ge=1, le=MAX_TEXT_LENGTH)] = None
    max_count: Annotated[int | None, Field(ge=1, le=MAX_TEXTS)] = None
    marks: MarkedPart = "response"

    def to_domain(self) -> LabelInput:
        """Return the input as the services take it."""
        return LabelInput(**self.model_dump(exclude={"options"}), options=tuple(self.options))


class LabelSchemaBody(Body):
    """A new schema of `experiment` (id or name)."""

    experiment: Annotated[str, Field(min_length=1, max_length=500)] = DEFAULT_EXPERIMENT
    name: _Name
    kind: LabelKind
    input: LabelInputBody
    title: Annotated[str, Field(max_length=MAX_TITLE)] = ""
    instruction: _Instruction | None = None
    enable_comment: bool = False
    direction: Direction = "higher"
    schema_id: Id | None = None


class LabelSchemaChangeBody(Body):
    """What to change of a schema; an empty instruction takes it away. It makes another version."""

    name: _Name | None = None
    title: Annotated[str | None, Field(min_length=1, max_length=MAX_TITLE)] = None
    instruction: _Instruction | None = None
    enable_comment: bool | None = None
    input: LabelInputBody | None = None
    direction: Direction | None = None


@router.post("", **answer(LabelSchema, 404, 409, 413, status=201))
def create_label_schema(actor: ActorDep, services: ServicesDep, body: LabelSchemaBody) -> Json:
    """Create a label schema: what people are asked, and which answers are sound."""
    fields = body.model_dump(exclude={"experiment", "input", "schema_id"})
    schema_id = None if body.schema_id is None else LabelSchemaId(body.schema_id)
    draft = LabelSchemaDraft(**fields, input=body.input.to_domain(), schema_id=schema_id)
    return Json(services.label_schemas.create(actor, body.experiment, draft), status_code=201)


@router.get("", **answer(list[LabelSchema], 404))
def list_label_schemas(actor: ActorDep, services: ServicesDep, experiment: _Home = DEFAULT_EXPERIMENT) -> Json:
    """Return the latest versions of an experiment's schemas, by name; the default one is always among them."""
    return Json(services.label_schemas.list(actor, experiment))


@router.get("/find", **answer(LabelSchema, 404))
def find_label_schema(
    actor: ActorDep,
    services: ServicesDep,
    name: Annotated[str, Query(min_length=1, max_length=MAX_NAME, description="The label schema's name.")],
    experiment: _Home = DEFAULT_EXPERIMENT,
) -> Json:
    """Return the schema of exactly this name."""
    return Json(services.label_schemas.find(actor, experiment, name))


@router.get("/{schema_id}", **answer(LabelSchema, 404))
def get_label_schema(
    actor: ActorDep,
    services: ServicesDep,
    schema_id: SchemaPath,
    version: Annotated[int | None, Query(ge=1, le=2**53, description="The latest one when left out.")] = None,
) -> Json:
    """Return a version of a schema."""
    return Json(services.label_schemas.get(actor, LabelSchemaId(schema_id), version))


@router.get("/{schema_id}/versions", **answer(list[LabelSchema], 404))
def list_label_schema_versions(actor: ActorDep, services: ServicesDep, schema_id: SchemaPath) -> Json:
    """Return every version of a schema, oldest first."""
    return Json(services.label_schemas.versions(actor, LabelSchemaId(schema_id)))


@router.patch("/{schema_id}", **answer(LabelSchema, 404, 409, 413))
def update_label_schema(
    actor: ActorDep, services: ServicesDep, schema_id: SchemaPath, body: LabelSchemaChangeBody
) -> Json:
    """Make another version of a schema; labeling sessions keep the versions that they have."""
    fields = body.model_dump(exclude={"input"})
    change = LabelSchemaChange(**fields, input=None if body.input is None else body.input.to_domain())
    return Json(services.label_schemas.update(actor, LabelSchemaId(schema_id), change))


@router.delete("/{schema_id}", **answer(None, 404, 409, status=204))
def delete_label_schema(actor: ActorDep, services: ServicesDep, schema_id: SchemaPath) -> None:
    """Take a schema out of lists for good; the default one is not deleted."""
    services.label_schemas.delete(actor, LabelSchemaId(schema_id))
