"""``lodeline issues``: problems that traces show."""

import contextlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from lodeline.cli.exits import NEGATIVE
from lodeline.cli.listing import write_list
from lodeline.cli.naming import MOST_NAMESAKES, ChoiceT, choice_of, only_one
from lodeline.cli.options import AllOption, ExperimentOption, LimitOption, Use, command
from lodeline.cli.output import moment
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget, BatchItem
from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.ids import DEFAULT_EXPERIMENT, RunId, TraceId
from lodeline.domain.issue import ISSUE_SEVERITIES, ISSUE_STATUSES, CountedIssue, Issue, IssueDraft

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make, list, show and change issues; link traces to them."
)
LINK = "link"
"""The identifier of references that are made here: of each trace there is one, however often it is linked."""
_AT_ONCE = 1_000

IssueArgument = Annotated[str, typer.Argument(metavar="ISSUE", help="The issue, by id or name.")]
OfOption = Annotated[
    str | None,
    typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Where the issue is, of which the name is given."),
]


def find_issue(client: "LodelineClient", name: str, *, experiment: str | None = None) -> CountedIssue:
    """Return the issue that has this id, or else this very name, in one experiment or whatever it is.

    NotFound when there is none, Invalid when several have the name: it lists their ids, the one made last first.
    """
    with contextlib.suppress(NotFound):
        return client.issues.get(name)
    found = list(islice(_named(client, name, experiment), MOST_NAMESAKES + 1))
    only_one("issue", name, experiment, [(each.issue.issue_id, each.issue.experiment_id) for each in found])
    return found[0]


def _named(client: "LodelineClient", name: str, experiment: str | None) -> Iterator[CountedIssue]:
    return (each for each in client.issues.list(experiment=experiment) if each.issue.name == name)


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
        status=_chosen(status, ISSUE_STATUSES, "--status"),
        severity=_chosen(severity, ISSUE_SEVERITIES, "--severity"),
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


@command(app, "create")
def create(
    use: Use,
    name: Annotated[str, typer.Argument(help="What is wrong, in a few words.")],
    description: Annotated[str, typer.Argument(help="What is wrong, at length.")],
    *,
    experiment: Annotated[
        str, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="Where its traces are.")
    ] = DEFAULT_EXPERIMENT,
    status: Annotated[str, typer.Option("--status", help=", ".join(ISSUE_STATUSES) + ".")] = "pending",
    severity: Annotated[str | None, typer.Option("--severity", help=", ".join(ISSUE_SEVERITIES) + ".")] = None,
    root_cause: Annotated[list[str] | None, typer.Option("--root-cause", help="May be repeated.")] = None,
    category: Annotated[list[str] | None, typer.Option("--category", help="May be repeated.")] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="ID", help="The run that found it.")] = None,
) -> None:
    """Make an issue: a problem that traces show."""
    draft = IssueDraft(
        name,
        description,
        status=choice_of(status, ISSUE_STATUSES, "--status"),
        severity=_chosen(severity, ISSUE_SEVERITIES, "--severity"),
        root_causes=tuple(root_cause or ()),
        categories=tuple(category or ()),
        source_run_id=None if run is None else RunId(run),
    )
    made = use.client.issues.create(draft, experiment=experiment)
    if use.out.as_json:
        use.out.document(made)
        return
    use.out.say(f"{made.issue_id}: {made.name}, {made.status}, severity {made.severity or 'not said'}.")
    namesakes = _named(use.client, made.name, made.experiment_id)
    other = next((each.issue for each in namesakes if each.issue.issue_id != made.issue_id), None)
    if other is not None:
        use.out.warn(f"{other.issue_id} has this name, too: commands take these issues by their ids alone.")


@command(app, "get")
def get(use: Use, issue: IssueArgument, *, experiment: OfOption = None) -> None:
    """Show an issue, and the command that finds its traces."""
    found = find_issue(use.client, issue, experiment=experiment)
    shown = found.issue
    use.out.entity(
        found,
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
        ),
    )
    if found.trace_count and not use.out.as_json:
        refers = f"kind = 'ISSUE_REF' AND name = '{shown.issue_id}' AND valid = true"
        use.out.say(f'Its traces: lodeline traces search --filter "assessment({refers})"')


@command(app, "update")
def update(
    use: Use,
    issue: IssueArgument,
    *,
    experiment: OfOption = None,
    status: Annotated[str | None, typer.Option("--status", help=", ".join(ISSUE_STATUSES) + ".")] = None,
    severity: Annotated[str | None, typer.Option("--severity", help=", ".join(ISSUE_SEVERITIES) + ".")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="A new description.")] = None,
) -> None:
    """Say what became of an issue and how severe it is, or name and describe it anew."""
    if (status, severity, name, description) == (None, None, None, None):
        raise Invalid("Nothing to change: give --status, --severity, --name or --description.")
    changed = use.client.issues.update(
        find_issue(use.client, issue, experiment=experiment).issue.issue_id,
        name=name,
        description=description,
        status=_chosen(status, ISSUE_STATUSES, "--status"),
        severity=_chosen(severity, ISSUE_SEVERITIES, "--severity"),
    )
    if use.out.as_json:
        use.out.document(changed)
        return
    use.out.say(f"{changed.issue_id}: {changed.name}, {changed.status}, severity {changed.severity or 'not said'}.")


@command(app, "link")
def link(
    use: Use,
    issue: IssueArgument,
    traces: Annotated[
        list[str] | None, typer.Argument(metavar="TRACE...", help="Traces that show it, by id.")
    ] = None,
    *,
    filter: Annotated[
        str | None, typer.Option("--filter", "-f", help="All traces of its experiment that this filter finds.")
    ] = None,
    experiment: OfOption = None,
    rationale: Annotated[str | None, typer.Option("--rationale", "-r", help="Why they do.")] = None,
) -> None:
    """Say that traces show an issue. The exit code is 1 when some were refused.

    Doing it again changes nothing, or the reason only. What is said is an assessment on each trace: delete that to
    take it back.
    """
    if bool(traces) == (filter is not None):
        raise Invalid("link: give either the ids of traces, or --filter for all that it finds.")
    client = use.client
    found = find_issue(client, issue, experiment=experiment).issue
    if filter is not None:
        traces = [each.trace_id for each in client.traces.search(experiment=found.experiment_id, filter=filter)]
    wanted = list(dict.fromkeys(traces or ()))
    items: list[BatchItem] = []
    for start in range(0, len(wanted), _AT_ONCE):
        refer = [_reference(found, trace, rationale) for trace in wanted[start : start + _AT_ONCE]]
        items.extend(client.assessments.log_many(refer))
    refused = [str(item.message) for item in items if item.assessment is None]
    if use.out.as_json:
        use.out.document(items)
    else:
        linked = sum(item.changed for item in items)
        known = len(items) - linked - len(refused)
        use.out.say(f"{found.issue_id}: {found.name}: linked {linked:,}, as before {known:,}.")
    for message in refused:
        use.out.warn(message)
    if refused:
        raise typer.Exit(NEGATIVE)


def _reference(issue: Issue, trace: str, rationale: str | None) -> AssessmentDraft:
    return AssessmentDraft(
        target=AssessmentTarget(trace_id=TraceId(trace)),
        name=issue.issue_id,
        kind="ISSUE_REF",
        source=AssessmentSource("HUMAN"),
        rationale=rationale,
        identifier=LINK,
    )


def _chosen(text: str | None, among: Sequence[ChoiceT], option: str) -> ChoiceT | None:
    return None if text is None else choice_of(text, among, option)
