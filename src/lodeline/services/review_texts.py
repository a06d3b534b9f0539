"""Texts of what is reviewed: where spans can be marked, and whether those of a form lie there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lodeline.domain.errors import NotFound
from lodeline.domain.labeling import LabelingSession, ReviewForm, ReviewTarget
from lodeline.domain.labeling_checks import quoted_form
from lodeline.domain.text_span import MarkableText, length_of, markable
from lodeline.services.review_views import contents_of
from lodeline.storage.base import Stores


@dataclass(frozen=True, slots=True)
class QuotedForm:
    """A form whose spans were found in their texts, and by schema how many code points these texts have."""

    form: ReviewForm
    text_lengths: Mapping[str, int] = field(default_factory=dict[str, int])


def texts_of(stores: Stores, session: LabelingSession, target: ReviewTarget) -> tuple[MarkableText, ...]:
    """Return the texts in which a reviewer of a session can mark spans of a target; none when the target is gone."""
    try:
        contents = tuple(contents_of(stores, session, target))
    except NotFound:
        return ()
    return markable([{"request": each.request, "response": each.response} for each in contents])


def marks_texts(session: LabelingSession, form: ReviewForm) -> bool:
    """Tell whether a form of a session has spans, or says that there are none."""
    return any(schema.input.kind == "spans" and schema.name in form.answers for schema in session.schemas)


def quoted_answers(session: LabelingSession, form: ReviewForm, texts: Sequence[MarkableText]) -> QuotedForm:
    """Return a checked form with the words that its spans mark in `texts`, and how long these are.

    Invalid names the schema and the span that lies in none of the texts.
    """
    asked = [schema for schema in session.schemas if schema.input.kind == "spans" and schema.name in form.answers]
    lengths = {schema.name: length_of(texts, schema.input.marks) for schema in asked}
    return QuotedForm(quoted_form(form, asked, texts), lengths)


def quoted_in(stores: Stores, session: LabelingSession, target: ReviewTarget, form: ReviewForm) -> QuotedForm:
    """Return what `quoted_answers` does of the texts of a target, which are looked at only where there are spans."""
    texts = texts_of(stores, session, target) if marks_texts(session, form) else ()
    return quoted_answers(session, form, texts)
