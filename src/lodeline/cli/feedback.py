"""Feedback beside what is listed: what chosen names say of each trace or session, in columns of their own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar

import typer

from lodeline.cli.options import Use
from lodeline.cli.output import clean
from lodeline.cli.trace_view import plain_value
from lodeline.domain.assessment import Assessment, mean_value

T = TypeVar("T")

FeedbackOption = Annotated[
    list[str] | None,
    typer.Option("--feedback", metavar="NAME", help="Also show the feedback of this name; may be repeated."),
]
_MOST_IDS = 100
_MOST_CHARACTERS = 4_000
"""Of the ids in one filter, which stands in an address."""
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Judged(Generic[T]):
    """A trace or session with the valid feedback of the chosen names, the newest first."""

    item: T
    feedback: Sequence[Assessment]

    def cells(self, names: Sequence[str]) -> list[str | None]:
        """Return what a table shows of each name."""
        return [_shown([each for each in self.feedback if each.name == name]) for name in names]


def with_feedback(
    use: Use, items: Sequence[T], target: Literal["trace", "session"], of: Callable[[T], tuple[str, str]],
    names: Sequence[str],
) -> list[Judged[T]]:  # fmt: skip
    """Return the items with their feedback; `of` gives an item's experiment and its own id."""
    if not names:
        return [Judged(item, ()) for item in items]
    found: dict[tuple[str, str], list[Assessment]] = {}
    for keys in _portions([of(item) for item in items]):
        for each in _asked(use, target, keys, names):
            own = each.target.trace_id if target == "trace" else each.target.session
            found.setdefault((each.experiment_id, own or ""), []).append(each)
    return [Judged(item, found.get(of(item), ())) for item in items]


def document(judged: Judged[T], noun: str) -> Mapping[str, object]:
    """Return what JSON says of an item with its feedback."""
    return {noun: judged.item, "assessments": judged.feedback}


def _asked(
    use: Use, target: Literal["trace", "session"], keys: Sequence[tuple[str, str]], names: Sequence[str]
) -> Iterator[Assessment]:
    # Not at the top: most commands ask for no feedback, and reading the language takes long.
    from lodeline.query.ast import Compare  # noqa: PLC0415
    from lodeline.query.build import conj, one_of  # noqa: PLC0415
    from lodeline.query.fields import field  # noqa: PLC0415
    from lodeline.query.unparse import to_text  # noqa: PLC0415

    node = conj(
        (
            Compare(field("assessment", "kind"), "=", "FEEDBACK"),
            Compare(field("assessment", "valid"), "=", True),
            one_of(field("assessment", "name"), names),
            one_of(field("assessment", target), [own for _, own in keys]),
        )
    )
    experiments = list(dict.fromkeys(experiment for experiment, _ in keys))
    for page in use.client.assessments.search(experiment=experiments, filter=to_text(node), limit=None).pages():
        yield from page.items


def _portions(keys: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    portion: list[tuple[str, str]] = []
    size = 0
    for key in keys:
        if portion and (len(portion) == _MOST_IDS or size + len(key[1]) > _MOST_CHARACTERS):
            yield portion
            portion, size = [], 0
        portion.append(key)
        size += len(key[1])
    if portion:
        yield portion


def _shown(found: Sequence[Assessment]) -> str | None:
    if not found:
        return None
    if len(found) == 1:
        return _value(found[0])
    mean = mean_value(each.value for each in found if each.error is None)
    return f"{_value(found[0])} (newest of {len(found)})" if mean is None else f"{mean:.3g} (mean of {len(found)})"


def _value(judgment: Assessment) -> str:
    error = judgment.error
    return clean(f"error {error.code}" if error is not None else plain_value(judgment.value), _SHOWN)
