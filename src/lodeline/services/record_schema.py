"""JSON Schema of records: compiled once, with regular expressions of linear time and without any remote reference."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Never

import jsonschema_rs

from lodeline.domain.canonical import canonical_json
from lodeline.domain.dataset import MAX_SCHEMA_CHARS, Dataset
from lodeline.domain.errors import Invalid
from lodeline.domain.record import Record
from lodeline.domain.schema_cost import check_cost

_SHOWN = 500


def check_schema(schema: Mapping[str, object] | None, field: str) -> None:
    """Return when `schema` is None, empty or a JSON Schema that is cheap to check; else Invalid, naming `field`."""
    if schema:
        check_cost(schema, field)
        _validator(canonical_json(schema, most_chars=MAX_SCHEMA_CHARS), field)


def record_check(dataset: Dataset) -> Callable[[Record], None]:
    """Return what raises Invalid, with the JSON pointer, for a record that a dataset's schemas do not let in."""
    parts = [
        (name, _validator(canonical_json(schema), f"{name} schema"))
        for name, schema in (("inputs", dataset.input_schema), ("expectations", dataset.expectation_schema))
        if schema
    ]

    def check(record: Record) -> None:
        for name, validator in parts:
            error = next(validator.iter_errors(getattr(record, name)), None)
            if error is not None:
                pointer = f"/{name}" + "".join(f"/{_step(step)}" for step in error.instance_path)
                message = error.message if len(error.message) <= _SHOWN else error.message[:_SHOWN] + "…"
                raise Invalid(f"at {pointer}: {message}, as the dataset's schema says.", details={"pointer": pointer})

    return check


def _step(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=64)
def _validator(schema: str, field: str) -> jsonschema_rs.Validator:
    try:
        return jsonschema_rs.validator_for(
            schema, retriever=_no_remote, pattern_options=jsonschema_rs.RegexOptions(), validate_formats=True
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        reason = str(getattr(error, "message", error)).partition("\n")[0][:_SHOWN]
        raise Invalid(f"{field}: it is no JSON Schema ({reason}).", details={"field": field}) from error


def _no_remote(uri: str) -> Never:
    raise ValueError("schemas are not fetched; put it under $defs")
