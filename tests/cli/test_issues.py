"""``lodeline issues``."""

from pathlib import Path

from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.issue import IssueDraft, IssueId, IssueSeverity, issue_of
from lodeline.storage.open import open_stores
from tests.cli.conftest import Lodeline
from tests.contract.build import T0_MS, audit, judgment, span, write


def test_issues_are_listed_and_shown(lodeline: Lodeline, store: Path) -> None:
    stores = open_stores(str(store))
    try:
        given: tuple[tuple[str, IssueSeverity], ...] = (("iss-1", "high"), ("iss-2", "low"))
        for number, (issue_id, severity) in enumerate(given):
            draft = IssueDraft(
                f"issue {number}", "It takes minutes.", severity=severity, root_causes=("a", "b"),
                source_run_id=RunId("r-1") if number else None,
            )  # fmt: skip
            issue = issue_of(draft, IssueId(issue_id), ExperimentId("0"), now_ms=T0_MS + number)
            stores.issues.put(issue, audit=audit("issue.create"))
        stores.traces.write([write("tr-1", span("root"))])
        shows = judgment("tr-1", "iss-1", value=None, kind="ISSUE_REF")
        stores.assessments.log(ExperimentId("0"), shows, by=None, now_ms=T0_MS, audit=audit("assessment.log"))
    finally:
        stores.close()

    def listed(*options: str) -> list[object]:
        found = lodeline("issues", "list", "--json", *options, store=store).lines()
        return [item["issue"]["issue_id"] for item in found if isinstance(item["issue"], dict)]

    assert listed() == ["iss-2", "iss-1"]
    assert listed("--severity", "high") == listed("--limit", "5", "--severity", "high") == ["iss-1"]
    assert listed("--run", "r-1") == listed("--limit", "1") == ["iss-2"]
    assert listed("--status", "resolved") == []
    lines = lodeline("issues", "list", store=store).out.splitlines()
    assert ["issue 1" in lines[-2], "issue 0" in lines[-1]] == [True, True]
    assert "--status: 'open' is not valid" in lodeline("issues", "list", "--status", "open", store=store, code=2).err
    shown = lodeline("issues", "get", "iss-1", store=store).out
    assert "It takes minutes." in shown
    assert "a; b" in shown
    command = shown.splitlines()[-1].partition("lodeline ")[2]
    kept = command.partition(" --filter ")
    found = lodeline(*kept[0].split(), "--filter", kept[2].strip('"'), "--json", store=store).lines()
    assert [item["trace_id"] for item in found] == ["tr-1"]
    assert "iss-9" in lodeline("issues", "get", "iss-9", store=store, code=1).err
    changed = lodeline("issues", "update", "iss-1", "--status", "resolved", "--severity", "low", store=store)
    assert changed.out.splitlines()[-1] == "iss-1: issue 0, resolved, severity low."
    assert listed("--status", "resolved", "--severity", "low") == ["iss-1"]
    assert "Nothing to change" in lodeline("issues", "update", "iss-1", store=store, code=2).err
    assert "'open' is not valid" in lodeline("issues", "update", "iss-1", "--status", "open", store=store, code=2).err
    assert "iss-9" in lodeline("issues", "update", "iss-9", "--name", "x", store=store, code=1).err


def test_issues_are_made_and_taken_by_name(lodeline: Lodeline, store: Path) -> None:
    lodeline("experiments", "create", "app", store=store)
    text = ("slow answers", "It takes minutes.")
    more = ("--severity", "HIGH", "--root-cause", "a", "--root-cause", "b", "--category", "latency")
    made = lodeline("issues", "create", *text, *more, "--json", store=store).document()
    said = {
        "experiment_id": "0", "name": "slow answers", "status": "pending", "severity": "high",
        "root_causes": ["a", "b"], "categories": ["latency"],
    }  # fmt: skip
    assert {key: made[key] for key in said} == said
    first = str(made["issue_id"])
    assert first in lodeline("issues", "get", "slow answers", store=store).out
    changed = lodeline("issues", "update", "slow answers", "--status", "resolved", store=store).out
    assert changed.splitlines()[-1] == f"{first}: slow answers, resolved, severity high."
    missing = lodeline("issues", "get", "slow", store=store, code=1).err
    assert "issue 'slow' not found, neither by id nor by name" in missing
    elsewhere = lodeline("issues", "create", *text, "-e", "app", store=store)
    assert elsewhere.out.endswith(": slow answers, pending, severity not said.\n")
    assert "too" not in elsewhere.err
    several = lodeline("issues", "get", "slow answers", store=store, code=2).err
    assert "'slow answers' is the name of several" in several
    assert f"{first} (experiment 0)" in several
    assert "pending" in lodeline("issues", "get", "slow answers", "-e", "app", store=store).out
    assert "DESCRIPTION" in lodeline("issues", "create", "x", "", store=store, code=2).err
    assert f"{first} has this name, too" in lodeline("issues", "create", *text, store=store).err


def test_traces_are_linked_to_an_issue_once(lodeline: Lodeline, store: Path) -> None:
    stores = open_stores(str(store))
    try:
        stores.traces.write([write(f"tr-{number}", span("root")) for number in (1, 2)])
    finally:
        stores.close()
    lodeline("issues", "create", "slow answers", "It takes minutes.", store=store)
    said = lodeline("issues", "link", "slow answers", "tr-1", "tr-2", "tr-1", "-r", "60 s", store=store).out
    assert said.endswith("slow answers: linked 2, as before 0.\n")
    again = lodeline("issues", "link", "slow answers", "tr-1", "tr-9", "-r", "60 s", store=store, code=1)
    assert again.out.endswith("slow answers: linked 0, as before 1.\n")
    assert "tr-9" in again.err
    counted = lodeline("issues", "get", "slow answers", "--json", store=store).document()
    assert counted["trace_count"] == 2
    listed = lodeline("assessments", "list", "--trace", "tr-2", "--json", store=store).lines()
    assert [(each["kind"], each["rationale"]) for each in listed] == [("ISSUE_REF", "60 s")]
    lodeline("issues", "create", "of all", "Every trace.", store=store)
    of_all = lodeline("issues", "link", "of all", "--filter", "state = 'OK'", store=store).out
    assert of_all.endswith("of all: linked 2, as before 0.\n")
    for given in ((), ("tr-1", "--filter", "state = 'OK'")):
        said = lodeline("issues", "link", "of all", *given, store=store, code=2).err
        assert "either the ids of traces, or --filter" in said
