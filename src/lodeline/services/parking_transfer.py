"""Judgments that wait for their traces, in an experiment's file.

- ``parked/NNNNN.jsonl``: a row for each, as that of the first revision it would have.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from lodeline.domain.assessment import AssessmentRevision
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Conflict
from lodeline.domain.ids import AssessmentId, ExperimentId
from lodeline.domain.parking import PARKING_FULL, ParkedAssessment, parked_again, said_since
from lodeline.services.run_transfer import RowsOf
from lodeline.services.transfer_rows import revision_from_row, revision_to_row, write_row
from lodeline.storage.base import Stores

BLOCK = 500
_MEMBER = re.compile(r"parked/[0-9]{5}\.jsonl")


class ParkedExport:
    """The members that hold what waits in an experiment; `parked` tells afterwards how many that were."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self.parked = 0

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Yield names and contents of members."""
        for number, found in enumerate(_blocks(self._stores, self._experiment_id), 1):
            self.parked += len(found)
            yield f"parked/{number:05d}.jsonl", b"".join(map(_row, found))


def _blocks(stores: Stores, experiment_id: ExperimentId) -> Iterator[Sequence[ParkedAssessment]]:
    after: AssessmentId | None = None
    while found := stores.parking.of_experiment(experiment_id, after=after, limit=BLOCK):
        yield found
        after = found[-1].assessment_id


def _row(parked: ParkedAssessment) -> bytes:
    return write_row(revision_to_row(AssessmentRevision(parked.assessment(), at_ms=parked.parked_ms, by=parked.by)))


class ParkedImport:
    """Parks what the file has parked, for a day from now, and passes over what waits there already, and what its
    trace has or was said anew since. `refused` names what could not be parked."""

    def __init__(
        self,
        stores: Stores,
        experiment_id: ExperimentId,
        members: Sequence[str],
        rows: RowsOf,
        *,
        actor: str,
        now_ms: Callable[[], int],
    ) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self._members = sorted(name for name in members if _MEMBER.fullmatch(name))
        self._rows = rows
        self._actor = actor
        self._now_ms = now_ms
        self.parked = 0
        self.refused: list[str] = []

    def check(self) -> None:
        """Return when each may be parked; Invalid or TooLarge before that."""
        for _ in self._found():
            pass

    def run(self) -> Iterator[None]:
        """Park them; yields after each. `check` was called before."""
        waiting = {each.assessment_id for block in _blocks(self._stores, self._experiment_id) for each in block}
        for parked, parked_ms in self._found():
            if parked.assessment_id in waiting or self._is_said(parked, parked_ms):
                continue
            target, now_ms = parked.draft.target.label, self._now_ms()
            audit = AuditEntry(now_ms, self._actor, "assessment.park", target, self._experiment_id)
            try:
                self._stores.parking.add(parked, audit=audit)
                self.parked += 1
            except Conflict as error:
                self.refused.append(f"judgment {parked.assessment_id} that waits for its trace: {error.message}")
                if error.error_code == PARKING_FULL:
                    return
            yield

    def _is_said(self, parked: ParkedAssessment, parked_ms: int) -> bool:
        """Tell whether its trace, where it is here, has the judgment, or the same one said after it was parked."""
        trace_id = parked.draft.target.trace_id
        there = () if trace_id is None else self._stores.assessments.of_traces([trace_id]).get(trace_id, ())
        return said_since(parked, there, parked_ms) or any(
            each.assessment_id == parked.assessment_id for each in there
        )

    def _found(self) -> Iterator[tuple[ParkedAssessment, int]]:
        """Yield each as it is to be parked, with the time at which it was."""
        for name in self._members:
            for row in self._rows(name):
                found = revision_from_row(row)
                parked = parked_again(
                    found.assessment, self._experiment_id, actor=self._actor, by=found.by, now_ms=self._now_ms()
                )
                yield parked, found.at_ms
