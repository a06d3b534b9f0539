"""``lodeline doctor`` where the packages of the other commands are not installed: the same checks, in plain text."""

import argparse
import sys
from collections.abc import Sequence

from lodeline import __version__
from lodeline.cli.diagnosis import Finding, diagnose, verdict_code
from lodeline.cli.texts import clean, json_text


def run(arguments: Sequence[str]) -> int:
    """Check that traces made on this machine are delivered, and return the exit code."""
    parser = argparse.ArgumentParser(prog="lodeline doctor", description=run.__doc__, allow_abbrev=False)
    parser.add_argument("--server", metavar="URL", help="Server to talk to (or LODELINE_URL).")
    parser.add_argument("--key", help="API key of the server (or LODELINE_KEY).")
    parser.add_argument("--spool-dir", metavar="DIR", help="Spool to look at (or LODELINE_SPOOL_DIR).")
    parser.add_argument("--resend", action="store_true", help="First send the dead letters for this server again.")
    parser.add_argument("--json", action="store_true", help="Write one JSON document.")
    asked = parser.parse_args(arguments)
    findings = diagnose(asked.server, asked.key, asked.spool_dir, resend=asked.resend)
    if asked.json:
        sys.stdout.write(json_text({"lodeline": __version__, "findings": findings}) + "\n")
    else:
        sys.stdout.write(_table(findings))
    return verdict_code(findings)


def _table(findings: Sequence[Finding]) -> str:
    rows = [("check", "verdict", "finding"), *((each.check, each.verdict, clean(each.text)) for each in findings)]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "".join(f"{check:<{first}}  {verdict:<{second}}  {text}\n" for check, verdict, text in rows)
