"""Registered judges: kept with everything they ask, and made again from it."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, cast

from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.registered_scorer import ScorerRegistration
from lodeline.domain.span import JsonValue
from lodeline.evals.judges.judge import Judge
from lodeline.evals.judges.model import JudgeModel
from lodeline.evals.judges.opening import open_model
from lodeline.evals.judges.stored import judge_document, judge_of
from lodeline.evals.scoring.bound import as_scorer
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.default_client import default_client
from lodeline.sdk.provider import current_experiment


def register_judge(judge: Judge, *, experiment: str | None = None, message: str = "") -> ScorerRegistration:
    """Keep a judge as the next version of the registered scorer of its name; the latest one when nothing changed.

    Kept is what it asks and how it answers, its examples included; never its model's key or address.
    """
    return keep_judge(default_client(), judge, experiment_of(experiment), message)


def load_judge(
    name: str, *, experiment: str | None = None, version: int | None = None, model: str | JudgeModel | None = None,
    **options: Any,
) -> Judge:  # fmt: skip
    """Return a registered judge, the latest version unless another is named, ready to be called.

    It asks the model it was registered with, unless `model` is another; `options` are those of `open_model`. NotFound
    for an unknown name or version; Invalid for a scorer that is no registered judge.
    """
    found = default_client().scorers.versions(name, experiment=experiment_of(experiment))
    chosen = next((each for each in found if version in {None, each.version}), None)
    if chosen is None:
        raise NotFound.of("scorer version", f"{name}/{version}")
    document = chosen.definition.get("judge")
    if not isinstance(document, Mapping):
        raise Invalid(f"scorer {name!r}: version {chosen.version} is no judge that `register_judge` kept.")
    known = document.get("model")
    if model is None and not isinstance(known, str):
        raise Invalid.value("judge.model", known, "the name of a model; give `model`")
    if model is not None and not isinstance(model, str) and not options:
        return judge_of(name, document, model)
    return judge_of(name, document, open_model(cast("str", known) if model is None else model, **options))


def experiment_of(experiment: str | None) -> str:
    """Return the experiment (id or name) that is named, or else the one that new traces go to."""
    return experiment or current_experiment()


def keep_judge(
    client: LodelineClient, judge: Judge, experiment: str, message: str,
    alignment: Mapping[str, JsonValue] | None = None,
) -> ScorerRegistration:  # fmt: skip
    """Register a judge, with the record of the alignment that made it."""
    definition = asdict(replace(as_scorer(judge).definition, source=None))
    document = {**definition, "wants": list(definition["wants"]), "judge": judge_document(judge)}
    if alignment is not None:
        document["alignment"] = alignment
    return client.scorers.register(judge.name, document, experiment=experiment, message=message)
