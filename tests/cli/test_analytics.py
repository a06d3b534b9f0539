"""Counts, users, sessions, settings and the audit trail on the command line."""

import re
from pathlib import Path
from typing import Any, cast

import pytest

from lodeline.cli.analytics import bucket_ms
from lodeline.domain.errors import Invalid
from tests.cli.conftest import Demo, Lodeline

AIRLINE = "demo: airline agent (tau-bench)"


def test_a_facet_counts_what_a_search_finds(lodeline: Lodeline, demo: Demo) -> None:
    found = lodeline("traces", "facet", "state", "--json", store=demo.store).document()
    errors = lodeline("traces", "search", "-f", "state = 'ERROR'", "--all", "--json", store=demo.store).lines()
    values = found["values"]
    assert isinstance(values, list)
    assert {"value": "ERROR", "count": len(errors)} in values
    assert "ERROR" in lodeline("traces", "facet", "state", store=demo.store).out
    assert "did you mean state" in lodeline("traces", "facet", "sate", store=demo.store, code=2).err


def test_judgments_on_sessions_are_aggregated_by_themselves(lodeline: Lodeline, demo: Demo) -> None:
    asked = ("traces", "aggregate", "assessment_mean", "assessment_count", "--assessment", "reward", "-e", AIRLINE)
    of_traces, of_sessions = (
        lodeline(*asked, *of, "--json", store=demo.store).document()["points"] for of in ((), ("--of", "sessions"))
    )
    assert of_traces == of_sessions  # a conversation's reward is on the session and on its last turn
    assert "--of" in lodeline(*asked, "--of", "users", store=demo.store, code=2).err


def test_spans_are_compared_by_what_they_are(lodeline: Lodeline, demo: Demo) -> None:
    tools = ("traces", "breakdown", "name", "--kind", "tool", "-e", AIRLINE)
    shown = lodeline(*tools, store=demo.store).out
    assert "update_reservation_flights" in shown
    found = lodeline(*tools, "--json", store=demo.store).document()
    values = cast("list[dict[str, Any]]", found["values"])
    failed = {str(item["value"]): int(item["errors"]) for item in values if item["errors"]}
    for name, count in failed.items():
        where = f"span(kind = TOOL AND name = '{name}' AND status = ERROR)"
        listed = lodeline("traces", "search", "-f", where, "-e", AIRLINE, "--all", "--json", store=demo.store).lines()
        assert 0 < len(listed) <= count
    assert failed
    models = lodeline("traces", "breakdown", "model", "-e", AIRLINE, "-n", "1", "--json", store=demo.store).document()
    assert [item["value"] for item in cast("list[dict[str, Any]]", models["values"])] == ["gpt-4o"]
    assert "kind" in lodeline("traces", "breakdown", "name", "--kind", "tol", store=demo.store, code=2).err
    assert "FIELD" in lodeline("traces", "breakdown", "color", store=demo.store, code=2).err


def test_aggregates_come_by_time_and_field(lodeline: Lodeline, demo: Demo) -> None:
    arguments = ("traces", "aggregate", "count", "duration_p95", "--every", "1d", "--by", "model", "-e", AIRLINE)
    shown = lodeline(*arguments, store=demo.store).out.splitlines()
    assert shown[0].split() == ["from", "model", "n", "count", "duration_p95"]
    assert "airline-agent-gpt-4o" in shown[2]
    points = lodeline(*arguments, "--json", store=demo.store).document()["points"]
    assert isinstance(points, list)
    assert len(points) == len(shown) - 2
    assert "MEASURE: 'median'" in lodeline("traces", "aggregate", "median", store=demo.store, code=2).err


def test_lengths_of_buckets() -> None:
    assert [bucket_ms(text) for text in ("30s", "15m", "2h", "1d", "1w")] == [
        30_000, 900_000, 7_200_000, 86_400_000, 604_800_000,
    ]  # fmt: skip
    for text in ("", "0m", "1y", "1.5h", "-1h", "1 h"):
        with pytest.raises(Invalid, match="--every"):
            bucket_ms(text)


def test_users_and_a_session_with_its_traces(lodeline: Lodeline, demo: Demo) -> None:
    assert lodeline("users", "list", "--json", "-e", AIRLINE, store=demo.store).lines()
    assert "last activity" in lodeline("users", "list", store=demo.store).out
    (listed,) = lodeline("sessions", "list", "-e", AIRLINE, "-n", "1", "--json", store=demo.store).lines()
    name = str(listed["session"])
    found = lodeline("sessions", "get", name, "-e", AIRLINE, "--json", store=demo.store).document()
    traces = found["traces"]
    assert isinstance(traces, list)
    assert len(traces) == listed["trace_count"]
    assert name in lodeline("sessions", "get", name, "-e", AIRLINE, store=demo.store).out
    assert lodeline("sessions", "get", "it's no \\ session", "-e", AIRLINE, store=demo.store, code=1).err


def test_a_session_says_in_which_turns_a_step_failed(lodeline: Lodeline, demo: Demo) -> None:
    chosen = ("-e", AIRLINE, "-f", "error_count > 0 AND state = 'OK' AND session IS NOT NULL", "-n", "1", "--json")
    (trace,) = lodeline("traces", "search", *chosen, store=demo.store).lines()
    shown = lodeline("sessions", "get", str(trace["session"]), "-e", AIRLINE, store=demo.store).out
    (turn,) = [line for line in shown.splitlines() if line.startswith(str(trace["trace_id"]))]
    assert re.search(rf" OK +{trace['error_count']}  ", turn)
    assert re.search(r"^failed spans +[1-9]", shown, re.MULTILINE)


def test_settings_are_shown_and_changed_one_at_a_time(lodeline: Lodeline, store: Path) -> None:
    lodeline("experiments", "create", "app", store=store)
    assert "retention.max_age_days" in lodeline("experiments", "configure", "app", store=store).out
    lodeline("experiments", "configure", "app", "capture=structure", 'mask_patterns=["[0-9]{16}"]', store=store)
    lodeline("experiments", "configure", "app", "retention.max_age_days=30", store=store)
    changed = lodeline("experiments", "configure", "app", "--json", store=store).document()
    assert (changed["capture"], changed["mask_patterns"]) == ("structure", ["[0-9]{16}"])
    assert changed["retention"] == {"max_age_days": 30.0, "max_traces": None, "max_bytes": None}
    (entry, *_) = lodeline("audit", "list", "--json", store=store).lines()
    assert entry["action"] == "experiment.update"
    assert "experiment.create" in lodeline("audit", "list", store=store).out
    back = lodeline("experiments", "configure", "app", "capture=null", "--json", store=store).document()
    assert (back["capture"], back["mask_patterns"]) == ("full", ["[0-9]{16}"])
    lodeline("experiments", "configure", "app", "retention.max_traces=5", "retention.max_age_days=null", store=store)
    both = lodeline("experiments", "configure", "app", "retention.max_bytes=9", "--json", store=store).document()
    assert both["retention"] == {"max_age_days": None, "max_traces": 5, "max_bytes": 9}
    for twice in (("retention=null", "retention.max_bytes=1"), ("retention.max_bytes=1", "retention=null")):
        assert (
            "retention is set twice" in lodeline("experiments", "configure", "app", *twice, store=store, code=2).err
        )
    none = lodeline("experiments", "configure", "app", "retention=null", "--json", store=store).document()
    assert none["retention"] == {"max_age_days": None, "max_traces": None, "max_bytes": None}
    for wrong in ("capture=some", "retention.max_age=3", "nothing=1", "capture.x=1", "mask_patterns=["):
        assert wrong.partition("=")[0] in lodeline("experiments", "configure", "app", wrong, store=store, code=2).err
    for wrong, meant in (("captur", "capture"), ("retention.max_age", "retention.max_age_days"), ("prise", "prices")):
        said = lodeline("experiments", "configure", "app", f"{wrong}=1", store=store, code=2).err
        assert f"setting: there is no {wrong!r}. Did you mean {meant!r}?" in said


def test_the_default_experiment_has_no_time_of_creation(lodeline: Lodeline, store: Path) -> None:
    """It comes with the store."""
    lodeline("experiments", "create", "app", store=store)
    assert "1970" not in lodeline("experiments", "list", store=store).out
    assert "1970" not in lodeline("experiments", "get", "0", store=store).out
