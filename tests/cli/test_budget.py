"""``lodeline experiments budget``: how a budget is set, what is said of it, and the exit code."""

import time
from pathlib import Path

from lodeline.demo.otlp import SpanDraft, request
from tests.cli.conftest import Lodeline


def test_a_budget_is_set_and_compared_with_what_was_spent(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    lodeline("experiments", "create", "app", store=store)
    assert "no budget is set" in lodeline("experiments", "budget", "app", store=store).out
    now_ns = time.time_ns()
    usage = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "house", "gen_ai.usage.input_tokens": 1_000_000}
    call = SpanDraft(b"tracetracetrace!", b"spanspan", b"", "call", now_ns, now_ns + 1, usage)
    file = tmp_path / "spans.pb"
    file.write_bytes(request([({"service.name": "test"}, "tests", "1", [call])]))
    lodeline("experiments", "configure", "app", 'prices=[{"model": "house", "input_usd_per_mtok": 3}]', store=store)
    lodeline("traces", "import", str(file), "--experiment", "app", store=store)
    lodeline("experiments", "configure", "app", "budget.max_usd=3.5", "budget.period=week", store=store)
    assert "within the budget" in lodeline("experiments", "budget", "app", store=store).out
    lodeline("experiments", "configure", "app", "budget.max_usd=2.5", store=store)
    over = lodeline("experiments", "budget", "app", store=store, code=1).out
    assert "$3.00" in over
    assert "over the budget" in over
    found = lodeline("experiments", "budget", "app", "--json", store=store, code=1).document()
    assert (found["state"], found["spent_usd"], found["max_usd"], found["period"]) == ("over", 3.0, 2.5, "week")
    back = lodeline("experiments", "configure", "app", "budget.period=null", "--json", store=store).document()
    assert back["budget"] == {"max_usd": 2.5, "period": "month"}
    none = lodeline("experiments", "configure", "app", "budget=null", "--json", store=store).document()
    assert none["budget"] == {"max_usd": None, "period": "month"}
    for wrong in ("budget.max_usd=0", "budget.max_usd=true", "budget.max_usd=much", "budget.period=year"):
        said = lodeline("experiments", "configure", "app", wrong, store=store, code=2).err
        assert wrong.partition("=")[0] in said
