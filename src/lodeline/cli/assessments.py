"""``lodeline assessments``: log judgments, list them, revise them, read their history, delete them."""

from typing import Annotated, Literal

import typer

from lodeline.cli.issues import find_issue
from lodeline.cli.listing import write_list
from lodeline.cli.naming import confirm, pairs, value_of
from lodeline.cli.options import (
    AllOption,
    ExperimentOption,
    FilterOption,
    LimitOption,
    OrderOption,
    Use,
    YesOption,
    command,
)
from lodeline.cli.output import moment
from lodeline.cli.trace_view import ASSESSMENT_COLUMNS, assessment_row, plain_value
from lodeline.cli.trust import agreement, judge
from lodeline.domain.assessment import (
    Assessment,
    AssessmentDraft,
    AssessmentError,
    AssessmentSource,
    AssessmentTarget,
)
from lodeline.domain.errors import Invalid, LodelineError, NotFound, shown
from lodeline.domain.ids import AssessmentId, TraceId, check_span_id

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Log judgments and read them.")

IdArgument = Annotated[str, typer.Argument(metavar="ASSESSMENT", help="The assessment's id.")]


@command(app, "log")
def log(
    use: Use,
    name: Annotated[str, typer.Argument(help="What is judged, such as 'correctness'.")],
    value: Annotated[str | None, typer.Argument(help='JSON (true, 0.5, "text") or plain text.')] = None,
    *,
    trace: Annotated[str | None, typer.Option("--trace", help="The trace that is judged.")] = None,
    span: Annotated[str | None, typer.Option("--span", help="The span of that trace that is judged.")] = None,
    session: Annotated[str | None, typer.Option("--session", help="The session that is judged.")] = None,
    experiment: Annotated[
        str | None,
        typer.Option(
            "--experiment",
            "-e",
            metavar="ID-or-NAME",
            help="That of the session, or with --park of the trace.",
        ),
    ] = None,
    kind: Annotated[Literal["FEEDBACK", "EXPECTATION", "ISSUE_REF"], typer.Option(case_sensitive=False)] = "FEEDBACK",
    source: Annotated[Literal["HUMAN", "LLM_JUDGE", "CODE"], typer.Option(case_sensitive=False)] = "HUMAN",
    source_id: Annotated[
        str | None, typer.Option("--source-id", help="Who or what judged; without, a person is the key's account.")
    ] = None,
    rationale: Annotated[str | None, typer.Option("--rationale", "-r", help="Why.")] = None,
    error: Annotated[str | None, typer.Option("--error", help="Code of the error in place of a value.")] = None,
    metadata: Annotated[list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE")] = None,
    identifier: Annotated[
        str | None, typer.Option("--identifier", help="Makes logging the same again change nothing.")
    ] = None,
    overrides: Annotated[str | None, typer.Option("--overrides", help="Id of the assessment it replaces.")] = None,
    park: Annotated[
        bool, typer.Option("--park", help="Wait for a trace that is not on the server yet, a day at most.")
    ] = False,
) -> None:
    """Log a judgment on a trace, a span or a session.

    An ISSUE_REF has no value; its name is that of an issue, or its id (see also `lodeline issues link`).
    """
    if kind == "ISSUE_REF":
        name = _issue_id(use, name)
    draft = AssessmentDraft(
        target=AssessmentTarget(
            trace_id=None if trace is None else TraceId(trace),
            span_id=None if span is None else check_span_id(span),
            session=session,
        ),
        name=name,
        kind=kind,
        source=AssessmentSource(source) if source_id is None else AssessmentSource(source, source_id),
        value=None if value is None else value_of(value),
        error=None if error is None else AssessmentError(error),
        rationale=rationale,
        metadata=pairs(metadata, "--metadata"),
        identifier=identifier,
        overrides=None if overrides is None else AssessmentId(overrides),
    )
    logged = use.client.assessments.log(draft, experiment=experiment, park=park)
    _warn_of_no_trace(use, logged.assessment)
    if use.out.as_json:
        use.out.document(logged)
        return
    made = logged.assessment
    what = "Logged" if logged.changed else "Known already:"
    if logged.parked_until_ms is not None:
        what = f"Waiting for its trace until {moment(logged.parked_until_ms)}:"
    value = "" if kind == "ISSUE_REF" else f" = {plain_value(made.value)}"
    use.out.say(f"{what} {made.name}{value} as {made.assessment_id}.")


def _warn_of_no_trace(use: Use, made: Assessment) -> None:
    """Say of a judgment on a session, which needs no trace to be logged, when no trace has the session."""
    if made.target.session is None:
        return
    try:
        use.client.sessions.get(made.target.session, experiment=made.experiment_id)
    except NotFound:
        use.out.warn(
            f"no trace of experiment {made.experiment_id} has the session {shown(made.target.session)}: the judgment "
            "is kept, and is on the session once one has. `lodeline sessions list` has those there are."
        )
    except LodelineError:
        return  # who may log need not be allowed to look


def _issue_id(use: Use, name: str) -> str:
    """Return the id of the issue of this name or id; what there is no issue of is a reference to something else."""
    try:
        return find_issue(use.client, name).issue.issue_id
    except NotFound:
        use.out.warn(f"no issue has the id or the name {name!r}: it is kept as the name of something else.")
        return name


@command(app, "list")
def list_assessments(
    use: Use,
    *,
    trace: Annotated[str | None, typer.Option("--trace", help="Only those of this trace and its spans.")] = None,
    experiment: ExperimentOption = None,
    filter: FilterOption = "",
    order: OrderOption = "",
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List assessments, newest first; those of one trace oldest first."""
    if trace is not None:
        if filter or experiment or order:
            raise Invalid("list: --trace goes without --filter, --experiment and --order.")
        found = list(use.client.assessments.of_trace(trace))
    else:
        most = None if all else limit
        listed = use.client.assessments.search(experiment=experiment, filter=filter, order=order, limit=most)
        found: list[Assessment] = []
        for page in listed.pages():
            found.extend(page.items)
            use.out.hints(page.hints)
    if use.out.as_json:
        use.out.lines(found)
        return
    if trace is not None:  # which trace it is everybody knows
        spans = ((item.assessment_id, item.target.span_id, *assessment_row(item)) for item in found)
        use.out.table(("id", "span", *ASSESSMENT_COLUMNS), spans)
        return
    use.out.table(
        ("id", "target", *ASSESSMENT_COLUMNS),
        ((item.assessment_id, _target(item.target), *assessment_row(item)) for item in found),
    )


@command(app, "get")
def get(use: Use, assessment: IdArgument) -> None:
    """Show an assessment as it stands."""
    found = use.client.assessments.get(assessment)
    if use.out.as_json:
        use.out.document(found)
        return
    use.out.pairs(
        (
            ("id", found.assessment_id),
            ("target", _target(found.target)),
            *zip(ASSESSMENT_COLUMNS, assessment_row(found), strict=True),
            ("created", moment(found.created_ms)),
            ("updated", moment(found.updated_ms)),
            ("created by", found.created_by),
            ("overrides", found.overrides),
            ("superseded by", found.superseded_by),
            ("revision", str(found.revision)),
            ("metadata", ", ".join(f"{key}={value}" for key, value in found.metadata.items())),
        )
    )


@command(app, "history")
def history(use: Use, assessment: IdArgument) -> None:
    """Show every revision of an assessment, oldest first, also of a deleted one."""
    found = use.client.assessments.history(assessment)
    write_list(
        use,
        found,
        {
            "revision": lambda item: item.assessment.revision,
            "at": lambda item: moment(item.at_ms),
            "by": lambda item: item.by,
            "name": lambda item: item.assessment.name,
            "value": lambda item: "deleted" if item.deleted else assessment_row(item.assessment)[1],
            "reason": lambda item: item.reason,
        },
    )


@command(app, "update")
def update(
    use: Use,
    assessment: IdArgument,
    *,
    value: Annotated[
        str | None, typer.Option("--value", help='A new value: JSON (true, 0.5, "text") or plain text.')
    ] = None,
    error: Annotated[str | None, typer.Option("--error", help="Code of the error in place of a value.")] = None,
    rationale: Annotated[str | None, typer.Option("--rationale", "-r", help="Why, anew.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="Added; may be repeated.")
    ] = None,
    confidence: Annotated[
        float | None, typer.Option("--confidence", help="The judge's own probability, from 0 to 1.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why it is revised; the history has it.")] = None,
) -> None:
    """Revise an assessment in place: what is not given stays, and its history has what it was.

    To disagree with somebody else's, log one with --overrides.
    """
    if (value, error, rationale, name, confidence) == (None,) * 5 and not metadata:
        raise Invalid("Nothing to change: give --value, --error, --rationale, --name, --metadata or --confidence.")
    new = None if value is None else value_of(value)
    if value is not None and new is None:
        raise Invalid("--value: null is no value; say with --error why there is none.")
    revised = use.client.assessments.update(
        assessment,
        name=name,
        value=new,
        error=None if error is None else AssessmentError(error),
        rationale=rationale,
        metadata=pairs(metadata, "--metadata"),
        confidence=confidence,
        reason=reason,
    )
    if use.out.as_json:
        use.out.document(revised)
        return
    is_now = "" if revised.kind == "ISSUE_REF" else f" = {assessment_row(revised)[1]}"
    use.out.say(f"{revised.assessment_id}: {revised.name}{is_now}, revision {revised.revision}.")


command(app, "agreement")(agreement)
command(app, "judge")(judge)


@command(app, "delete")
def delete(use: Use, assessment: IdArgument, yes: YesOption = False) -> None:
    """Delete an assessment; its history stays, and what it overrode counts again."""
    confirm(f"Delete assessment {assessment}?", yes=yes)
    use.client.assessments.delete(assessment)
    if use.out.as_json:
        use.out.document({"deleted": assessment})
    use.out.say(f"Deleted assessment {assessment}.")


def _target(target: AssessmentTarget) -> str:
    if target.session is not None:
        return f"session {target.session}"
    return f"{target.trace_id}" if target.span_id is None else f"{target.trace_id} {target.span_id}"
