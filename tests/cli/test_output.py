"""Output for people: hostile content is shown and never obeyed, numbers and times are readable."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.cli.output import Output, clean, clean_lines, cost, count, duration, fit, fit_columns, moment, size

HOSTILE = [
    "\x1b[2J\x1b[31mred", "\x1b]8;;http://evil\x07link\x1b]8;;\x07", "a\rb", "\x9b31m", "\u202egnp.exe", "a\u200bb",
    "tab\there", "\x00", "\ud800", "\U000e0041", "\u2066x\u2069", "bell\x07",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_made_visible(text: str) -> None:
    shown = clean(text)
    assert all(unicodedata.category(character) not in {"Cc", "Cf", "Cs"} for character in shown)
    shown.encode("utf-8")


@given(st.text(st.characters(), max_size=200))
def test_no_text_keeps_a_control_character_or_a_line_end(text: str) -> None:
    shown = clean(text)
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in shown)
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")


def test_ordinary_text_of_all_scripts_is_kept() -> None:
    text = "Grüße, 東京 – naïve café [bold]x[/bold] 🎈"
    assert clean(text) == text


def test_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 100, 10) == "xxxxxxxxx…"
    assert clean_lines("a\x1b\nb") == ["a\\x1b", "b"]


def test_markup_of_the_terminal_library_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output()
    out.table(("name",), [("[red]x[/red]",)])
    out.pairs([("name", "[link=http://evil]x[/link]")])
    shown = capsys.readouterr().out
    assert "[red]x[/red]" in shown
    assert "[link=http://evil]x[/link]" in shown


def test_nothing_is_cut_where_output_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("id", "name"), [("tr-1", "n" * 300)])
    assert "n" * 300 in capsys.readouterr().out


def test_json_is_all_there_is_when_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(as_json=True)
    out.say("Done.")
    out.document({"a": float("nan")})
    assert capsys.readouterr().out == '{"a":"NaN"}\n'


@given(st.lists(st.tuples(st.integers(1, 100), st.booleans()), min_size=1, max_size=8), st.integers(20, 200))
def test_only_free_columns_give_way(columns: list[tuple[int, bool]], available: int) -> None:
    widths, free = [width for width, _ in columns], [is_free for _, is_free in columns]
    fitted = fit(widths, free, available)
    for width, is_free, narrowed in zip(widths, free, fitted, strict=True):
        assert narrowed == width or (is_free and 12 <= narrowed < width)
    total = sum(fitted) + 2 * (len(fitted) - 1)
    assert total <= available or all(not is_free or width <= 12 for width, is_free in zip(fitted, free, strict=True))


TRACES = (
    ("id", "start", "duration", "state", "errors", "name", "tokens", "cost", "request"),
    (35, 19, 8, 5, 6, 40, 6, 8, 60),
)


@pytest.mark.parametrize(
    ("available", "left_out"),
    [(200, set[str]()), (127, set[str]()), (118, {"errors"}), (100, {"errors", "tokens", "cost"})],
)
def test_a_table_of_traces_fits_a_terminal(available: int, left_out: set[str]) -> None:
    columns, widths = TRACES
    kept, fitted = fit_columns(columns, widths, available)
    assert sum(fitted) + 2 * (len(fitted) - 1) <= available
    assert {columns[index] for index in range(len(columns)) if index not in kept} == left_out
    assert [columns[index] for index in kept if columns[index] not in left_out] == [
        column for column in columns if column not in left_out
    ]


def test_what_cannot_fit_is_as_narrow_as_can_be() -> None:
    assert fit_columns(("id", "name"), (35, 40), 20) == ([0, 1], [35, 8])


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [
        (None, None), (0, "0 µs"), (1_500, "1.5 µs"), (2_500_000, "2.5 ms"), (1_030_000_000, "1.03 s"),
        (90_000_000_000, "1.5 min"), (7_200_000_000_000, "2 h"),
    ],
)  # fmt: skip
def test_durations_take_a_fitting_unit(nanoseconds: int | None, shown: str | None) -> None:
    assert duration(nanoseconds) == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (None, None), (0.0, "$0.00"), (12.345, "$12.35"), (0.00413, "$0.00413"), (1e-12, "$0.00000000"),
        (float("nan"), "$nan"), (-0.5, "$-0.500"),
    ],
)  # fmt: skip
def test_costs_show_the_digits_that_matter(usd: float | None, shown: str | None) -> None:
    assert cost(usd) == shown


def test_times_beyond_the_calendar_are_numbers() -> None:
    assert moment(0) == "1970-01-01 00:00:00"
    assert moment(10**18) == f"{10**18} ms"
    assert moment(None) is None


def test_sizes_and_counts() -> None:
    assert size(512) == "512 B"
    assert size(3 * 2**20) == "3.0 MiB"
    assert count(1234) == "1,234"
    assert count(0) is None
