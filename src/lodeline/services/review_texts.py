"""Texts of what is reviewed: where spans can be marked, and whether those of a form lie there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lodeline.domain.errors import NotFound
from lodeline.domain.labeling import ItemId, LabelingItem, LabelingSession, ReviewForm, ReviewTarget
from lodeline.domain.labeling_checks import quoted_form
from lodeline.domain.review_checks import check_there, unavailable
from lodeline.domain.review_events import Submit
from lodeline.domain.reviewing import submitted_before
from lodeline.domain.text_span import MarkableText, length_of
from lodeline.services.review_views import contents_of, texts_in
from lodeline.storage.base import Stores


@dataclass(frozen=True, slots=True)
class QuotedForm:
    """A form whose spans were found in their texts, and by schema how many code points these texts have."""

    form: ReviewForm
    text_lengths: Mapping[str, int]


class ReviewTexts:
    """The texts of a session's items, each item looked at once, and only where spans are marked."""

    def __init__(self, stores: Stores, session: LabelingSession) -> None:
        self._stores = stores
        self._session = session
        self._items: dict[ItemId, LabelingItem] = {}
        self._texts: dict[ItemId, Sequence[MarkableText]] = {}

    def submitted(self, item_id: ItemId, event: Submit) -> Submit:
        """Return a submission with the words that its spans mark. One that was made before is that one, whatever the
        texts are by now.

        Invalid names the schema and the span that lies in none of the texts, TooLarge is for more words than a form
        holds; Conflict when what the item is about is gone, or another form was submitted in its place.
        """
        if not _has_spans(self._session, event.form):
            return event
        item = self._item(item_id)
        before = submitted_before(item, event)
        if before is not None:
            return replace(event, form=before.form, text_lengths=before.text_lengths)
        found = self.quoted(item, event.form)
        return replace(event, form=found.form, text_lengths=found.text_lengths)

    def quoted(self, item: LabelingItem, form: ReviewForm) -> QuotedForm:
        """Return the checked form of an item with the words that its spans mark; errors are those of `submitted`."""
        if not _has_spans(self._session, form):
            return QuotedForm(form, {})
        check_there(item)
        if item.item_id not in self._texts:
            texts = _texts_of(self._stores, self._session, item.target)
            if texts is None:
                raise unavailable(item)
            self._texts[item.item_id] = texts
        return _quoted(self._session, form, self._texts[item.item_id])

    def _item(self, item_id: ItemId) -> LabelingItem:
        if item_id not in self._items:
            item = self._stores.reviews.get(item_id)
            if item.run_id != self._session.run.run_id:
                raise NotFound.of("item", item_id)
            self._items[item_id] = item
        return self._items[item_id]


def quoted_gold(stores: Stores, session: LabelingSession, target: ReviewTarget, form: ReviewForm) -> ReviewForm:
    """Return known answers to a target that is there, with the words that their spans mark; Invalid names the one
    that lies in none of the texts, TooLarge is for more words than a form holds."""
    if not _has_spans(session, form):
        return form
    return _quoted(session, form, _texts_of(stores, session, target) or ()).form


def _has_spans(session: LabelingSession, form: ReviewForm) -> bool:
    """Tell whether a form of a session has spans, or says that there are none."""
    return any(schema.input.kind == "spans" and schema.name in form.answers for schema in session.schemas)


def _texts_of(stores: Stores, session: LabelingSession, target: ReviewTarget) -> tuple[MarkableText, ...] | None:
    """Return the texts in which a reviewer of a session can mark spans of a target; None when the target is gone."""
    try:
        contents = tuple(contents_of(stores, session, target))
    except NotFound:
        return None
    return texts_in(target, contents) if contents else None


def _quoted(session: LabelingSession, form: ReviewForm, texts: Sequence[MarkableText]) -> QuotedForm:
    asked = [schema for schema in session.schemas if schema.input.kind == "spans" and schema.name in form.answers]
    lengths = {schema.name: length_of(texts, schema.input.marks) for schema in asked}
    return QuotedForm(quoted_form(form, asked, texts), lengths)
