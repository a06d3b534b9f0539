"""``lodeline traces reprice``: what it says before and after, and how it is told to go on."""

from io import StringIO
from pathlib import Path

import pytest

from lodeline.demo.otlp import SpanDraft, request
from tests.cli.conftest import Lodeline

PRICE = '[{"model": "own-1", "input_usd_per_mtok": 2.5}]'


@pytest.fixture
def app(lodeline: Lodeline, store: Path, tmp_path: Path) -> Path:
    """A store with experiment `app`, whose three traces call a model that has no price."""
    usage = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "own-1", "gen_ai.usage.input_tokens": 400_000}
    spans = [
        SpanDraft(number.to_bytes(16, "big"), b"spanspan", b"", "call", 10**18, 10**18 + 1, usage)
        for number in (1, 2, 3)
    ]
    file = tmp_path / "spans.pb"
    file.write_bytes(request([({"service.name": "test"}, "tests", "1", spans)]))
    lodeline("experiments", "create", "app", store=store)
    lodeline("traces", "import", str(file), "--experiment", "app", store=store)
    return store


def costs(lodeline: Lodeline, store: Path) -> list[object]:
    return [trace["cost_usd"] for trace in lodeline("traces", "search", "--json", store=store).lines()]


def test_a_price_set_afterwards_is_written_once_it_is_confirmed(
    lodeline: Lodeline, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    assert costs(lodeline, app) == [None] * 3
    assert "Of 3 traces none costs anything else" in lodeline("traces", "reprice", "app", "--yes", store=app).out
    lodeline("experiments", "configure", "app", f"prices={PRICE}", store=app)
    told = lodeline("traces", "reprice", "app", "--dry-run", store=app)
    assert told.out == "3 of 3 traces would cost $3.00 instead of $0.00.\n"
    asked = lodeline("traces", "reprice", "app", store=app, code=1)
    assert "would cost $3.00 instead of $0.00. Write these costs?" in asked.err
    assert costs(lodeline, app) == [None] * 3
    assert "3 of 3 traces cost now $3.00" in lodeline("traces", "reprice", "app", "--yes", store=app).out
    assert costs(lodeline, app) == [1.0] * 3


def test_json_and_a_filter(lodeline: Lodeline, app: Path) -> None:
    lodeline("experiments", "configure", "app", f"prices={PRICE}", store=app)
    one = f"id = 'tr-{1:032x}'"
    assert lodeline("traces", "reprice", "app", "--filter", one, "--yes", "--json", store=app).document() == {
        "traces": 1, "changed": 1, "spans": 1, "before_usd": 0.0, "after_usd": 1.0, "dry_run": False, "cursor": None,
    }  # fmt: skip
    assert sorted(map(str, costs(lodeline, app))) == ["1.0", "None", "None"]
