"""Prompts, which in MLflow's protocol are registered models with a tag that says so. Other registered models are
refused.

A version's content never changes; its tags do. A deleted version stays, marked by a tag, and is not shown any more.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from lodeline.auth.policy import may, reach_of
from lodeline.domain.errors import Invalid, NotFound, TooLarge, Unsupported
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId, is_experiment_id
from lodeline.domain.prompt import MAX_VERSION_TAG, EmptyPrompt, Prompt, PromptChange, PromptVersion
from lodeline.mlflow.vocabulary import (
    IS_PROMPT,
    PROMPT_DELETED,
    PROMPT_EXPERIMENTS,
    PROMPT_SHAPE_TAGS,
    prompt_draft,
    prompt_experiments,
    prompt_tags,
)
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.paging import active_experiments, collected, list_query, max_results
from lodeline.server.mlflow.wire import Reply, message, page_token, pairs

_DEFAULT_RESULTS = 100
_MOST_RESULTS = 1_000
_PAGE = 100
_RESERVED_ALIAS = re.compile(r"latest|v[0-9]+", re.IGNORECASE)
_IN_EXPERIMENT = re.compile(r"tags?\.[`\"]?_mlflow_experiment_ids[`\"]?\s+I?LIKE\s+'%,([0-9]+),%'", re.IGNORECASE)
_ALWAYS = f"tags.`{IS_PROMPT}` = 'true'"
_OF_PROMPT = re.compile(
    r"\s*(?:tags?\.[`\"]?mlflow\.prompt\.is_prompt[`\"]?\s*=\s*'true'\s*(?:AND|$)\s*"
    r"|name\s*=\s*(?:'([^']*)'|\"([^\"]*)\")\s*(?:AND|$)\s*)*",
    re.IGNORECASE,
)


def create(call: Call) -> Reply:
    """Make a prompt without versions."""
    tags = call.fields.pairs("tags")
    name = call.fields.needed("name")
    if tags.get(IS_PROMPT, "").lower() != "true":
        raise _no_model()
    own = {key: value for key, value in tags.items() if key not in {IS_PROMPT, PROMPT_EXPERIMENTS}}
    listed = [ExperimentId(each) for each in prompt_experiments(tags.get(PROMPT_EXPERIMENTS))]
    home = listed[0] if listed else _home(call)
    draft = EmptyPrompt(name, call.fields.text("description") or "", own)
    made = call.services.prompts.create(call.actor, home, draft)
    if listed[1:]:
        made = call.services.prompts.update(call.actor, name, PromptChange(link=tuple(listed[1:])))
    return {"registered_model": _prompt_message(call, made)}


def get(call: Call) -> Reply:
    """Return a prompt with its latest version."""
    return {"registered_model": _prompt_message(call, _prompt(call))}


def update(call: Call) -> Reply:
    """Describe a prompt."""
    change = PromptChange(description=call.fields.text("description") or "")
    changed = call.services.prompts.update(call.actor, call.fields.needed("name"), change)
    return {"registered_model": _prompt_message(call, changed)}


def delete(call: Call) -> Reply:
    """Delete a prompt with its versions."""
    call.services.prompts.delete(call.actor, call.fields.needed("name"))
    return {}


def search(call: Call) -> Reply:
    """List prompts by name. A search that does not ask for prompts asks for models, of which there are none."""
    text = call.fields.text("filter") or ""
    if IS_PROMPT not in text:
        return {}
    limit = max_results(call.fields, default=_DEFAULT_RESULTS, most=_MOST_RESULTS)
    found = _IN_EXPERIMENT.search(text)
    experiments = active_experiments(call, (found[1],)) if found else ()
    if found and not experiments:
        return {}
    query = list_query(call.fields, limit, experiments=experiments)
    query = replace(query, filter=_IN_EXPERIMENT.sub(_ALWAYS, text), order=query.order or "name")
    page = collected(lambda asked: call.services.prompts.search(call.actor, asked), query, limit)
    models = [_prompt_message(call, item) for item in page.items]
    return message(registered_models=models, next_page_token=page_token(page.cursor))


def set_tag(call: Call) -> Reply:
    """Set a tag of a prompt; the one that lists its experiments links it to them."""
    name, key, value = call.fields.needed("name"), call.fields.needed("key"), call.fields.text("value") or ""
    if key == IS_PROMPT:
        raise Invalid.value("key", key, "a tag that does not say what a prompt is")
    if key == PROMPT_EXPERIMENTS:
        found = _prompt(call)
        listed = [ExperimentId(each) for each in prompt_experiments(value) if is_experiment_id(each)]
        present = {found.experiment_id, *found.linked_experiment_ids}
        change = PromptChange(link=tuple(each for each in listed if each not in present))
    else:
        change = PromptChange(set_tags={key: value})
    call.services.prompts.update(call.actor, name, change)
    return {}


def delete_tag(call: Call) -> Reply:
    """Delete a tag of a prompt; one that is absent is fine."""
    change = PromptChange(delete_tags=(call.fields.needed("key"),))
    call.services.prompts.update(call.actor, call.fields.needed("name"), change)
    return {}


def set_alias(call: Call) -> Reply:
    """Let an alias lead to a version."""
    alias = call.fields.needed("alias")
    if _RESERVED_ALIAS.fullmatch(alias):
        raise Invalid.value(
            "alias", alias, "an alias that is neither 'latest' nor 'v' and a number, which are reserved"
        )
    found = _version(call)
    change = PromptChange(set_aliases={alias: found.version})
    call.services.prompts.update(call.actor, found.name, change)
    return {}


def delete_alias(call: Call) -> Reply:
    """Delete an alias; one that is absent is fine."""
    change = PromptChange(delete_aliases=(call.fields.needed("alias"),))
    call.services.prompts.update(call.actor, call.fields.needed("name"), change)
    return {}


def get_by_alias(call: Call) -> Reply:
    """Return the version that an alias leads to; `latest` is the newest. A missing alias is invalid."""
    prompt, alias = _prompt(call), call.fields.needed("alias")
    if alias == "latest":
        found = next(_versions(call, prompt), None)
    else:
        number = prompt.aliases.get(alias)
        found = None if number is None else _version_at(call, prompt, number)
    if found is None:
        raise Invalid(f"Registered model alias {alias} not found.", details={"field": "alias"})
    return {"model_version": _version_message(prompt, found)}


def create_version(call: Call) -> Reply:
    """Register the next version of a prompt, also one that says what the latest does."""
    fields = call.fields
    tags = fields.pairs("tags")
    prompt = _prompt(call)
    if tags.get(IS_PROMPT, "").lower() != "true":
        raise _no_model()
    for key, value in tags.items():
        if len(value) > MAX_VERSION_TAG:
            raise TooLarge(f"tag {key!r}: {len(value)} characters are over the limit of {MAX_VERSION_TAG}.")
    draft = prompt_draft(prompt.name, tags, fields.text("description") or "")
    made = call.services.prompts.register(call.actor, None, draft, repeat=True).version
    return {"model_version": _version_message(prompt, made)}


def get_version(call: Call) -> Reply:
    """Return a version."""
    return {"model_version": _version_message(_prompt(call), _version(call))}


def delete_version(call: Call) -> Reply:
    """Show a version no more, and let no alias lead to it."""
    prompt, found = _prompt(call), _version(call)
    aliases = tuple(alias for alias, number in prompt.aliases.items() if number == found.version)
    if aliases:
        call.services.prompts.update(call.actor, prompt.name, PromptChange(delete_aliases=aliases))
    call.services.prompts.tag_version(call.actor, prompt.name, found.version, set_tags={PROMPT_DELETED: "true"})
    return {}


def search_versions(call: Call) -> Reply:
    """List the versions of the prompt that a filter names, newest first."""
    text = call.fields.text("filter") or ""
    if IS_PROMPT not in text:
        return {}
    named = _OF_PROMPT.fullmatch(text)
    name = None if named is None else named[1] or named[2]
    if name is None:
        raise Unsupported("filter: versions are found by the name of their prompt alone; send name = 'NAME'.")
    limit = max_results(call.fields, default=_DEFAULT_RESULTS, most=_MOST_RESULTS)
    try:
        prompt = call.services.prompts.get(call.actor, name)
    except NotFound:
        return {}
    page = call.services.prompts.versions(call.actor, name, limit=limit, cursor=call.fields.text("page_token"))
    found = [_version_message(prompt, item) for item in page.items if PROMPT_DELETED not in item.tags]
    return message(model_versions=found, next_page_token=page_token(page.cursor))


def set_version_tag(call: Call) -> Reply:
    """Set a tag of a version; those that hold its content are fixed."""
    found, key = _version(call), _free_key(call)
    tags = {key: call.fields.text("value") or ""}
    call.services.prompts.tag_version(call.actor, found.name, found.version, set_tags=tags)
    return {}


def delete_version_tag(call: Call) -> Reply:
    """Delete a tag of a version; one that is absent is fine."""
    found = _version(call)
    call.services.prompts.tag_version(
        call.actor, found.name, found.version, set_tags={}, delete_tags=(_free_key(call),)
    )
    return {}


def _free_key(call: Call) -> str:
    key = call.fields.needed("key")
    if key in PROMPT_SHAPE_TAGS or key == PROMPT_DELETED:
        raise Invalid.value("key", key, "a tag that does not hold the content of a version, which never changes")
    return key


def _home(call: Call) -> ExperimentId:
    """Return where a prompt goes that names no experiment: the default one, else the only one in reach."""
    if not may(call.actor, "prompt.write", DEFAULT_EXPERIMENT):
        reach = reach_of(call.actor, "prompt.write")
        if not reach.all_but and reach.experiment_ids:
            return min(reach.experiment_ids, key=int)
    return DEFAULT_EXPERIMENT


def _prompt(call: Call) -> Prompt:
    return call.services.prompts.get(call.actor, call.fields.needed("name"))


def _version(call: Call) -> PromptVersion:
    return _version_at(call, _prompt(call), call.fields.needed_integer("version"))


def _version_at(call: Call, prompt: Prompt, number: int) -> PromptVersion:
    found = call.services.prompts.version(call.actor, prompt.name, str(number))
    if PROMPT_DELETED in found.tags or found.version != number:
        raise NotFound.of("prompt version", f"{prompt.name}/{number}")
    return found


def _versions(call: Call, prompt: Prompt) -> Iterator[PromptVersion]:
    """Yield the versions that are shown, newest first."""
    cursor: str | None = None
    while True:
        page = call.services.prompts.versions(call.actor, prompt.name, limit=_PAGE, cursor=cursor)
        yield from (version for version in page.items if PROMPT_DELETED not in version.tags)
        cursor = page.cursor
        if cursor is None:
            return


def _prompt_message(call: Call, prompt: Prompt) -> dict[str, object]:
    latest = next(_versions(call, prompt), None) if prompt.latest_version else None
    # Who named no experiment named the default one no more than any.
    own = () if prompt.experiment_id == DEFAULT_EXPERIMENT else (prompt.experiment_id,)
    homes = ",".join((*own, *prompt.linked_experiment_ids))
    tags = {**prompt.tags, IS_PROMPT: "true", **({PROMPT_EXPERIMENTS: f",{homes},"} if homes else {})}
    return message(
        name=prompt.name,
        creation_timestamp=prompt.created_ms,
        last_updated_timestamp=prompt.updated_ms,
        description=prompt.description or None,
        latest_versions=[] if latest is None else [_version_message(prompt, latest)],
        tags=pairs(tags),
        aliases=[{"alias": alias, "version": str(number)} for alias, number in sorted(prompt.aliases.items())],
    )


def _version_message(prompt: Prompt, version: PromptVersion) -> dict[str, object]:
    return message(
        name=version.name,
        version=str(version.version),
        creation_timestamp=version.created_ms,
        last_updated_timestamp=version.created_ms,
        user_id=version.author,
        description=version.message or None,
        tags=pairs(prompt_tags(version)),
        aliases=sorted(alias for alias, number in prompt.aliases.items() if number == version.version),
    ) | {
        "current_stage": "None", "source": "dummy-source", "run_id": "", "status": "READY", "run_link": "",
    }  # fmt: skip


def _no_model() -> Unsupported:
    return Unsupported(
        f"registered models other than prompts (tag {IS_PROMPT}) are not kept here; log versions of an application "
        "as logged models (mlflow.set_active_model)."
    )


_MODELS, _VERSIONS = "2.0/mlflow/registered-models", "2.0/mlflow/model-versions"
ENDPOINTS = (
    Endpoint("POST", f"{_MODELS}/create", create),
    Endpoint("GET", f"{_MODELS}/get", get),
    Endpoint("PATCH", f"{_MODELS}/update", update),
    Endpoint("DELETE", f"{_MODELS}/delete", delete),
    Endpoint("GET", f"{_MODELS}/search", search),
    Endpoint("POST", f"{_MODELS}/set-tag", set_tag),
    Endpoint("DELETE", f"{_MODELS}/delete-tag", delete_tag),
    Endpoint("POST", f"{_MODELS}/alias", set_alias),
    Endpoint("DELETE", f"{_MODELS}/alias", delete_alias),
    Endpoint("GET", f"{_MODELS}/alias", get_by_alias),
    Endpoint("POST", f"{_VERSIONS}/create", create_version),
    Endpoint("GET", f"{_VERSIONS}/get", get_version),
    Endpoint("DELETE", f"{_VERSIONS}/delete", delete_version),
    Endpoint("GET", f"{_VERSIONS}/search", search_versions),
    Endpoint("POST", f"{_VERSIONS}/set-tag", set_version_tag),
    Endpoint("DELETE", f"{_VERSIONS}/delete-tag", delete_version_tag),
)
