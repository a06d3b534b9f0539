"""Native routes of prompts."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.prompt import (
    MAX_LINKS,
    MAX_MESSAGES,
    MAX_NAME,
    MAX_REASON,
    MAX_TEMPLATE_CHARS,
    MAX_VERSION_MESSAGE,
    ChatMessage,
    Prompt,
    PromptAliasEvent,
    PromptChange,
    PromptDraft,
    PromptVersion,
    RegisteredPrompt,
)
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api import bodies
from lodeline.server.api.bodies import Body, TagKeys, Tags
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import CursorParam, LimitParam, NativeListedDep

router = native_router("/prompts", "prompts")

PromptPath = Annotated[str, Path(min_length=1, max_length=MAX_NAME, description="The prompt's name.")]
HomeParam = Annotated[
    str | None,
    Query(
        min_length=1, max_length=500,
        description="An experiment, by id or name, that the prompt must belong or be linked to.",
    ),
]  # fmt: skip
_Ref = Annotated[str, Path(min_length=1, max_length=100, description="A number, an alias, or `latest`.")]
_Content = Annotated[str, Field(max_length=MAX_TEMPLATE_CHARS)]
Links = Annotated[list[Annotated[str, Field(min_length=1, max_length=20)]], Field(max_length=MAX_LINKS)]
_Alias = Annotated[str, Field(min_length=1, max_length=100)]


class ChatMessageBody(Body):
    """One message; its content is a template."""

    role: Annotated[str, Field(min_length=1, max_length=50)]
    content: _Content


class PromptBody(Body):
    """A version: either a `template` or `messages`, in which `{{ name }}` stands for a variable."""

    experiment: Annotated[
        str | None,
        Field(
            min_length=1, max_length=500,
            description="The experiment, by id or name, that a new prompt belongs to (else 0), and that one of "
            "another experiment is linked to.",
        ),
    ] = None  # fmt: skip
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    template: _Content | None = None
    messages: Annotated[list[ChatMessageBody], Field(max_length=MAX_MESSAGES)] = Field(
        default_factory=list[ChatMessageBody]
    )
    message: Annotated[str, Field(max_length=MAX_VERSION_MESSAGE)] = ""
    tags: Tags = Field(default_factory=dict[str, str])
    response_format: bodies.Json = None
    config: Annotated[dict[str, bodies.Json] | None, Field(description="The model's parameters.")] = None
    description: Annotated[str, Field(max_length=100_000)] = ""


class PromptChangeBody(Body):
    """A change; tags and aliases are set, then deleted; links to experiments are added, then removed."""

    description: Annotated[str | None, Field(max_length=100_000)] = None
    set_tags: Tags = Field(default_factory=dict[str, str])
    delete_tags: TagKeys = Field(default_factory=list[str])
    set_aliases: Annotated[dict[_Alias, Annotated[int, Field(ge=1, le=2**31)]], Field(max_length=100)] = Field(
        default_factory=dict[str, int]
    )
    delete_aliases: Annotated[list[_Alias], Field(max_length=100)] = Field(default_factory=list[str])
    reason: Annotated[str, Field(max_length=MAX_REASON)] = ""
    link: Links = Field(default_factory=list[str])
    unlink: Links = Field(default_factory=list[str])


@router.post("", **answer(RegisteredPrompt, 404, 409, 413))
def register_prompt(actor: ActorDep, services: ServicesDep, body: PromptBody) -> Json:
    """Register a version; `made` is false when the latest one says the same already."""
    draft = PromptDraft(
        name=body.name,
        template=body.template,
        messages=tuple(ChatMessage(each.role, each.content) for each in body.messages),
        message=body.message,
        tags=body.tags,
        response_format=body.response_format,
        model_config=body.config,
        description=body.description,
    )
    return Json(services.prompts.register(actor, body.experiment, draft))


@router.get("", **answer(Page[Prompt], 404))
def search_prompts(actor: ActorDep, services: ServicesDep, query: NativeListedDep) -> Json:
    """List prompts, newest created first."""
    return Json(services.prompts.search(actor, query))


@router.get("/{name}", **answer(Prompt, 404))
def get_prompt(actor: ActorDep, services: ServicesDep, name: PromptPath, experiment: HomeParam = None) -> Json:
    """Return one prompt with its aliases."""
    return Json(services.prompts.get(actor, name, experiment=experiment))


@router.patch("/{name}", **answer(Prompt, 404, 409, 413))
def update_prompt(
    actor: ActorDep,
    services: ServicesDep,
    name: PromptPath,
    body: PromptChangeBody,
    experiment: HomeParam = None,
) -> Json:
    """Describe and tag a prompt, move its aliases, link it to experiments."""
    change = PromptChange(
        description=body.description,
        set_tags=body.set_tags,
        delete_tags=tuple(body.delete_tags),
        set_aliases=body.set_aliases,
        delete_aliases=tuple(body.delete_aliases),
        reason=body.reason,
        link=tuple(map(ExperimentId, body.link)),
        unlink=tuple(map(ExperimentId, body.unlink)),
    )
    return Json(services.prompts.update(actor, name, change, experiment=experiment))


@router.delete("/{name}", **answer(None, 404, 409, status=204))
def delete_prompt(actor: ActorDep, services: ServicesDep, name: PromptPath, experiment: HomeParam = None) -> None:
    """Remove a prompt with all of its versions for good."""
    services.prompts.delete(actor, name, experiment=experiment)


@router.get("/{name}/versions", **answer(Page[PromptVersion], 404))
def list_prompt_versions(
    actor: ActorDep,
    services: ServicesDep,
    name: PromptPath,
    *,
    experiment: HomeParam = None,
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List the versions of a prompt, the latest first."""
    return Json(services.prompts.versions(actor, name, experiment=experiment, limit=limit, cursor=cursor))


@router.get("/{name}/versions/{version}", **answer(PromptVersion, 404))
def get_prompt_version(
    actor: ActorDep,
    services: ServicesDep,
    name: PromptPath,
    version: _Ref,
    experiment: HomeParam = None,
) -> Json:
    """Return one version."""
    return Json(services.prompts.version(actor, name, version, experiment=experiment))


@router.get("/{name}/alias-events", **answer(list[PromptAliasEvent], 404))
def list_prompt_alias_events(
    actor: ActorDep,
    services: ServicesDep,
    name: PromptPath,
    experiment: HomeParam = None,
    limit: LimitParam = 50,
) -> Json:
    """Return the moves of a prompt's aliases, the latest first."""
    return Json(services.prompts.alias_events(actor, name, experiment=experiment, limit=limit))
