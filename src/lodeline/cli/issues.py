"""``lodeline issues``: problems that traces show."""

from typing import Annotated, TypeVar

import typer

from lodeline.cli.listing import write_list
from lodeline.cli.options import AllOption, ExperimentOption, LimitOption, Use, command
from lodeline.cli.output import moment
from lodeline.domain.errors import Invalid
from lodeline.domain.issue import ISSUE_SEVERITIES, ISSUE_STATUSES

T = TypeVar("T", bound=str)

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, show and change issues.")


@command(app, "list")
def list_issues(
    use: Use,
    *,
    experiment: ExperimentOption = None,
    status: Annotated[str | None, typer.Option("--status", help=", ".join(ISSUE_STATUSES) + ".")] = None,
    severity: Annotated[str | None, typer.Option("--severity", help=", ".join(ISSUE_SEVERITIES) + ".")] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="ID", help="Those that this run found.")] = None,
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List issues, the one made last first."""
    found = use.client.issues.list(
        experiment=experiment,
        status=_one_of("--status", status, ISSUE_STATUSES),
        severity=_one_of("--severity", severity, ISSUE_SEVERITIES),
        run_id=run,
        limit=None if all else limit,
    )
    write_list(
        use,
        found,
        {
            "issue": lambda item: item.issue.issue_id,
            "name": lambda item: item.issue.name,
            "experiment": lambda item: item.issue.experiment_id,
            "status": lambda item: item.issue.status,
            "severity": lambda item: item.issue.severity,
            "traces": lambda item: item.trace_count,
            "made": lambda item: moment(item.issue.created_ms),
            "by": lambda item: item.issue.created_by,
        },
    )


@command(app, "get")
def get(use: Use, issue: Annotated[str, typer.Argument(metavar="ISSUE", help="The issue's id.")]) -> None:
    """Show an issue, and the command that finds its traces."""
    found = use.client.issues.get(issue)
    if use.out.as_json:
        use.out.document(found)
        return
    shown = found.issue
    use.out.pairs(
        (
            ("issue", shown.issue_id),
            ("name", shown.name),
            ("experiment", shown.experiment_id),
            ("status", shown.status),
            ("severity", shown.severity),
            ("description", shown.description),
            ("root causes", "; ".join(shown.root_causes) or None),
            ("categories", "; ".join(shown.categories) or None),
            ("found by run", shown.source_run_id),
            ("made", moment(shown.created_ms)),
            ("changed", moment(shown.updated_ms)),
            ("by", shown.created_by),
            ("traces", found.trace_count),
        )
    )
    if found.trace_count:
        use.out.say(
            f"Its traces: lodeline assessments list --filter \"kind = 'ISSUE_REF' AND name = '{shown.issue_id}'\""
        )


@command(app, "update")
def update(
    use: Use,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="The issue's id.")],
    *,
    status: Annotated[str | None, typer.Option("--status", help=", ".join(ISSUE_STATUSES) + ".")] = None,
    severity: Annotated[str | None, typer.Option("--severity", help=", ".join(ISSUE_SEVERITIES) + ".")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="A new description.")] = None,
) -> None:
    """Say what became of an issue and how severe it is, or name and describe it anew."""
    if (status, severity, name, description) == (None, None, None, None):
        raise Invalid("Nothing to change: give --status, --severity, --name or --description.")
    changed = use.client.issues.update(
        issue,
        name=name,
        description=description,
        status=_one_of("--status", status, ISSUE_STATUSES),
        severity=_one_of("--severity", severity, ISSUE_SEVERITIES),
    )
    if use.out.as_json:
        use.out.document(changed)
        return
    use.out.say(f"{changed.issue_id}: {changed.name}, {changed.status}, severity {changed.severity or 'not said'}.")


def _one_of(option: str, text: str | None, known: tuple[T, ...]) -> T | None:
    if text is None:
        return None
    for each in known:
        if each == text:
            return each
    raise Invalid.value(option, text, f"one of {', '.join(known)}")
