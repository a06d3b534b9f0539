"""Names and pairs that commands take: experiments by id or name, ``key=value``, values as JSON or text."""

import contextlib
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import orjson
import typer

from lodeline.domain.errors import Forbidden, Invalid, NotFound
from lodeline.domain.experiment import Experiment
from lodeline.domain.span import JsonValue

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

ChoiceT = TypeVar("ChoiceT", bound=str)


def find_experiment(client: "LodelineClient", name: str) -> Experiment:
    """Return the experiment of this id or exact name, deleted or not; NotFound when there is none."""
    return client.experiments.find(name)


def experiment_names(client: "LodelineClient", ids: Iterable[str]) -> dict[str, str]:
    """Return how people are shown experiments: by id and name, or by the id alone of one that they may not see."""
    shown: dict[str, str] = {}
    for ident in dict.fromkeys(ids):
        shown[ident] = ident
        with contextlib.suppress(NotFound, Forbidden):
            shown[ident] = f"{ident} ({client.experiments.get(ident).name})"
    return shown


MOST_NAMESAKES = 10
"""So many ids are listed of what has one name."""


def only_one(noun: str, name: str, experiment: str | None, found: Sequence[tuple[str, str]]) -> None:
    """Raise NotFound for a name that nothing has, Invalid for one that several have: it lists their ids.

    `found` are ids, each with that of its experiment: of all, or of more than `MOST_NAMESAKES`.
    """
    if not found:
        within = "" if experiment is None else f" in experiment {experiment!r}"
        raise NotFound(f"{noun} {name!r} not found{within}, neither by id nor by name.")
    if len(found) > 1:
        ids = ", ".join(f"{ident} (experiment {where})" for ident, where in found[:MOST_NAMESAKES])
        more = " and more" if len(found) > MOST_NAMESAKES else ""
        choice = "the id of one" if experiment is not None else "the id of one, or its experiment with -e"
        raise Invalid(f"{name!r} is the name of several: {ids}{more}. Give {choice}.", code="ambiguous_name")


def pairs(texts: Iterable[str] | None, field: str) -> dict[str, str]:
    """Return ``key=value`` texts as a dict; Invalid for one without an equals sign or a key."""
    found: dict[str, str] = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise Invalid.value(field, text, "KEY=VALUE")
        found[key] = value
    return found


def choice_of(text: str, among: Sequence[ChoiceT], field: str) -> ChoiceT:
    """Return the choice that a text names, in whatever case; Invalid, naming the field and the choices, for none."""
    for choice in among:
        if choice.lower() == text.lower():
            return choice
    raise Invalid.value(field, text, f"one of {', '.join(among)}")


def value_of(text: str) -> JsonValue:
    """Return a value as typed on a command line: JSON where it is JSON, else the text itself."""
    try:
        parsed: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return parsed


def ask_password(prompt: str, *, twice: bool = False) -> str:
    """Return a password: typed unseen at a terminal, or else the next line of standard input."""
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise Invalid(f"{prompt.lower()}: standard input has none; write it there as a line, or use a terminal.")
        return given
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone; leave when the answer is no."""
    if yes:
        return
    try:
        typer.confirm(question, abort=True, err=True)
    except typer.Abort:
        if not sys.stdin.isatty():
            typer.echo("\nNobody is there to answer: give --yes to go on without the question.", err=True)
        raise
