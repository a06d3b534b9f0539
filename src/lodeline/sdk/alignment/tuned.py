"""Records that a judge was tuned on, in an evaluation: its verdicts on them say little about others."""

import warnings
from collections.abc import Sequence
from typing import cast

from lodeline.domain.alignment import record_key
from lodeline.domain.errors import LodelineError
from lodeline.evals.engine.rows import Case
from lodeline.sdk.rendering import Limits, to_plain

_WHOLE = Limits(depth=64, chars=10_000_000)


TUNED_RECORDS = "lodeline.tuned_records"
"""The tag of a run over records that one of its judges was tuned on; it says which judge and how many records."""


class TunedRecordsWarning(UserWarning):
    """An evaluation is over records that one of its judges was tuned on."""


def tuned_warnings(scorers: Sequence[object], cases: Sequence[Case]) -> tuple[str, ...]:
    """Return a sentence for each judge that was tuned on some of the cases' records: they have the inputs that it was
    tuned on, or their record or trace is marked as one of those."""
    marked = {name for case in cases for name in case.tuned_for}
    judges = [(str(getattr(each, "name", "judge")), _tuned_on(each)) for each in scorers]
    judges = [(name, keys) for name, keys in judges if keys or name in marked]
    if not judges:
        return ()
    records = [_key(case) for case in cases]
    found: list[str] = []
    for name, tuned_on in judges:
        met = sum(key in tuned_on or name in case.tuned_for for key, case in zip(records, cases, strict=True))
        if met:
            found.append(
                f"Judge {name!r} was tuned on {met} of the {len(records)} records: what it says of them is too good "
                "to tell how it judges others. Evaluate on other records."
            )
    return tuple(found)


def _tuned_on(scorer: object) -> frozenset[str]:
    found: object = getattr(getattr(scorer, "__wrapped__", scorer), "tuned_on", None)
    return cast("frozenset[str]", found) if isinstance(found, frozenset) else frozenset()


def _key(case: Case) -> str | None:
    try:
        return record_key(to_plain(case.inputs, _WHOLE))
    except LodelineError:
        return None


def tuned_tags(scorers: Sequence[object], cases: Sequence[Case]) -> dict[str, str]:
    """Return the tag of a run over records that a judge was tuned on; empty where there are none."""
    found = tuned_warnings(scorers, cases)
    return {TUNED_RECORDS: " ".join(found)} if found else {}


def warn_of_tuned(scorers: Sequence[object], cases: Sequence[Case]) -> tuple[str, ...]:
    """Return `tuned_warnings`, each of them also issued as a `TunedRecordsWarning`."""
    found = tuned_warnings(scorers, cases)
    for sentence in found:
        warnings.warn(sentence, TunedRecordsWarning, stacklevel=4)
    return found
