"""Splits: which record belongs to which part of a dataset, by hash, so that it is the same everywhere."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from lodeline.domain.canonical import canonical_json
from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import RecordId
from lodeline.domain.record import MAX_SPLIT, Record

MAX_SPLITS = 100


def check_ratios(ratios: Mapping[str, float]) -> None:
    """Return when `ratios` names 1 to 100 splits with finite shares above 0; else Invalid or TooLarge."""
    if not ratios:
        raise Invalid.value("ratios", dict(ratios), 'at least one split, such as {"train": 0.8, "test": 0.2}')
    if len(ratios) > MAX_SPLITS:
        raise TooLarge(f"ratios: {len(ratios)} are over the limit of {MAX_SPLITS} splits.")
    for name, ratio in ratios.items():
        check_name(name, noun="split", most=MAX_SPLIT)
        if not (math.isfinite(ratio) and ratio > 0):
            raise Invalid.value(f"ratios.{name}", ratio, "a number above 0")


def assign(
    records: Iterable[Record], ratios: Mapping[str, float], *, seed: int, stratify_by: str | None
) -> dict[RecordId, str]:
    """Return the split of every record.

    Within each stratum the records are ordered by the hash of seed, content and external id, and cut where the shares
    say; what rounding leaves over goes where most is missing, over all strata.
    """
    strata: dict[str, list[tuple[str, str, RecordId]]] = {}
    for record in records:
        stratum = "" if stratify_by is None else _stratum(record, stratify_by)
        text = f"{seed}\n{record.content_hash}\n{record.external_id or ''}"
        place = (hashlib.sha256(text.encode()).hexdigest(), record.record_id, record.record_id)
        strata.setdefault(stratum, []).append(place)
    whole = sum(ratios.values())
    shares = {name: ratio / whole for name, ratio in ratios.items()}
    owed = dict.fromkeys(shares, 0.0)
    found: dict[RecordId, str] = {}
    for stratum in sorted(strata):
        members = [record_id for _, _, record_id in sorted(strata[stratum])]
        for name, part in zip(shares, _cut(members, shares, owed), strict=True):
            found.update(dict.fromkeys(part, name))
    return found


def _cut(
    members: Sequence[RecordId], shares: Mapping[str, float], owed: dict[str, float]
) -> list[Sequence[RecordId]]:
    """Cut a stratum, and keep in `owed` how much each split has had too little of so far."""
    exact = {name: share * len(members) for name, share in shares.items()}
    counts = {name: math.floor(size + 1e-9) for name, size in exact.items()}
    missing = {name: owed[name] + exact[name] - counts[name] for name in shares}
    for _ in range(len(members) - sum(counts.values())):
        most = max(missing, key=missing.__getitem__)
        counts[most] += 1
        missing[most] -= 1
    owed.update(missing)
    parts: list[Sequence[RecordId]] = []
    start = 0
    for count in counts.values():
        parts.append(members[start : start + count])
        start += count
    return parts


def _stratum(record: Record, by: str) -> str:
    name, dot, key = by.partition(".")
    content = {"expectations": record.expectations, "inputs": record.inputs}.get(name) if dot else None
    value = record.tags.get(by) if content is None else content.get(key)
    return canonical_json(cast(object, value))
