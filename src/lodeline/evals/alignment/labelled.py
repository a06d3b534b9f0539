"""Outputs that people judged, and their split into those that a judge may learn from and those that test it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lodeline.domain.canonical import digest_of
from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Sample

MIN_RECORDS = 20
MIN_SIDE = 10
"""Records that either side of a split must have: fewer tell a good judge from a bad one by chance."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One output and what people decided about it. `key` is its record's: equal keys never part in a split. `source`
    names the trace that it is from, `reason` is what somebody who decided so wrote."""

    key: str
    sample: Sample
    value: bool | int | float | str
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """The rows to learn from, and the rows that nothing is learned from."""

    train: tuple[Labelled, ...]
    held_out: tuple[Labelled, ...]


def split_by_record(labelled: Sequence[Labelled], *, held_out: float = 0.5, seed: int = 0) -> Split:
    """Split rows by record and evenly over the values: of each value's records the share `held_out`, chosen by hash,
    so that the same records fall the same way whatever others come along with the same seed.

    Invalid for fewer than `MIN_RECORDS` records, fewer than `MIN_SIDE` on a side, and where people always said the
    same, as a judge that is always right by saying so teaches nothing.
    """
    if not 0 < held_out < 1:
        raise Invalid.value("held_out", held_out, "a share between 0 and 1")
    seen = {row.key for row in labelled}
    values = sorted({str(row.value) for row in labelled})
    if len(seen) < MIN_RECORDS:
        raise Invalid(
            f"labels: {len(seen)} records with labels of people are too few to align and to test a judge; label "
            f"{MIN_RECORDS} or more.",
            code="too_few_labels",
            details={"records": len(seen), "needed": MIN_RECORDS},
        )
    if len(values) < 2:
        raise Invalid(
            f"labels: people always said {values[0]!r}; a judge can learn only where they tell outputs apart.",
            code="labels_do_not_vary",
        )
    split = Split(*split_rows(labelled, held_out, seed))
    for side in (split.train, split.held_out):
        records = len({row.key for row in side})
        if records < MIN_SIDE:
            raise Invalid.value("held_out", held_out, f"a share that leaves {MIN_SIDE} records on either side")
    return split


def split_rows(
    labelled: Sequence[Labelled], share: float, seed: int
) -> tuple[tuple[Labelled, ...], tuple[Labelled, ...]]:
    """Return rows in two parts, the second with `share` of each value's records; a record of several values counts
    with the first one."""
    strata: dict[str, list[str]] = {}
    seen: set[str] = set()
    for row in labelled:
        if row.key not in seen:
            seen.add(row.key)
            strata.setdefault(str(row.value), []).append(row.key)
    kept = {key for keys in strata.values() for key in _chosen(keys, share, seed)}
    return (
        tuple(row for row in labelled if row.key not in kept),
        tuple(row for row in labelled if row.key in kept),
    )


def _chosen(keys: Iterable[str], share: float, seed: int) -> list[str]:
    ranked = sorted(keys, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    return ranked[: round(share * len(ranked))]


def data_digest(labelled: Sequence[Labelled]) -> str:
    """Return what tells the labels apart that a judge was aligned by: their records and values, in any order."""
    return digest_of(sorted([row.key, str(row.value)] for row in labelled))
