"""Alignment of a judge: what it was before and is after, on records that nothing was learned from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.aggregate import Interval
from lodeline.domain.agreement import Coefficient
from lodeline.domain.canonical import canonical_json, digest_text
from lodeline.domain.comparison import TestName
from lodeline.domain.span import JsonValue

AlignmentVerdict = Literal["better", "worse", "inconclusive", "unchanged"]
"""Whether the interval of the difference lies above or below 0, or holds it; unchanged when the optimiser kept the
judge as it was."""
AlignmentMeasure = Literal["agreement", "distance"]
"""Records judged as people decided; for numbers the mean distance from people's, where less is better."""
KEY_LENGTH = 16


@dataclass(frozen=True, slots=True)
class HeldOutResult:
    """How one version of a judge stands to people on the held-out records: `value` is its agreement or distance.
    Calls that failed count nowhere but in `errors`."""

    n: int
    errors: int
    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class AlignmentReport:
    """What became of an alignment.

    `difference` is after less before on the records that both versions judged, so above 0 is better for agreement and
    below 0 for distance; `p` is the paired test's. `people` is how far people agree themselves (Krippendorff's α)
    over all records, None with one person. `records` are counted, not rows.
    """

    judge: str
    optimiser: str
    parent_digest: str
    digest: str
    data_digest: str
    train_records: int
    held_out_records: int
    measure: AlignmentMeasure
    before: HeldOutResult
    after: HeldOutResult
    pairs: int
    difference: float | None
    interval: Interval | None
    p: float | None
    test: TestName | None
    verdict: AlignmentVerdict
    people: Coefficient | None = None
    optimiser_params: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    warnings: tuple[str, ...] = ()


def record_key(inputs: JsonValue) -> str:
    """Return what tells records apart: equal inputs are the same record, wherever they come from."""
    named = inputs if isinstance(inputs, Mapping) else {"inputs": inputs}
    return digest_text(canonical_json(named))[:KEY_LENGTH]


TUNED_TAG = "lodeline.tuned."
"""With a judge's name behind it the tag of traces and records that it was tuned on; the value is the digest of the
version."""


def tuned_judges(tags: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the judges that were tuned on what has these tags."""
    return frozenset(key.removeprefix(TUNED_TAG) for key in tags if key.startswith(TUNED_TAG))
