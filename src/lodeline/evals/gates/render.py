"""Gate reports as JUnit XML and Markdown. Names and values are escaped: they may be anybody's."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from lodeline.domain.gate import GateReport, GateResult
from lodeline.domain.run import run_title
from lodeline.evals.markdown import plain

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(*reports: GateReport) -> str:
    """Return reports as JUnit XML: a suite for each, one test case a rule.

    A failed rule is a failure, an inconclusive one an error; skipped rules, and those that only warn and did not
    pass, are skipped with their message. Warnings stand in the output of the case.
    """
    suites = [
        (run_title(report.run_name, report.run_id), [_junit_case(result) for result in report.results])
        for report in reports
    ]
    totals = _totals([case for _, cases in suites for case in cases])
    parts = [
        f"  <testsuite name={_attribute(f'gates of run {title}')} {_totals(cases)}>\n"
        + "".join(f"    {case}\n" for case in cases)
        + "  </testsuite>\n"
        for title, cases in suites
    ]
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="lodeline gates" {totals}>\n'
    return head + "".join(parts) + "</testsuites>\n"


def _totals(cases: Sequence[str]) -> str:
    failures = sum("<failure" in case for case in cases)
    errors = sum("<error" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _junit_case(result: GateResult) -> str:
    head = f"<testcase classname={_attribute('gate.' + result.rule.metric)} name={_attribute(result.rule.name)}"
    warned = "".join(f"Warning: {warning}\n" for warning in result.warnings)
    output = f"<system-out>{_content(warned)}</system-out>" if warned else ""
    if result.status == "pass":
        told = f"{result.message}\n{warned}" if warned else result.message
        return f"{head}><system-out>{_content(told)}</system-out></testcase>"
    if result.status == "skipped" or result.rule.action == "warn":
        message = _attribute(f"{result.status}: {result.message}")
        return f"{head}><skipped message={message}/>{output}</testcase>"
    element = "failure" if result.status == "fail" else "error"
    message = f"message={_attribute(result.message)} type={_attribute(result.status)}"
    return f"{head}><{element} {message}>{_content(result.message)}</{element}>{output}</testcase>"


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _attribute(text: str) -> str:
    return quoteattr(_xml_text(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _content(text: str) -> str:
    return escape(_xml_text(text), {"\r": "&#13;"})


_WORDS = {"pass": "passed", "fail": "FAILED", "inconclusive": "INCONCLUSIVE", "skipped": "skipped"}


def render_markdown(report: GateReport) -> str:
    """Return the report as Markdown: a headline and a table. Names are shown as they are, whatever they contain."""
    other = report.baseline_run_id
    against = "" if other is None else f" against {plain(run_title(report.baseline_name, other))}"
    lines = [
        f"### Gates {_WORDS[report.status]}: run {plain(run_title(report.run_name, report.run_id))}{against}",
        "",
        "| gate | result | n | without value | details |",
        "|---|---|---:|---:|---|",
    ]
    for result in report.results:
        lost = "" if result.error_rate is None else f"{100 * result.error_rate:.1f} %"
        status = _WORDS[result.status] + (" (warning only)" if result.rule.action == "warn" else "")
        told = " ".join([result.message, *(f"Warning: {warning}" for warning in result.warnings)])
        lines.append(f"| {plain(result.rule.name)} | {status} | {result.n} | {lost} | {plain(told)} |")
    return "\n".join(lines) + "\n"
