"""Prompts, their versions and aliases."""

from collections.abc import Mapping, Sequence

from lodeline.domain.prompt import ChatMessage, Prompt, PromptAliasEvent, PromptVersion, RegisteredPrompt
from lodeline.domain.span import JsonValue
from lodeline.sdk.client.call import (
    Call,
    Listing,
    ModeT,
    Noun,
    call,
    given,
    listing,
    many,
    names,
    nothing,
    one,
    path_of,
)


class Prompts(Noun[ModeT]):
    """Calls about prompts, whose names are unique in the store. An `experiment` (id or name) that is given with a
    name must be one that the prompt belongs or is linked to."""

    @call
    def register(
        self,
        name: str,
        template: str | Sequence[ChatMessage],
        *,
        experiment: str | None = None,
        message: str = "",
        tags: Mapping[str, str] | None = None,
        response_format: JsonValue = None,
        model_config: Mapping[str, JsonValue] | None = None,
        description: str = "",
    ) -> Call[RegisteredPrompt]:
        """Register a version, of a text or of chat messages; the latest one when it says the same already.

        A new prompt belongs to `experiment` (None: the default one); that of another experiment is linked to it.
        """
        chat = None if isinstance(template, str) else [{"role": m.role, "content": m.content} for m in template]
        body = given(
            experiment=experiment,
            name=name,
            template=template if isinstance(template, str) else None,
            messages=chat,
            message=message,
            tags=dict(tags or {}),
            response_format=response_format,
            config=None if model_config is None else dict(model_config),
            description=description,
        )
        return Call("POST", path_of("prompts"), one(RegisteredPrompt), body=body, repeat="always")

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Prompt]:
        """List prompts, newest created first."""
        params = {"experiment": names(experiment), "filter": filter, "order": order}
        return Listing(path_of("prompts"), Prompt, params, limit, cursor)

    @call
    def get(self, name: str, *, experiment: str | None = None) -> Call[Prompt]:
        """Return one prompt with its aliases."""
        return Call("GET", path_of("prompts", name), one(Prompt), params={"experiment": experiment})

    @call
    def update(
        self,
        name: str,
        *,
        experiment: str | None = None,
        description: str | None = None,
        set_tags: Mapping[str, str] | None = None,
        delete_tags: Sequence[str] = (),
        set_aliases: Mapping[str, int] | None = None,
        delete_aliases: Sequence[str] = (),
        reason: str = "",
        link: Sequence[str] = (),
        unlink: Sequence[str] = (),
    ) -> Call[Prompt]:
        """Change what is given; `reason` is kept with every move of an alias. `link` and `unlink` are ids of
        experiments, which the prompt is then listed in and read from, or no more."""
        body = given(
            description=description,
            set_tags=dict(set_tags or {}),
            delete_tags=list(delete_tags),
            set_aliases=dict(set_aliases or {}),
            delete_aliases=list(delete_aliases),
            reason=reason,
            link=list(link),
            unlink=list(unlink),
        )
        params = {"experiment": experiment}
        return Call("PATCH", path_of("prompts", name), one(Prompt), params=params, body=body, repeat="always")

    @call
    def delete(self, name: str, *, experiment: str | None = None) -> Call[None]:
        """Remove a prompt with all of its versions for good."""
        return Call("DELETE", path_of("prompts", name), nothing, params={"experiment": experiment})

    @listing
    def versions(
        self, name: str, *, experiment: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Listing[PromptVersion]:
        """List the versions of a prompt, the latest first."""
        params = {"experiment": experiment}
        return Listing(path_of("prompts", name, "versions"), PromptVersion, params, limit, cursor)

    @call
    def version(
        self, name: str, version: str | int = "latest", *, experiment: str | None = None
    ) -> Call[PromptVersion]:
        """Return a version by its number, an alias, or "latest"."""
        path = path_of("prompts", name, "versions", str(version))
        return Call("GET", path, one(PromptVersion), params={"experiment": experiment})

    @call
    def alias_events(
        self, name: str, *, experiment: str | None = None, limit: int = 50
    ) -> Call[tuple[PromptAliasEvent, ...]]:
        """Return the moves of a prompt's aliases, the latest first."""
        params = {"experiment": experiment, "limit": limit}
        return Call("GET", path_of("prompts", name, "alias-events"), many(PromptAliasEvent), params=params)
