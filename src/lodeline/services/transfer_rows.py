"""The JSON rows of an experiment's file: domain values to rows and, checked field by field, back.

A file may come from a stranger: whatever a row holds, reading it gives a domain value that the stores can take, or
`Invalid`. Floats may be written as NaN and Infinity, as Python's json does. Lone surrogates become U+FFFD as each row
is read, for every door does that, and no store keeps them. What traces and assessments hold is bounded as it is where
they come in.
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast, get_args

from lodeline.domain.assessment import (
    MAX_RATIONALE,
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
from lodeline.domain.budget import BudgetPeriod, CostBudget
from lodeline.domain.errors import Invalid, LodelineError, TooLarge, shown
from lodeline.domain.experiment import (
    CaptureMode,
    ExperimentSettings,
    PriceOverride,
    Retention,
    check_name,
    check_tags,
)
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId, check_span_id, check_trace_id
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import MAX_TRACE_NAME, TRACE_STATES, TraceInfo, check_metadata
from lodeline.domain.transfer import TraceDump
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.values import clean_text
from lodeline.services.assessment_texts import MAX_TEXT, check_texts

T = TypeVar("T")
_MAX_INT = 2**63 - 1
MAX_RUN_ID = 250
MAX_PREVIEW_SENT = 100_000
_INFO_TEXTS = {
    "name": MAX_TRACE_NAME, "request": MAX_PREVIEW_SENT, "response": MAX_PREVIEW_SENT, "session": MAX_TEXT,
    "user": MAX_TEXT, "environment": MAX_TEXT, "model_id": MAX_TEXT, "run_id": MAX_TEXT,
    "client_request_id": MAX_TEXT,
}  # fmt: skip
"""How long the texts of an info may be: as the widest of the doors lets in."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""One half of a pair as JSON writes it; whether the other half is there is seen in the text that is read."""


class Row:
    """One JSON object of a file, read field by field. `where` names it in errors."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            raise Invalid(f"{where}: is no JSON object.")
        self.data = cast("dict[str, object]", data)
        self.where = where

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without `default` it must be there."""
        value = self.data.get(name, default)
        return value if isinstance(value, str) else self._refuse(name, value, "a text")

    def text_or_none(self, name: str, *, most: int | None = None) -> str | None:
        """Return a text, of at most so many characters, or None when it is null or missing."""
        found = None if self.data.get(name) is None else self.text(name)
        if found is not None and most is not None and len(found) > most:
            raise TooLarge(f"{self.where}: {name}: {len(found)} characters are over the limit of {most}.")
        return found

    def whole(self, name: str, *, least: int = 0) -> int:
        """Return a whole number of 63 bits."""
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MAX_INT:
            return self._refuse(name, value, f"a whole number from {least}")
        return value

    def whole_or_none(self, name: str, *, least: int = 0) -> int | None:
        """Return a whole number, or None when it is null or missing."""
        return None if self.data.get(name) is None else self.whole(name, least=least)

    def number_or_none(self, name: str) -> float | None:
        """Return a number, or None when it is null or missing."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._refuse(name, value, "a number")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self.data.get(name, default)
        return value if isinstance(value, bool) else self._refuse(name, value, "true or false")

    def one_of(self, name: str, choices: Sequence[T], default: T | None = None) -> T:
        """Return one of the choices."""
        value = self.data.get(name, default)
        for choice in choices:
            if choice == value:
                return choice
        return self._refuse(name, value, "one of " + ", ".join(map(str, choices)))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; a missing one is empty."""
        return tuple(
            item if isinstance(item, str) else self._refuse(name, item, "texts") for item in self.items(name)
        )

    def items(self, name: str) -> Sequence[object]:
        """Return a list; a missing one is empty."""
        value = self.data.get(name, [])
        return cast("list[object]", value) if isinstance(value, list) else self._refuse(name, value, "a list")

    def pairs(self, name: str) -> dict[str, str]:
        """Return an object of texts; a missing one is empty."""
        return {key: value for key, value in self.edits(name).items() if value is not None}

    def edits(self, name: str) -> dict[str, str | None]:
        """Return an object of texts and nulls; a missing one is empty."""
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            return self._refuse(name, value, "an object of texts")
        found: dict[str, str | None] = {}
        for key, item in cast("dict[str, object]", value).items():
            found[key] = item if item is None or isinstance(item, str) else self._refuse(name, item, "texts")
        return found

    def json(self, name: str) -> JsonValue:
        """Return any JSON value."""
        return cast(JsonValue, self.data.get(name))

    def row_or_none(self, name: str) -> "Row | None":
        """Return an object within this one, or None when it is null or missing."""
        return None if self.data.get(name) is None else self.row(name)

    def row(self, name: str, *, optional: bool = False) -> "Row":
        """Return an object within this one; a missing one that is `optional` is empty."""
        return Row(self.data.get(name, {} if optional else None), f"{self.where}.{name}")

    def rows(self, name: str) -> "list[Row]":
        """Return a list of objects; a missing one is empty."""
        return [Row(item, f"{self.where}.{name}") for item in self.items(name)]

    def _refuse(self, name: str, value: object, expected: str) -> Any:
        raise Invalid(f"{self.where}: {name}: {shown(value)} is not valid; expected {expected}.")


def write_row(data: Mapping[str, object]) -> bytes:
    """Return a row as one line."""
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def read_row(line: bytes, where: str) -> Row:
    """Return the row of a line; Invalid when it is no JSON object."""
    try:
        data = json.loads(line.decode("utf-8-sig"))
        return Row(_cleaned(data) if _SURROGATE.search(line) else data, where)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{where}: is not JSON.") from error


def _cleaned(data: object) -> object:
    """Return plain data with the lone surrogates in its texts, keys too, replaced by U+FFFD."""
    match data:
        case str():
            return clean_text(data)
        case dict():
            pairs = cast("dict[str, object]", data)
            return {clean_text(key): _cleaned(item) for key, item in pairs.items()}
        case list():
            return [_cleaned(item) for item in cast("list[object]", data)]
        case _:
            return data


def dump_to_row(dump: TraceDump) -> dict[str, object]:
    """Return a trace's row, without its ledger."""
    info = None
    if dump.info is not None:
        info = {field.name: getattr(dump.info, field.name) for field in dataclasses.fields(TraceInfo)}
        info = {name: value for name, value in info.items() if value not in (None, {}, False)}
    return {
        "trace_id": dump.trace_id,
        "received_ms": dump.received_ms,
        "updated_ms": dump.updated_ms,
        "info": info,
        "tag_edits": dict(dump.tag_edits),
        "linked_run_ids": list(dump.linked_run_ids),
        "abandoned": dump.abandoned,
    }


def dump_from_row(row: Row, ledger: Sequence[AssessmentRevision]) -> TraceDump:
    """Return the dump of a trace's row."""
    info = row.row_or_none("info")
    return TraceDump(
        trace_id=check_trace_id(row.text("trace_id")),
        received_ms=row.whole("received_ms"),
        updated_ms=row.whole("updated_ms"),
        info=None if info is None else _info(info),
        tag_edits=_tag_edits(row),
        linked_run_ids=tuple(
            check_name(run_id, noun=f"{row.where}: linked_run_ids", most=MAX_RUN_ID)
            for run_id in row.texts("linked_run_ids")
        ),
        abandoned=row.flag("abandoned"),
        ledger=tuple(ledger),
    )


def revision_to_row(revision: AssessmentRevision) -> dict[str, object]:
    """Return the row of one revision of an assessment."""
    return dataclasses.asdict(revision)


def revision_from_row(row: Row) -> AssessmentRevision:
    """Return the revision of a row; Invalid when its assessment breaks the rules of assessments."""
    return AssessmentRevision(
        assessment=_assessment(row.row("assessment")),
        at_ms=row.whole("at_ms"),
        by=row.text_or_none("by", most=MAX_TEXT),
        reason=row.text_or_none("reason", most=MAX_RATIONALE),
        deleted=row.flag("deleted"),
    )


def settings_from_row(row: Row) -> ExperimentSettings:
    """Return an experiment's settings, not yet checked."""
    retention, budget = row.row("retention"), row.row("budget", optional=True)
    return ExperimentSettings(
        capture=row.one_of("capture", get_args(CaptureMode)),
        mask_patterns=row.texts("mask_patterns"),
        mask_secrets=row.flag("mask_secrets", default=True),
        prices=tuple(
            PriceOverride(
                model=price.text("model"),
                provider=price.text_or_none("provider"),
                input_usd_per_mtok=price.number_or_none("input_usd_per_mtok"),
                output_usd_per_mtok=price.number_or_none("output_usd_per_mtok"),
                cache_read_usd_per_mtok=price.number_or_none("cache_read_usd_per_mtok"),
                cache_write_usd_per_mtok=price.number_or_none("cache_write_usd_per_mtok"),
            )
            for price in row.rows("prices")
        ),
        retention=Retention(
            max_age_days=retention.number_or_none("max_age_days"),
            max_traces=retention.whole_or_none("max_traces"),
            max_bytes=retention.whole_or_none("max_bytes"),
        ),
        recommended_tags=row.texts("recommended_tags"),
        environments=row.texts("environments"),
        default_environment=row.text_or_none("default_environment"),
        gated_aliases=row.texts("gated_aliases"),
        enforce_label_schemas=row.flag("enforce_label_schemas"),
        budget=CostBudget(
            max_usd=budget.number_or_none("max_usd"),
            period=budget.one_of("period", get_args(BudgetPeriod), default="month"),
        ),
    )


def _info(row: Row) -> TraceInfo:
    tokens = row.items("tokens")
    texts = {name: row.text_or_none(name, most=most) for name, most in _INFO_TEXTS.items()}
    return TraceInfo(
        **texts,
        state=None if row.json("state") is None else row.one_of("state", TRACE_STATES),
        start_ns=row.whole_or_none("start_ns"),
        duration_ns=row.whole_or_none("duration_ns"),
        tokens=_tokens(tokens) if tokens else None,
        cost_picousd=row.whole_or_none("cost_picousd", least=-_MAX_INT),
        tags=_tags(row.pairs("tags"), row.where),
        metadata=_metadata(row),
        finalised=row.flag("finalised"),
    )


def _tag_edits(row: Row) -> dict[str, str | None]:
    edits = row.edits("tag_edits")
    _tags({key: value or "" for key, value in edits.items()}, row.where)
    return edits


def _tags(tags: Mapping[str, str], where: str) -> Mapping[str, str]:
    """Return tags when each is such as a door takes; there may be more of them than one call may bring."""
    try:
        for key, value in tags.items():
            check_tags({key: value})
    except LodelineError as error:
        raise type(error)(f"{where}: {error.message}") from error
    return tags


def _metadata(row: Row) -> dict[str, str]:
    found = row.pairs("metadata")
    try:
        check_metadata(found)
    except TooLarge as error:
        raise TooLarge(f"{row.where}: {error.message}") from error
    return found


def _tokens(items: Sequence[object]) -> TokenUsage:
    numbers = [item for item in items if isinstance(item, int) and 0 <= item < 2**59]
    if len(numbers) != len(TokenUsage._fields) or len(numbers) != len(items):
        raise Invalid.value("tokens", items, f"{len(TokenUsage._fields)} whole numbers")
    return TokenUsage(*numbers)


def _assessment(row: Row) -> Assessment:
    target, source, error = row.row("target"), row.row("source"), row.row_or_none("error")
    trace_id, span_id = target.text_or_none("trace_id"), target.text_or_none("span_id")
    overrides, superseded_by = (row.text_or_none(name, most=MAX_RUN_ID) for name in ("overrides", "superseded_by"))
    assessment = Assessment(
        assessment_id=AssessmentId(row.text("assessment_id")),
        experiment_id=ExperimentId(row.text("experiment_id")),
        target=AssessmentTarget(
            trace_id=None if trace_id is None else TraceId(trace_id),
            span_id=None if span_id is None else check_span_id(span_id),
            session=target.text_or_none("session", most=MAX_TEXT),
        ),
        name=row.text("name"),
        kind=row.one_of("kind", get_args(AssessmentKind)),
        source=AssessmentSource(
            source.one_of("kind", get_args(SourceKind)),
            source.text("source_id"),
            source.text_or_none("digest", most=MAX_TEXT),
        ),
        created_ms=row.whole("created_ms"),
        updated_ms=row.whole("updated_ms"),
        value=row.json("value"),
        error=None
        if error is None
        else AssessmentError(
            error.text("code"), error.text("message", ""), error.text_or_none("stack_digest", most=MAX_TEXT)
        ),
        rationale=row.text_or_none("rationale"),
        metadata=row.pairs("metadata"),
        identifier=row.text_or_none("identifier"),
        overrides=None if overrides is None else AssessmentId(overrides),
        superseded_by=None if superseded_by is None else AssessmentId(superseded_by),
        valid=row.flag("valid", default=True),
        revision=row.whole("revision", least=1),
        confidence=row.number_or_none("confidence"),
        run_id=row.text_or_none("run_id"),
        created_by=row.text_or_none("created_by", most=MAX_TEXT),
    )
    draft = AssessmentDraft(
        target=assessment.target, name=assessment.name, kind=assessment.kind, source=assessment.source,
        value=assessment.value, error=assessment.error, rationale=assessment.rationale, metadata=assessment.metadata,
        identifier=assessment.identifier, confidence=assessment.confidence, run_id=assessment.run_id,
        assessment_id=assessment.assessment_id,
    )  # fmt: skip
    check_draft(draft)
    check_texts(draft)
    return assessment
