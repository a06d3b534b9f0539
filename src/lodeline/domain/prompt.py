"""Prompt: a named template with immutable versions, and aliases that move between them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from lodeline.domain.canonical import canonical_json, digest_of
from lodeline.domain.errors import Conflict, Invalid, NotFound, TooLarge, shown
from lodeline.domain.experiment import MAX_DESCRIPTION, check_tags
from lodeline.domain.ids import ExperimentId
from lodeline.domain.span import JsonValue

PromptKind = Literal["text", "chat"]
MAX_NAME = 250
MAX_VERSION_TAG = 100_000
"""Characters of the value of a tag of a version."""
MAX_TEMPLATE_CHARS = 500_000
"""Of the text, or of all messages together."""
MAX_MESSAGES = 1_000
MAX_CONFIG_CHARS = 100_000
MAX_VERSION_MESSAGE = 2_000
MAX_ALIASES = 100
MAX_LINKS = 100
MAX_REASON = 2_000
RENAMED_FROM = "lodeline.renamed_from"
"""The tag of a prompt whose name was taken when it came into the store; it has the name that it had before."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,249}")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,99}")
_ROLE = re.compile(r"[A-Za-z_]{1,50}")
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a chat prompt; its content is a template."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class PromptDraft:
    """What a new version is made from: a `template`, or with kind "chat" `messages`.

    `description` is taken when the draft makes the prompt itself; `tags` are the version's.
    """

    name: str
    template: str | None = None
    messages: tuple[ChatMessage, ...] = ()
    message: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    response_format: JsonValue = None
    model_config: Mapping[str, JsonValue] | None = None
    description: str = ""

    @property
    def kind(self) -> PromptKind:
        """The kind of the prompt."""
        return "chat" if self.messages else "text"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. Times are epoch milliseconds.

    No two prompts of a store have the same name. It belongs to the experiment that registered it first, and may be
    linked to others, where it is listed and can be read.
    """

    name: str
    experiment_id: ExperimentId
    latest_version: int
    created_ms: int
    updated_ms: int
    created_by: str | None = None
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    aliases: Mapping[str, int] = field(default_factory=dict[str, int])
    linked_experiment_ids: tuple[ExperimentId, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """One version, which never changes but for its tags. `variables` are the names that its template has, in order.

    `experiment_id` is the one that the prompt belongs to. `message` says why it was made. `digest` is over kind,
    template or messages, response format and model config.
    """

    name: str
    experiment_id: ExperimentId
    version: int
    kind: PromptKind
    digest: str
    created_ms: int
    template: str | None = None
    messages: tuple[ChatMessage, ...] = ()
    variables: tuple[str, ...] = ()
    message: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    response_format: JsonValue = None
    model_config: Mapping[str, JsonValue] | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class EmptyPrompt:
    """What a prompt is made from that has no version yet."""

    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class RegisteredPrompt:
    """The version that a draft became; `made` is false when the latest one said the same already."""

    version: PromptVersion
    made: bool


@dataclass(frozen=True, slots=True)
class PromptChange:
    """A change of a prompt: None leaves a field; tags are set, then deleted, and so are aliases, for `reason`; links
    to experiments are added, then removed."""

    description: str | None = None
    set_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    delete_tags: tuple[str, ...] = ()
    set_aliases: Mapping[str, int] = field(default_factory=dict[str, int])
    delete_aliases: tuple[str, ...] = ()
    reason: str = ""
    link: tuple[ExperimentId, ...] = ()
    unlink: tuple[ExperimentId, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptAliasEvent:
    """An alias moved from version `before` (None: it was new) to `after` (None: it was deleted)."""

    alias: str
    before: int | None
    after: int | None
    at_ms: int
    by: str | None = None
    reason: str = ""


def check_prompt_name(name: str) -> str:
    """Return `name`; Invalid unless it is letters, digits, or _ . -, at most 250 of them."""
    if not _NAME.fullmatch(name):
        raise Invalid.value("prompt name", name, "1 to 250 letters, digits or _ . -, not beginning with . or -")
    return name


def check_alias(alias: str) -> str:
    """Return `alias`; Invalid unless it is a letter and up to 99 letters, digits, or _ . -, and not "latest"."""
    if not _ALIAS.fullmatch(alias) or alias == "latest":
        raise Invalid.value("alias", alias, "a letter and up to 99 letters, digits or _ . -, not 'latest'")
    return alias


def check_prompt(draft: PromptDraft) -> str:
    """Return the digest of a draft; Invalid or TooLarge when it cannot be a version."""
    check_prompt_name(draft.name)
    if (draft.template is None) == (not draft.messages):
        raise Invalid("prompt: give either a template or messages.", details={"field": "template"})
    if len(draft.messages) > MAX_MESSAGES:
        raise TooLarge(f"messages: {len(draft.messages)} are over the limit of {MAX_MESSAGES}.")
    for message in draft.messages:
        if not _ROLE.fullmatch(message.role):
            raise Invalid.value("role", message.role, "1 to 50 letters, such as system, user or assistant")
    size = len(draft.template or "") + sum(len(message.content) for message in draft.messages)
    if size > MAX_TEMPLATE_CHARS:
        raise TooLarge(f"template: {size} characters are over the limit of {MAX_TEMPLATE_CHARS}.")
    for noun, text, most in (
        ("message", draft.message, MAX_VERSION_MESSAGE), ("description", draft.description, MAX_DESCRIPTION),
    ):  # fmt: skip
        if len(text) > most:
            raise TooLarge(f"{noun}: {len(text)} characters are over the limit of {most}.")
    check_tags(draft.tags, most=MAX_VERSION_TAG)
    for value in (draft.response_format, draft.model_config):
        canonical_json(value, most_chars=MAX_CONFIG_CHARS)
    return prompt_digest(draft)


def prompt_digest(draft: PromptDraft) -> str:
    """Return the digest of what a version says."""
    return digest_of(
        {
            "kind": draft.kind,
            "template": draft.template,
            "messages": [[message.role, message.content] for message in draft.messages],
            "response_format": draft.response_format,
            "model_config": draft.model_config,
        }
    )


def version_of(
    draft: PromptDraft, digest: str, experiment_id: ExperimentId, version: int, *, by: str | None, now_ms: int
) -> PromptVersion:
    """Return the version that a checked draft becomes."""
    return PromptVersion(
        name=draft.name,
        experiment_id=experiment_id,
        version=version,
        kind=draft.kind,
        digest=digest,
        created_ms=now_ms,
        template=draft.template,
        messages=draft.messages,
        variables=variables_of([draft.template or "", *(message.content for message in draft.messages)]),
        message=draft.message,
        tags=dict(draft.tags),
        response_format=draft.response_format,
        model_config=draft.model_config,
        author=by,
    )


def changed_prompt(
    old: Prompt, change: PromptChange, *, by: str | None, now_ms: int
) -> tuple[Prompt, list[PromptAliasEvent]]:
    """Return a prompt after a change, and what happened to its aliases; NotFound for a version that is not there,
    TooLarge for too many aliases or links."""
    aliases = dict(old.aliases)
    for alias, version in change.set_aliases.items():
        if not 1 <= version <= old.latest_version:
            raise no_prompt_version(old.name, str(version), old.latest_version)
        aliases[alias] = version
    for alias in change.delete_aliases:
        aliases.pop(alias, None)
    if len(aliases) > MAX_ALIASES:
        raise TooLarge(f"aliases: {len(aliases)} are over the limit of {MAX_ALIASES}.")
    tags = {**old.tags, **change.set_tags}
    links = [link for link in dict.fromkeys((*old.linked_experiment_ids, *change.link)) if link not in change.unlink]
    links = sorted((link for link in links if link != old.experiment_id), key=int)
    if len(links) > MAX_LINKS:
        raise TooLarge(f"link: a prompt is linked to at most {MAX_LINKS} experiments.")
    new = replace(
        old,
        description=old.description if change.description is None else change.description,
        tags={key: value for key, value in tags.items() if key not in change.delete_tags},
        aliases=dict(sorted(aliases.items())),
        linked_experiment_ids=tuple(links),
        updated_ms=now_ms,
    )
    moved = [
        PromptAliasEvent(alias, old.aliases.get(alias), aliases.get(alias), now_ms, by, change.reason)
        for alias in dict.fromkeys((*change.set_aliases, *change.delete_aliases))
        if old.aliases.get(alias) != aliases.get(alias)
    ]
    return new, moved


def empty_prompt(draft: EmptyPrompt, experiment_id: ExperimentId, *, by: str | None, now_ms: int) -> Prompt:
    """Return a prompt without versions."""
    return Prompt(
        draft.name, experiment_id, 0, now_ms, now_ms, created_by=by, description=draft.description,
        tags=dict(draft.tags),
    )  # fmt: skip


def tagged_version(version: PromptVersion, set_tags: Mapping[str, str], delete_tags: Iterable[str]) -> PromptVersion:
    """Return a version with tags set, then deleted."""
    gone = frozenset(delete_tags)
    tags = {**version.tags, **set_tags}
    return replace(version, tags={key: value for key, value in tags.items() if key not in gone})


def no_prompt_version(name: str, what: str, latest: int) -> NotFound:
    """Return the error for a version that does not exist."""
    return NotFound(
        f"prompt {shown(name)} has no version {shown(what)}; its latest is {latest}.",
        code="prompt_version_not_found",
        details={"noun": "prompt version", "id": what, "latest": latest},
    )


def prompt_name_taken(name: str) -> Conflict:
    """Return the error for a name of a prompt that the caller may not write to; it says nothing of that prompt."""
    return Conflict(
        f"prompt name {shown(name)} is taken: names are unique in the whole store, and its prompt is in an experiment"
        " that is out of your reach or deleted. Choose another name.",
        code="prompt_name_taken",
        details={"name": name},
    )


def names_when_taken(name: str, experiment_id: ExperimentId) -> tuple[str, ...]:
    """Return the names to try, in their order, for a prompt that comes into an experiment with a name: that itself,
    then names that follow from it and the experiment, so that coming again finds what came first."""
    base = f"{name[:200]}.experiment-{experiment_id}"
    return (name, base, *(f"{base}-{number}" for number in range(2, 10)))


def kind_differs(name: str, kind: PromptKind) -> Conflict:
    """Return the error for a version of another kind than those before."""
    return Conflict(f"prompt {shown(name)} is a {kind} prompt; register the other kind under another name.")


def variables_of(templates: Iterable[str]) -> tuple[str, ...]:
    """Return the names of ``{{ name }}`` in templates, each once, in their order."""
    return tuple(dict.fromkeys(hit[1] for template in templates for hit in _VARIABLE.finditer(template)))


def fill(template: str, values: Mapping[str, object]) -> str:
    """Return a template with values in place of ``{{ name }}``, as they are: what they hold is not looked at again.

    Texts stand as they are, other values as JSON. KeyError for a name without a value; see `check_values`.
    """
    return _VARIABLE.sub(lambda hit: _text(values[hit[1]]), template)


def check_values(name: str, variables: Iterable[str], values: Mapping[str, object]) -> None:
    """Return when there is a value for every variable and for nothing else; else Invalid, which names both."""
    wanted = set(variables)
    missing, extra = sorted(wanted - values.keys()), sorted(values.keys() - wanted)
    if missing or extra:
        parts = [f"{what}: {', '.join(names)}" for what, names in (("missing", missing), ("unknown", extra)) if names]
        raise Invalid(
            f"prompt {shown(name)}: {'; '.join(parts)}. Its variables are {', '.join(sorted(wanted)) or 'none'}.",
            details={"missing": missing, "unknown": extra},
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
