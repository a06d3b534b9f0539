"""Generated documentation."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.gen_docs import GENERATORS, ROOT, Generator, main, region, stale


def test_the_generated_documentation_is_up_to_date():
    assert stale(GENERATORS, ROOT) == {}


def test_a_stale_file_is_named_and_then_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    generators: Mapping[str, Generator] = {"docs/a.md": lambda _: "new\n"}
    assert main(["--check"], generators=generators, root=tmp_path) == 1
    assert "docs/a.md: stale" in capsys.readouterr().out
    assert not (tmp_path / "docs/a.md").exists()
    assert main([], generators=generators, root=tmp_path) == 0
    assert (tmp_path / "docs/a.md").read_text() == "new\n"
    assert main(["--check"], generators=generators, root=tmp_path) == 0


def test_a_region_leaves_the_rest_of_the_file_alone():
    generate = region("x", lambda: "| table \\1 |")
    text = "before\n<!-- x: note -->\nold\n<!-- /x -->\nafter\n"
    assert generate(text) == "before\n<!-- x: note -->\n\n| table \\1 |\n\n<!-- /x -->\nafter\n"
    assert generate(generate(text)) == generate(text)
    with pytest.raises(ValueError, match="expected one region 'x', found 0"):
        generate("nothing")
