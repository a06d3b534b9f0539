"""Masks of an experiment, put over what comes in beside spans: tags, and what a judgment says."""

from dataclasses import replace

from lodeline.domain.assessment import AssessmentChange, AssessmentDraft, AssessmentError
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.experiment import Experiment
from lodeline.ingest.capture import Capture, capture_of


def masks_of(experiment: Experiment) -> Capture:
    """Return what the experiment's settings mask."""
    settings = experiment.settings
    return capture_of(settings.capture, settings.mask_patterns, mask_secrets=settings.mask_secrets)


def masked_draft(masks: Capture, draft: AssessmentDraft) -> AssessmentDraft:
    """Return a judgment with its value, error, rationale and metadata masked; names and ids stay."""
    return replace(
        draft,
        value=masks.json(draft.value),
        error=_masked_error(masks, draft.error),
        rationale=masks.text(draft.rationale),
        metadata=masks.pairs(draft.metadata),
    )


def masked_change(masks: Capture, change: AssessmentChange) -> AssessmentChange:
    """Return a change of a judgment with what `masked_draft` masks, and its reason, masked."""
    return replace(
        change,
        value=masks.json(change.value),
        error=_masked_error(masks, change.error),
        rationale=masks.text(change.rationale),
        metadata=masks.pairs(change.metadata),
        reason=masks.text(change.reason),
    )


def masked_row(masks: Capture, row: RowDraft) -> RowDraft:
    """Return a row of an evaluation with its error, and what its scores and expectations say, masked."""
    return replace(
        row,
        error=masks.text(row.error),
        scores=tuple(_masked_score(masks, score) for score in row.scores),
        expectations={name: masks.json(value) for name, value in row.expectations.items()},
    )


def _masked_score(masks: Capture, score: ScoreDraft) -> ScoreDraft:
    return replace(
        score,
        value=masks.json(score.value),
        error_message=masks.text(score.error_message) or "",
        rationale=masks.text(score.rationale),
        metadata=masks.pairs(score.metadata),
    )


def _masked_error(masks: Capture, error: AssessmentError | None) -> AssessmentError | None:
    return None if error is None else replace(error, message=masks.text(error.message) or "")
