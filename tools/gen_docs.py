"""Write what of the reference documentation is generated.

`python -m tools.gen_docs` brings every file of `GENERATORS` up to date; with `--check` it changes nothing, names the
stale ones and exits 1 when there are any.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.docs_api import api_page
from tools.docs_cli import cli_page
from tools.docs_figures import figure_table
from tools.docs_filter import field_tables
from tools.docs_roles import role_tables
from tools.docs_settings import settings_page
from tools.ui_types import ui_types

ROOT = Path(__file__).parent.parent
Generator = Callable[[str], str]
"""From a file's present text ("" when there is none) to what it should be."""


def region(name: str, content: Callable[[], str]) -> Generator:
    """Return the generator that replaces what stands between ``<!-- name: … -->`` and ``<!-- /name -->``.

    Everything else in the file is written by hand. ValueError when the file has no such region.
    """
    pattern = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)

    def generate(present: str) -> str:
        text, count = pattern.subn(lambda hit: f"{hit[1]}\n{content().strip()}\n\n{hit[2]}", present)
        if count != 1:
            raise ValueError(f"expected one region {name!r}, found {count}")
        return text

    return generate


GENERATORS: Mapping[str, Generator] = {
    "docs/how-to/accounts-and-keys.md": region("roles", role_tables),
    "docs/how-to/operate.md": region("figures", figure_table),
    "docs/reference/api.md": api_page,
    "docs/reference/cli.md": cli_page,
    "docs/reference/filter.md": region("fields", field_tables),
    "docs/reference/settings.md": settings_page,
    "ui/src/api/schema.ts": ui_types,
}
"""Every generated file, by its path from the root of the repository."""


def stale(generators: Mapping[str, Generator], root: Path) -> dict[Path, str]:
    """Return the files that are not what their generators say, with the text that they should have."""
    found: dict[Path, str] = {}
    for name, generate in generators.items():
        path = root / name
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        if (text := generate(present)) != present:
            found[path] = text
    return found


def main(arguments: Sequence[str], *, generators: Mapping[str, Generator] = GENERATORS, root: Path = ROOT) -> int:
    """Write or check every generated file; return the exit code."""
    check = "--check" in arguments
    outdated = stale(generators, root)
    for path, text in outdated.items():
        print(f"{path.relative_to(root)}: {'stale; run python -m tools.gen_docs' if check else 'written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
