"""Errors name the options and values that were typed, not the fields of the API."""

import importlib
import inspect
import io
from pathlib import Path

import pytest

from lodeline.cli.dialect import FIELDS, in_options, options_of
from lodeline.cli.main import GROUPS
from lodeline.domain.errors import Conflict, Invalid
from tests.cli.conftest import Lodeline

OPTIONS = {"expires_days": "--expires-days", "tag": "--tag", "settings": "SETTING=VALUE", "weight": "--weight"}


@pytest.fixture
def filled(lodeline: Lodeline, store: Path) -> Path:
    """A store with an experiment."""
    lodeline("experiments", "create", "x", store=store)
    return store


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("assessments", "log", "a", "1"), "give either --trace or --session, not both and not neither."),
        (("assessments", "log", "a", "1", "--session", "s"), "--experiment: name the experiment of the session."),
        (
            ("keys", "create", "k", "--scope", "read", "--expires-days", "0"),
            "--expires-days: 0 is not valid; expected more than 0 days.",
        ),
        (("traces", "aggregate", "p95"), "MEASURE: 'p95' is not valid; Input should be 'count', "),
        (("traces", "aggregate", "assessment_mean"), "--assessment: assessment_mean needs the name of an assessment"),
        (
            ("traces", "aggregate", "count", "--every", "9999w"),
            "--every: '9999w' is not valid; expected a time from 1s to ten years, such as 15m.",
        ),
        (("traces", "aggregate", "count", "--by", "nothing"), "--by: unknown field 'nothing' (character 1)"),
        (("traces", "facet", "nothing"), "FIELD: unknown field 'nothing' (character 1)"),
        (("traces", "breakdown", "kind", "--kind", "foo"), "--kind: 'FOO' is not valid; Input should be 'AGENT', "),
        (("traces", "search", "-f", "durration > 1"), "--filter: unknown field 'durration' (character 1)"),
        (("traces", "search", "-o", "durration"), "--order: unknown field 'durration' (character 1)"),
        (("experiments", "create", ""), "NAME: '' is not valid;"),
        (("experiments", "rename", "x", ""), "NEW_NAME: '' is not valid;"),
        (("experiments", "configure", "x", "capture=3"), "capture: 3 is not valid;"),
        (("experiments", "configure", "x", "bogus=3"), "setting: there is no 'bogus'. There are capture, "),
        (
            ("experiments", "configure", "x", "captur=none"),
            "setting: there is no 'captur'. Did you mean 'capture'? There are ",
        ),
    ],
    ids=str,
)
def test_an_error_speaks_of_what_was_typed(
    command: tuple[str, ...], expected: str, lodeline: Lodeline, filled: Path
) -> None:
    refused = lodeline(*command, store=filled, code=2)
    assert refused.err.startswith(f"Error: {expected}")


def test_a_password_that_is_not_there_is_said_to_be_missing(
    lodeline: Lodeline, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    refused = lodeline("accounts", "create", "ada", store=filled, code=2)
    assert "new password: standard input has none; write it there as a line" in refused.err


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Invalid("tags.a b: too long"), "--tag a b: too long"),
        (Invalid("set_tags..[key]: '' is not valid"), "--tag: '' is not valid"),
        (Invalid("settings.budget.period: 'y' is not valid"), "budget.period: 'y' is not valid"),
        (Invalid("policy.weights.ann: 0 is not valid"), "--weight ann: 0 is not valid"),
        (Invalid("a file: 'expires_ms: 3' is odd"), "a file: 'expires_ms: 3' is odd"),
        (Invalid("body: give expires_ms, not 'expires_ms'"), "body: give --expires-days, not 'expires_ms'"),
        (Invalid("no field\ntags: x"), "no field\ntags: x"),
        (Conflict("tags: taken"), "tags: taken"),
    ],
    ids=str,
)
def test_fields_of_the_api_become_options(error: Conflict | Invalid, expected: str) -> None:
    with pytest.raises(type(error)) as caught, in_options(OPTIONS, {}):
        raise error
    assert caught.value.message == expected


def test_every_field_that_is_mapped_is_given_by_some_command() -> None:
    known: set[str] = set()
    for group in GROUPS:
        module = importlib.import_module(f"lodeline.cli.{group}{'_' if group == 'import' else ''}")
        for registered in getattr(getattr(module, "app", None), "registered_commands", ()):
            known |= set(options_of(list(inspect.signature(registered.callback).parameters.values())))
    assert {name for names in FIELDS.values() for name in names} <= known
