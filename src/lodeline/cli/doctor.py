"""``lodeline doctor``: is what programs trace on this machine delivered, and if not, why."""

from collections.abc import Mapping
from typing import Annotated

import typer

from lodeline import __version__
from lodeline.cli.diagnosis import diagnose, verdict_code
from lodeline.cli.options import JsonOption, KeyOption, ServerOption, closing_quietly
from lodeline.cli.output import Output

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
            rows = ((finding.check, finding.verdict, finding.text) for finding in findings)
            out.table(("check", "verdict", "finding"), rows, _STYLES)
    if code := verdict_code(findings):
        raise typer.Exit(code)
