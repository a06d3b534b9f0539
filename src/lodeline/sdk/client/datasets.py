"""Datasets and their versions."""

from collections.abc import Mapping, Sequence
from typing import Literal

from lodeline.domain.dataset import Dataset, DatasetVersion, Identity, Published
from lodeline.sdk.client.call import Call, Listing, ModeT, Noun, call, given, listing, names, one, path_of


class Datasets(Noun[ModeT]):
    """Calls about datasets."""

    @call
    def create(
        self,
        name: str,
        *,
        experiment: str = "0",
        identity: Identity = "by_input",
        description: str = "",
        tags: Mapping[str, str] | None = None,
        input_schema: Mapping[str, object] | None = None,
        expectation_schema: Mapping[str, object] | None = None,
    ) -> Call[Dataset]:
        """Create an empty dataset of an experiment (id or name); Conflict when an active one there has the name.

        `identity` says when two records are the same: by their inputs, by their external ids, or never.
        """
        body = given(
            name=name,
            experiment=experiment,
            identity=identity,
            description=description,
            tags=dict(tags or {}),
            input_schema=input_schema,
            expectation_schema=expectation_schema,
        )
        return Call("POST", path_of("datasets"), one(Dataset), body=body)

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        lifecycle: Literal["ACTIVE", "DELETED", "ALL"] = "ACTIVE",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Dataset]:
        """List the datasets of experiments (ids or names), and those linked to them, newest created first."""
        params = {"experiment": names(experiment), "filter": filter, "order": order, "lifecycle": lifecycle}
        return Listing(path_of("datasets"), Dataset, params, limit, cursor)

    @call
    def find(self, name: str, *, experiment: str = "0") -> Call[Dataset]:
        """Return the active dataset of this name in an experiment, or linked to it; else NotFound."""
        params = {"name": name, "experiment": experiment}
        return Call("GET", path_of("datasets", "find"), one(Dataset), params=params)

    @call
    def get(self, dataset_id: str) -> Call[Dataset]:
        """Return one dataset, deleted or not."""
        return Call("GET", path_of("datasets", dataset_id), one(Dataset))

    @call
    def update(
        self,
        dataset_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        input_schema: Mapping[str, object] | None = None,
        expectation_schema: Mapping[str, object] | None = None,
        set_tags: Mapping[str, str] | None = None,
        delete_tags: Sequence[str] = (),
        link: Sequence[str] = (),
        unlink: Sequence[str] = (),
    ) -> Call[Dataset]:
        """Change what is given and return the dataset; an empty schema takes one away, links are experiments' ids."""
        body = given(
            name=name,
            description=description,
            input_schema=input_schema,
            expectation_schema=expectation_schema,
            set_tags=dict(set_tags or {}),
            delete_tags=list(delete_tags),
            link=list(link),
            unlink=list(unlink),
        )
        return Call("PATCH", path_of("datasets", dataset_id), one(Dataset), body=body)

    @call
    def delete(self, dataset_id: str) -> Call[Dataset]:
        """Take a dataset out of lists, until it is restored; its name becomes free."""
        return Call("DELETE", path_of("datasets", dataset_id), one(Dataset))

    @call
    def restore(self, dataset_id: str) -> Call[Dataset]:
        """Restore a deleted dataset; Conflict when its name was taken meanwhile."""
        return Call("POST", path_of("datasets", dataset_id, "restore"), one(Dataset))

    @call
    def publish(self, dataset_id: str, *, message: str = "", expected_version: int | None = None) -> Call[Published]:
        """Make a version of the draft; without changes none is made. Conflict when `expected_version` is not the
        latest one."""
        body = given(message=message, expected_version=expected_version)
        return Call("POST", path_of("datasets", dataset_id, "publish"), one(Published), body=body)

    @call
    def discard(self, dataset_id: str) -> Call[Dataset]:
        """Undo the draft."""
        return Call("DELETE", path_of("datasets", dataset_id, "draft"), one(Dataset), repeat="always")

    @listing
    def versions(
        self, dataset_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Listing[DatasetVersion]:
        """List the published versions, the latest first."""
        return Listing(path_of("datasets", dataset_id, "versions"), DatasetVersion, {}, limit, cursor)

    @call
    def version(self, dataset_id: str, version: str | int = "latest") -> Call[DatasetVersion]:
        """Return a published version: latest, a number, a label, ``sha256:<digest>``, ``time:<epoch ms>``."""
        return Call("GET", path_of("datasets", dataset_id, "versions", str(version)), one(DatasetVersion))

    @call
    def label(
        self,
        dataset_id: str,
        version: str | int,
        *,
        set_labels: Sequence[str] = (),
        delete_labels: Sequence[str] = (),
    ) -> Call[DatasetVersion]:
        """Set labels of a version, which takes them from others, then delete some."""
        path = path_of("datasets", dataset_id, "versions", str(version), "labels")
        body = {"set": list(set_labels), "delete": list(delete_labels)}
        return Call("PATCH", path, one(DatasetVersion), body=body, repeat="always")
