"""Answers that a file brings: held to the label schemas of their session, in versions that it asks or asked with.

Which version an answer was given to is not kept, so one that any of them lets in is sound. Nor is what else held on
that day: whether every answer had to be there, which keys of assertions were free, what the texts were (a trace may
have changed since); these are not asked again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.domain.label_schema import LabelSchema, canonical_value
from lodeline.domain.labeling import Adjudication, Assignment, LabelingItem, ReviewForm, Submission
from lodeline.domain.labeling_checks import check_draft_form
from lodeline.domain.span import JsonValue
from lodeline.domain.text_span import MAX_POSITION, MAX_TEXTS, part_of, read_spans

T = TypeVar("T")
_MOST_TEXT = MAX_POSITION * MAX_TEXTS


@dataclass(frozen=True, slots=True)
class AskedSchemas:
    """By name, the versions of label schemas that answers of one session may be to; those it asks with come first."""

    session: str
    by_name: Mapping[str, Sequence[LabelSchema]]

    @classmethod
    def of(cls, session: str, schemas: Iterable[LabelSchema]) -> "AskedSchemas":
        """Return versions, given in their order, as the schemas of a session that is called `session` in errors."""
        by_name: dict[str, list[LabelSchema]] = {}
        for schema in schemas:
            by_name.setdefault(schema.name, []).append(schema)
        return cls(session, by_name)


def held_item(item: LabelingItem, asked: AskedSchemas) -> LabelingItem:
    """Return an item with the answers of its reviews, of its decisions and its gold in canonical form; drafts are
    answers of nobody yet.

    Invalid or TooLarge for one that no version of its schema lets in, saying of which session, item and reviewer.
    """
    where = f"labeling session {shown(asked.session)}, item {item.item_id!r}"
    gold = _held(f"{where}, gold", lambda: _values(item.gold, asked, "gold", None))
    return replace(
        item,
        gold=gold,
        assignments=tuple(_assignment(each, asked, where) for each in item.assignments),
        adjudications=tuple(_adjudication(each, asked, where) for each in item.adjudications),
    )


def _assignment(given: Assignment, asked: AskedSchemas, where: str) -> Assignment:
    who = shown(given.reviewer or "nobody")
    if given.draft is not None:
        draft = given.draft
        _held(f"{where}, draft of {who}", lambda: check_draft_form(draft))
    if given.submission is None:
        return given
    submission = given.submission
    return replace(given, submission=_held(f"{where}, review of {who}", lambda: _submission(submission, asked)))


def _adjudication(given: Adjudication, asked: AskedSchemas, where: str) -> Adjudication:
    def held() -> Adjudication:
        if not given.form.answers:
            raise Invalid("answers: a decision needs at least one answer.", details={"field": "answers"})
        return replace(given, form=_form(given.form, asked, None))

    return _held(f"{where}, decision of {shown(given.by)}", held)


def _held(where: str, check: Callable[[], T]) -> T:
    """Return what a check returns, its errors with the place where the answers are and what to do."""
    try:
        return check()
    except (Invalid, TooLarge) as error:
        message = f"{where}: {error.message} Correct it in the file, or take the review out of it."
        raise type(error)(message, code=error.error_code, details=error.details) from error


def _submission(given: Submission, asked: AskedSchemas) -> Submission:
    if given.duration_ms is not None and given.duration_ms < 0:
        raise Invalid.value("duration_ms", given.duration_ms, "milliseconds from 0")
    for name, length in given.text_lengths.items():
        if name not in given.form.answers or not 0 <= length <= _MOST_TEXT:
            raise Invalid.value(f"text_lengths.{name}", length, "how long the texts of an answer were")
    for name in given.assessments:
        if name not in given.form.answers and name not in given.form.assertions:
            raise Invalid.value("assessments", name, "the name of an answer or the key of an assertion")
    return replace(given, form=_form(given.form, asked, given.text_lengths))


def _form(form: ReviewForm, asked: AskedSchemas, text_lengths: Mapping[str, int] | None) -> ReviewForm:
    """Return a form with its answers in canonical form; where `text_lengths` are kept, spans end within them."""
    check_draft_form(form)
    for name, comment in form.comments.items():
        versions = _versions(asked, "comments", name)
        if comment and not any(schema.enable_comment for schema in versions):
            raise Invalid(f"comments.{name}: this label schema takes no comments; leave it out.")
    return replace(form, answers=_values(form.answers, asked, "answers", text_lengths))


def _values(
    given: Mapping[str, JsonValue], asked: AskedSchemas, noun: str, text_lengths: Mapping[str, int] | None
) -> dict[str, JsonValue]:
    return {
        name: _value(
            _versions(asked, noun, name), value, None if text_lengths is None else text_lengths.get(name, -1)
        )
        for name, value in given.items()
    }


def _versions(asked: AskedSchemas, noun: str, name: str) -> Sequence[LabelSchema]:
    versions = asked.by_name.get(name)
    if versions is None:
        known = ", ".join([*asked.by_name][:20])
        raise Invalid(f"{noun}: {shown(name)} is no label schema of the session; there are {known}.")
    return versions


def _value(versions: Sequence[LabelSchema], value: JsonValue, length: int | None) -> JsonValue:
    """Return a value as the version keeps it to which it was given: the first that keeps it as it is, else the first
    that lets it in. The error is that of the first version."""
    refused: Invalid | None = None
    kept: list[JsonValue] = []
    for schema in versions:
        try:
            canonical = canonical_value(schema, value)
            _check_marks(schema, canonical, length)
        except Invalid as error:
            refused = refused or error
            continue
        if canonical == value:
            return canonical
        kept.append(canonical)
    if kept:
        return kept[0]
    raise refused or Invalid(f"{shown(value)} is no answer.")


def _check_marks(schema: LabelSchema, value: JsonValue, length: int | None) -> None:
    """Return when spans have words, are of the part that is marked, and end within `length` code points, where that
    is kept of them (-1: it is missing)."""
    if schema.input.kind != "spans":
        return
    part = schema.input.marks
    if length == -1:
        raise _no_marks(schema, f"text_lengths.{schema.name} is missing; say how long the texts of the {part} were")
    for span in read_spans(value):
        place = f"{span.start} to {span.end} of {shown(span.field)}"
        if part_of(span.field) != part:
            raise _no_marks(schema, f"{place} is not in the {part}, which is to be marked")
        if span.text is None:
            raise _no_marks(schema, f"{place} has no words; give the {span.end - span.start} characters as text")
        if length is not None and span.end > length:
            raise _no_marks(schema, f"{place} goes past the end: the texts had {length} characters")


def _no_marks(schema: LabelSchema, message: str) -> Invalid:
    return Invalid(f"{schema.name}: {message}.", code="label_value", details={"field": schema.name})
