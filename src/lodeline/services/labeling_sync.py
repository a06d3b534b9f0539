"""From reviews to records: what people expect of each item, as one thing."""

from collections.abc import Mapping, Sequence

from lodeline.domain.canonical import canonical_json
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import RecordId
from lodeline.domain.labeling import Assignment, LabelingItem, LabelingSession, ReviewForm
from lodeline.domain.record import RecordDraft, RecordSource
from lodeline.domain.span import JsonValue
from lodeline.services.item_targets import dataset_of, record_of, traces_of
from lodeline.services.record_sources import clean, content_of
from lodeline.storage.base import Stores


def expectations_of(session: LabelingSession, item: LabelingItem) -> dict[str, JsonValue]:
    """Return what people expect of an item, by schema name and key of assertions.

    Where a dispute was decided the decision counts alone for what it answers. Else the answer that most gave, and of
    those that equally many gave the last one.
    """
    decided = item.adjudication
    forms = [a.submission.form for a in sorted(item.submissions, key=_when) if a.submission is not None]
    found: dict[str, JsonValue] = {}
    for schema in session.schemas:
        if schema.kind == "EXPECTATION":
            given = [form.answers[schema.name] for form in forms if schema.name in form.answers]
            if decided is not None and schema.name in decided.form.answers:
                given = [decided.form.answers[schema.name]]
            if given:
                found[schema.name] = clean(most_given(given))
    claims = [decided.form] if decided is not None and decided.form.assertions else forms
    return found | _assertions(claims)


def most_given(values: Sequence[JsonValue]) -> JsonValue:
    """Return the value that comes most often, of several the one that comes last."""
    texts = [canonical_json(clean(value)) for value in values]
    best = max(range(len(values)), key=lambda index: (texts.count(texts[index]), index))
    return values[best]


def record_draft(
    stores: Stores, session: LabelingSession, item: LabelingItem, expectations: Mapping[str, JsonValue], *, into: str
) -> RecordDraft | None:
    """Return the record that an item becomes in the dataset `into`; None for one that makes none, that is gone, or
    that is about something of another experiment.

    Of a record of that very dataset the record itself is meant, by its id, and it keeps its source.
    """
    target = item.target
    if target.trace_id is not None:
        traces = traces_of(stores, session.run.experiment_id, [target.trace_id])
        if not traces:
            return None
        inputs, outputs = content_of(stores, traces[0])
        return RecordDraft(
            inputs=inputs if isinstance(inputs, Mapping) else {"input": inputs},
            expectations=expectations,
            outputs=outputs,
            source=RecordSource("REVIEW", f"{target.trace_id}/{item.item_id}"),
        )
    if target.dataset_id is None or target.record_id is None:
        return None
    try:
        dataset = dataset_of(stores, session.run.experiment_id, target.dataset_id)
    except NotFound:
        return None
    record = record_of(stores, dataset, target.record_id, target.dataset_version)
    if record is None:
        return None
    same = target.dataset_id == into
    return RecordDraft(
        inputs=record.inputs,
        expectations=expectations,
        outputs=None if same else record.outputs,
        source=None if same else RecordSource("REVIEW", item.item_id, f"record {target.record_id}"),
        record_id=RecordId(target.record_id) if same else None,
    )


def _assertions(forms: Sequence[ReviewForm]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for form in forms:
        found.update(form.assertions)
    return found


def _when(assignment: Assignment) -> int:
    return 0 if assignment.submission is None else assignment.submission.submitted_ms
