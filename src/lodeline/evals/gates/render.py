"""Gate reports as JUnit XML, JSON and Markdown. Names and values are escaped: they may be anybody's."""

import json
import math
import re
from xml.sax.saxutils import escape, quoteattr

from lodeline.domain.gate import GateReport, GateResult

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKED = re.compile(r"[\\`*_{}\[\]#+!|~<>&@:/]|\.(?=[^\W\d])")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def render_json(report: GateReport) -> str:
    """Return the report as JSON text, keys as in the domain; numbers that JSON has not are null."""
    document = {
        "run_id": report.run_id,
        "baseline_run_id": report.baseline_run_id,
        "status": report.status,
        "results": [_json_result(result) for result in report.results],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _json_result(result: GateResult) -> dict[str, object]:
    rule, interval = result.rule, result.interval
    return {
        "name": rule.name,
        "status": result.status,
        "message": result.message,
        "action": rule.action,
        "metric": rule.metric,
        "statistic": rule.statistic,
        "slice": dict(rule.slice),
        "reducer": rule.reducer,
        "op": rule.op,
        "threshold": _finite(rule.threshold),
        "baseline": rule.baseline,
        "margin": _finite(rule.margin),
        "direction": rule.direction,
        "confidence": rule.confidence,
        "min_n": rule.min_n,
        "max_error_rate": rule.max_error_rate,
        "insufficient": rule.insufficient,
        "n": result.n,
        "observed": _finite(result.observed),
        "interval": None
        if interval is None
        else {
            "low": _finite(interval.low),
            "high": _finite(interval.high),
            "level": interval.level,
            "method": interval.method,
        },
        "error_rate": _finite(result.error_rate),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def render_junit(report: GateReport) -> str:
    """Return the report as JUnit XML: one test case a rule. A failed rule is a failure, an inconclusive one an error;
    skipped rules, and those that only warn and did not pass, are skipped with their message."""
    cases = [_junit_case(result) for result in report.results]
    failures = sum("<failure" in case for case in cases)
    errors = sum("<error" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    totals = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="lodeline gates" {totals}>\n'
        f"  <testsuite name={_attribute(f'gates of run {report.run_id}')} {totals}>\n"
        + "".join(f"    {case}\n" for case in cases)
        + "  </testsuite>\n</testsuites>\n"
    )


def _junit_case(result: GateResult) -> str:
    head = f"<testcase classname={_attribute('gate.' + result.rule.metric)} name={_attribute(result.rule.name)}"
    if result.status == "pass":
        return f"{head}><system-out>{_content(result.message)}</system-out></testcase>"
    if result.status == "skipped" or result.rule.action == "warn":
        return f"{head}><skipped message={_attribute(f'{result.status}: {result.message}')}/></testcase>"
    element = "failure" if result.status == "fail" else "error"
    message = f"message={_attribute(result.message)} type={_attribute(result.status)}"
    return f"{head}><{element} {message}>{_content(result.message)}</{element}></testcase>"


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _attribute(text: str) -> str:
    return quoteattr(_xml_text(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _content(text: str) -> str:
    return escape(_xml_text(text), {"\r": "&#13;"})


_WORDS = {"pass": "passed", "fail": "FAILED", "inconclusive": "INCONCLUSIVE", "skipped": "skipped"}


def render_markdown(report: GateReport) -> str:
    """Return the report as Markdown: a headline and a table. Names are shown as they are, whatever they contain."""
    against = "" if report.baseline_run_id is None else f" against {_plain(report.baseline_run_id)}"
    lines = [
        f"### Gates {_WORDS[report.status]}: run {_plain(report.run_id)}{against}",
        "",
        "| gate | result | n | without value | details |",
        "|---|---|---:|---:|---|",
    ]
    for result in report.results:
        lost = "" if result.error_rate is None else f"{100 * result.error_rate:.1f} %"
        status = _WORDS[result.status] + (" (warning only)" if result.rule.action == "warn" else "")
        lines.append(f"| {_plain(result.rule.name)} | {status} | {result.n} | {lost} | {_plain(result.message)} |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Return `text` so that it is shown and never read as markup: no links, mentions, HTML or table cells of its
    own; characters that hide or reorder others become U+FFFD."""
    visible = _UNSEEN.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))
    # A character reference is never markup, unlike a backslash before an "@" or a ":", which autolinks ignore.
    return _MARKED.sub(lambda found: f"&#{ord(found[0])};", visible)
