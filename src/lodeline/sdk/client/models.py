"""Models: versions of the application, their metrics and aliases."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from lodeline.domain.gate import GateRun
from lodeline.domain.model import (
    AliasEvent,
    GateOutcome,
    Model,
    ModelDiff,
    ModelDraft,
    ModelMetric,
    ModelStatus,
    PromptUse,
)
from lodeline.sdk.client.call import Call, Listing, ModeT, Noun, call, given, listing, many, names, one, path_of
from lodeline.sdk.client.decoding import decode, parsed
from lodeline.sdk.client.lifecycles import ListedLifecycle
from lodeline.sdk.client.runs import json_number


class Models(Noun[ModeT]):
    """Calls about models."""

    @call
    def create(self, draft: ModelDraft, *, experiment: str = "0") -> Call[Model]:
        """Create a model in an experiment (id or name), or return the one that its `reuse_key` made."""
        body = given(experiment=experiment, **asdict(draft))
        body.pop("created_by", None)
        repeat = "always" if draft.reuse_key is not None else None
        return Call("POST", path_of("models"), one(Model), body=body, repeat=repeat)

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        lifecycle: ListedLifecycle = "ACTIVE",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Model]:
        """List models that match a filter, newest first, without the diffs of their source."""
        params = {"experiment": names(experiment), "filter": filter, "order": order, "lifecycle": lifecycle}
        return Listing(path_of("models"), Model, params, limit, cursor)

    @call
    def get(self, model_id: str) -> Call[Model]:
        """Return one model, deleted or not."""
        return Call("GET", path_of("models", model_id), one(Model))

    @call
    def update(
        self,
        model_id: str,
        *,
        name: str | None = None,
        status: ModelStatus | None = None,
        status_message: str | None = None,
        set_params: Mapping[str, str] | None = None,
        set_tags: Mapping[str, str] | None = None,
        delete_tags: Sequence[str] = (),
        add_prompts: Sequence[PromptUse] = (),
    ) -> Call[Model]:
        """Change what is given and return the model; Conflict when a param has another value already."""
        body = given(
            name=name,
            status=status,
            status_message=status_message,
            set_params=dict(set_params or {}),
            set_tags=dict(set_tags or {}),
            delete_tags=list(delete_tags),
            add_prompts=[asdict(item) for item in add_prompts],
        )
        return Call("PATCH", path_of("models", model_id), one(Model), body=body)

    @call
    def delete(self, model_id: str) -> Call[Model]:
        """Hide a model from lists until it is restored; its traces stay."""
        return Call("DELETE", path_of("models", model_id), one(Model))

    @call
    def restore(self, model_id: str) -> Call[Model]:
        """Restore a deleted model without loss."""
        return Call("POST", path_of("models", model_id, "restore"), one(Model))

    @call
    def log_metrics(self, model_id: str, metrics: Sequence[ModelMetric]) -> Call[Model]:
        """Log measurements and return the model; of each key, dataset and run the latest is kept."""
        body = {"metrics": [{**asdict(metric), "value": json_number(metric.value)} for metric in metrics]}
        return Call("POST", path_of("models", model_id, "metrics"), one(Model), body=body, repeat="always")

    @call
    def diff(self, left: str, right: str) -> Call[ModelDiff]:
        """Return how two models differ."""
        return Call("GET", path_of("models", "diff"), one(ModelDiff), params={"left": left, "right": right})

    @call
    def set_alias(
        self,
        alias: str,
        model_id: str | None,
        *,
        experiment: str = "0",
        reason: str = "",
        gate: GateOutcome | None = None,
        gate_report: str | None = None,
        gate_run: GateRun | None = None,
    ) -> Call[Model | None]:
        """Move an alias of an experiment to a model, or (None) take it away; return what it points at now.

        The server holds the gate of a `gate_run`. Conflict for a FAILED model, and where the experiment wants a
        passed gate for this alias and the move has none that passes.
        """
        held = None if gate_run is None else given(**asdict(gate_run))
        said = given(experiment=experiment, reason=reason, gate=gate, gate_report=gate_report, gate_run=held)
        body = {**said, "model_id": model_id}
        return Call("PUT", path_of("models", "aliases", alias), _model_or_none, body=body)

    @call
    def by_alias(self, alias: str, *, experiment: str = "0") -> Call[Model]:
        """Return the model that an alias of an experiment points at; NotFound when there is none."""
        return Call("GET", path_of("models", "aliases", alias), one(Model), params={"experiment": experiment})

    @call
    def alias_events(
        self, *, experiment: str = "0", alias: str | None = None, limit: int = 50
    ) -> Call[tuple[AliasEvent, ...]]:
        """Return the latest moves of one alias or of all, the last first."""
        params = {"experiment": experiment, "alias": alias, "limit": limit}
        return Call("GET", path_of("models", "aliases"), many(AliasEvent), params=params)


def _model_or_none(answer: bytes) -> Model | None:
    found = parsed(answer)
    return None if found is None else decode(Model, found)
