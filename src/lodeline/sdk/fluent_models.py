"""Fluent functions about versions of the application, over the default client."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from lodeline.domain.errors import NotFound
from lodeline.domain.gate import GateRun
from lodeline.domain.ids import RunId
from lodeline.domain.model import GateOutcome, GitInfo, Model, ModelDraft, ModelStatus, PromptUse
from lodeline.query.literals import quote
from lodeline.sdk import provider
from lodeline.sdk.attributes import label_text
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.default_client import default_client
from lodeline.sdk.fluent_experiments import make_experiment
from lodeline.sdk.git import read_git


def create_model(
    name: str,
    *,
    experiment: str | None = None,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
    model_type: str | None = None,
    prompts: Sequence[PromptUse] = (),
    source_run_id: str | None = None,
    status: ModelStatus = "READY",
    with_diff: bool = True,
) -> Model:
    """Create a version of the application and return it; git's commit, branch and uncommitted changes come along.

    From the same commit without changes, with the same params, prompts and type, it is the same version: that is
    returned. `experiment` (id or name) is by default the one that is traced to; a name that the server does not know
    becomes a new experiment. `with_diff` False keeps the text of uncommitted changes here.

    >>> import lodeline
    >>> model = lodeline.create_model("support bot", params={"top_k": 5})  # doctest: +SKIP
    """
    git = read_git(with_diff=with_diff)
    texts = {str(key): label_text(value) for key, value in (params or {}).items()}
    config = _digest({"params": texts, "type": model_type, "prompts": [(p.name, p.version) for p in prompts]})
    draft = ModelDraft(
        name=name,
        status=status,
        model_type=model_type,
        source_run_id=None if source_run_id is None else RunId(source_run_id),
        params=texts,
        tags={str(key): label_text(value) for key, value in (tags or {}).items()},
        git=git,
        config_digest=config,
        prompt_versions=tuple(prompts),
        reuse_key=_reuse_key(name, git, config),
    )
    client = default_client()
    if experiment is not None:
        return client.models.create(draft, experiment=experiment)
    return _made(client, draft)


def named_model(name: str) -> Model:
    """Return the latest version of this name in the experiment that is traced to, or the one of this id; made when
    there is none, READY, without what git says. Programs that ask at one time are given the same one.

    Spans that wait are not waited for.
    """
    client = default_client(flush=False)
    wanted = f"name = {quote(name)} OR id = {quote(name)}"
    try:
        found = client.models.search(experiment=provider.current_experiment(), filter=wanted, limit=1).first()
    except NotFound as error:
        if error.error_code != "experiment_not_found":
            raise
        found = None
    return found or _made(client, ModelDraft(name=name, status="READY", reuse_key=_digest({"named": name})))


def _made(client: LodelineClient, draft: ModelDraft) -> Model:
    """Make a version in the experiment that is traced to, and that experiment when there is none."""
    holder = provider.current_experiment()
    try:
        return client.models.create(draft, experiment=holder)
    except NotFound as error:
        if error.error_code != "experiment_not_found":
            raise
        return client.models.create(draft, experiment=make_experiment(client, holder))


def get_model(model_id: str | None = None, *, alias: str | None = None, experiment: str | None = None) -> Model:
    """Return the model of this id, or the one that an alias of an experiment points at; NotFound without one."""
    models = default_client().models
    if model_id is not None:
        return models.get(model_id)
    return models.by_alias(alias or "", experiment=experiment or provider.current_experiment())


def search_models(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
) -> list[Model]:
    """Return models that match a filter, newest first, at most `limit` (None: all of them)."""
    return default_client().models.search(experiment=experiment, filter=filter, order=order, limit=limit).all()


def set_model_alias(
    alias: str,
    model_id: str | None,
    *,
    experiment: str | None = None,
    reason: str = "",
    gate: GateOutcome | None = None,
    gate_report: str | None = None,
    gate_run: GateRun | None = None,
) -> Model | None:
    """Point an alias of an experiment, such as "production", at a model, or (None) take it away; return the model.

    Who moved it, when and why is kept, and what justified it: the server holds the gate of a `gate_run` (rules on an
    evaluation of the model) and keeps its outcome and report. Without one, `gate` and `gate_report` are kept as you
    say them. Conflict for a FAILED model, and without a `gate_run` that passes where the experiment's setting
    `gated_aliases` names the alias.
    """
    models = default_client().models
    return models.set_alias(
        alias, model_id, experiment=experiment or provider.current_experiment(), reason=reason, gate=gate,
        gate_report=gate_report, gate_run=gate_run,
    )  # fmt: skip


def _reuse_key(name: str, git: GitInfo | None, config: str) -> str | None:
    """Return what makes two versions the same; None when nothing can tell, as with uncommitted changes."""
    return None if git is None or git.dirty else _digest({"name": name, "commit": git.commit, "config": config})


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
