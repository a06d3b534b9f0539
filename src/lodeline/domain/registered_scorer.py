"""Registered scorer: the definition of a scorer as an experiment keeps it, with versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from lodeline.domain.canonical import canonical_json, digest_of
from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import ExperimentId
from lodeline.domain.span import JsonValue

MAX_NAME = 250
MAX_DEFINITION_CHARS = 500_000
MAX_MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class ScorerDraft:
    """A definition to be registered. What is in it is its scorer's; its ``digest``, where it has one, is kept as the
    version's, else it is one over all of it."""

    name: str
    definition: Mapping[str, JsonValue]
    message: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredScorer:
    """One version of a registered scorer; the names of an experiment's scorers are its own."""

    name: str
    experiment_id: ExperimentId
    version: int
    digest: str
    definition: Mapping[str, JsonValue]
    created_ms: int
    message: str = ""
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class ScorerRegistration:
    """The version that a definition became; `made` is false when the latest one has its digest already."""

    scorer: RegisteredScorer
    made: bool


def check_scorer(draft: ScorerDraft) -> str:
    """Return the digest of a draft; Invalid or TooLarge when it cannot be registered."""
    check_name(draft.name, noun="scorer name", most=MAX_NAME)
    if len(draft.message) > MAX_MESSAGE:
        raise TooLarge(f"message: {len(draft.message)} characters are over the limit of {MAX_MESSAGE}.")
    if not draft.definition:
        raise Invalid("definition: it is empty.", details={"field": "definition"})
    canonical_json(draft.definition, most_chars=MAX_DEFINITION_CHARS)
    digest = cast(object, draft.definition.get("digest"))
    if digest is None:
        return digest_of(draft.definition)
    if not isinstance(digest, str) or not 8 <= len(digest) <= MAX_NAME:
        raise Invalid.value("definition.digest", shown(digest), "a text of 8 to 250 characters")
    return digest
