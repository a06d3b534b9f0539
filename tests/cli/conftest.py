"""The command line run in this process against stores of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lodeline.cli.main import run
from lodeline.domain.span import JsonValue
from tests.e2e.demonstration import demonstration


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a command."""

    code: int
    out: str
    err: str

    def document(self) -> dict[str, JsonValue]:
        """Return the one JSON document that it wrote."""
        found: JsonValue = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    def lines(self) -> list[dict[str, JsonValue]]:
        """Return the JSON lines that it wrote."""
        return [json.loads(line) for line in self.out.splitlines()]


Lodeline = Callable[..., Finished]


@pytest.fixture
def lodeline(capsys: pytest.CaptureFixture[str]) -> Lodeline:
    """Run a command with these arguments; `store` is where it works, `ok` what its exit code must be."""

    def call(*arguments: str, store: Path | None = None, code: int = 0) -> Finished:
        capsys.readouterr()
        where = [] if store is None else ["--store", str(store)]
        found = run([*arguments, *where])
        captured = capsys.readouterr()
        assert found == code, captured.err or captured.out
        assert "Traceback" not in captured.err
        return Finished(found, captured.out, captured.err)

    return call


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """An empty store of the test's own."""
    return tmp_path / "store"


@dataclass(frozen=True, slots=True)
class Demo:
    """A store with the demonstration in it, which no test may change, and what loading it printed."""

    store: Path
    out: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demonstration, loaded once."""
    loaded = demonstration(tmp_path_factory)
    return Demo(loaded.copy(tmp_path_factory.mktemp("demo") / "store"), loaded.out)
