"""Prompts and registered scorers, from MLflow's rows to what an export keeps of them.

A prompt is a registered model of MLflow's, marked by a tag. Versions that were deleted there leave gaps, which
versions here cannot have: such a version stands here with the text of its neighbour, and says so.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import check_tags
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId, is_experiment_id
from lodeline.domain.prompt import Prompt, PromptVersion, check_alias, check_prompt, version_of
from lodeline.domain.registered_scorer import RegisteredScorer, ScorerDraft, check_scorer
from lodeline.domain.transfer import PromptDump
from lodeline.mlflow.source import Row, Source, named
from lodeline.mlflow.vocabulary import (
    IS_PROMPT,
    PROMPT_EXPERIMENTS,
    prompt_draft,
    prompt_experiments,
    scorer_definition,
)

VERSIONS = "WHERE name = ? AND current_stage <> 'Deleted_Internal'"
"""Versions of a registered model that were not deleted."""
DELETED_VERSION = "This version was deleted in MLflow; it repeats its neighbour."


@dataclass(slots=True)
class FoundPrompt:
    """A prompt; `refused` says what of it is left out."""

    dump: PromptDump
    refused: list[str]


def prompt_homes(source: Source) -> dict[str, ExperimentId]:
    """Return the experiment that shall have each prompt: the first that its tag lists, else the default one."""
    active = {row.text("experiment_id") for row in source.rows("experiments", "WHERE lifecycle_stage = 'active'")}
    found = {
        row.text("name"): DEFAULT_EXPERIMENT
        for row in source.rows("registered_model_tags", "WHERE key = ? AND LOWER(value) = 'true'", (IS_PROMPT,))
    }
    for row in source.rows("registered_model_tags", "WHERE key = ?", (PROMPT_EXPERIMENTS,)):
        listed = [each for each in prompt_experiments(row.text("value")) if each in active and is_experiment_id(each)]
        if row.text("name") in found and listed:
            found[row.text("name")] = ExperimentId(listed[0])
    return found


def prompts_of(
    source: Source, experiment_id: ExperimentId, places: Mapping[str, ExperimentId]
) -> Iterator[FoundPrompt | str]:
    """Yield the prompts that belong to an experiment, by name; a text says why one is left out."""
    for name in sorted(name for name, home in places.items() if home == experiment_id):
        try:
            yield _prompt(source, name)
        except LodelineError as error:
            yield f"prompt {named(name)}: {error.message}"


def scorers_of(source: Source, experiment_id: ExperimentId) -> Iterator[Sequence[RegisteredScorer] | str]:
    """Yield the versions, oldest first, of each registered scorer; a text says why one is left out."""
    for row in source.rows("scorers", "WHERE experiment_id = ? ORDER BY scorer_name", (int(experiment_id),)):
        name, scorer_id = row.text("scorer_name"), row.text("scorer_id")
        order = "WHERE scorer_id = ? ORDER BY scorer_version"
        versions: list[RegisteredScorer] = []
        try:
            for number, item in enumerate(source.rows("scorer_versions", order, (scorer_id,)), 1):
                text = item.text("serialized_scorer")
                digest = hashlib.sha256(f"{scorer_id} {item.text('scorer_version')} {text}".encode()).hexdigest()
                definition = scorer_definition(text, scorer_id, digest)
                draft = ScorerDraft(name, definition)
                versions.append(
                    RegisteredScorer(
                        name, experiment_id, number, check_scorer(draft), definition,
                        item.moment("creation_time"),
                    )
                )  # fmt: skip
        except LodelineError as error:
            yield f"scorer {named(name)}: {error.message}"
            continue
        if versions:
            yield versions


def _prompt(source: Source, name: str) -> FoundPrompt:
    head = next(source.rows("registered_models", "WHERE name = ?", (name,)))
    tags: dict[int, dict[str, str]] = {}
    for row in source.rows("model_version_tags", "WHERE name = ?", (name,)):
        tags.setdefault(row.whole("version"), {})[row.text("key")] = row.text("value")
    rows = {row.whole("version"): row for row in source.rows("model_versions", VERSIONS, (name,))}
    versions = _versions(name, rows, tags)
    refused: list[str] = []
    aliases: dict[str, int] = {}
    for row in source.rows("registered_model_aliases", "WHERE name = ? ORDER BY alias", (name,)):
        try:
            aliases[check_alias(row.text("alias"))] = row.whole("version")
        except LodelineError as error:
            refused.append(f"alias of prompt {named(name)}: {error.message}")
    own = {
        row.text("key"): row.text("value")
        for row in source.rows("registered_model_tags", "WHERE name = ?", (name,))
        if row.text("key") not in {IS_PROMPT, PROMPT_EXPERIMENTS}
    }
    prompt = Prompt(
        name=name,
        experiment_id=DEFAULT_EXPERIMENT,
        latest_version=len(versions),
        created_ms=head.moment("creation_time"),
        updated_ms=head.moment("last_updated_time"),
        description=head.text("description"),
        tags=check_tags(own),
        aliases={alias: version for alias, version in aliases.items() if 1 <= version <= len(versions)},
    )
    return FoundPrompt(PromptDump(prompt, tuple(versions)), refused)


def _versions(name: str, rows: Mapping[int, Row], tags: Mapping[int, Mapping[str, str]]) -> list[PromptVersion]:
    found: list[PromptVersion] = []
    for number in range(1, max(rows, default=0) + 1):
        row = rows.get(number)
        if row is None:
            nearest = min(rows, key=lambda each: (abs(each - number), each))
            row = rows[nearest]
            draft = replace(prompt_draft(name, tags.get(nearest, {})), message=DELETED_VERSION)
        else:
            draft = prompt_draft(name, tags.get(number, {}), row.text("description"))
        found.append(
            version_of(
                draft, check_prompt(draft), DEFAULT_EXPERIMENT, number, by=row.text_or_none("user_id"),
                now_ms=row.moment("creation_time"),
            )
        )  # fmt: skip
    return found
