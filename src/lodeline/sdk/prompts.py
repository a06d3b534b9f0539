"""Prompts in programs: loaded once and kept for a while, filled with values, noted on the traces that use them."""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from opentelemetry.trace import get_current_span

from lodeline.domain.errors import Invalid, Unavailable
from lodeline.domain.prompt import ChatMessage, Prompt, PromptVersion, check_values, fill
from lodeline.domain.span import JsonValue
from lodeline.sdk.attributes import METADATA
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.default_client import default_client
from lodeline.sdk.provider import get_defaults
from lodeline.sdk.quiet import complain, quietly
from lodeline.sdk.spans import trace_span, update_current_trace

CACHE_TTL_S = 60.0
"""How long "latest" and aliases are taken to mean the version that they meant; a version's number always does."""
MAX_CACHED = 1_000
TRACE_PROMPTS = "lodeline.prompts"
"""The entry of a trace's metadata that lists the prompts it used, as JSON: ``[{"name": …, "version": …}]``."""
TRACE_PROMPT = "lodeline.prompt."
"""With a prompt's name behind it, the entry that has the version a trace used: so it can be filtered for."""
_REF = re.compile(
    r"(?:prompts:/)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.\-]*)(?:@(?P<alias>[A-Za-z][\w.\-]*)|/(?P<number>[0-9]{1,9}))?"
)


@dataclass(frozen=True, slots=True)
class LoadedPrompt:
    """One version of a prompt, ready to be filled."""

    version: PromptVersion

    @property
    def name(self) -> str:
        """The prompt's name."""
        return self.version.name

    @property
    def template(self) -> str | tuple[ChatMessage, ...]:
        """The text, or the messages of a chat prompt."""
        return self.version.messages if self.version.kind == "chat" else self.version.template or ""

    def format(self, **values: object) -> Any:
        """Return the text with values in place of ``{{ name }}``; of a chat prompt a list of messages, each a dict
        with ``role`` and ``content``.

        Texts stand as they are and are not looked at again, other values stand as JSON. Invalid, which names them,
        for missing and unknown variables. Within a trace the version is noted on it.
        """
        check_values(self.name, self.version.variables, values)
        note_on_trace(self.version)
        if self.version.kind == "text":
            return fill(self.version.template or "", values)
        return [{"role": message.role, "content": fill(message.content, values)} for message in self.version.messages]


@dataclass(frozen=True, slots=True)
class _Kept:
    version: PromptVersion
    until_s: float


class PromptCache:
    """Versions by client, experiment, name and what they were asked for by; the least lately used one goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str, str], _Kept] = OrderedDict()
        self._gate = threading.Lock()

    def load(
        self, client: LodelineClient, experiment: str | None, name: str, ref: str, ttl_s: float
    ) -> PromptVersion:
        """Return a version, asking the server when it is not known or no longer sure.

        While the server cannot be reached, what was known last holds; Unavailable when nothing was.
        """
        key = (client.url, experiment or "", name, ref)
        with self._gate:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is not None and time.monotonic() < kept.until_s:
            return kept.version
        try:
            version = client.prompts.version(name, ref, experiment=experiment)
        except Unavailable as error:
            if kept is None:
                raise
            complain(f"prompt {name!r} could not be renewed, so version {kept.version.version} is used", error)
            return kept.version
        forever = ref.isdecimal()
        with self._gate:
            self._kept[key] = _Kept(version, float("inf") if forever else time.monotonic() + ttl_s)
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_CACHED:
                self._kept.popitem(last=False)
        return version

    def forget(self, name: str | None = None) -> None:
        """Forget one prompt, or all."""
        with self._gate:
            for key in [key for key in self._kept if name is None or key[2] == name]:
                del self._kept[key]


cache = PromptCache()


def register_prompt(
    name: str,
    template: str | Sequence[ChatMessage | Mapping[str, str]],
    *,
    experiment: str | None = None,
    message: str = "",
    tags: Mapping[str, str] | None = None,
    response_format: JsonValue = None,
    model_config: Mapping[str, JsonValue] | None = None,
    description: str = "",
) -> LoadedPrompt:
    """Register a version of a prompt, of a text or of chat messages, in which ``{{ name }}`` stands for a variable.

    Versions never change; registering the same again as the latest gives that one. Names are unique in the store. A
    new prompt belongs to `experiment` (id or name; the one that traces go to, unless given), and one that belongs to
    another is linked to it. `message` says why the version was made.
    """
    registered = default_client().prompts.register(
        name,
        template if isinstance(template, str) else [_message(each) for each in template],
        experiment=experiment or get_defaults().experiment,
        message=message,
        tags=tags,
        response_format=response_format,
        model_config=model_config,
        description=description,
    )
    cache.forget(name)
    return LoadedPrompt(registered.version)


def load_prompt(
    prompt: str, *, version: str | int | None = None, experiment: str | None = None, ttl_s: float = CACHE_TTL_S
) -> LoadedPrompt:
    """Return a version of a prompt: ``greeting`` (the latest), ``greeting@production``, ``greeting/3``; the same
    with ``prompts:/`` before it; or by `version`, a number or an alias.

    What an alias or "latest" means is asked again after `ttl_s` seconds; while no server can be reached, the version
    loaded last is used. Within a trace the version is noted on it. NotFound when there is none, or (with
    `experiment`) none that belongs or is linked to that experiment.
    """
    name, ref = parse_prompt(prompt)
    wanted = ref or "latest" if version is None else str(version)
    if ref is not None and version is not None:
        raise Invalid("load_prompt: give the version in the name or as `version`, not both.")
    loaded = LoadedPrompt(cache.load(default_client(), experiment, name, wanted, ttl_s))
    note_on_trace(loaded.version)
    return loaded


def search_prompts(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
) -> list[Prompt]:
    """Return prompts that match a filter and belong or are linked to experiments (None: to any), newest first, at
    most `limit` (None: all of them)."""
    return default_client().prompts.search(experiment=experiment, filter=filter, order=order, limit=limit).all()


def set_prompt_alias(
    name: str, alias: str, version: int | None, *, experiment: str | None = None, reason: str = ""
) -> Prompt:
    """Move an alias to a version, or (None) delete it; who, when and why are kept. Return the prompt."""
    prompt = default_client().prompts.update(
        name,
        experiment=experiment,
        set_aliases={} if version is None else {alias: version},
        delete_aliases=(alias,) if version is None else (),
        reason=reason,
    )
    cache.forget(name)
    return prompt


def parse_prompt(text: str) -> tuple[str, str | None]:
    """Return the name of a prompt and what names its version, None for the latest; Invalid for other forms."""
    found = _REF.fullmatch(text)
    if found is None:
        raise Invalid.value("prompt", text, "name, name@alias or name/3, also with prompts:/ before it")
    return found["name"], found["alias"] or found["number"]


@quietly("A prompt could not be noted on its trace")
def note_on_trace(version: PromptVersion) -> None:
    """Note a version on the trace that this code runs in, if there is one: in its metadata, so that traces can be
    filtered by ``metadata.lodeline.prompt.NAME = 'VERSION'``."""
    context = get_current_span().get_span_context()
    target = trace_span(context.trace_id) if context.is_valid else None
    if target is None:
        return
    attributes = cast("Mapping[str, object]", getattr(target, "attributes", None) or {})
    known = attributes.get(METADATA + TRACE_PROMPTS)
    used = cast("list[dict[str, object]]", orjson.loads(known)) if isinstance(known, str) else []
    entry: dict[str, object] = {"name": version.name, "version": version.version}
    if entry in used:
        return
    update_current_trace(
        metadata={
            TRACE_PROMPTS: orjson.dumps([*used, entry]).decode(),
            TRACE_PROMPT + version.name: str(version.version),
        }
    )


def _message(given: ChatMessage | Mapping[str, str]) -> ChatMessage:
    if isinstance(given, ChatMessage):
        return given
    try:
        return ChatMessage(given["role"], given["content"])
    except KeyError as error:
        raise Invalid(f"prompt: a message has no {error.args[0]!r}; it needs role and content.") from error
