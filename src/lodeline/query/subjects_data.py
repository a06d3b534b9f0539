"""What filters see of datasets, their records, and prompts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar, cast

from lodeline.domain.dataset import Dataset
from lodeline.domain.prompt import Prompt
from lodeline.domain.record import Record
from lodeline.domain.span import AttributeValue, JsonValue
from lodeline.query.ast import Field
from lodeline.query.subjects import NS_PER_MS, Subject

T = TypeVar("T")
Read: TypeAlias = Callable[[T], AttributeValue]


class _Leaf:
    """A subject without parts."""

    def spans(self) -> Sequence[Subject]:
        """Return nothing."""
        return ()

    def assessments(self) -> Sequence[Subject]:
        """Return nothing."""
        return ()

    def texts(self) -> Iterable[str]:
        """Return nothing."""
        return ()


class DatasetSubject(_Leaf):
    """A dataset."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the dataset's value of a field."""
        if field.name == "tags":
            return (self.dataset.tags.get(field.key or ""),)
        return (_DATASET[field.name](self.dataset),)


class RecordSubject(_Leaf):
    """A record. A key of its content may name a value within others: ``inputs.question.text``."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the record's value of a field."""
        match field.name:
            case "tags":
                return (self.record.tags.get(field.key or ""),)
            case "inputs":
                return (_within(self.record.inputs, field.key or ""),)
            case "expectations":
                return (_within(self.record.expectations, field.key or ""),)
            case "outputs":
                return (cast(AttributeValue, self.record.outputs),)
            case _:
                return (_RECORD[field.name](self.record),)


class PromptSubject(_Leaf):
    """A prompt."""

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt

    def values(self, field: Field) -> Sequence[AttributeValue]:
        """Return the prompt's values of a field."""
        match field.name:
            case "tags":
                return (self.prompt.tags.get(field.key or ""),)
            case "alias":
                return tuple(self.prompt.aliases)
            case _:
                return (_PROMPT[field.name](self.prompt),)


def _within(content: Mapping[str, JsonValue], key: str) -> AttributeValue:
    """Return the value of a key, or of a dotted way through objects; the whole key wins."""
    if key in content:
        return cast(AttributeValue, content[key])
    value: object = content
    for step in key.split("."):
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, object]", value).get(step)
    return cast(AttributeValue, value)


_DATASET: Mapping[str, Read[Dataset]] = {
    "id": lambda d: d.dataset_id,
    "experiment": lambda d: d.experiment_id,
    "name": lambda d: d.name,
    "description": lambda d: d.description or None,
    "identity": lambda d: d.identity,
    "lifecycle": lambda d: d.lifecycle,
    "created": lambda d: d.created_ms * NS_PER_MS,
    "updated": lambda d: d.updated_ms * NS_PER_MS,
    "created_by": lambda d: d.created_by,
    "version": lambda d: d.latest_version,
    "record_count": lambda d: d.record_count,
    "draft_changes": lambda d: d.draft_changes,
    "digest": lambda d: d.digest,
}
_PROMPT: Mapping[str, Read[Prompt]] = {
    "name": lambda p: p.name,
    "experiment": lambda p: p.experiment_id,
    "description": lambda p: p.description or None,
    "created": lambda p: p.created_ms * NS_PER_MS,
    "updated": lambda p: p.updated_ms * NS_PER_MS,
    "created_by": lambda p: p.created_by,
    "version": lambda p: p.latest_version,
}
_RECORD: Mapping[str, Read[Record]] = {
    "id": lambda r: r.record_id,
    "external_id": lambda r: r.external_id,
    "split": lambda r: r.split,
    "source": lambda r: None if r.source is None else r.source.kind,
    "source_id": lambda r: None if r.source is None else r.source.source_id,
    "created": lambda r: r.created_ms * NS_PER_MS,
    "updated": lambda r: r.updated_ms * NS_PER_MS,
    "author": lambda r: r.author,
}
