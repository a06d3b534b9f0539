"""The rules of the assessment ledger, pure and shared by every backend.

A ledger is append-only: every change of an assessment is a new `AssessmentRevision` with the next revision number.
Chains are linear. ``b.overrides == a`` and ``a.superseded_by == b`` always stand together, both on one target, with
one name and of one kind, and exactly the head of a chain (the one that nothing supersedes) is valid. An assessment
that overrides nothing and is overridden by nothing is a chain of its own, so independent judgments with one name
coexist. Deleted assessments are in no chain, and their ids are never used again. Stores and files written before
names were looked at may link two names: such chains are read, imported and checked as they are, and grow no further
but under the name of their head.

Each `plan_*` function looks at the present state and returns what is to be appended; the store appends all of it in
one transaction, which also covers the reads that the plan was made from.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from lodeline.domain.assessment import (
    Assessment,
    AssessmentChange,
    AssessmentDraft,
    AssessmentRevision,
    check_draft,
)
from lodeline.domain.errors import Conflict, NotFound, shown
from lodeline.domain.ids import AssessmentId, ExperimentId, ordered_hex

FindLast = Callable[[AssessmentId], AssessmentRevision | None]
"""Looks up the last revision of any assessment of the store, deleted or not; None when the id was never used."""


@dataclass(frozen=True, slots=True)
class LedgerPlan:
    """The assessment as the caller will see it, and the revisions to append (none when nothing changes)."""

    assessment: Assessment
    revisions: tuple[AssessmentRevision, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything is to be appended."""
        return bool(self.revisions)


def plan_log(draft: AssessmentDraft, peers: Iterable[Assessment], find: FindLast, *, experiment_id: ExperimentId,
             by: str | None, now_ms: int) -> LedgerPlan:  # fmt: skip
    """Plan a new judgment. `peers` are the present (not deleted) assessments of the draft's own target.

    A given `assessment_id` that is taken: nothing changes when that assessment has this very content, else Conflict.
    A given `identifier` that a peer of the same name has: nothing changes when the content is equal, else that peer
    gets a new revision; its place in its chain stays, so `overrides` may repeat the link or be left out. Otherwise
    the draft becomes a new assessment, the head of a new chain or of the one whose head it overrides.
    """
    check_draft(draft)
    peers = tuple(peers)
    if draft.assessment_id is not None:
        holder = find(draft.assessment_id)
        if holder is not None:
            return _already_logged(draft, holder, experiment_id)
    if draft.identifier is not None:
        for peer in peers:
            if (peer.name, peer.identifier) == (draft.name, draft.identifier):
                return _log_again(draft, peer, peers, by=by, now_ms=now_ms)
    return _log_new(draft, find, experiment_id=experiment_id, by=by, now_ms=now_ms)


def plan_update(assessment: Assessment, change: AssessmentChange, peers: Iterable[Assessment], *, by: str | None,
                now_ms: int) -> LedgerPlan:  # fmt: skip
    """Plan a change of content; nothing is appended when the content stays the same.

    Conflict when a new name would give two peers (of one target) the same name and identifier, or is another than
    what this one overrides or is overridden by has. Invalid when the result would not be a sound assessment.
    """
    changed = replace(
        assessment,
        name=assessment.name if change.name is None else change.name,
        value=change.value if change.replace_value else assessment.value,
        error=change.error if change.replace_value else assessment.error,
        rationale=assessment.rationale if change.rationale is None else change.rationale,
        metadata={**assessment.metadata, **change.metadata},
        confidence=assessment.confidence if change.confidence is None else change.confidence,
    )
    if (changed.name, _content(changed)) == (assessment.name, _content(assessment)):
        return LedgerPlan(assessment)
    check_draft(_draft_of(changed))
    if changed.name != assessment.name:
        _check_rename(changed, tuple(peers))
    revision = _next(changed, by=by, now_ms=now_ms, reason=change.reason)
    return LedgerPlan(revision.assessment, (revision,))


def _check_rename(changed: Assessment, peers: tuple[Assessment, ...]) -> None:
    for peer in peers:
        linked = peer.assessment_id in {changed.overrides, changed.superseded_by}
        if linked and peer.name != changed.name:
            raise Conflict(
                f"assessment {changed.assessment_id!r} cannot be renamed to {shown(changed.name)}: it stands in a "
                f"chain of overrides with {peer.assessment_id!r}, which is named {shown(peer.name)}.",
                details={"assessment_id": peer.assessment_id, "name": peer.name},
            )
        if changed.identifier is None or peer.assessment_id == changed.assessment_id:
            continue
        if (peer.name, peer.identifier) == (changed.name, changed.identifier):
            raise Conflict(
                f"assessment {changed.assessment_id!r} cannot be renamed to {changed.name!r}: "
                f"{peer.assessment_id!r} has this name and the same identifier.",
                details={"assessment_id": peer.assessment_id},
            )


def plan_delete(assessment: Assessment, find: FindLast, *, by: str | None, now_ms: int) -> LedgerPlan:
    """Plan a removal. What it overrode and what overrides it become neighbours; the head of the rest is valid."""
    reason = f"{assessment.assessment_id} deleted"
    last = replace(assessment, valid=False)
    revisions = [replace(_next(last, by=by, now_ms=now_ms), deleted=True)]
    if assessment.overrides is not None:
        before = _present(assessment.overrides, find)
        after_id = assessment.superseded_by
        before = replace(before, superseded_by=after_id, valid=after_id is None)
        revisions.append(_next(before, by=by, now_ms=now_ms, reason=reason))
    if assessment.superseded_by is not None:
        after = _present(assessment.superseded_by, find)
        after = replace(after, overrides=assessment.overrides)
        revisions.append(_next(after, by=by, now_ms=now_ms, reason=reason))
    return LedgerPlan(revisions[0].assessment, tuple(revisions))


def find_faults(present: Iterable[Assessment]) -> list[str]:
    """Return what is wrong with the chains among the present assessments of a store; empty when all is well."""
    by_id = {a.assessment_id: a for a in present}
    faults: list[str] = []
    for a in by_id.values():
        if a.valid != (a.superseded_by is None):
            faults.append(f"assessment {a.assessment_id}: valid is {a.valid}, superseded by {a.superseded_by}")
        if a.overrides is not None:
            before = by_id.get(a.overrides)
            if before is None or before.superseded_by != a.assessment_id or before.target != a.target:
                faults.append(f"assessment {a.assessment_id}: overrides {a.overrides}, which does not link back")
        if a.superseded_by is not None:
            after = by_id.get(a.superseded_by)
            if after is None or after.overrides != a.assessment_id:
                faults.append(f"assessment {a.assessment_id}: superseded by {a.superseded_by}, which does not")
    return faults + _cycles(by_id)


def _cycles(by_id: dict[AssessmentId, Assessment]) -> list[str]:
    reachable: set[AssessmentId] = set()
    for start in (a for a in by_id.values() if a.overrides is None):
        at: Assessment | None = start
        while at is not None and at.assessment_id not in reachable:
            reachable.add(at.assessment_id)
            at = by_id.get(at.superseded_by) if at.superseded_by is not None else None
    return [f"assessment {i}: its chain has no beginning" for i in by_id if i not in reachable]


def _already_logged(draft: AssessmentDraft, holder: AssessmentRevision, experiment_id: ExperimentId) -> LedgerPlan:
    held = holder.assessment
    same = (held.experiment_id, held.target, held.name, held.identifier, _content(held)) == (
        experiment_id, draft.target, draft.name, draft.identifier, _content(draft)
    )  # fmt: skip
    if holder.deleted or not same:
        state = "a deleted assessment" if holder.deleted else "another assessment"
        raise Conflict(
            f"assessment_id {held.assessment_id!r} belongs to {state}; leave it out to get a new one.",
            details={"assessment_id": held.assessment_id},
        )
    return LedgerPlan(held)


def _log_again(draft: AssessmentDraft, peer: Assessment, peers: tuple[Assessment, ...], *, by: str | None,
               now_ms: int) -> LedgerPlan:  # fmt: skip
    present = {a.assessment_id for a in peers}
    if draft.overrides in present and draft.overrides != peer.overrides:
        raise Conflict(
            f"assessment {peer.assessment_id!r} with identifier {draft.identifier!r} exists and does not override "
            f"{draft.overrides!r}; log the override under another identifier.",
            details={"assessment_id": peer.assessment_id, "overrides": peer.overrides},
        )
    if _content(draft) == _content(peer):
        return LedgerPlan(peer)
    if draft.kind != peer.kind and (peer.overrides or peer.superseded_by):
        raise Conflict(
            f"assessment {peer.assessment_id!r} with identifier {draft.identifier!r} has the kind {peer.kind}, not "
            f"{draft.kind}, and stands in a chain of overrides; log this one under another identifier.",
            details={"assessment_id": peer.assessment_id, "kind": peer.kind},
        )
    changed = replace(
        peer, kind=draft.kind, source=draft.source, value=draft.value, error=draft.error,
        rationale=draft.rationale, metadata=dict(draft.metadata), confidence=draft.confidence, run_id=draft.run_id,
    )  # fmt: skip
    revision = _next(changed, by=by, now_ms=now_ms)
    return LedgerPlan(revision.assessment, (revision,))


def _log_new(draft: AssessmentDraft, find: FindLast, *, experiment_id: ExperimentId, by: str | None, now_ms: int
             ) -> LedgerPlan:  # fmt: skip
    new = Assessment(
        assessment_id=draft.assessment_id or AssessmentId(ordered_hex("a-")),
        experiment_id=experiment_id,
        target=draft.target,
        name=draft.name,
        kind=draft.kind,
        source=draft.source,
        created_ms=now_ms if draft.created_ms is None else draft.created_ms,
        updated_ms=now_ms,
        value=draft.value,
        error=draft.error,
        rationale=draft.rationale,
        metadata=dict(draft.metadata),
        identifier=draft.identifier,
        overrides=draft.overrides,
        confidence=draft.confidence,
        run_id=draft.run_id,
        created_by=by,
    )
    revisions = [AssessmentRevision(new, at_ms=now_ms, by=by)]
    if draft.overrides is not None:
        head = _head_to_override(draft, draft.overrides, find, experiment_id)
        head = replace(head, superseded_by=new.assessment_id, valid=False)
        revisions.append(_next(head, by=by, now_ms=now_ms, reason=f"overridden by {new.assessment_id}"))
    return LedgerPlan(new, tuple(revisions))


def _head_to_override(draft: AssessmentDraft, overrides: AssessmentId, find: FindLast, experiment_id: ExperimentId
                      ) -> Assessment:  # fmt: skip
    last = find(overrides)
    if last is None or last.deleted or last.assessment.experiment_id != experiment_id:
        raise NotFound.of("assessment", overrides)
    if last.assessment.target != draft.target:
        raise Conflict(
            f"overrides: assessment {overrides!r} judges another trace, span or session; override one of the same.",
            details={"overrides": overrides},
        )
    if last.assessment.kind != draft.kind:
        raise Conflict(
            f"overrides: assessment {overrides!r} has the kind {last.assessment.kind}, not {draft.kind}; log this "
            "one beside it.",
            details={"overrides": overrides, "kind": last.assessment.kind},
        )
    if last.assessment.name != draft.name:
        raise Conflict(
            f"overrides: assessment {overrides!r} has the name {shown(last.assessment.name)}, not "
            f"{shown(draft.name)}; log this one beside it.",
            details={"overrides": overrides, "name": last.assessment.name},
        )
    if last.assessment.superseded_by is not None:
        head = _head(last.assessment, find)
        raise Conflict(
            f"overrides: assessment {overrides!r} is already overridden; the head of its chain is "
            f"{head.assessment_id!r}, override that one.",
            code="not_chain_head",
            details={"overrides": overrides, "head": head.assessment_id},
        )
    return last.assessment


def _head(assessment: Assessment, find: FindLast) -> Assessment:
    while assessment.superseded_by is not None:
        assessment = _present(assessment.superseded_by, find)
    return assessment


def _present(assessment_id: AssessmentId, find: FindLast) -> Assessment:
    last = find(assessment_id)
    if last is None:
        raise NotFound.of("assessment", assessment_id)
    return last.assessment


def _next(changed: Assessment, *, by: str | None, now_ms: int, reason: str | None = None) -> AssessmentRevision:
    assessment = replace(changed, revision=changed.revision + 1, updated_ms=now_ms)
    return AssessmentRevision(assessment, at_ms=now_ms, by=by, reason=reason)


def _draft_of(a: Assessment) -> AssessmentDraft:
    return AssessmentDraft(
        target=a.target, name=a.name, kind=a.kind, source=a.source, value=a.value, error=a.error,
        rationale=a.rationale, confidence=a.confidence,
    )  # fmt: skip


def _content(a: Assessment | AssessmentDraft) -> str:
    """Return what makes two judgments equal, as text: unlike Python, JSON tells true from 1 and 1 from 1.0."""
    error = a.error and (a.error.code, a.error.message, a.error.stack_digest)
    source = (a.source.kind, a.source.source_id, a.source.digest)
    content = (a.kind, source, a.value, error, a.rationale, dict(a.metadata), a.confidence, a.run_id)
    return json.dumps(content, sort_keys=True)
