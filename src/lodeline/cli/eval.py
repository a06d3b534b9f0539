"""``lodeline eval``: run the evaluations of a file, compare runs, hold them to a gate."""

import runpy
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lodeline.cli.evaluations import MarkdownOption, compare
from lodeline.cli.exits import INCONCLUSIVE, NEGATIVE, OK, PROGRAM_FAILED
from lodeline.cli.options import JsonOption, KeyOption, ServerOption, Use, closing_quietly, command
from lodeline.cli.output import Output
from lodeline.cli.printing import printed
from lodeline.cli.run_names import OfOption, find_run
from lodeline.cli.transfer import read_text
from lodeline.domain.errors import Invalid
from lodeline.domain.gate import GateReport, GateVerdict
from lodeline.domain.run import run_title
from lodeline.evals.gates.render import render_junit, render_markdown

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient
    from lodeline.sdk.evaluation.result import EvaluationResult

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Run evaluations from a file, compare them, gate them."
)
command(app, "compare")(compare)

GATE_CODES: dict[GateVerdict, int] = {"pass": OK, "fail": NEGATIVE, "inconclusive": INCONCLUSIVE}
"""The exit code of each verdict. Anything that keeps a gate from being decided at all has the code of its error."""

BaselineOption = Annotated[
    str | None, typer.Option("--baseline", metavar="RUN", help="The evaluation that rules compare with.")
]
JunitOption = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML.")]


@command(app, "gate")
def gate(
    use: Use,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The gate file (TOML).")],
    run: Annotated[str, typer.Argument(metavar="RUN", help="The evaluation to hold to it, by id or name.")],
    *,
    experiment: OfOption = None,
    baseline: BaselineOption = None,
    junit: JunitOption = None,
    markdown: MarkdownOption = None,
) -> None:
    """Hold an evaluation to the rules of a gate file. Exit code 0: pass, 1: fail, 7: not enough data to tell."""
    rules = read_text(file)
    run = find_run(use.client, run, "EVALUATION", experiment=experiment)
    against = None if baseline is None else find_run(use.client, baseline, "EVALUATION", experiment=experiment)
    report = use.client.evaluations.gate(run, rules, baseline=against)
    _show(use.out, report)
    _write([report], junit, markdown)
    _leave([report])


@app.command("run")
def run_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.py", help="A program that calls lodeline.evaluate.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="ARGUMENT...", help="Its arguments.")] = None,
    *,
    experiment: Annotated[
        str | None, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Where evaluations go.")
    ] = None,
    gate_file: Annotated[
        Path | None, typer.Option("--gate", metavar="FILE", help="A gate file to hold every evaluation to.")
    ] = None,
    baseline: BaselineOption = None,
    junit: JunitOption = None,
    markdown: MarkdownOption = None,
    server: ServerOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a program and show what each of its evaluations came to, unless the program printed the result itself; with
    --gate hold them to it, too.

    Exit codes as of ``gate``; 8 when the program fails by itself.
    """
    # The SDK takes a moment that no help page should wait for.
    import lodeline  # noqa: PLC0415
    from lodeline.sdk.evaluation.result import collected  # noqa: PLC0415

    rules = None if gate_file is None else read_text(gate_file)
    read_text(file)
    lodeline.configure(url=server, key=key, experiment=experiment)
    with closing_quietly(), collected() as results:
        with printed(results) as shown:
            failed = _ran(file, arguments or [])
        out = Output(as_json=as_json)
        for result in results:
            if as_json or result.run_id not in shown:
                _show_result(out, result)
        if failed:
            raise typer.Exit(PROGRAM_FAILED)
        if not results:
            raise Invalid(f"{file}: ran to its end without an evaluation; call lodeline.evaluate in it.")
        if rules is not None:
            reports = _gated(lodeline.default_client(), results, rules, baseline)
            for report in reports:
                _show(out, report)
            _write(reports, junit, markdown)
            _leave(reports)


def _gated(
    client: "LodelineClient", results: "Sequence[EvaluationResult]", rules: str, baseline: str | None
) -> list[GateReport]:
    return [client.evaluations.gate(result.run_id, rules, baseline=baseline) for result in results]


def _ran(file: Path, arguments: Sequence[str]) -> bool:
    """Run the program as Python would; tell whether it failed."""
    before = sys.argv, list(sys.path)
    sys.argv = [str(file), *arguments]
    sys.path.insert(0, str(file.resolve().parent))
    try:
        runpy.run_path(str(file), run_name="__main__")
    except SystemExit as error:
        return error.code not in {None, 0}
    except Exception:
        traceback.print_exc()
        return True
    finally:
        sys.argv, sys.path[:] = before
    return False


def _show_result(out: Output, result: "EvaluationResult") -> None:
    if out.as_json:
        out.document({"run_id": result.run_id, "state": result.state, "scores": result.scores, "url": result.url})
        return
    for line in str(result).splitlines():
        out.say(line)


def _show(out: Output, report: GateReport) -> None:
    if out.as_json:
        out.document(report)
        return
    out.table(
        ("rule", "status", "n", "without value", "what was seen"),
        ((r.rule.name, r.status, r.n, _share(r.error_rate), r.message) for r in report.results),
    )
    for result in report.results:
        for warning in result.warnings:
            out.say(f"Warning: {result.rule.name}: {warning}")
    other = report.baseline_run_id
    against = "" if other is None else f" against {run_title(report.baseline_name, other)}"
    out.say(f"Gate on {run_title(report.run_name, report.run_id)}{against}: {report.status}.")


def _share(rate: float | None) -> str | None:
    return None if rate is None else f"{rate:.1%}"


def _write(reports: Sequence[GateReport], junit: Path | None, markdown: Path | None) -> None:
    if junit is not None:
        junit.write_text(render_junit(*reports), encoding="utf-8")
    if markdown is not None:
        with markdown.open("a", encoding="utf-8") as file:
            file.writelines(render_markdown(report) + "\n" for report in reports)


def _leave(reports: Sequence[GateReport]) -> None:
    """Exit with the worst verdict: fail, then inconclusive."""
    statuses = {report.status for report in reports}
    verdict: GateVerdict = "fail" if "fail" in statuses else "inconclusive" if "inconclusive" in statuses else "pass"
    if code := GATE_CODES[verdict]:
        raise typer.Exit(code)
