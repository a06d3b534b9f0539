"""The reader of the documentation notices what is wrong: otherwise the tests of the pages would show nothing."""

from pathlib import Path

import pytest

from tests.docs.markdown import Block, Command, commands
from tests.docs.outputs import Names, mismatch
from tests.docs.shell import Reader

ID, OTHER = "tr-" + "ab" * 16, "tr-" + "cd" * 16


def console(text: str) -> Block:
    return Block("page.md", 1, "console", text)


@pytest.mark.parametrize(
    ("shown", "actual"),
    [
        (["a  b"], ["a     b  "]),
        (["2 traces in 1.5 ms, 3.1 KiB, 2026-11-23 10:00:00"], ["2 traces in 12 s, 7 B, 2027-01-01 00:00:00"]),
        ([f"{ID} is {ID}"], [f"{OTHER} is {OTHER}"]),
        (["first", "⋮", "last"], ["first", "x", "y", "last"]),
        (["⋮"], ["x", "y"]),
        (["said: … and more"], ["said: whatever there was and more"]),
        (["──"], ["────"]),
    ],
)
def test_what_may_differ(shown: list[str], actual: list[str]) -> None:
    assert mismatch(shown, actual, Names()) is None


@pytest.mark.parametrize(
    ("shown", "actual"),
    [
        (["a b"], ["a c"]),
        (["3 traces"], ["2 traces"]),
        (["a"], ["a", "b"]),
        (["a", "b"], ["a"]),
        (["a", "⋮", "z"], ["a", "b"]),
        ([f"{ID} {ID}"], [f"{OTHER} {ID}"]),
        (["1.5 ms"], ["fast"]),
    ],
)
def test_what_may_not_differ(shown: list[str], actual: list[str]) -> None:
    assert mismatch(shown, actual, Names()) is not None


def test_an_id_of_the_page_stands_for_the_product_s() -> None:
    names = Names()
    assert mismatch([ID], [OTHER], names) is None
    assert names.applied(f"get {ID}") == f"get {OTHER}"


def test_commands_go_on_after_a_backslash_and_within_quotes() -> None:
    block = console("$ one \\\n  two\n$ three '{\n  }'\nout\n")
    assert commands(block) == [Command("one \\\n  two", ()), Command("three '{\n  }'", ("out",))]


def test_output_before_a_command_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="output before"):
        commands(console("out\n$ command\n"))


def test_variables_and_the_folder_last(reader: Reader) -> None:
    for command in ("mkdir here && cd here", "NAME=ada", "export OTHER=bob"):
        reader.run(Command(command, ()), console(""))
    assert (
        reader.run(Command('echo "$(basename $PWD) $NAME $OTHER"', ("here ada bob",)), console(""))
        == "here ada bob\n"
    )


@pytest.mark.parametrize(
    ("command", "shown", "message"),
    [
        ("echo a", ("b",), "shown but not written"),
        ("exit 3", (), "exit code 3"),
        ("echo Error: no", ("Error: no",), "exit code 0"),
    ],
)
def test_what_does_not_hold_is_told(reader: Reader, command: str, shown: tuple[str, ...], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        reader.run(Command(command, shown), console(""))


def test_a_server_that_does_not_start_fails_the_page(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no store")
    with pytest.raises(AssertionError, match="exit code"):
        reader.run(Command("lodeline server --store file", ()), console(""))
