"""The tutorials, done as they are written."""

import pytest

from tests.docs.shell import Reader


@pytest.mark.timeout(600)
def test_the_tutorial_does_what_it_says(reader: Reader) -> None:
    done = reader.read("docs/tutorial.md")
    assert len(done) >= 12
    assert reader.stop() in {0, -2, 130}
    assert (reader.folder / "shop.lodeline.zip").stat().st_size > 1_000


@pytest.mark.timeout(600)
def test_the_tutorial_of_evaluation_does_what_it_says(reader: Reader) -> None:
    done = reader.read("docs/tutorial-evaluation.md")
    assert len(done) >= 9
    assert reader.stop() in {0, -2, 130}
    assert 'failures="0"' in (reader.folder / "report.xml").read_text(encoding="utf-8")
