"""Ways to answer a label schema, under the names that MLflow's users know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lodeline.domain.label_schema import LabelInput
from lodeline.domain.text_span import MarkedPart


class InputType(Protocol):
    """A way to answer."""

    @property
    def label_input(self) -> LabelInput:
        """The same as the server knows it."""
        ...


@dataclass(frozen=True, slots=True)
class InputPassFail:
    """True or false, under two labels."""

    positive_label: str = "Pass"
    negative_label: str = "Fail"

    @property
    def label_input(self) -> LabelInput:
        """The same as the server knows it."""
        return LabelInput("pass_fail", self.positive_label, self.negative_label)


@dataclass(frozen=True, slots=True)
class InputCategorical:
    """One of up to 10 options; `ordered` says that they go from the least to the most.

    >>> import lodeline
    >>> lodeline.InputCategorical(["poor", "fair", "good"], ordered=True).label_input.options
    ('poor', 'fair', 'good')
    """

    options: Sequence[str]
    ordered: bool = False

    @property
    def label_input(self) -> LabelInput:
        """The same as the server knows it."""
        return LabelInput("categorical", options=tuple(self.options), ordered=self.ordered)


@dataclass(frozen=True, slots=True)
class InputCategoricalList:
    """Any number of up to 10 options.

    >>> import lodeline
    >>> lodeline.InputCategoricalList(["rude", "wrong"]).label_input.multi_select
    True
    """

    options: Sequence[str]

    @property
    def label_input(self) -> LabelInput:
        """The same as the server knows it."""
        return LabelInput("categorical", options=tuple(self.options), multi_select=True)


@dataclass(frozen=True, slots=True)
class InputNumeric:
    """A number, within bounds where they are given.

    >>> import lodeline
    >>> lodeline.InputNumeric(1, 5).label_input.max_value
    5
    """

    min_value: float | None = None
    max_value: float | None = None

    @property
    def label_input(self) -> LabelInput:
        """The same as the server knows it."""
        return LabelInput("numeric", min_value=self.min_value, max_value=self.max_value)


@dataclass(frozen=True, slots=True)
class InputText:
    """A text, of at most `max_length` characters.

    >>> import lodeline
    >>> lodeline.InputText(max_length=200).label_input.kind
    'text'
    """

    max_length: int | None = None

    @property
    def label_input(self) -> LabelInput:
        """The same as the server knows it."""
        return LabelInput("text", max_length=self.max_length)


@dataclass(frozen=True, slots=True)
class InputTextList:
    """A list of texts: at most `max_count`, of at most `max_length_each` characters.

    >>> import lodeline
    >>> lodeline.InputTextList(max_count=3).label_input.kind
    'text_list'
    """

    max_length_each: int | None = None
    max_count: int | None = None

    @property
    def label_input(self) -> LabelInput:
        """The same as the server knows it."""
        return LabelInput("text_list", max_length=self.max_length_each, max_count=self.max_count)


@dataclass(frozen=True, slots=True)
class InputSpans:
    """Stretches of the response (or, with `marks`, of the request), each with one of the labels; at most `max_count`.

    >>> import lodeline
    >>> lodeline.InputSpans(["made up", "contradicts the source"]).label_input.marks
    'response'
    """

    labels: Sequence[str]
    max_count: int | None = None
    marks: MarkedPart = "response"

    @property
    def label_input(self) -> LabelInput:
        """The same as the server knows it."""
        return LabelInput("spans", options=tuple(self.labels), max_count=self.max_count, marks=self.marks)
