"""Prompts."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.prompt import (
    EmptyPrompt,
    Prompt,
    PromptAliasEvent,
    PromptChange,
    PromptDraft,
    PromptVersion,
    RegisteredPrompt,
)
from lodeline.query.ast import Search


class PromptStore(Protocol):
    """Prompts, their versions and aliases. Names are unique in the store, in deleted experiments too.

    Where an experiment is given it is the one that the prompt belongs to; else the prompt is not found. So what was
    allowed for a prompt is never done to another that took its name meanwhile.
    """

    def create(self, experiment_id: ExperimentId, draft: EmptyPrompt, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Prompt:  # fmt: skip
        """Make a prompt without versions; Conflict when its name is taken. NotFound or Deleted for the experiment."""
        ...

    def register(self, experiment_id: ExperimentId, draft: PromptDraft, digest: str, *, repeat: bool = False,
                 by: str | None, now_ms: int, audit: AuditEntry) -> RegisteredPrompt:  # fmt: skip
        """Add a version, and the prompt, of this experiment, when it is new; nothing when the latest version has this
        digest, unless `repeat`.

        NotFound or Deleted for the experiment; Conflict when the prompt is of the other kind, or (code
        "prompt_name_taken") of another experiment.
        """
        ...

    def find(self, name: str) -> Prompt | None:
        """Return the prompt of this name; None when there is none or its experiment is deleted."""
        ...

    def search(self, search: Search) -> Page[Prompt]:
        """List prompts of `search.experiment_ids` and those linked to them; default order is newest created first."""
        ...

    def update(self, experiment_id: ExperimentId, name: str, change: PromptChange, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Prompt:  # fmt: skip
        """Apply the change, as `domain.prompt.changed_prompt` says; each move of an alias is an event. NotFound or
        Deleted for an experiment to link to."""
        ...

    def tag_version(self, experiment_id: ExperimentId, name: str, version: int, *, set_tags: Mapping[str, str],
                    delete_tags: Sequence[str], audit: AuditEntry) -> PromptVersion:  # fmt: skip
        """Set tags of a version, then delete some; NotFound for the prompt and the version."""
        ...

    def delete(self, experiment_id: ExperimentId, name: str, *, audit: AuditEntry) -> int:
        """Remove a prompt with its versions and events for good; return how many versions it had."""
        ...

    def versions(self, experiment_id: ExperimentId, name: str, *, limit: int, cursor: str | None
                 ) -> Page[PromptVersion]:  # fmt: skip
        """List versions, the latest first; NotFound for the prompt."""
        ...

    def version(self, experiment_id: ExperimentId, name: str, ref: str) -> PromptVersion:
        """Return a version by its number, an alias, or "latest"; NotFound when there is none."""
        ...

    def alias_events(self, experiment_id: ExperimentId, name: str, *, limit: int) -> Sequence[PromptAliasEvent]:
        """Return up to `limit` moves of aliases, the latest first."""
        ...
