"""Experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from lodeline.domain.budget import Spending
from lodeline.domain.experiment import Experiment, ExperimentSettings, PurgeReceipt
from lodeline.domain.ids import new_hex
from lodeline.sdk.client.call import LONG_S, Call, Listing, ModeT, Noun, call, given, listing, one, path_of

if TYPE_CHECKING:
    from lodeline.query.ast import Dialect


class Experiments(Noun[ModeT]):
    """Calls about experiments."""

    @call
    def create(
        self,
        name: str,
        *,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        settings: ExperimentSettings | None = None,
        client_key: str | None = None,
    ) -> Call[Experiment]:
        """Create an experiment and return it; Conflict when the name is taken, also by a deleted one.

        Called again with the same `client_key` it returns the first one; without, each call has a key of its own.
        """
        body = given(
            name=name,
            description=description,
            tags=dict(tags or {}),
            settings=None if settings is None else asdict(settings),
            client_key=client_key or new_hex("ck-"),
        )
        return Call("POST", path_of("experiments"), one(Experiment), body=body, repeat="always")

    @listing
    def search(
        self,
        *,
        filter: str = "",
        order: str = "",
        lifecycle: Literal["ACTIVE", "DELETED", "ALL"] = "ACTIVE",
        dialect: "Dialect" = "lodeline",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Experiment]:
        """List experiments, newest created first."""
        params = {"filter": filter, "order": order, "lifecycle": lifecycle, "dialect": dialect}
        return Listing(path_of("experiments"), Experiment, params, limit, cursor)

    @call
    def find(self, name: str) -> Call[Experiment]:
        """Return the experiment of this id or exact name, deleted or not; NotFound when there is none."""
        return Call("GET", path_of("experiments", "find"), one(Experiment), params={"name": name})

    @call
    def get(self, experiment_id: str) -> Call[Experiment]:
        """Return one experiment, deleted or not."""
        return Call("GET", path_of("experiments", experiment_id), one(Experiment))

    @call
    def budget(self, experiment_id: str) -> Call[Spending]:
        """Return what its traces have cost in the present day, week or month, beside the budget."""
        return Call("GET", path_of("experiments", experiment_id, "budget"), one(Spending))

    @call
    def update(
        self,
        experiment_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        settings: ExperimentSettings | Mapping[str, object] | None = None,
        set_tags: Mapping[str, str] | None = None,
        delete_tags: Sequence[str] = (),
    ) -> Call[Experiment]:
        """Change what is given and return the experiment.

        `settings` as a mapping, as JSON has them, changes those that it names: None takes one back to its default.
        An `ExperimentSettings` replaces all.
        """
        plain = asdict(settings) if isinstance(settings, ExperimentSettings) else settings
        body = given(
            name=name,
            description=description,
            settings=plain,
            set_tags=dict(set_tags or {}),
            delete_tags=list(delete_tags),
        )
        return Call("PATCH", path_of("experiments", experiment_id), one(Experiment), body=body)

    @call
    def delete(self, experiment_id: str) -> Call[Experiment]:
        """Hide an experiment with all that is in it; it can be restored until it is purged."""
        return Call("DELETE", path_of("experiments", experiment_id), one(Experiment))

    @call
    def restore(self, experiment_id: str) -> Call[Experiment]:
        """Restore a deleted experiment without loss."""
        return Call("POST", path_of("experiments", experiment_id, "restore"), one(Experiment))

    @call
    def purge(self, experiment_id: str) -> Call[PurgeReceipt]:
        """Remove a deleted experiment and everything in it for good; return what was removed."""
        path = path_of("experiments", experiment_id, "purge")
        return Call("POST", path, one(PurgeReceipt), timeout_s=LONG_S)

    @call
    def purged(self, experiment_id: str) -> Call[PurgeReceipt]:
        """Return what a purge has removed by now, while it goes on too; NotFound when none began."""
        return Call("GET", path_of("experiments", experiment_id, "purge"), one(PurgeReceipt))
