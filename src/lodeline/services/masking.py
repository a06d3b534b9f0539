"""Masks of an experiment, put over what comes in beside spans: tags, and what a judgment says."""

from collections.abc import Mapping
from dataclasses import replace

from lodeline.domain.assessment import MAX_RATIONALE, AssessmentChange, AssessmentDraft, AssessmentError
from lodeline.domain.evaluation_row import MAX_MESSAGE, RowDraft, ScoreDraft
from lodeline.domain.experiment import MAX_TAG_KEY, MAX_TAG_VALUE, Experiment
from lodeline.domain.labeling import ReviewForm
from lodeline.ingest.capture import Capture, capture_of


def masks_of(experiment: Experiment) -> Capture:
    """Return what the experiment's settings mask."""
    settings = experiment.settings
    return capture_of(settings.capture, settings.mask_patterns, mask_secrets=settings.mask_secrets)


def masked_draft(masks: Capture, draft: AssessmentDraft) -> AssessmentDraft:
    """Return a judgment with its session, value, error message, rationale and metadata masked; names and ids stay."""
    return replace(
        draft,
        target=replace(draft.target, session=masks.text(draft.target.session)),
        value=masks.json(draft.value),
        error=_masked_error(masks, draft.error),
        rationale=_text(masks, draft.rationale),
        metadata=masked_tags(masks, draft.metadata),
    )


def masked_tags(masks: Capture, tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags or metadata masked, and cut where that made them longer than they may be."""
    masked = masks.pairs(tags)
    return {key[:MAX_TAG_KEY]: value[:MAX_TAG_VALUE] for key, value in masked.items()}


def masked_change(masks: Capture, change: AssessmentChange) -> AssessmentChange:
    """Return a change of a judgment with what `masked_draft` masks, and its reason, masked."""
    return replace(
        change,
        value=masks.json(change.value),
        error=_masked_error(masks, change.error),
        rationale=_text(masks, change.rationale),
        metadata=masked_tags(masks, change.metadata),
        reason=_text(masks, change.reason),
    )


def masked_form(masks: Capture, form: ReviewForm) -> ReviewForm:
    """Return what a reviewer says with answers, comments and assertions masked."""
    return replace(
        form,
        answers={name: masks.json(answer) for name, answer in form.answers.items()},
        comments={name: masks.text(comment) or "" for name, comment in form.comments.items()},
        comment=masks.text(form.comment),
        assertions=masks.pairs(form.assertions),
    )


def masked_row(masks: Capture, row: RowDraft) -> RowDraft:
    """Return a row of an evaluation with its error, and what its scores and expectations say, masked."""
    return replace(
        row,
        error=_cut(masks.text(row.error), MAX_MESSAGE),
        scores=tuple(_masked_score(masks, score) for score in row.scores),
        expectations={name: masks.json(value) for name, value in row.expectations.items()},
    )


def _masked_score(masks: Capture, score: ScoreDraft) -> ScoreDraft:
    return replace(
        score,
        value=masks.json(score.value),
        error_message=_cut(masks.text(score.error_message), MAX_MESSAGE) or "",
        rationale=_text(masks, score.rationale),
        metadata=masked_tags(masks, score.metadata),
    )


def _masked_error(masks: Capture, error: AssessmentError | None) -> AssessmentError | None:
    return None if error is None else replace(error, message=_text(masks, error.message) or "")


def _text(masks: Capture, text: str | None) -> str | None:
    return _cut(masks.text(text), MAX_RATIONALE)


def _cut(text: str | None, most: int) -> str | None:
    return None if text is None else text[:most]
