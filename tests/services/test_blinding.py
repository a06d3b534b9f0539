"""What reviewers may not see of models and versions, whatever field they stand in."""

import pytest

from lodeline.domain.span import JsonValue
from lodeline.services.blinding import HIDDEN, Blinding

BLIND = Blinding(frozenset({"gpt-4o"}), frozenset({"v-17"}))


@pytest.mark.parametrize(
    ("shown", "hidden"),
    [
        ({"model": {"name": "gpt-4o"}}, {"model": HIDDEN}),
        ({"model": ["gpt-4o"]}, {"model": HIDDEN}),
        ({"models": ["gpt-4o", "other"]}, {"models": [HIDDEN, "other"]}),
        ({"engine": "azure/GPT-4o"}, {"engine": HIDDEN}),
        ({"gpt-4o": 1, "a": "v-17"}, {HIDDEN: 1, "a": HIDDEN}),
        ({"text": "gpt-4o answers"}, {"text": "gpt-4o answers"}),
        ("gpt-4o", HIDDEN),
        (None, None),
    ],
)
def test_names_are_hidden_in_a_model_call(shown: JsonValue, hidden: JsonValue) -> None:
    assert BLIND.content(shown, "CHAT_MODEL") == hidden


def test_elsewhere_a_field_named_model_may_be_what_is_asked_about() -> None:
    assert BLIND.content({"model": {"wheels": 4}}, "TOOL") == {"model": {"wheels": 4}}
    assert BLIND.content({"model": "gpt-4o-2024-08-06"}, "TOOL") == {"model": HIDDEN}
