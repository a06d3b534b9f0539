"""Reports as XML and Markdown: readable by their parsers, whatever the names are."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.aggregate import Interval
from lodeline.domain.gate import GateReport, GateResult, GateRule
from lodeline.evals.gates.render import render_junit, render_markdown

HOSTILE = [
    "<script>alert(1)</script>", "]]>&lt;\"'", "a|b\n| c |", "[x](javascript:alert(1))", "![i](http://evil.example/i.png)",
    "@everyone https://evil.example www.evil.example me@evil.example",
    "\x00\x1b[31m\x85\u202e\ufeff\ud800\uffff", "`code`*b*_i_~s~ #1",
    "&amp; \\| \\\\", "\r\n\t", "",
]  # fmt: skip
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))


def result(status: str, name: str = "g", action: str = "fail", message: str = "because") -> GateResult:
    rule = GateRule(name, "metric", op=">=", threshold=math.inf, action=action)  # pyright: ignore[reportArgumentType]
    interval = Interval(-math.inf, 1.0, 0.9, "t")
    return GateResult(rule, status, message, 12, math.nan, interval, 0.25)  # pyright: ignore[reportArgumentType]


def report(*results: GateResult, run_id: str = "run") -> GateReport:
    return GateReport(run_id, None, "fail", results)


def test_each_status_has_its_place_in_junit():
    text = render_junit(
        report(
            result("pass"), result("fail"), result("inconclusive"), result("skipped"), result("fail", action="warn"),
            result("pass", action="warn"),
        )
    )  # fmt: skip
    root = ET.fromstring(text)  # noqa: S314 -- our own
    assert [root.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["6", "1", "1", "2"]
    cases = root.findall("testsuite/testcase")
    assert [case[0].tag for case in cases] == ["system-out", "failure", "error", "skipped", "skipped", "system-out"]
    assert cases[4][0].get("message") == "fail: because"


@given(TEXT, TEXT, TEXT)
def test_any_names_give_one_well_formed_case(name: str, message: str, run_id: str):
    root = ET.fromstring(render_junit(report(result("fail", name, message=message), run_id=run_id)).encode())  # noqa: S314 -- our own
    (case,) = root.findall("testsuite/testcase")
    assert len(case) == 1
    kept = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", name)
    assert case.get("name") == kept


def test_several_reports_are_suites_of_one_document():
    text = render_junit(report(result("pass"), run_id="a"), report(result("fail"), run_id="b"))
    root = ET.fromstring(text)  # noqa: S314 -- our own
    assert [suite.get("name") for suite in root] == ["gates of run a", "gates of run b"]
    assert [root.get(key) for key in ("tests", "failures")] == ["2", "1"]


@given(TEXT, TEXT, TEXT)
def test_any_names_give_one_row_of_markdown_without_markup(name: str, message: str, run_id: str):
    text = render_markdown(report(result("fail", name, message=message), run_id=run_id))
    lines = text.split("\n")
    assert len(lines) == 6
    assert text.isprintable() or "\n" in text
    row = lines[4]
    assert row.count("|") == 6
    shown = re.sub(r"&#[0-9]+;", "", lines[0] + row)
    assert not set(shown) & set("<>`*_[]@~\\")
    assert "://" not in shown
    assert not re.search(r"www\.\w", shown)


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\x1b", "\ufeff", "\u2066", "\ud800"])
def test_characters_that_hide_others_are_shown(character: str):
    assert character not in render_markdown(report(result("fail", f"a{character}b")))


def test_markdown_says_what_happened():
    text = render_markdown(report(result("pass", "speed"), result("inconclusive", "truth", "warn")))
    assert "### Gates FAILED: run run" in text
    assert "| speed | passed | 12 | 25.0 % | because |" in text
    assert "| truth | INCONCLUSIVE (warning only) | 12 | 25.0 % | because |" in text


def test_warnings_and_names_are_in_both() -> None:
    warned = [
        replace(result(status), warnings=("3 of 60 rows | have no value.",))
        for status in ("pass", "fail", "inconclusive", "skipped")
    ]
    found = replace(
        report(*warned, run_id="0123456789abcdef0123456789abcdef"),
        run_name="version <B>",
        baseline_run_id="b",
        baseline_name="version A",
    )
    document = ET.fromstring(render_junit(found))  # noqa: S314  # it is ours
    (suite,) = document
    assert suite.get("name") == "gates of run version <B> (01234567…)"
    for case in suite:
        assert "Warning: 3 of 60 rows | have no value." in (case.findtext("system-out") or "")
    text = render_markdown(found)
    assert text.startswith("### Gates FAILED: run version &#60;B&#62; (01234567…) against version A (b)")
    assert text.count("Warning&#58; 3 of 60 rows &#124; have no value.") == len(warned)
