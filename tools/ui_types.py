"""The web page's types and list of operations, from the server's OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lodeline.server.app import close_app, create_app
from lodeline.server.settings import load_settings

Schema = Mapping[str, Any]
_PREFIX = "/api/v1"
_HEADER = "// Generated from the server's OpenAPI document by `make docs`. Do not edit.\n"
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

_RENAMED = {"Record": "DatasetRecord"}


def ui_types(_: str) -> str:
    """Return the TypeScript file."""
    app = create_app(load_settings(flags={"store": "memory:"}))
    try:
        document = app.openapi()
    finally:
        close_app(app)
    return types_of(document)


def types_of(document: Schema) -> str:
    """Return an interface for each component, and each operation's path, parameters, body and answer."""
    components = document["components"]["schemas"]
    parts = [_HEADER, *(_declaration(_type_name(name), schema) for name, schema in components.items())]
    operations = sorted(_operations(document), key=lambda item: item[0])
    parts.append("export interface Operations {\n" + "".join(text for _, text, _, _ in operations) + "}\n")
    listed = "".join(f'  {name}: ["{method}", "{path}"],\n' for name, _, method, path in operations)
    parts.append(f"export const OPERATIONS = {{\n{listed}}} as const;\n")
    return "\n".join(parts)


def _declaration(name: str, schema: Schema) -> str:
    doc = schema.get("description", "")
    comment = f"/** {doc.replace('*/', '* /')} */\n" if doc else ""
    if schema.get("type") == "object" and "properties" in schema:
        return f"{comment}export interface {name} {_object(schema, '')}\n"
    return f"{comment}export type {name} = {_type(schema)};\n"


def _type(schema: Schema, indent: str = "") -> str:
    if "$ref" in schema:
        return _type_name(schema["$ref"].rpartition("/")[2])
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(item, indent) for item in schema["anyOf"]))
    kind = schema.get("type")
    if kind == "array":
        item = _type(schema.get("items", {}), indent)
        return f"({item})[]" if " | " in item else f"{item}[]"
    if kind == "object":
        if "properties" in schema:
            return _object(schema, indent)
        return f"Record<string, {_type(schema.get('additionalProperties') or {}, indent)}>"
    return _SCALARS.get(str(kind), "unknown")


def _object(schema: Schema, indent: str) -> str:
    required = set(schema.get("required", ()))
    inner = indent + "  "
    lines = [
        f"{inner}{_key(name)}{'' if name in required else '?'}: {_type(item, inner)};\n"
        for name, item in schema["properties"].items()
    ]
    return "{\n" + "".join(lines) + indent + "}"


def _type_name(name: str) -> str:
    """Return the name of a component's type: one that TypeScript has itself stands for it everywhere."""
    return _RENAMED.get(name, name)


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name)


def _operations(document: Schema) -> Iterator[tuple[str, str, str, str]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            text = (
                f"  /** {operation.get('description', '').replace('*/', '* /')} */\n"
                f"  {name}: {{\n    params: {_params(operation)};\n    body: {_body(operation)};\n"
                f"    answer: {_answer(operation)};\n  }};\n"
            )
            yield name, text, method.upper(), path.removeprefix(_PREFIX)


def _params(operation: Schema) -> str:
    given = operation.get("parameters", ())
    if not given:
        return "Record<string, never>"
    lines = [
        f"      {_key(param['name'])}{'' if param.get('required') else '?'}: {_type(param['schema'], '      ')};\n"
        for param in given
    ]
    return "{\n" + "".join(lines) + "    }"


def _body(operation: Schema) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return _type(content["application/json"]["schema"], "    ")
    return "Blob" if content else "undefined"


def _answer(operation: Schema) -> str:
    for status, answer in operation["responses"].items():
        if str(status).startswith("2"):
            content = answer.get("content", {})
            return (
                _type(content["application/json"]["schema"], "    ") if "application/json" in content else "undefined"
            )
    return "undefined"
