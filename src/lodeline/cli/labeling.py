"""``lodeline labeling``: make, fill and watch labeling sessions; carry what people expect into datasets."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import typer

from lodeline.cli import labeling_items
from lodeline.cli.labeling_names import OfOption, SessionArgument, dataset_id, said, session_id
from lodeline.cli.labeling_report import report
from lodeline.cli.naming import choice_of, experiment_names
from lodeline.cli.options import AllOption, ExperimentOption, LimitOption, Use, command
from lodeline.cli.output import moment
from lodeline.domain.errors import Invalid
from lodeline.domain.labeling import (
    LABELING_STATES,
    AssignmentMode,
    LabelingDraft,
    LabelingProgress,
    LabelingSession,
    ReviewOrder,
    ReviewPolicy,
)
from lodeline.domain.labeling_report import UNKNOWN_SKILL
from lodeline.domain.run import RunDraft

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make, fill and watch labeling sessions.")

HomeOption = Annotated[str, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="The experiment it is in.")]
ReviewerOption = Annotated[
    list[str] | None, typer.Option("--reviewer", "-r", metavar="NAME", help="Who reviews. May be repeated.")
]


@command(app, "list")
def list_sessions(
    use: Use, *, experiment: ExperimentOption = None, limit: LimitOption = 50, all: AllOption = False
) -> None:
    """List labeling sessions, newest first."""
    found = use.client.labeling.list(experiment=experiment, limit=None if all else limit)
    if use.out.as_json:
        use.out.lines(found)
        return
    sessions = list(found)
    names = experiment_names(use.client, (item.run.experiment_id for item in sessions))
    use.out.table(
        ("session", "name", "experiment", "state", "items", "done", "reviewers", "made"),
        [
            (
                item.run.run_id, item.run.name or None, names[item.run.experiment_id], item.state,
                sum(item.counts.values()), _done(item), len(item.reviewers) or "anybody", moment(item.run.start_ms),
            )
            for item in sessions
        ],
    )  # fmt: skip


@command(app, "create", makes_store=True)
def create(
    use: Use,
    schemas: Annotated[list[str], typer.Argument(help="Label schemas to ask with, by name or id.")],
    *,
    experiment: HomeOption = "0",
    name: Annotated[str, typer.Option("--name", "-n", help="The session's name.")] = "",
    instructions: Annotated[str, typer.Option("--instructions", help="What reviewers read first.")] = "",
    reviewer: ReviewerOption = None,
    reviews: Annotated[int, typer.Option("--reviews", help="Reviews of each item.")] = 1,
    mode: Annotated[str, typer.Option("--mode", help="open_pool, named, round_robin or weighted.")] = "open_pool",
    order: Annotated[str, typer.Option("--order", help="priority, oldest or random.")] = "priority",
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="NAME=NUMBER", help="A reviewer's share, with --mode weighted; repeatable."),
    ] = None,
    min_agreement: Annotated[
        float | None, typer.Option("--min-agreement", help="Items that agree less are disputed.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="The dataset that sync writes to, by name or id.")
    ] = None,
    optional: Annotated[bool, typer.Option("--optional-answers", help="Reviewers may leave questions out.")] = False,
    open: Annotated[bool, typer.Option("--open", help="Open it at once.")] = False,
) -> None:
    """Make a labeling session; it is a draft until it is opened."""
    policy = ReviewPolicy(
        reviews_required=reviews,
        mode=choice_of(mode, _MODES, "--mode"),
        order=choice_of(order, _ORDERS, "--order"),
        min_agreement=min_agreement,
        weights=dict(map(_weight, weight or ())),
        require_all_answers=not optional,
    )
    draft = LabelingDraft(
        RunDraft(name),
        (),
        instructions,
        tuple(reviewer or ()),
        policy,
        None if dataset is None else dataset_id(use, dataset, experiment),
        "OPEN" if open else "DRAFT",
    )
    made = use.client.labeling.create(draft, schemas, experiment=experiment)
    if use.out.as_json:
        use.out.document(made)
    use.out.say(f"Made labeling session {made.run.run_id} ({made.state}).")
    use.view(made.run.experiment_id, "labeling", made.run.run_id)
    if made.reviewers:
        _warn_of_accounts(use, use.client.labeling.progress(made.run.run_id))


@command(app, "get")
def get(use: Use, session: SessionArgument, *, experiment: OfOption = None) -> None:
    """Show a labeling session and how far it is."""
    session = session_id(use, session, experiment)
    found = use.client.labeling.get(session)
    progress = use.client.labeling.progress(session)
    if use.out.as_json:
        use.out.document({"session": found, "progress": progress})
        return
    policy = found.policy
    use.out.pairs(
        (
            ("session", found.run.run_id),
            ("name", found.run.name or None),
            ("experiment", found.run.experiment_id),
            ("state", found.state),
            ("asks", ", ".join(f"{schema.name} v{schema.version}" for schema in found.schemas)),
            ("reviewers", ", ".join(found.reviewers) or "anybody"),
            ("reviews", f"{policy.reviews_required} an item, {policy.mode}, order {policy.order}"),
            ("items", ", ".join(f"{state} {count}" for state, count in sorted(progress.items.items())) or "none"),
            ("made", f"{progress.reviews_submitted} reviews, {progress.reviews_claimed} in hand, "
                     f"{progress.reviews_open} open"),
        )
    )  # fmt: skip
    if progress.reviewers:
        use.out.say("")
        use.out.table(
            ("reviewer", "signed in", "submitted", "claimed", "open", "declined"),
            [
                (each.reviewer, "yes" if each.verified else "no", each.submitted, each.claimed, each.open,
                 each.declined)
                for each in progress.reviewers
            ],
        )  # fmt: skip
    _warn_of_accounts(use, progress)
    use.view(found.run.experiment_id, "labeling", found.run.run_id)


@command(app, "state")
def state(
    use: Use,
    session: SessionArgument,
    wanted: Annotated[str, typer.Argument(help="OPEN, PAUSED, CLOSED or ARCHIVED.", metavar="STATE")],
    *,
    experiment: OfOption = None,
) -> None:
    """Open, pause, close or archive a session; what is closed takes no reviews any more."""
    session = session_id(use, session, experiment)
    changed = use.client.labeling.update(session, state=choice_of(wanted, LABELING_STATES[1:], "state"))
    said(use.out, changed, f"Labeling session {session} is {changed.state}.")


@command(app, "reviewers")
def reviewers(
    use: Use,
    session: SessionArgument,
    names: Annotated[list[str] | None, typer.Argument(help="Who reviews; nobody named is anybody.")] = None,
    *,
    experiment: OfOption = None,
) -> None:
    """Set who reviews in a session."""
    session = session_id(use, session, experiment)
    changed = use.client.labeling.update(session, reviewers=names or [])
    said(use.out, changed, f"Reviewers: {', '.join(changed.reviewers) or 'anybody'}.")
    if changed.reviewers:
        _warn_of_accounts(use, use.client.labeling.progress(session))


command(app, "add")(labeling_items.add)
command(app, "rules")(labeling_items.rules)
command(app, "items")(labeling_items.items)
command(app, "remove")(labeling_items.remove)
command(app, "reopen")(labeling_items.reopen)
command(app, "report")(report)


@command(app, "weigh")
def weigh(use: Use, session: SessionArgument, *, experiment: OfOption = None) -> None:
    """Give items out by skill: weigh each reviewer by their answers to gold items, as the report says."""
    session = session_id(use, session, experiment)
    skills = {each.reviewer: each.skill for each in use.client.labeling.report(session).reviewers}
    found = use.client.labeling.get(session)
    weights = {name: skills.get(name, UNKNOWN_SKILL) for name in found.reviewers}
    changed = use.client.labeling.update(session, policy=replace(found.policy, mode="weighted", weights=weights))
    told = ", ".join(f"{name} {weight:.2f}" for name, weight in changed.policy.weights.items())
    said(use.out, changed, f"Weights: {told}.")


@command(app, "link")
def link(
    use: Use,
    session: SessionArgument,
    name: Annotated[str | None, typer.Argument(metavar="REVIEWER", help="Whom it is for.")] = None,
    *,
    experiment: OfOption = None,
    reviewer: Annotated[str | None, typer.Option("--reviewer", "-r", help="The same, as an option.")] = None,
) -> None:
    """Show the address to send to a reviewer."""
    if name is not None and reviewer not in (None, name):
        raise Invalid(f"link: the address is for one reviewer; leave out {name!r} or --reviewer {reviewer!r}.")
    session = session_id(use, session, experiment)
    found = use.client.labeling.link(session, reviewer=reviewer if name is None else name)
    said(use.out, found, use.client.url.rstrip("/") + found.path)


command(app, "adjudicate")(labeling_items.adjudicate)


@command(app, "sync")
def sync(
    use: Use,
    session: SessionArgument,
    *,
    experiment: OfOption = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="A dataset by name or id, else the session's own.")
    ] = None,
) -> None:
    """Carry what people expect into a dataset, as a new version of it."""
    session = session_id(use, session, experiment)
    into = None if dataset is None else dataset_id(use, dataset, use.client.labeling.get(session).run.experiment_id)
    report = use.client.labeling.sync(session, into)
    said(
        use.out,
        report,
        f"Version {report.version} of dataset {report.dataset_id}: {report.inserted} records added, "
        f"{report.updated} changed, {report.unchanged} as they were; {report.skipped} items left out.",
    )


def _warn_of_accounts(use: Use, progress: LabelingProgress) -> None:
    """Say whom of the reviewers nobody can review as, and what to do."""
    for each in progress.reviewers:
        told = _ACCOUNTS.get(each.account or "ready")
        if told is not None:
            use.out.warn(f"{each.reviewer} {told}")


_ACCOUNTS: Mapping[str, str] = {
    "missing": "has no account yet: have one of that very name made, as by 'lodeline accounts create'.",
    "disabled": "has an account that is disabled: have it enabled, or name another reviewer.",
    "no_role": "has an account without a role in this experiment: give it the role reviewer there.",
}


def _done(session: LabelingSession) -> int:
    return sum(session.counts.get(state, 0) for state in ("COMPLETE", "ADJUDICATED"))


_MODES: tuple[AssignmentMode, ...] = ("open_pool", "named", "round_robin", "weighted")
_ORDERS: tuple[ReviewOrder, ...] = ("priority", "oldest", "random")


def _weight(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError as error:
        raise Invalid.value("--weight", text, "a reviewer's name and a number, such as ann=2") from error
