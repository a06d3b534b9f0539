"""Label schemas: what can be one, and which values it lets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, LodelineError, TooLarge
from lodeline.domain.ids import ExperimentId
from lodeline.domain.label_schema import (
    BUILT_IN,
    INPUT_KINDS,
    LabelInput,
    LabelSchema,
    LabelSchemaDraft,
    LabelSchemaId,
    canonical_value,
    check_input,
    check_schema,
    default_id,
    default_schema,
    holder_of_default,
    schema_of,
)
from lodeline.domain.span import JsonValue

HOME = ExperimentId("0")


def schema(given: LabelInput) -> LabelSchema:
    return schema_of(LabelSchemaDraft("s", "FEEDBACK", given), LabelSchemaId("ls-1"), HOME, by=None, now_ms=1)


PASS = LabelInput("pass_fail", "Good", "Bad")
ONE = LabelInput("categorical", options=("a", "b", "c"))
ANY = LabelInput("categorical", options=("a", "b", "c"), multi_select=True)
SCORE = LabelInput("numeric", min_value=1, max_value=5)
SHORT = LabelInput("text", max_length=3)
FACTS = LabelInput("text_list", max_length=3, max_count=2)
MARKS = LabelInput("spans", options=("a", "b"), max_count=2)
MARK: JsonValue = {"field": "response", "start": 1, "end": 3, "label": "a"}


@pytest.mark.parametrize(
    ("given_", "value", "kept"),
    [
        (PASS, True, True), (PASS, False, False), (PASS, "Good", True), (PASS, "Bad", False),
        (ONE, "b", "b"), (ANY, ["c", "a", "c"], ["a", "c"]), (ANY, [], []),
        (SCORE, 1, 1), (SCORE, 5, 5), (SCORE, 2.5, 2.5), (LabelInput("numeric"), -1e300, -1e300),
        (SHORT, "abc", "abc"), (FACTS, ["a", "b"], ["a", "b"]), (FACTS, "abc", ["abc"]),
        (MARKS, [], []), (MARKS, [MARK, MARK], [MARK]),
    ],
)  # fmt: skip
def test_answers_are_kept_in_one_form(given_: LabelInput, value: JsonValue, kept: JsonValue) -> None:
    found = canonical_value(schema(given_), value)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("given_", "value"),
    [
        (PASS, 1), (PASS, "yes"), (PASS, None), (PASS, [True]),
        (ONE, "d"), (ONE, ["a"]), (ONE, True), (ANY, "a"), (ANY, ["a", "d"]), (ANY, [["a"]]), (ANY, {"a": 1}),
        (SCORE, 0), (SCORE, 5.01), (SCORE, True), (SCORE, "3"), (SCORE, float("nan")), (SCORE, 2**70),
        (LabelInput("numeric"), float("inf")),
        (SHORT, "abcd"), (SHORT, ""), (SHORT, "  "), (SHORT, 3),
        (FACTS, []), (FACTS, ["a", "b", "c"]), (FACTS, ["abcd"]), (FACTS, [1]), (FACTS, [""]), (FACTS, {"a": "b"}),
        (MARKS, "abc"), (MARKS, [1]), (MARKS, [{"start": 1, "end": 3}]), (MARKS, [MARK, MARK, MARK]),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_by_name(given_: LabelInput, value: JsonValue) -> None:
    with pytest.raises(Invalid, match=r"s: .*(is no answer to this label schema; expected|span)") as error:
        canonical_value(schema(given_), value)
    assert error.value.error_code == "label_value"


@pytest.mark.parametrize(
    "given_",
    [
        LabelInput("pass_fail", "x", "x"), LabelInput("pass_fail", "", "y"), LabelInput("pass_fail", "x" * 65),
        LabelInput("categorical"), LabelInput("categorical", options=("a", "a")),
        LabelInput("categorical", options=tuple("abcdefghijk")), LabelInput("categorical", options=("x" * 65,)),
        LabelInput("numeric", min_value=2, max_value=2), LabelInput("numeric", min_value=float("nan")),
        LabelInput("text", max_length=0), LabelInput("text_list", max_count=101),
        LabelInput("text", options=("a",)), LabelInput("numeric", positive_label="x"),
        LabelInput("pass_fail", min_value=1), LabelInput("spans"), LabelInput("text", marks="request"),
        LabelInput("spans", options=("a",), max_count=101), LabelInput("spans", options=("a",), max_length=5),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(given_: LabelInput) -> None:
    with pytest.raises((Invalid, TooLarge)):
        check_input(given_)


def test_what_is_built_in_is_sound() -> None:
    for draft in BUILT_IN.values():
        check_schema(draft)
    check_schema(default_schema(HOME, 1))


@given(st.integers(0, 2**31 - 1))
def test_a_default_id_tells_whose_it_is(number: int) -> None:
    assert holder_of_default(default_id(ExperimentId(str(number)))) == str(number)


def test_other_ids_are_nobodys_default() -> None:
    for text in ("ls-1", "ls-" + "a" * 32, "ls-" + "0" * 31, "ls-" + "0" * 33, "ls-" + "0" * 24 + "0000000G", ""):
        assert holder_of_default(LabelSchemaId(text)) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["a", "Good"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from([PASS, ONE, ANY, SCORE, SHORT, FACTS, MARKS]), values)
def test_a_kept_answer_is_an_answer_again_and_everything_else_is_our_error(
    given_: LabelInput, value: JsonValue
) -> None:
    try:
        kept = canonical_value(schema(given_), value)
    except LodelineError:
        return
    assert canonical_value(schema(given_), kept) == kept


def test_every_kind_of_input_is_tried_here() -> None:
    assert {each.kind for each in (PASS, ONE, ANY, SCORE, SHORT, FACTS, MARKS)} == set(INPUT_KINDS)
