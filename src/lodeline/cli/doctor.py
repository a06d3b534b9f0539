"""``lodeline doctor``: is what programs trace on this machine delivered, and if not, why."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Annotated

import typer

from lodeline import __version__
from lodeline.cli.diagnosis import Finding, diagnose, verdict_code
from lodeline.cli.options import JsonOption, KeyOption, ServerOption, closing_quietly
from lodeline.cli.output import Output, clean

_WIDTH, _NARROWEST = 118, 40
"""Columns of the table where there is no terminal, and those that what is found has at least."""
_STYLES: Mapping[str, str] = {"ok": "green", "warn": "yellow", "fail": "red", "unreachable": "red"}


def command(
    server: ServerOption = None,
    key: KeyOption = None,
    spool_dir: Annotated[
        str | None, typer.Option("--spool-dir", metavar="DIR", help="Spool to look at (or LODELINE_SPOOL_DIR).")
    ] = None,
    resend: Annotated[
        bool,
        typer.Option("--resend", help="First send the dead letters for this server again; delete what it takes."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check that traces made on this machine are delivered: settings, server, clock, spool, losses, gaps.

    Exits with 1 when something is lost or will not arrive, with 4 when the server cannot be reached.
    """
    out = Output(as_json=as_json)
    with closing_quietly():
        findings = diagnose(server, key, spool_dir, resend=resend)
        if as_json:
            out.document({"lodeline": __version__, "findings": findings})
        else:
            width = out.console.width if out.console.is_terminal else _WIDTH
            out.table(("check", "verdict", "finding"), _rows(findings, width), _STYLES)
    if code := verdict_code(findings):
        raise typer.Exit(code)


def _rows(findings: Sequence[Finding], width: int) -> Iterator[tuple[str, str, str]]:
    """Yield the lines of a table so wide: what is found in as many as it takes, cut between words only."""
    lead = sum(max(map(len, column)) + 2 for column in zip(*((f.check, f.verdict) for f in findings), strict=True))
    for finding in findings:
        room = max(_NARROWEST, width - lead)
        first, *more = wrap(clean(finding.text), room, break_long_words=False, break_on_hyphens=False) or [""]
        yield finding.check, finding.verdict, first
        yield from (("", "", line) for line in more)
