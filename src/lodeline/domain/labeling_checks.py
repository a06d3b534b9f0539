"""Bounds of labeling sessions, their items and what reviewers send."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.domain.experiment import check_name
from lodeline.domain.label_schema import LabelSchema, canonical_value
from lodeline.domain.labeling import ItemDraft, ReviewForm, ReviewPolicy, check_target
from lodeline.domain.span import JsonValue
from lodeline.domain.text_span import MarkableText, quoted, read_spans

MAX_REVIEWER_NAME = 250
MAX_REVIEWERS = 500
MAX_SESSION_SCHEMAS = 50
MAX_FORMER_SCHEMAS = 200
"""Versions that a session asked with before; of more it keeps the latest."""
MAX_ROUND = 1_000_000
MAX_PLACE = 1_000_000_000
MAX_REVIEWS = 50
MAX_WEIGHT = 1_000.0
MAX_LEASE_MINUTES = 7 * 24 * 60
MAX_INSTRUCTIONS = 20_000
MAX_ITEMS = 20_000
"""Items of one session."""
MAX_ADDED = 1_000
"""Items added in one call."""
MAX_PRIORITY = 1_000_000
MAX_FLAGS = 20
MAX_FLAG = 64
MAX_COMMENT = 10_000
MAX_ASSERTIONS = 100
MAX_ASSERTION = 2_000
MAX_FORM = 1_000_000
"""Characters of a form as JSON."""
MAX_REASON = 1_000
MAX_KEY = 250
MAX_DURATION_MS = 30 * 24 * 3_600_000


def check_policy(policy: ReviewPolicy, reviewers: Sequence[str]) -> None:
    """Return when a policy can be kept with these reviewers; else Invalid, naming the field."""
    if not 1 <= policy.reviews_required <= MAX_REVIEWS:
        raise Invalid.value("policy.reviews_required", policy.reviews_required, f"1 to {MAX_REVIEWS}")
    if policy.mode != "open_pool" and not reviewers:
        raise Invalid(f"policy.mode: {policy.mode} needs reviewers; name them, or leave the pool open.")
    if policy.mode != "named" and reviewers and policy.reviews_required > len(reviewers):
        raise Invalid(
            f"policy.reviews_required: {policy.reviews_required} reviews of each item need as many reviewers, and "
            f"there are {len(reviewers)}; add some, or require less.",
            details={"field": "policy.reviews_required"},
        )
    if not 0 <= policy.overlap <= 1:
        raise Invalid.value("policy.overlap", policy.overlap, "a share from 0 to 1")
    if policy.min_agreement is not None and not 0 <= policy.min_agreement <= 1:
        raise Invalid.value("policy.min_agreement", policy.min_agreement, "a share from 0 to 1")
    if not 1 <= policy.lease_minutes <= MAX_LEASE_MINUTES:
        raise Invalid.value("policy.lease_minutes", policy.lease_minutes, f"1 to {MAX_LEASE_MINUTES}")
    if policy.max_declines is not None and not 1 <= policy.max_declines <= MAX_REVIEWS:
        raise Invalid.value("policy.max_declines", policy.max_declines, f"1 to {MAX_REVIEWS}")
    if policy.weights and policy.mode != "weighted":
        raise Invalid(f"policy.weights: mode {policy.mode} has none; leave them out, or choose mode weighted.")
    for name, weight in policy.weights.items():
        if name not in reviewers:
            raise Invalid.value("policy.weights", name, "the name of a reviewer of the session")
        if not 0 < weight <= MAX_WEIGHT:
            raise Invalid.value(f"policy.weights.{name}", weight, f"a number above 0, at most {MAX_WEIGHT:g}")
    if len(set(policy.fields)) < len(policy.fields):
        raise Invalid("policy.fields: one is given twice.", details={"field": "policy.fields"})


def check_reviewers(reviewers: Sequence[str]) -> None:
    """Return when names can be reviewers; else Invalid or TooLarge."""
    if len(reviewers) > MAX_REVIEWERS:
        raise TooLarge(f"reviewers: {len(reviewers)} are over the limit of {MAX_REVIEWERS}.")
    for name in reviewers:
        check_name(name, noun="reviewer", most=MAX_REVIEWER_NAME)
    if len(set(reviewers)) < len(reviewers):
        raise Invalid("reviewers: a name is given twice.", details={"field": "reviewers"})


def check_schemas(schemas: Sequence[LabelSchema]) -> None:
    """Return when a session can ask with these schemas; else Invalid or TooLarge."""
    if not schemas:
        raise Invalid("schemas: a labeling session needs at least one label schema.", details={"field": "schemas"})
    if len(schemas) > MAX_SESSION_SCHEMAS:
        raise TooLarge(f"schemas: {len(schemas)} are over the limit of {MAX_SESSION_SCHEMAS} in one session.")
    names = [schema.name for schema in schemas]
    for name in names:
        if names.count(name) > 1:
            raise Invalid(f"schemas: {shown(name)} is named twice.", details={"field": "schemas"})


def check_instructions(text: str) -> None:
    """Return when a text can be the instructions of a session; else TooLarge."""
    if len(text) > MAX_INSTRUCTIONS:
        raise TooLarge(f"instructions: {len(text)} characters are over the limit of {MAX_INSTRUCTIONS}.")


def checked_items(drafts: Sequence[ItemDraft], schemas: Sequence[LabelSchema]) -> list[ItemDraft]:
    """Return items to be added, gold answers in canonical form; Invalid or TooLarge for what can be none."""
    if len(drafts) > MAX_ADDED:
        raise TooLarge(f"items: {len(drafts)} are over the limit of {MAX_ADDED} in one call.")
    by_name = {schema.name: schema for schema in schemas}
    checked: list[ItemDraft] = []
    for draft in drafts:
        check_target(draft.target)
        for noun in ("trace_id", "other_trace_id", "session", "dataset_id", "record_id", "run_id", "row_key"):
            text: str | None = getattr(draft.target, noun)
            if text is not None:
                check_name(text, noun=f"target.{noun}")
        if not -MAX_PRIORITY <= draft.priority <= MAX_PRIORITY:
            raise Invalid.value("priority", draft.priority, f"a whole number from -{MAX_PRIORITY} to {MAX_PRIORITY}")
        if draft.reviews_required is not None and not 1 <= draft.reviews_required <= MAX_REVIEWS:
            raise Invalid.value("reviews_required", draft.reviews_required, f"1 to {MAX_REVIEWS}")
        for name in draft.gold:
            if name not in by_name:
                raise _no_schema("gold", name, by_name)
        gold = {name: canonical_value(by_name[name], value) for name, value in draft.gold.items()}
        checked.append(replace(draft, gold=gold))
    return checked


def check_draft_form(form: ReviewForm) -> None:
    """Return when a form can be kept as a draft, whatever its answers; else Invalid or TooLarge."""
    try:
        size = _size_of(form)
    except RecursionError as error:
        raise Invalid("answers: they are nested too deep; flatten them.") from error
    if size > MAX_FORM:
        raise TooLarge(f"the form has {size} characters, over the limit of {MAX_FORM}; shorten its texts.")
    if len(form.flags) > MAX_FLAGS:
        raise TooLarge(f"flags: {len(form.flags)} are over the limit of {MAX_FLAGS}.")
    for flag in form.flags:
        check_name(flag, noun="flags", most=MAX_FLAG)
    for noun, comment in (("comment", form.comment or ""), *((f"comments.{k}", v) for k, v in form.comments.items())):
        if len(comment) > MAX_COMMENT:
            raise TooLarge(f"{noun}: {len(comment)} characters are over the limit of {MAX_COMMENT}.")
    if len(form.assertions) > MAX_ASSERTIONS:
        raise TooLarge(f"assertions: {len(form.assertions)} are over the limit of {MAX_ASSERTIONS}.")
    for key, claim in form.assertions.items():
        check_name(key, noun="assertion key", most=MAX_KEY)
        if not claim.strip() or len(claim) > MAX_ASSERTION:
            raise Invalid.value(f"assertions.{key}", claim, f"a claim of 1 to {MAX_ASSERTION} characters")
    if form.duration_ms is not None and not 0 <= form.duration_ms <= MAX_DURATION_MS:
        raise Invalid.value("duration_ms", form.duration_ms, f"milliseconds from 0 to {MAX_DURATION_MS}")


def _size_of(form: ReviewForm) -> int:
    parts = (dict(form.answers), dict(form.comments), form.comment, form.flags, dict(form.assertions))
    return len(json.dumps(parts, ensure_ascii=True))


def checked_form(form: ReviewForm, schemas: Sequence[LabelSchema], *, whole: bool) -> ReviewForm:
    """Return a form to be submitted with its answers in canonical form and null ones left out.

    Invalid names an answer that its schema does not let in, one to no schema of the session, a comment where the
    schema has none, and with `whole` an answer that is missing: every judgment that is asked for must be there, while
    what the output should have been need not, as of a good output there may be nothing to say; of a session that asks
    for nothing else, one answer must.
    """
    check_draft_form(form)
    by_name = {schema.name: schema for schema in schemas}
    for noun, names in (("answers", form.answers), ("comments", form.comments)):
        for name in names:
            if name not in by_name:
                raise _no_schema(noun, name, by_name)
    answers = {
        schema.name: canonical_value(schema, form.answers[schema.name])
        for schema in schemas
        if form.answers.get(schema.name) is not None
    }
    for name, comment in form.comments.items():
        if comment and not by_name[name].enable_comment:
            raise Invalid(f"comments.{name}: this label schema takes no comments; leave it out.")
    for key in form.assertions:
        if key in by_name:
            raise Invalid(f"assertions: {shown(key)} is the name of a label schema; choose another key.")
    if whole:
        _check_whole(schemas, answers)
    return replace(form, answers=answers, comments={k: v for k, v in form.comments.items() if v})


def _check_whole(schemas: Sequence[LabelSchema], answers: Mapping[str, JsonValue]) -> None:
    judged = [schema.name for schema in schemas if schema.kind == "FEEDBACK"]
    missing = [name for name in judged if name not in answers]
    if missing:
        raise Invalid(
            f"answers: {', '.join(missing)} missing; answer every label schema that is no expectation.",
            details={"field": "answers", "missing": missing},
        )
    if not answers:
        names = [schema.name for schema in schemas]
        raise Invalid(
            f"answers: there is none; answer one of {', '.join(names)}.",
            details={"field": "answers", "missing": names},
        )


def quoted_form(form: ReviewForm, asked: Sequence[LabelSchema], texts: Sequence[MarkableText]) -> ReviewForm:
    """Return a checked form with the words that its answers to the schemas of kind spans `asked` mark in `texts`;
    Invalid names the answer that marks what is not there, TooLarge says that the words are more than a form holds."""
    answers = dict(form.answers)
    marked = {schema.name: read_spans(answers[schema.name]) for schema in asked}
    # Before any word is cut out: a hundred spans of one long text are a hundred times as long as it is.
    _check_words(sum(span.end - span.start for spans in marked.values() for span in spans))
    for schema in asked:
        try:
            spans = quoted(marked[schema.name], texts, schema.input.marks)
        except Invalid as error:
            raise Invalid(
                f"answers.{schema.name}: {error.message}", code="label_value", details={"field": schema.name}
            ) from error
        answers[schema.name] = [span.to_value() for span in spans]
    found = replace(form, answers=answers)
    if any(marked.values()):
        _check_words(_size_of(found))
    return found


def _check_words(size: int) -> None:
    if size > MAX_FORM:
        raise TooLarge(
            f"answers: with the words that are marked the form comes to {size} characters of JSON, over the limit of "
            f"{MAX_FORM}; mark shorter stretches.",
            details={"field": "answers"},
        )


def check_marks(schemas: Sequence[LabelSchema], policy: ReviewPolicy) -> None:
    """Return when reviewers are shown what they are to mark; else Invalid."""
    for schema in schemas:
        if schema.input.kind == "spans" and schema.input.marks not in policy.fields:
            raise Invalid(
                f"policy.fields: {shown(schema.name)} has spans of the {schema.input.marks} marked, which is not "
                f"shown; add {schema.input.marks!r}.",
                details={"field": "policy.fields"},
            )


def check_reason(reason: str) -> None:
    """Return when a reason for declining says something; else Invalid or TooLarge."""
    if not reason.strip():
        raise Invalid("reason: say why the item is declined.", details={"field": "reason"})
    if len(reason) > MAX_REASON:
        raise TooLarge(f"reason: {len(reason)} characters are over the limit of {MAX_REASON}.")


def _no_schema(noun: str, name: str, by_name: dict[str, LabelSchema]) -> Invalid:
    return Invalid(
        f"{noun}: {shown(name)} is no label schema of this session; it has {', '.join(by_name)}.",
        details={"field": noun},
    )
