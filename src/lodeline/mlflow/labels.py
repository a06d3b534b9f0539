"""Label schemas, from MLflow's rows to what an export keeps of them."""

from collections.abc import Iterator, Mapping

from lodeline.domain.errors import Invalid, LodelineError
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId
from lodeline.domain.label_schema import DEFAULT, LabelInput, LabelKind, LabelSchema, LabelSchemaId, check_schema
from lodeline.domain.span import JsonValue
from lodeline.mlflow.source import Row, Source, named

_KINDS: Mapping[str, LabelKind] = {"feedback": "FEEDBACK", "expectation": "EXPECTATION"}


def schemas_of(source: Source, experiment_id: ExperimentId) -> Iterator[LabelSchema | str]:
    """Yield the label schemas of an experiment, the first made first; a text says why one is left out."""
    order = "WHERE experiment_id = ? ORDER BY created_time, schema_id"
    for row in source.rows("label_schemas", order, (int(experiment_id),)):
        try:
            yield _schema(row)
        except LodelineError as error:
            yield f"label schema {named(row.text('name'))}: {error.message}"


def _schema(row: Row) -> LabelSchema:
    kind = _KINDS.get(row.text("type").lower())
    if kind is None:
        raise Invalid.value("type", row.text("type"), f"one of {', '.join(_KINDS)}")
    is_default = bool(row.whole("is_default"))
    schema = LabelSchema(
        schema_id=LabelSchemaId(row.text("schema_id")),
        experiment_id=DEFAULT_EXPERIMENT,
        name=row.text("name"),
        version=1,
        kind=kind,
        input=_input(row),
        created_ms=row.moment("created_time"),
        updated_ms=row.moment("last_update_time"),
        title=DEFAULT.title if is_default else row.text("name"),
        instruction=row.text_or_none("instruction") or None,
        enable_comment=bool(row.whole("enable_comment")),
        direction="higher" if kind == "FEEDBACK" else "none",
        created_by=row.text_or_none("created_by"),
        is_default=is_default,
    )
    check_schema(schema)
    return schema


def _input(row: Row) -> LabelInput:
    found = row.json("input_config")
    config: Mapping[str, JsonValue] = found if isinstance(found, Mapping) else {}
    match row.text("input_type"):
        case "pass_fail":
            return LabelInput(
                "pass_fail", _text(config.get("positive_label"), "Pass"), _text(config.get("negative_label"), "Fail")
            )
        case "categorical":
            options = config.get("options")
            texts = tuple(_text(each) for each in options) if isinstance(options, list) else ()
            return LabelInput("categorical", options=texts, multi_select=config.get("multi_select") is True)
        case "numeric":
            return LabelInput(
                "numeric", min_value=_number(config.get("min_value")), max_value=_number(config.get("max_value"))
            )
        case "text":
            most = config.get("max_length")
            return LabelInput("text", max_length=most if isinstance(most, int) else None)
        case other:
            raise Invalid.value("input_type", other, "pass_fail, categorical, numeric or text")


def _text(value: JsonValue, default: str = "") -> str:
    return value if isinstance(value, str) else default


def _number(value: JsonValue) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
