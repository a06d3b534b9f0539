"""``lodeline labeling``: make, fill and watch labeling sessions; carry what people expect into datasets."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import typer

from lodeline.cli.labeling_report import report
from lodeline.cli.naming import as_options, confirm, experiment_names, value_of
from lodeline.cli.options import AllOption, ExperimentOption, LimitOption, Use, YesOption, command
from lodeline.cli.output import Output, moment
from lodeline.cli.run_names import find_run
from lodeline.cli.texts import counted
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import TraceId
from lodeline.domain.labeling import (
    ITEM_STATES,
    LABELING_STATES,
    AssignmentMode,
    ItemDraft,
    ItemsReport,
    ItemState,
    LabelingDraft,
    LabelingProgress,
    LabelingSession,
    LabelingState,
    ReviewForm,
    ReviewOrder,
    ReviewPolicy,
    ReviewTarget,
)
from lodeline.domain.labeling_report import UNKNOWN_SKILL
from lodeline.domain.labeling_rules import ItemRule, RuleKind
from lodeline.domain.run import RunDraft
from lodeline.domain.span import JsonValue

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make, fill and watch labeling sessions.")

SessionArgument = Annotated[str, typer.Argument(help="The session, by run id or name.", metavar="SESSION")]
ItemArgument = Annotated[str, typer.Argument(help="The item's id.", metavar="ITEM")]
OfOption = Annotated[
    str | None,
    typer.Option(
        "--experiment", "-e", metavar="ID-or-NAME", help="Where the session is, of which the name is given."
    ),
]
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
        mode=_mode(mode),
        order=_order(order),
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
        None if dataset is None else _dataset(use, dataset, experiment),
        "OPEN" if open else "DRAFT",
    )
    with as_options(_OPTIONS):
        made = use.client.labeling.create(draft, schemas, experiment=experiment)
    if use.out.as_json:
        use.out.document(made)
    use.out.say(f"Made labeling session {made.run.run_id} ({made.state}).")
    if made.reviewers:
        _warn_of_accounts(use, use.client.labeling.progress(made.run.run_id))


@command(app, "get")
def get(use: Use, session: SessionArgument, *, experiment: OfOption = None) -> None:
    """Show a labeling session and how far it is."""
    session = _session(use, session, experiment)
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


@command(app, "state")
def state(
    use: Use,
    session: SessionArgument,
    wanted: Annotated[str, typer.Argument(help="OPEN, PAUSED, CLOSED or ARCHIVED.", metavar="STATE")],
    *,
    experiment: OfOption = None,
) -> None:
    """Open, pause, close or archive a session; what is closed takes no reviews any more."""
    session = _session(use, session, experiment)
    changed = use.client.labeling.update(session, state=_state(wanted))
    _said(use.out, changed, f"Labeling session {session} is {changed.state}.")


@command(app, "reviewers")
def reviewers(
    use: Use,
    session: SessionArgument,
    names: Annotated[list[str] | None, typer.Argument(help="Who reviews; nobody named is anybody.")] = None,
    *,
    experiment: OfOption = None,
) -> None:
    """Set who reviews in a session."""
    session = _session(use, session, experiment)
    with as_options({"reviewers": "NAMES"}):
        changed = use.client.labeling.update(session, reviewers=names or [])
    _said(use.out, changed, f"Reviewers: {', '.join(changed.reviewers) or 'anybody'}.")
    if changed.reviewers:
        _warn_of_accounts(use, use.client.labeling.progress(session))


@command(app, "add")
def add(
    use: Use,
    session: SessionArgument,
    traces: Annotated[list[str] | None, typer.Argument(help="Ids of traces.", metavar="TRACE")] = None,
    *,
    experiment: OfOption = None,
    filter: Annotated[str | None, typer.Option("--filter", "-f", help="Add the traces that this finds.")] = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Add the records of this dataset.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="sample, low_score or disagreement.")] = None,
    share: Annotated[float | None, typer.Option("--share", help="Of a sample.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The judgment that a rule looks at.")] = None,
    below: Annotated[float | None, typer.Option("--below", help="What a low score is below.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="Most items to add.")] = 100,
    standing: Annotated[
        bool,
        typer.Option("--standing", help="Keep the rule; the server adds by it while the session is open."),
    ] = False,
    most: Annotated[int | None, typer.Option("--most", help="Most items that a standing rule adds in all.")] = None,
) -> None:
    """Add items: traces by id, by a filter or by a rule; or records of a dataset."""
    session = _session(use, session, experiment)
    items_of = use.client.labeling_items
    if traces:
        items = [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId(each))) for each in traces]
        report = items_of.add(session, items)
    elif rule is not None:
        chosen = ItemRule(_rule(rule), filter or "", share, name=name, below=below, limit=limit, most=most)
        if standing:
            with as_options(_OPTIONS):
                changed = use.client.labeling.update(session, rules=[*use.client.labeling.get(session).rules, chosen])
            _said(use.out, changed, f"Standing rules: {len(changed.rules)}. See 'lodeline labeling rules {session}'.")
            return
        with as_options(_OPTIONS):
            report = items_of.apply_rule(session, chosen)
    elif dataset is not None:
        holder = use.client.labeling.get(session).run.experiment_id
        report = items_of.add_records(session, _dataset(use, dataset, holder), filter=filter or "", limit=limit)
    elif filter is not None:
        report = items_of.add_traces(session, filter=filter, limit=limit)
    else:
        raise Invalid("nothing to add: name traces, or give --filter, --dataset or --rule.")
    _said(use.out, report, _told(report))


@command(app, "rules")
def rules(
    use: Use,
    session: SessionArgument,
    *,
    experiment: OfOption = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all of them away.")] = False,
) -> None:
    """Show the standing rules of a session: when each last ran, and what it added."""
    session = _session(use, session, experiment)
    if clear:
        _said(use.out, use.client.labeling.update(session, rules=[]), "Standing rules: none.")
        return
    found = use.client.labeling.rules(session)
    if use.out.as_json:
        use.out.document({"rules": found})
        return
    use.out.table(
        ("rule", "filter", "last run", "added then", "in all", "error"),
        [
            (
                _ruled(each.rule), each.rule.filter or None,
                None if each.last_run_ms is None else moment(each.last_run_ms), each.last_added,
                each.added if each.rule.most is None else f"{each.added} of {each.rule.most}", each.error,
            )
            for each in found
        ],
    )  # fmt: skip


@command(app, "items")
def items(
    use: Use,
    session: SessionArgument,
    *,
    experiment: OfOption = None,
    state: Annotated[list[str] | None, typer.Option("--state", "-s", help="Only in this state; repeatable.")] = None,
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List the items of a session with their reviews."""
    session = _session(use, session, experiment)
    states: list[ItemState] = [_item_state(each) for each in state or ()]
    found = use.client.labeling_items.list(session, state=states or None, limit=None if all else limit)
    if use.out.as_json:
        use.out.lines(found)
        return
    use.out.table(
        ("item", "about", "state", "reviews", "agreement", "by"),
        [
            (
                item.item_id, _about(item.target), item.state, f"{len(item.submissions)} of {item.required}",
                None if item.agreement is None else f"{item.agreement:.2f}",
                ", ".join(a.reviewer or "" for a in item.submissions) or None,
            )
            for item in found
        ],
    )  # fmt: skip


@command(app, "remove")
def remove(use: Use, item: ItemArgument, *, yes: YesOption = False) -> None:
    """Take an item out of its session; its reviews stay, and no search or rule adds it again."""
    confirm(f"Remove item {item} from its session?", yes=yes)
    _said(use.out, use.client.labeling_items.remove(item), f"Removed item {item}.")


@command(app, "reopen")
def reopen(use: Use, item: ItemArgument) -> None:
    """Begin another round of reviews of an item that is done."""
    found = use.client.labeling_items.reopen(item)
    _said(use.out, found, f"Item {item} is in round {found.round}.")


command(app, "report")(report)


@command(app, "weigh")
def weigh(use: Use, session: SessionArgument, *, experiment: OfOption = None) -> None:
    """Give items out by skill: weigh each reviewer by their answers to gold items, as the report says."""
    session = _session(use, session, experiment)
    skills = {each.reviewer: each.skill for each in use.client.labeling.report(session).reviewers}
    found = use.client.labeling.get(session)
    weights = {name: skills.get(name, UNKNOWN_SKILL) for name in found.reviewers}
    changed = use.client.labeling.update(session, policy=replace(found.policy, mode="weighted", weights=weights))
    told = ", ".join(f"{name} {weight:.2f}" for name, weight in changed.policy.weights.items())
    _said(use.out, changed, f"Weights: {told}.")


@command(app, "link")
def link(
    use: Use,
    session: SessionArgument,
    *,
    experiment: OfOption = None,
    reviewer: Annotated[str | None, typer.Option("--reviewer", "-r")] = None,
) -> None:
    """Show the address to send to a reviewer."""
    session = _session(use, session, experiment)
    found = use.client.labeling.link(session, reviewer=reviewer)
    _said(use.out, found, use.client.url.rstrip("/") + found.path)


@command(app, "adjudicate")
def adjudicate(
    use: Use,
    item: ItemArgument,
    answers: Annotated[list[str], typer.Argument(help="What holds: NAME=VALUE by label schema.", metavar="ANSWER")],
    *,
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", "-r", help="Who decides, where nobody is signed in.")
    ] = None,
    comment: Annotated[str | None, typer.Option("--comment", help="Why.")] = None,
) -> None:
    """Decide a disputed item; the answers become judgments in the name of who decides.

    Spans are answered with a list: made_up='[{"field": "response", "start": 0, "end": 5, "label": "wrong"}]'.
    """
    form = ReviewForm(dict(map(_answer, answers)), comment=comment)
    decided = use.client.labeling_items.adjudicate(item, form, reviewer=reviewer)
    _said(use.out, decided, f"Item {item} is {decided.state}.")


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
    session = _session(use, session, experiment)
    into = None if dataset is None else _dataset(use, dataset, use.client.labeling.get(session).run.experiment_id)
    with as_options(_OPTIONS):
        report = use.client.labeling.sync(session, into)
    _said(
        use.out,
        report,
        f"Version {report.version} of dataset {report.dataset_id}: {report.inserted} records added, "
        f"{report.updated} changed, {report.unchanged} as they were; {report.skipped} items left out.",
    )


_OPTIONS: Mapping[str, str] = {
    "policy.reviews_required": "--reviews",
    "policy.mode": "--mode",
    "policy.order": "--order",
    "policy.min_agreement": "--min-agreement",
    "policy.weights": "--weight",
    "reviewers": "--reviewer",
    "dataset_id": "--dataset",
    **{name: f"--{name}" for name in ("instructions", "name", "share", "below", "limit", "most", "filter")},
}
"""The options of commands by the fields of the API that errors name."""


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


def _session(use: Use, name: str, experiment: str | None) -> str:
    return find_run(use.client, name, "LABELING", experiment=experiment)


def _dataset(use: Use, dataset: str, experiment: str) -> str:
    """Return the id of a dataset that is named by it, or by its name in the session's experiment."""
    if re.fullmatch(r"d-[0-9a-f]{32}", dataset):
        return dataset
    return use.client.datasets.find(dataset, experiment=experiment).dataset_id


def _answer(text: str) -> tuple[str, JsonValue]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Invalid.value("ANSWER", text, "the name of a label schema and what holds, such as right=false")
    return name, value_of(value)


def _said(out: Output, document: object, text: str) -> None:
    if out.as_json:
        out.document(document)
    out.say(text)


def _done(session: LabelingSession) -> int:
    return sum(session.counts.get(state, 0) for state in ("COMPLETE", "ADJUDICATED"))


def _told(report: ItemsReport) -> str:
    more = f"; {report.left_removed} had been removed and stay so" if report.left_removed else ""
    back = f", put {report.restored} back" if report.restored else ""
    return f"Added {counted(report.added, 'item')}{back}; {report.known} were there already{more}."


def _about(target: ReviewTarget) -> str:
    if target.kind == "PAIR":
        return f"{target.trace_id} and {target.other_trace_id}"
    return target.trace_id or target.session or target.record_id or f"{target.run_id}/{target.row_key}"


def _state(text: str) -> LabelingState:
    for state in LABELING_STATES:
        if state == text.upper():
            return state
    raise Invalid.value("state", text, f"one of {', '.join(LABELING_STATES[1:])}")


def _item_state(text: str) -> ItemState:
    for state in ITEM_STATES:
        if state == text.upper():
            return state
    raise Invalid.value("--state", text, f"one of {', '.join(ITEM_STATES)}")


_MODES: tuple[AssignmentMode, ...] = ("open_pool", "named", "round_robin", "weighted")
_ORDERS: tuple[ReviewOrder, ...] = ("priority", "oldest", "random")
_RULES: tuple[RuleKind, ...] = ("sample", "low_score", "disagreement")


def _weight(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError as error:
        raise Invalid.value("--weight", text, "a reviewer's name and a number, such as ann=2") from error


def _mode(text: str) -> AssignmentMode:
    for mode in _MODES:
        if mode == text:
            return mode
    raise Invalid.value("--mode", text, f"one of {', '.join(_MODES)}")


def _order(text: str) -> ReviewOrder:
    for order in _ORDERS:
        if order == text:
            return order
    raise Invalid.value("--order", text, f"one of {', '.join(_ORDERS)}")


def _ruled(rule: ItemRule) -> str:
    if rule.kind == "sample":
        return f"sample of {(rule.share or 0) * 100:.4g} %"
    below = f" below {rule.below:g}" if rule.below is not None else ""
    return f"{rule.kind} of {rule.name}{below}"


def _rule(text: str) -> RuleKind:
    for rule in _RULES:
        if rule == text:
            return rule
    raise Invalid.value("--rule", text, f"one of {', '.join(_RULES)}")
