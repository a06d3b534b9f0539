"""Records of a dataset whose inputs say almost the same."""

from dataclasses import dataclass

from lodeline.domain.ids import RecordId


@dataclass(frozen=True, slots=True)
class NearDuplicateGroup:
    """Records that are alike, in the order of the dataset. `similarity` (0 to 1) is the least of the pairs that hold
    the group together: each record is so near to another one, not to all. `exact` says that the inputs of all are
    the same. `preview` is the beginning of the text in the first one's inputs."""

    record_ids: tuple[RecordId, ...]
    similarity: float
    exact: bool
    preview: str


@dataclass(frozen=True, slots=True)
class NearDuplicateRecords:
    """The groups of a version, the largest first, of equally large ones the most alike. `version` is its number, of
    the draft the one that it would get; `records` were looked at, and `partial` says that there was more to compare.
    """

    version: int
    threshold: float
    groups: tuple[NearDuplicateGroup, ...]
    records: int
    partial: bool
