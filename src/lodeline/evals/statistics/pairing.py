"""Pairing: which records two runs have in common, by content."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lodeline.domain.comparison import ChangedRecord, Pairing
from lodeline.evals.statistics.arrays import IntArray
from lodeline.evals.statistics.columns import Records

MAX_LISTED = 100
"""Records that a pairing lists of each sort."""


@dataclass(frozen=True, slots=True)
class Paired:
    """The i-th pair is record `baseline[i]` of the baseline and `candidate[i]` of the candidate."""

    baseline: IntArray
    candidate: IntArray
    summary: Pairing


def pair(baseline: Records, candidate: Records) -> Paired:
    """Pair the records of two runs that have the same content, in the baseline's order.

    Of the others, those with one id on both sides are changed; the rest only one side has.
    """
    number_of = {content: number for number, content in enumerate(candidate.hashes)}
    matches = np.fromiter((number_of.get(content, -1) for content in baseline.hashes), np.int64, baseline.count)
    found = np.flatnonzero(matches >= 0)
    unmatched = np.ones(candidate.count, dtype=np.bool_)
    unmatched[matches[found]] = False
    return Paired(found, matches[found], _summary(baseline, candidate, matches, np.flatnonzero(unmatched)))


def _summary(baseline: Records, candidate: Records, matches: IntArray, unmatched: IntArray) -> Pairing:
    left: list[int] = np.flatnonzero(matches < 0).tolist()
    right: list[int] = unmatched.tolist()
    hash_of = {candidate.ids[number]: candidate.hashes[number] for number in right}
    changed = [
        ChangedRecord(baseline.ids[number], baseline.hashes[number], hash_of[baseline.ids[number]])
        for number in left
        if baseline.ids[number] in hash_of
    ]
    both = {record.record_id for record in changed}
    only_left = _others(baseline.ids, left, both)
    only_right = _others(candidate.ids, right, both)
    return Pairing(
        paired=baseline.count - len(left),
        changed=len(changed),
        only_baseline=len(only_left),
        only_candidate=len(only_right),
        changed_records=tuple(changed[:MAX_LISTED]),
        only_baseline_ids=tuple(only_left[:MAX_LISTED]),
        only_candidate_ids=tuple(only_right[:MAX_LISTED]),
    )


def _others(ids: Sequence[str], numbers: Sequence[int], changed: set[str]) -> list[str]:
    return [ids[number] for number in numbers if ids[number] not in changed]
