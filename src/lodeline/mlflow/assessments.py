"""Assessments, from MLflow's rows to ledgers.

MLflow lets several judgments override the same one; here a chain is linear, so the later ones stand for themselves.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast, get_args

from lodeline.domain.assessment import (
    UNNAMED,
    Assessment,
    AssessmentDraft,
    AssessmentError,
    AssessmentKind,
    AssessmentRevision,
    AssessmentSource,
    AssessmentTarget,
    SourceKind,
    check_draft,
)
from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId, check_span_id
from lodeline.mlflow.source import Row, json_of, named
from lodeline.services.assessment_texts import check_texts

_KINDS: Mapping[str, AssessmentKind] = {"feedback": "FEEDBACK", "expectation": "EXPECTATION", "issue": "ISSUE_REF"}
_SOURCE_RUN = "mlflow.assessment.sourceRunId"
_ISSUE_NAME = "mlflow.issue.name"


def ledger_of(
    rows: Iterable[Row], experiment_id: ExperimentId, trace_id: TraceId
) -> tuple[list[AssessmentRevision], list[str]]:
    """Return the assessments of a trace, oldest first, and why some of the rows are left out."""
    present: dict[AssessmentId, Assessment] = {}
    refused: list[str] = []
    for row in sorted(rows, key=lambda r: (r.whole("created_timestamp"), r.text("assessment_id"))):
        try:
            found = _assessment(row, experiment_id, trace_id)
        except (Invalid, TooLarge) as error:
            refused.append(f"assessment {named(row.text('assessment_id'))}: {error.message}")
            continue
        before = present.get(found.overrides) if found.overrides is not None else None
        if before is None or before.superseded_by is not None:
            found = replace(found, overrides=None)
        else:
            present[before.assessment_id] = replace(before, valid=False, superseded_by=found.assessment_id)
        present[found.assessment_id] = found
    return [AssessmentRevision(each, at_ms=each.updated_ms, by=None) for each in present.values()], refused


def _assessment(row: Row, experiment_id: ExperimentId, trace_id: TraceId) -> Assessment:
    kind = _KINDS.get(row.text("assessment_type").lower())
    if kind is None:
        raise Invalid.value("assessment_type", row.text("assessment_type"), f"one of {', '.join(_KINDS)}")
    metadata = _texts(row.text_or_none("assessment_metadata"))
    error = _error(row.text_or_none("error"))
    value = row.json("value") if error is None else None
    if kind == "ISSUE_REF":
        if isinstance(value, str):
            metadata[_ISSUE_NAME] = value
        value = None
    elif value is None and error is None:
        error = AssessmentError("NO_VALUE", "MLflow's database holds neither a value nor an error.")
    span_id, overrides = row.text_or_none("span_id"), row.text_or_none("overrides")
    assessment = Assessment(
        assessment_id=AssessmentId(row.text("assessment_id")),
        experiment_id=experiment_id,
        target=AssessmentTarget(trace_id, None if not span_id else check_span_id(span_id)),
        name=row.text("name"),
        kind=kind,
        source=AssessmentSource(_source_kind(row.text("source_type")), row.text("source_id") or UNNAMED),
        created_ms=row.moment("created_timestamp"),
        updated_ms=row.moment("last_updated_timestamp"),
        value=value,
        error=error,
        rationale=row.text_or_none("rationale"),
        metadata=metadata,
        overrides=AssessmentId(overrides) if overrides else None,
        run_id=row.text_or_none("run_id") or metadata.get(_SOURCE_RUN),
    )
    draft = AssessmentDraft(
        target=assessment.target, name=assessment.name, kind=kind, source=assessment.source, value=assessment.value,
        error=assessment.error, rationale=assessment.rationale, metadata=metadata, run_id=assessment.run_id,
        assessment_id=assessment.assessment_id,
    )  # fmt: skip
    check_draft(draft)
    check_texts(draft)
    return assessment


def _source_kind(text: str) -> SourceKind:
    """Return the kind of a source; `AI_JUDGE` is its older name, and what is not known is code."""
    name = {"AI_JUDGE": "LLM_JUDGE"}.get(text, text)
    return cast(SourceKind, name) if name in get_args(SourceKind) else "CODE"


def _error(text: str | None) -> AssessmentError | None:
    match json_of(text) if text else None:
        case {"error_code": code, **rest}:
            stack, message = rest.get("stack_trace"), rest.get("error_message")
            digest = hashlib.sha256(stack.encode("utf-8", "replace")).hexdigest() if isinstance(stack, str) else None
            return AssessmentError(str(code), message if isinstance(message, str) else "", digest)
        case _:
            return None


def _texts(text: str | None) -> dict[str, str]:
    found = json_of(text) if text else None
    return {key: str(value) for key, value in found.items()} if isinstance(found, Mapping) else {}
