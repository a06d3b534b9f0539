"""Registered scorers, and what is configured for scoring with them online.

Their serialised text is kept as it came and never run here.
"""

from collections.abc import Mapping
from hashlib import sha256

import orjson

from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.experiment import ExperimentChange
from lodeline.domain.ids import ExperimentId, check_experiment_id, new_hex
from lodeline.domain.registered_scorer import RegisteredScorer, ScorerDraft
from lodeline.domain.span import JsonValue
from lodeline.mlflow.vocabulary import scorer_definition, serialized_scorer
from lodeline.query.grammar_mlflow import parse_mlflow
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.experiments import ONLINE_TAG, experiment_of
from lodeline.server.mlflow.wire import Reply, message

_GATEWAY = "gateway:/"
_MAX_DEPTH = 100


def register(call: Call) -> Reply:
    """Register the next version of a scorer. One with source code in it is refused, as by MLflow's server."""
    fields, experiment_id = call.fields, experiment_of(call)
    name, text = fields.needed("name"), fields.needed("serialized_scorer")
    _check_serialized(text)
    known = _versions(call, experiment_id, name)
    scorer_id = _scorer_id(known[0]) if known else _uuid()
    digest = sha256(f"{scorer_id} {new_hex()} {text}".encode("utf-8", "replace")).hexdigest()
    draft = ScorerDraft(name, scorer_definition(text, scorer_id, digest))
    made = call.services.scorers.register(call.actor, experiment_id, draft).scorer
    return message(
        version=made.version,
        scorer_id=_scorer_id(made),
        experiment_id=experiment_id,
        name=made.name,
        serialized_scorer=text,
        creation_time=made.created_ms,
    )


def list_latest(call: Call) -> Reply:
    """List the latest version of each scorer of some experiments, of all in reach without any."""
    ids = call.fields.texts("experiment_ids") or call.fields.texts("experiment_id")
    found = call.services.scorers.list(call.actor, [check_experiment_id(each) for each in ids])
    return message(scorers=[_message(scorer) for scorer in found if _is_mlflows(scorer)])


def list_versions(call: Call) -> Reply:
    """List every version of a scorer, oldest first."""
    return {"scorers": [_message(scorer) for scorer in reversed(_needed(call))]}


def get(call: Call) -> Reply:
    """Return one version of a scorer, the latest without a number."""
    found = _needed(call)
    version = call.fields.integer("version")
    for scorer in found:
        if version is None or scorer.version == version:
            return {"scorer": _message(scorer)}
    raise NotFound.of("scorer version", f"{found[0].name}/{version}")


def delete(call: Call) -> Reply:
    """Delete one version of a scorer, or all."""
    experiment_id, name = experiment_of(call), call.fields.needed("name")
    version = call.fields.integer("version")
    known = _needed(call)
    call.services.scorers.delete(call.actor, experiment_id, name, version=version)
    if version is None or len(known) == 1:
        _set_config(call, experiment_id, name, None)
    return {}


def get_online_configs(call: Call) -> Reply:
    """Return what is configured for scorers, by their ids; nothing for the others."""
    wanted = frozenset(call.fields.texts("scorer_ids"))
    if not wanted:
        raise Invalid("Missing value for required parameter 'scorer_ids'; send it.", details={"field": "scorer_ids"})
    known = call.services.scorers.list(call.actor)
    scorers = [each for each in known if _is_mlflows(each) and _scorer_id(each) in wanted]
    found: list[object] = []
    for experiment_id in dict.fromkeys(scorer.experiment_id for scorer in scorers):
        tags = call.services.experiments.get(call.actor, experiment_id).tags
        for scorer in scorers:
            config = _config(tags, scorer.name)
            if scorer.experiment_id == experiment_id and config is not None:
                found.append(config)
    return {"configs": found}


def put_online_config(call: Call) -> Reply:
    """Set how many traces, and which, a scorer is to judge online; 0 stops it."""
    fields, experiment_id = call.fields, experiment_of(call)
    rate = fields.number("sample_rate")
    if rate is None or not 0 <= rate <= 1:
        raise fields.wrong("sample_rate", "a number from 0 to 1")
    filter_string = fields.text("filter_string")
    if filter_string:
        parse_mlflow(filter_string, "trace")
    scorer = _needed(call)[0]
    if rate > 0 and not _model(scorer).startswith(_GATEWAY):
        raise Invalid(
            f"scorer {scorer.name!r} does not use a model of a gateway; only such a judge is run by the server.",
            details={"field": "name"},
        )
    known = _config(call.services.experiments.get(call.actor, experiment_id).tags, scorer.name)
    config_id = _uuid() if known is None else known["online_scoring_config_id"]
    config = message(
        online_scoring_config_id=config_id,
        scorer_id=_scorer_id(scorer),
        experiment_id=experiment_id,
        filter_string=filter_string or None,
    ) | {"sample_rate": rate}
    _set_config(call, experiment_id, scorer.name, orjson.dumps(config).decode())
    return {"config": config}


def _set_config(call: Call, experiment_id: ExperimentId, name: str, text: str | None) -> None:
    key = ONLINE_TAG + name
    change = ExperimentChange(delete_tags=(key,)) if text is None else ExperimentChange(set_tags={key: text})
    if text is not None or key in call.services.experiments.get(call.actor, experiment_id).tags:
        call.services.experiments.update(call.actor, experiment_id, change)


def _config(tags: Mapping[str, str], name: str) -> Mapping[str, JsonValue] | None:
    """Return what an experiment's tags say of a scorer; None for nothing, and for a tag that another hand wrote."""
    try:
        found: JsonValue = orjson.loads(tags.get(ONLINE_TAG + name, "null"))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, Mapping) or not isinstance(found.get("online_scoring_config_id"), str):
        return None
    return found


def _needed(call: Call) -> list[RegisteredScorer]:
    name = call.fields.needed("name")
    found = _versions(call, experiment_of(call), name)
    if not found:
        raise NotFound.of("scorer", name)
    return found


def _versions(call: Call, experiment_id: ExperimentId, name: str) -> list[RegisteredScorer]:
    """Return the versions that MLflow's clients registered, the latest first."""
    try:
        found = call.services.scorers.versions(call.actor, experiment_id, name)
    except NotFound as error:
        if error.error_code != "scorer_not_found":
            raise
        return []
    return [scorer for scorer in found if _is_mlflows(scorer)]


def _message(scorer: RegisteredScorer) -> dict[str, object]:
    return message(
        experiment_id=int(scorer.experiment_id),
        scorer_name=scorer.name,
        scorer_version=scorer.version,
        serialized_scorer=serialized_scorer(scorer.definition),
        creation_time=scorer.created_ms,
        scorer_id=_scorer_id(scorer),
    ) | {"experiment_id": int(scorer.experiment_id)}


def _is_mlflows(scorer: RegisteredScorer) -> bool:
    # Other doors take any definition, also one that tells of source code: it must not reach who would run it.
    text = serialized_scorer(scorer.definition)
    return text is not None and _fault(text) is None


def _scorer_id(scorer: RegisteredScorer) -> str:
    return str(scorer.definition.get("scorer_id", ""))


def _model(scorer: RegisteredScorer) -> str:
    """Return the model that a serialised judge names, wherever it stands."""
    found: JsonValue = orjson.loads(serialized_scorer(scorer.definition) or "{}")
    for part in ("instructions_judge_pydantic_data", "builtin_scorer_pydantic_data", "memory_augmented_judge_data"):
        data = found.get(part) if isinstance(found, Mapping) else None
        model = data.get("model") if isinstance(data, Mapping) else None
        if isinstance(model, str):
            return model
    return ""


def _check_serialized(text: str) -> None:
    fault = _fault(text)
    if fault is not None:
        raise Invalid(f"serialized_scorer: {fault}", details={"field": "serialized_scorer"})


def _fault(text: str) -> str | None:
    """Return why a serialised scorer is given to nobody; None when it may be."""
    try:
        found: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "it is no JSON."
    if not isinstance(found, Mapping):
        return "it is no JSON object."
    if _has_code(found, _MAX_DEPTH):
        return (
            "it holds source code (a function with @scorer), which whoever loads it would run; "
            "register built-in scorers and judges, and pass functions to evaluate directly."
        )
    return None


def _has_code(value: JsonValue, depth: int) -> bool:
    if depth == 0:
        return True
    if isinstance(value, Mapping):
        return bool(value.get("call_source")) or any(_has_code(item, depth - 1) for item in value.values())
    return isinstance(value, list) and any(_has_code(item, depth - 1) for item in value)


def _uuid() -> str:
    digits = new_hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


ENDPOINTS = (
    Endpoint("POST", "3.0/mlflow/scorers/register", register),
    Endpoint("GET", "3.0/mlflow/scorers/list", list_latest),
    Endpoint("GET", "3.0/mlflow/scorers/versions", list_versions),
    Endpoint("GET", "3.0/mlflow/scorers/get", get),
    Endpoint("DELETE", "3.0/mlflow/scorers/delete", delete),
    Endpoint("GET", "3.0/mlflow/scorers/online-configs", get_online_configs),
    Endpoint("PUT", "3.0/mlflow/scorers/online-config", put_online_config),
)
