"""Prompts: register versions, find, tag, link, move aliases, delete."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach, reach_of
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, NotFound, TooLarge
from lodeline.domain.experiment import MAX_DESCRIPTION, check_tags
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId
from lodeline.domain.page import Page, check_limit
from lodeline.domain.prompt import (
    MAX_REASON,
    MAX_VERSION_TAG,
    EmptyPrompt,
    Prompt,
    PromptAliasEvent,
    PromptChange,
    PromptDraft,
    PromptVersion,
    RegisteredPrompt,
    check_alias,
    check_prompt,
    check_prompt_name,
    prompt_name_taken,
)
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores


class PromptService:
    """Use cases of prompts, whose names are unique in the whole store.

    A prompt belongs to the experiment that registered it first, which is where permission to change it comes from; it
    is read from there and from every experiment it is linked to. An `experiment` (id or name) that is given with a
    name says that the prompt must belong or be linked to it; else it is not found.
    """

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def register(
        self, actor: Actor, experiment: str | None, draft: PromptDraft, *, repeat: bool = False
    ) -> RegisteredPrompt:
        """Make a version of a draft; the latest one when it says the same already, unless `repeat`.

        A new prompt belongs to `experiment` (None: the default one); one of another experiment, in which the actor
        may write, is linked to it. Invalid or TooLarge for a draft that can be none; Conflict when the prompt is of
        the other kind, or (code "prompt_name_taken") when the name is that of a prompt out of the actor's reach.
        """
        permit_reach(actor, "prompt.write")
        digest = check_prompt(draft)
        asked = None if experiment is None else self._scope.one(actor, "prompt.write", experiment).experiment_id
        try:
            home = self._home_to_write(actor, draft.name, asked)
            made = self._register(actor, home, draft, digest, repeat=repeat)
        except Conflict as error:
            if error.error_code != "prompt_name_taken":
                raise
            # Another caller may have made it meanwhile; then it is there now.
            home = self._home_to_write(actor, draft.name, asked)
            made = self._register(actor, home, draft, digest, repeat=repeat)
        if asked is not None and asked != home:
            self._link(actor, home, draft.name, asked)
        return made

    def create(self, actor: Actor, experiment: str | None, draft: EmptyPrompt) -> Prompt:
        """Make a prompt without versions in `experiment` (None: the default one); Conflict when its name is taken."""
        home = self._scope.one(actor, "prompt.write", experiment or DEFAULT_EXPERIMENT).experiment_id
        check_prompt_name(draft.name)
        check_tags(draft.tags)
        if len(draft.description) > MAX_DESCRIPTION:
            raise TooLarge(f"description: over the limit of {MAX_DESCRIPTION} characters.")
        now_ms = self._clock.now_ms()
        audit = audit_entry(actor, "prompt.create", draft.name, at_ms=now_ms, experiment_id=home)
        return self._stores.prompts.create(home, draft, by=actor.author, now_ms=now_ms, audit=audit)

    def tag_version(
        self, actor: Actor, name: str, version: int, *, set_tags: Mapping[str, str], delete_tags: Sequence[str] = ()
    ) -> PromptVersion:
        """Set tags of a version, then delete some; NotFound when there is no such version."""
        found = self.get(actor, name, action="prompt.write")
        check_tags(set_tags, most=MAX_VERSION_TAG)
        check_tags(dict.fromkeys(delete_tags, ""))
        changed = ", ".join(f"tags.{key}" for key in (*set_tags, *delete_tags))
        audit = audit_entry(
            actor, "prompt.tag_version", name, at_ms=self._clock.now_ms(), experiment_id=found.experiment_id,
            details={"version": version, "changed": changed},
        )  # fmt: skip
        return self._stores.prompts.tag_version(
            found.experiment_id, name, version, set_tags=set_tags, delete_tags=delete_tags, audit=audit
        )

    def get(self, actor: Actor, name: str, *, experiment: str | None = None,
            action: ExperimentAction = "prompt.read") -> Prompt:  # fmt: skip
        """Return the prompt of a name in which the actor may do `action`; NotFound when unknown or out of reach."""
        reach = permit_reach(actor, action)
        asked = None if experiment is None else self._scope.one(actor, "prompt.read", experiment).experiment_id
        found = self._stores.prompts.find(name)
        if found is None or (asked is not None and asked not in _homes(found)):
            raise NotFound.of("prompt", name)
        if not reach.narrowed(_homes(found) if action == "prompt.read" else (found.experiment_id,)):
            permit(actor, action, found.experiment_id, missing=NotFound.of("prompt", name))
        return _seen(actor, found)

    def search(self, actor: Actor, query: ListQuery) -> Page[Prompt]:
        """List prompts that belong or are linked to experiments, newest created first."""
        page = self._stores.prompts.search(self._listing.search(actor, "prompt.read", query, "prompt"))
        return replace(page, items=tuple(_seen(actor, item) for item in page.items))

    def update(self, actor: Actor, name: str, change: PromptChange, *, experiment: str | None = None) -> Prompt:
        """Describe, tag, set and delete aliases, link to experiments in which the actor may write prompts, unlink.

        NotFound when an alias is to lead to a version that is not there.
        """
        found = self.get(actor, name, experiment=experiment, action="prompt.write")
        for noun, text, most in (
            ("description", change.description or "", MAX_DESCRIPTION), ("reason", change.reason, MAX_REASON),
        ):  # fmt: skip
            if len(text) > most:
                raise TooLarge(f"{noun}: {len(text)} characters are over the limit of {most}.")
        check_tags(change.set_tags)
        check_tags(dict.fromkeys(change.delete_tags, ""))
        for alias in (*change.set_aliases, *change.delete_aliases):
            check_alias(alias)
        for experiment_id in change.link:
            self._scope.one(actor, "prompt.write", experiment_id)
        now_ms = self._clock.now_ms()
        aliases = [f"{alias}={version}" for alias, version in change.set_aliases.items()]
        aliases += [f"{alias}=" for alias in change.delete_aliases]
        audit = audit_entry(
            actor, "prompt.alias" if aliases else "prompt.update", name, at_ms=now_ms,
            experiment_id=found.experiment_id,
            details={"aliases": ", ".join(aliases) or None, "linked": ", ".join(change.link) or None,
                     "unlinked": ", ".join(change.unlink) or None},
        )  # fmt: skip
        new = self._stores.prompts.update(
            found.experiment_id, name, change, by=actor.author, now_ms=now_ms, audit=audit
        )
        return _seen(actor, new)

    def delete(self, actor: Actor, name: str, *, experiment: str | None = None) -> None:
        """Remove a prompt with all of its versions for good; traces keep what they say of it."""
        found = self.get(actor, name, experiment=experiment, action="prompt.delete")
        audit = audit_entry(
            actor, "prompt.delete", name, at_ms=self._clock.now_ms(), experiment_id=found.experiment_id
        )
        self._stores.prompts.delete(found.experiment_id, name, audit=audit)

    def versions(
        self, actor: Actor, name: str, *, experiment: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[PromptVersion]:
        """List versions, the latest first."""
        found = self.get(actor, name, experiment=experiment)
        return self._stores.prompts.versions(
            found.experiment_id, name, limit=check_limit(limit), cursor=cursor or None
        )

    def version(self, actor: Actor, name: str, ref: str, *, experiment: str | None = None) -> PromptVersion:
        """Return a version by its number, an alias, or "latest"."""
        found = self.get(actor, name, experiment=experiment)
        return self._stores.prompts.version(found.experiment_id, name, ref)

    def alias_events(self, actor: Actor, name: str, *, experiment: str | None = None, limit: int = 50
                     ) -> Sequence[PromptAliasEvent]:  # fmt: skip
        """Return the moves of a prompt's aliases, the latest first."""
        found = self.get(actor, name, experiment=experiment)
        return self._stores.prompts.alias_events(found.experiment_id, name, limit=check_limit(limit))

    def _home_to_write(self, actor: Actor, name: str, asked: ExperimentId | None) -> ExperimentId:
        """Return the experiment that a prompt of this name belongs to, or will."""
        there = self._stores.prompts.find(name)
        if there is None:
            return asked or self._scope.one(actor, "prompt.write", DEFAULT_EXPERIMENT).experiment_id
        if not reach_of(actor, "prompt.write").narrowed((there.experiment_id,)):
            if not reach_of(actor, "prompt.read").narrowed((there.experiment_id,)):
                raise prompt_name_taken(name)
            permit(actor, "prompt.write", there.experiment_id)
        return there.experiment_id

    def _register(
        self, actor: Actor, home: ExperimentId, draft: PromptDraft, digest: str, *, repeat: bool
    ) -> RegisteredPrompt:
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "prompt.register", draft.name, at_ms=now_ms, experiment_id=home, details={"digest": digest[:12]}
        )
        return self._stores.prompts.register(
            home, draft, digest, repeat=repeat, by=actor.author, now_ms=now_ms, audit=audit
        )

    def _link(self, actor: Actor, home: ExperimentId, name: str, asked: ExperimentId) -> None:
        there = self._stores.prompts.find(name)
        if there is None or asked in there.linked_experiment_ids:
            return
        now_ms = self._clock.now_ms()
        audit = audit_entry(actor, "prompt.update", name, at_ms=now_ms, experiment_id=home, details={"linked": asked})
        change = PromptChange(link=(asked,))
        self._stores.prompts.update(home, name, change, by=actor.author, now_ms=now_ms, audit=audit)


def _homes(prompt: Prompt) -> tuple[ExperimentId, ...]:
    return (prompt.experiment_id, *prompt.linked_experiment_ids)


def _seen(actor: Actor, prompt: Prompt) -> Prompt:
    """Return a prompt without the links to experiments of which the actor may not know."""
    links = reach_of(actor, "prompt.read").narrowed(prompt.linked_experiment_ids)
    return replace(prompt, linked_experiment_ids=links)
