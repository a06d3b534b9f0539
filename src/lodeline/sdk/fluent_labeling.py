"""Fluent functions about label schemas and labeling sessions, over the default client."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lodeline.domain.comparison import Direction
from lodeline.domain.errors import Conflict, Invalid
from lodeline.domain.label_schema import DEFAULT_NAME, LabelKind, LabelSchema, LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft, ReviewPolicy
from lodeline.domain.run import RunDraft
from lodeline.sdk.default_client import default_client
from lodeline.sdk.label_inputs import InputType
from lodeline.sdk.labeling_session import LabelingSession, dataset_id_of

_KINDS: dict[str, LabelKind] = {"feedback": "FEEDBACK", "expectation": "EXPECTATION"}


@dataclass(frozen=True, slots=True)
class ReviewApp:
    """Where people review the items of an experiment: the address of the page, and what it can ask."""

    experiment_id: str
    url: str
    label_schemas: tuple[LabelSchema, ...]


def create_label_schema(
    name: str,
    *,
    type: Literal["feedback", "expectation"],
    input: InputType,
    title: str = "",
    instruction: str | None = None,
    enable_comment: bool = False,
    direction: Direction = "higher",
    overwrite: bool = False,
    experiment: str = "0",
) -> LabelSchema:
    """Create a label schema of an experiment (id or name) and return it.

    Conflict when the name is taken, unless `overwrite`: then another version of that schema is made, which must be of
    the same type.
    """
    client = default_client()
    kind = _KINDS.get(type)
    if kind is None:
        raise Invalid.value("type", type, "feedback or expectation")
    draft = LabelSchemaDraft(name, kind, input.label_input, title, instruction, enable_comment, direction)
    if not overwrite:
        return client.label_schemas.create(draft, experiment=experiment)
    found = next((s for s in client.label_schemas.list(experiment=experiment) if s.name == name), None)
    if found is None:
        return client.label_schemas.create(draft, experiment=experiment)
    if found.kind != kind:
        raise Conflict(f"label schema {name!r} is of type {found.kind.lower()} and stays so; choose another name.")
    return client.label_schemas.update(
        found.schema_id,
        title=title or name,
        instruction=instruction or "",
        enable_comment=enable_comment,
        input=draft.input,
        direction=direction,
    )


def get_label_schema(name: str, *, experiment: str = "0") -> LabelSchema:
    """Return the label schema of a name; NotFound when there is none."""
    return default_client().label_schemas.find(name, experiment=experiment)


def delete_label_schema(name: str, *, experiment: str = "0") -> None:
    """Take a label schema out of lists for good; sessions keep what they have."""
    client = default_client()
    client.label_schemas.delete(client.label_schemas.find(name, experiment=experiment).schema_id)


def create_labeling_session(
    name: str,
    *,
    label_schemas: Sequence[str] = (DEFAULT_NAME,),
    assigned_users: Sequence[str] = (),
    instructions: str = "",
    policy: ReviewPolicy | None = None,
    dataset: str | None = None,
    experiment: str = "0",
) -> LabelingSession:
    """Create a labeling session, open it, and return its handle.

    `label_schemas` are names or ids; a built-in one ("expected_facts", "expected_response", "guidelines") is made
    when the experiment lacks it. Without `assigned_users` anybody may review who may write in the experiment.
    `policy` says how: how many reviews an item gets, who sees what. `dataset` (name or id) is where `sync` writes.
    """
    client = default_client()
    into = None if dataset is None else dataset_id_of(client, dataset, experiment)
    draft = LabelingDraft(
        RunDraft(name), (), instructions, tuple(assigned_users), policy or ReviewPolicy(), into, "OPEN"
    )
    return LabelingSession(client, client.labeling.create(draft, label_schemas, experiment=experiment))


def get_labeling_session(run_id: str) -> LabelingSession:
    """Return the handle of a labeling session by the id of its run."""
    client = default_client()
    return LabelingSession(client, client.labeling.get(run_id))


def get_labeling_sessions(*, experiment: str | Sequence[str] = "0") -> list[LabelingSession]:
    """Return handles of the labeling sessions of experiments (ids or names), newest first."""
    client = default_client()
    return [LabelingSession(client, found) for found in client.labeling.list(experiment=experiment)]


def delete_labeling_session(labeling_session: LabelingSession) -> None:
    """Take a labeling session out of lists, until its run is restored; what was reviewed stays."""
    default_client().runs.delete(labeling_session.run_id)


def get_review_app(experiment: str = "0") -> ReviewApp:
    """Return where people review the items of an experiment (id or name)."""
    client = default_client()
    found = client.experiments.find(experiment)
    schemas = client.label_schemas.list(experiment=found.experiment_id)
    return ReviewApp(found.experiment_id, client.url.rstrip("/") + "/review", schemas)
