"""Vocabulary: how the words and shapes of MLflow and of Lodeline meet, where they differ."""

import re
from collections.abc import Mapping

import orjson

from lodeline.domain.canonical import canonical_json
from lodeline.domain.errors import Invalid, LodelineError
from lodeline.domain.prompt import ChatMessage, PromptDraft, PromptVersion
from lodeline.domain.record import RecordSource, SourceKind
from lodeline.domain.span import JsonValue

USER = "mlflow.user"
DATASET_NAME = "lodeline.mlflow.name"
"""The tag of a dataset with the name that it has in MLflow, where another of its experiment has that name here."""
IS_PROMPT = "mlflow.prompt.is_prompt"
PROMPT_TEXT = "mlflow.prompt.text"
PROMPT_TYPE = "_mlflow_prompt_type"
PROMPT_RESPONSE_FORMAT = "_mlflow_prompt_response_format"
PROMPT_MODEL_CONFIG = "_mlflow_prompt_model_config"
PROMPT_EXPERIMENTS = "_mlflow_experiment_ids"
PROMPT_DELETED = "lodeline.mlflow.deleted"
"""Marks a version that was deleted through MLflow's door."""
PROMPT_SHAPE_TAGS = frozenset((IS_PROMPT, PROMPT_TEXT, PROMPT_TYPE, PROMPT_RESPONSE_FORMAT, PROMPT_MODEL_CONFIG))
MLFLOW_SCORER = "mlflow"
WRAPPED = "mlflow_wrapped"
"""MLflow's tables keep outputs of records under this key."""
_SOURCE_IDS: Mapping[str, str] = {"TRACE": "trace_id", "DOCUMENT": "doc_uri", "HUMAN": "user_name"}
_TO_MLFLOW: Mapping[SourceKind, str] = {"TRACE": "TRACE", "SPAN": "TRACE", "SESSION": "TRACE", "HUMAN": "HUMAN",
                                        "REVIEW": "HUMAN", "DOCUMENT": "DOCUMENT"}  # fmt: skip
_FROM_MLFLOW: Mapping[str, SourceKind] = {"TRACE": "TRACE", "HUMAN": "HUMAN", "DOCUMENT": "DOCUMENT"}
_MOST_ID, _MOST_NOTE = 250, 2_000
_CHAT_KEYS = ("role", "content")
_EXPERIMENT_IDS = re.compile(r"[0-9]+")


def record_source(
    kind: str | None, data: Mapping[str, JsonValue], source_id: str | None = None
) -> RecordSource | None:
    """Return where a record comes from: data beyond the id becomes the note, as JSON. What is made by code counts as
    imported."""
    if not kind:
        return None
    named = data.get(_SOURCE_IDS.get(kind, ""))
    ident = named if isinstance(named, str) else source_id
    rest = {key: value for key, value in data.items() if value is not ident}
    note = orjson.dumps(rest).decode() if rest else None
    return RecordSource(
        _FROM_MLFLOW.get(kind, "IMPORT"), None if ident is None else ident[:_MOST_ID],
        None if note is None or len(note) > _MOST_NOTE else note,
    )  # fmt: skip


def mlflow_record_source(source: RecordSource | None) -> dict[str, JsonValue] | None:
    """Return a record's source as MLflow writes it."""
    if source is None:
        return None
    kind = _TO_MLFLOW.get(source.kind, "CODE")
    data: dict[str, JsonValue] = {}
    try:
        noted: object = orjson.loads(source.note or "null")
    except orjson.JSONDecodeError:
        noted = {"note": source.note}
    if isinstance(noted, dict):
        data.update(noted)  # pyright: ignore[reportUnknownArgumentType] - what JSON holds
    if source.source_id is not None and kind in _SOURCE_IDS:
        data[_SOURCE_IDS[kind]] = source.source_id
    return {"source_type": kind, "source_data": data}


def prompt_draft(name: str, tags: Mapping[str, str], description: str = "") -> PromptDraft:
    """Return the draft of a version that MLflow keeps as tags. Invalid without a template.

    A chat template that is more than roles and contents stays a text, whose form its `_mlflow_prompt_type` tag tells.
    """
    text = tags.get(PROMPT_TEXT)
    if text is None:
        raise Invalid(f"prompt {name!r}: tag {PROMPT_TEXT} is missing, which holds the template.")
    messages = _messages(text) if tags.get(PROMPT_TYPE) == "chat" else ()
    own = {key: value for key, value in tags.items() if key not in PROMPT_SHAPE_TAGS}
    if tags.get(PROMPT_TYPE) == "chat" and not messages:
        own[PROMPT_TYPE] = "chat"
    config = _json(tags.get(PROMPT_MODEL_CONFIG))
    return PromptDraft(
        name=name,
        template=None if messages else text,
        messages=messages,
        message=description,
        tags=own,
        response_format=_json(tags.get(PROMPT_RESPONSE_FORMAT)),
        model_config=config if isinstance(config, Mapping) else None,
    )


def prompt_tags(version: PromptVersion) -> dict[str, str]:
    """Return the tags in which MLflow keeps a version."""
    tags = {IS_PROMPT: "true", PROMPT_TYPE: version.kind}
    if version.messages:
        pairs = [{"role": message.role, "content": message.content} for message in version.messages]
        tags[PROMPT_TEXT] = orjson.dumps(pairs).decode()
    else:
        tags[PROMPT_TEXT] = version.template or ""
    if version.response_format is not None:
        tags[PROMPT_RESPONSE_FORMAT] = orjson.dumps(version.response_format).decode()
    if version.model_config is not None:
        tags[PROMPT_MODEL_CONFIG] = orjson.dumps(version.model_config).decode()
    return {**tags, **version.tags}


def prompt_experiments(tag: str | None) -> list[str]:
    """Return the ids that a prompt's tag such as ``,1,2,`` lists."""
    return _EXPERIMENT_IDS.findall(tag or "")


def _messages(text: str) -> tuple[ChatMessage, ...]:
    found = _json(text)
    if not isinstance(found, list):
        return ()
    messages: list[ChatMessage] = []
    for item in found:
        match item:
            case {"role": str(role), "content": str(content)} if len(item) == len(_CHAT_KEYS):
                messages.append(ChatMessage(role, content))
            case _:
                return ()
    return tuple(messages)


def _json(text: str | None) -> JsonValue:
    if not text:
        return None
    try:
        found: JsonValue = orjson.loads(text)
        canonical_json(found)
    except (orjson.JSONDecodeError, LodelineError):
        return text
    return found


def scorer_definition(serialized: str, scorer_id: str, digest: str) -> dict[str, JsonValue]:
    """Return how a scorer that MLflow's client serialised is registered here: its text as it came.

    Every registration is a version of its own there, so its digest is, too.
    """
    return {"type": MLFLOW_SCORER, "serialized": serialized, "scorer_id": scorer_id, "digest": digest}


def serialized_scorer(definition: Mapping[str, JsonValue]) -> str | None:
    """Return the text of a scorer that MLflow's client registered; None for another."""
    text = definition.get("serialized")
    return text if definition.get("type") == MLFLOW_SCORER and isinstance(text, str) else None
