"""The how-to guides, each done as it is written; and what of the documentation is not run."""

import re
from pathlib import Path

import pytest

import lodeline
from lodeline.sdk.settings import ARGUMENTS, VARIABLES
from tests.docs.markdown import ROOT, blocks
from tests.docs.shell import Reader

HOW_TO = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/how-to").glob("*.md"))
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "adr" not in path.parts
)
NOT_RUN = {
    "README.md": {"these are the tests themselves"},
    "docs/tutorial.md": {"the tests run in an environment that is set up"},
    "docs/how-to/coming-from-mlflow.md": {"needs the database of an MLflow server"},
    "docs/how-to/gate-in-ci.md": {"needs GitHub"},
    "docs/how-to/operate.md": {"needs nginx"},
    "docs/reference/mlflow.md": {"installs a client of MLflow"},
    "docs/how-to/score-outputs.md": {"needs conversations that are there already"},
    "docs/how-to/send-traces.md": {
        "MLflow is not part of the test environment",
        "Phoenix is not part of the test environment",
        "needs a Collector",
        "the key comes from a server with accounts",
    },
}
"""Every block that is not run, by page, with the reason that stands above it there."""
RUN_LANGUAGES = {"console", "python", "json", "toml", "yaml"}
SHOWN_ONLY = {
    "docs/reference/api.md",
    "docs/reference/cli.md",
    "docs/reference/filter.md",
    "docs/reference/settings.md",
}
"""Pages whose blocks other tests run: `tests/tools`, `tests/query`, and those of the command line."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", HOW_TO)
def test_a_guide_does_what_it_says(page: str, warm_reader: Reader) -> None:
    assert len(warm_reader.read(page)) >= 3
    assert warm_reader.stop() in {0, -2, 130}


def test_what_is_not_run_is_listed_here() -> None:
    marked = {page: found for page in PAGES if (found := {block.not_run for block in blocks(page) if block.not_run})}
    assert marked == NOT_RUN


@pytest.mark.parametrize("page", sorted(set(PAGES) - SHOWN_ONLY))
def test_every_block_is_run_or_marked(page: str) -> None:
    for block in blocks(page):
        if block.language in RUN_LANGUAGES and block.not_run is None:
            assert block.language == "console" or block.file is not None, f"{block.place} is neither run nor a file"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target, anchor in re.findall(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), f"{page} links to {target}"
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), f"{page} links to {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_place_of_its_author(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.-])/(?:root|work|home/\w+|opt|tmp)/", text)


def test_what_the_words_of_other_products_become_exists() -> None:
    text = (ROOT / "docs/how-to/switch.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\blodeline\.([a-z_]+)", text))
    assert len(named) > 20
    assert {name for name in named if name not in lodeline.__all__} == set()


def anchors(path: Path) -> set[str]:
    """Return the anchors that a renderer gives to the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_settings_of_the_sdk_are_all_described() -> None:
    page = (ROOT / "docs/how-to/trace-python.md").read_text(encoding="utf-8")
    for name in (*ARGUMENTS, *VARIABLES.values()):
        assert f"`{name}`" in page, f"{name} is not described"
