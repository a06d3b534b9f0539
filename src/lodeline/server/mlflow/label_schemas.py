"""Label schemas: what people are asked about traces."""

from collections.abc import Callable, Mapping

from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.label_schema import (
    DEFAULT_NAME,
    LabelInput,
    LabelKind,
    LabelSchema,
    LabelSchemaChange,
    LabelSchemaDraft,
    LabelSchemaId,
)
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.experiments import experiment_of
from lodeline.server.mlflow.fields import Fields, one_of
from lodeline.server.mlflow.paging import max_results, offset_page
from lodeline.server.mlflow.wire import Reply, message

_DEFAULT_RESULTS = 100
_MOST_RESULTS = 50_000
_KINDS: tuple[LabelKind, ...] = ("FEEDBACK", "EXPECTATION")


def schema_message(schema: LabelSchema) -> dict[str, object]:
    """Return a schema as MLflow writes it."""
    return message(
        schema_id=schema.schema_id,
        experiment_id=schema.experiment_id,
        name=schema.name,
        type=schema.kind,
        instruction=schema.instruction,
        enable_comment=schema.enable_comment,
        created_by=schema.created_by,
        created_at=schema.created_ms,
        last_updated_at=schema.updated_ms,
        is_default=schema.is_default,
    ) | {"input": _input_message(schema.input)}


def create(call: Call) -> Reply:
    """Make a schema; RESOURCE_ALREADY_EXISTS when the experiment has one of the name."""
    fields, experiment_id = call.fields, experiment_of(call)
    draft = LabelSchemaDraft(
        name=_free_name(fields, fields.needed("name")),
        kind=one_of(fields, "type", _KINDS),
        input=_input(fields.needed_message("input")),
        instruction=fields.text("instruction") or None,
        enable_comment=fields.boolean("enable_comment"),
    )
    return {"label_schema": schema_message(call.services.label_schemas.create(call.actor, experiment_id, draft))}


def get(call: Call) -> Reply:
    """Return a schema."""
    return {"label_schema": schema_message(_schema(call))}


def get_by_name(call: Call) -> Reply:
    """Return the schema of a name."""
    found = call.services.label_schemas.find(call.actor, experiment_of(call), call.fields.needed("name"))
    return {"label_schema": schema_message(found)}


def list_schemas(call: Call) -> Reply:
    """List the schemas of an experiment, newest made first; the default one is always among them."""
    limit = max_results(call.fields, default=_DEFAULT_RESULTS, most=_MOST_RESULTS)
    found = call.services.label_schemas.list(call.actor, experiment_of(call))
    ordered = sorted(found, key=lambda each: (-each.created_ms, each.schema_id))
    page, token = offset_page(ordered, call.fields, limit)
    return message(label_schemas=[schema_message(each) for each in page], next_page_token=token)


def update(call: Call) -> Reply:
    """Change a schema. How it is answered stays, since what was answered would lose its sense; so does the default
    one."""
    fields, found = call.fields, _schema(call)
    if found.is_default:
        raise Invalid(f"schema_id: {found.schema_id!r} is the default schema, which is not changed at this door.")
    given = fields.message("input")
    wanted = None if given is None else _input(given)
    if wanted is not None and (wanted.kind, wanted.multi_select) != (found.input.kind, found.input.multi_select):
        raise fields.wrong("input", f"one of the kind that the schema has ({found.input.kind})")
    name = fields.text("name")
    change = LabelSchemaChange(
        name=None if name is None or name == found.name else _free_name(fields, name),
        instruction=fields.text("instruction"),
        enable_comment=fields.boolean("enable_comment") if fields.has("enable_comment") else None,
        input=wanted,
    )
    changed = call.services.label_schemas.update(call.actor, found.schema_id, change)
    return {"label_schema": schema_message(changed)}


def delete(call: Call) -> Reply:
    """Delete a schema; one that there is not is deleted already. The default one stays."""
    schema_id = LabelSchemaId(call.fields.needed("schema_id"))
    try:
        call.services.label_schemas.delete(call.actor, schema_id)
    except NotFound as error:
        if error.details.get("noun") != "label schema":
            raise
    return {}


def _schema(call: Call) -> LabelSchema:
    return call.services.label_schemas.get(call.actor, LabelSchemaId(call.fields.needed("schema_id")))


def _free_name(fields: Fields, name: str) -> str:
    if name.strip().lower() == DEFAULT_NAME.lower():
        raise fields.wrong("name", f"another name than {DEFAULT_NAME!r}, which is the default schema's")
    return name


def _input(given: Fields) -> LabelInput:
    found = [(kind, read) for kind, read in _INPUTS.items() if given.message(kind) is not None]
    if len(found) != 1:
        raise Invalid(
            f"input: give exactly one of {', '.join(_INPUTS)}; there are {len(found)}.", details={"field": "input"}
        )
    kind, read = found[0]
    return read(given.needed_message(kind))


def _pass_fail(given: Fields) -> LabelInput:
    return LabelInput(
        "pass_fail",
        positive_label=given.text("positive_label") or "",
        negative_label=given.text("negative_label") or "",
    )


def _categorical(given: Fields) -> LabelInput:
    return LabelInput("categorical", options=given.texts("options"), multi_select=given.boolean("multi_select"))


def _numeric(given: Fields) -> LabelInput:
    return LabelInput("numeric", min_value=given.number("min_value"), max_value=given.number("max_value"))


def _text(given: Fields) -> LabelInput:
    return LabelInput("text", max_length=given.integer("max_length"))


_INPUTS: Mapping[str, Callable[[Fields], LabelInput]] = {
    "pass_fail": _pass_fail, "categorical": _categorical, "numeric": _numeric, "text": _text,
}  # fmt: skip


def _input_message(given: LabelInput) -> dict[str, object]:
    """Return how a schema is answered. Lists of texts and spans, which MLflow has not, are told as a text."""
    match given.kind:
        case "pass_fail":
            return {"pass_fail": {"positive_label": given.positive_label, "negative_label": given.negative_label}}
        case "categorical":
            return {"categorical": {"options": list(given.options), "multi_select": given.multi_select}}
        case "numeric":
            return {"numeric": message(min_value=given.min_value, max_value=given.max_value)}
        case "text" | "text_list" | "spans":
            return {"text": message(max_length=given.max_length)}


_ROOT = "3.0/mlflow/label-schemas"
ENDPOINTS = (
    Endpoint("POST", f"{_ROOT}/create", create),
    Endpoint("GET", f"{_ROOT}/get", get),
    Endpoint("GET", f"{_ROOT}/get-by-name", get_by_name),
    Endpoint("GET", f"{_ROOT}/list", list_schemas),
    Endpoint("PATCH", f"{_ROOT}/update", update),
    Endpoint("DELETE", f"{_ROOT}/delete", delete),
)
