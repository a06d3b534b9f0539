"""Prompts: register versions, find, tag, move aliases, delete."""

from collections.abc import Sequence

from lodeline.auth.actor import Actor
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import TooLarge
from lodeline.domain.experiment import MAX_DESCRIPTION, check_tags
from lodeline.domain.page import Page, check_limit
from lodeline.domain.prompt import (
    MAX_REASON,
    Prompt,
    PromptAliasEvent,
    PromptChange,
    PromptDraft,
    PromptVersion,
    RegisteredPrompt,
    check_alias,
    check_prompt,
)
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores


class PromptService:
    """Use cases of prompts, which are named within an experiment (given by id or name)."""

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def register(self, actor: Actor, experiment: str, draft: PromptDraft) -> RegisteredPrompt:
        """Make a version of a draft; the latest one when it says the same already.

        Invalid or TooLarge for a draft that can be none; Conflict when the prompt is of the other kind.
        """
        found = self._scope.one(actor, "prompt.write", experiment)
        digest = check_prompt(draft)
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "prompt.register", draft.name, at_ms=now_ms, experiment_id=found.experiment_id,
            details={"digest": digest[:12]},
        )  # fmt: skip
        return self._stores.prompts.register(
            found.experiment_id, draft, digest, by=actor.author, now_ms=now_ms, audit=audit
        )

    def get(self, actor: Actor, experiment: str, name: str) -> Prompt:
        """Return one; NotFound when there is none of this name."""
        found = self._scope.one(actor, "prompt.read", experiment)
        return self._stores.prompts.get(found.experiment_id, name)

    def search(self, actor: Actor, query: ListQuery) -> Page[Prompt]:
        """List prompts, newest created first."""
        return self._stores.prompts.search(self._listing.search(actor, "prompt.read", query, "prompt"))

    def update(self, actor: Actor, experiment: str, name: str, change: PromptChange) -> Prompt:
        """Describe, tag, set and delete aliases; NotFound when an alias is to lead to a version that is not there."""
        found = self._scope.one(actor, "prompt.write", experiment)
        for noun, text, most in (
            ("description", change.description or "", MAX_DESCRIPTION), ("reason", change.reason, MAX_REASON),
        ):  # fmt: skip
            if len(text) > most:
                raise TooLarge(f"{noun}: {len(text)} characters are over the limit of {most}.")
        check_tags(change.set_tags)
        check_tags(dict.fromkeys(change.delete_tags, ""))
        for alias in (*change.set_aliases, *change.delete_aliases):
            check_alias(alias)
        now_ms = self._clock.now_ms()
        aliases = [f"{alias}={version}" for alias, version in change.set_aliases.items()]
        aliases += [f"{alias}=" for alias in change.delete_aliases]
        audit = audit_entry(
            actor, "prompt.alias" if aliases else "prompt.update", name, at_ms=now_ms,
            experiment_id=found.experiment_id, details={"aliases": ", ".join(aliases) or None},
        )  # fmt: skip
        return self._stores.prompts.update(
            found.experiment_id, name, change, by=actor.author, now_ms=now_ms, audit=audit
        )

    def delete(self, actor: Actor, experiment: str, name: str) -> None:
        """Remove a prompt with all of its versions for good; traces keep what they say of it."""
        found = self._scope.one(actor, "prompt.delete", experiment)
        audit = audit_entry(
            actor, "prompt.delete", name, at_ms=self._clock.now_ms(), experiment_id=found.experiment_id
        )
        self._stores.prompts.delete(found.experiment_id, name, audit=audit)

    def versions(
        self, actor: Actor, experiment: str, name: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[PromptVersion]:
        """List versions, the latest first."""
        found = self._scope.one(actor, "prompt.read", experiment)
        return self._stores.prompts.versions(
            found.experiment_id, name, limit=check_limit(limit), cursor=cursor or None
        )

    def version(self, actor: Actor, experiment: str, name: str, ref: str) -> PromptVersion:
        """Return a version by its number, an alias, or "latest"."""
        found = self._scope.one(actor, "prompt.read", experiment)
        return self._stores.prompts.version(found.experiment_id, name, ref)

    def alias_events(self, actor: Actor, experiment: str, name: str, *, limit: int = 50
                     ) -> Sequence[PromptAliasEvent]:  # fmt: skip
        """Return the moves of a prompt's aliases, the latest first."""
        found = self._scope.one(actor, "prompt.read", experiment)
        return self._stores.prompts.alias_events(found.experiment_id, name, limit=check_limit(limit))
