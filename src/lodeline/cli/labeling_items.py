"""Items of labeling sessions on the command line: add, list, remove, reopen and decide them; rules that add them."""

from collections.abc import Mapping
from typing import Annotated

import typer

from lodeline.cli.labeling_names import OfOption, SessionArgument, dataset_id, said, session_id
from lodeline.cli.naming import choice_of, confirm, value_of
from lodeline.cli.options import AllOption, LimitOption, Use, YesOption
from lodeline.cli.output import moment
from lodeline.cli.previews import requests_of
from lodeline.cli.texts import clean, counted
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import TraceId
from lodeline.domain.labeling import (
    ITEM_STATES,
    ItemDraft,
    ItemsReport,
    ItemState,
    ReviewForm,
    ReviewTarget,
)
from lodeline.domain.labeling_rules import ItemRule, RuleKind
from lodeline.domain.span import JsonValue

_SHOWN = 60
ItemArgument = Annotated[str, typer.Argument(help="The item's id.", metavar="ITEM")]


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
    session = session_id(use, session, experiment)
    items_of = use.client.labeling_items
    if traces:
        items = [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId(each))) for each in traces]
        report = items_of.add(session, items)
    elif rule is not None:
        chosen = ItemRule(
            choice_of(rule, _RULES, "--rule"), filter or "", share, name=name, below=below, limit=limit, most=most
        )
        if standing:
            changed = use.client.labeling.update(session, rules=[*use.client.labeling.get(session).rules, chosen])
            said(use.out, changed, f"Standing rules: {len(changed.rules)}. See 'lodeline labeling rules {session}'.")
            return
        report = items_of.apply_rule(session, chosen)
    elif dataset is not None:
        holder = use.client.labeling.get(session).run.experiment_id
        report = items_of.add_records(session, dataset_id(use, dataset, holder), filter=filter or "", limit=limit)
    elif filter is not None:
        report = items_of.add_traces(session, filter=filter, limit=limit)
    else:
        raise Invalid("nothing to add: name traces, or give --filter, --dataset or --rule.")
    said(use.out, report, _told(report))


def rules(
    use: Use,
    session: SessionArgument,
    *,
    experiment: OfOption = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all of them away.")] = False,
) -> None:
    """Show the standing rules of a session: when each last ran, and what it added."""
    session = session_id(use, session, experiment)
    if clear:
        said(use.out, use.client.labeling.update(session, rules=[]), "Standing rules: none.")
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


def items(
    use: Use,
    session: SessionArgument,
    *,
    experiment: OfOption = None,
    state: Annotated[list[str] | None, typer.Option("--state", "-s", help="Only in this state; repeatable.")] = None,
    limit: LimitOption = 50,
    all: AllOption = False,
) -> None:
    """List the items of a session with their reviews: what went into a trace, of a pair into the first; ids of what
    they are about with --json."""
    session = session_id(use, session, experiment)
    states: list[ItemState] = [choice_of(each, ITEM_STATES, "--state") for each in state or ()]
    found = use.client.labeling_items.list(session, state=states or None, limit=None if all else limit)
    if use.out.as_json:
        use.out.lines(found)
        return
    items = list(found)
    requests = requests_of(use.client, (each.target.trace_id for each in items if each.target.trace_id is not None))
    use.out.table(
        ("item", "about", "state", "reviews", "agreement", "by"),
        [
            (
                item.item_id, _about(item.target, requests), item.state,
                f"{len(item.submissions)} of {item.required}",
                None if item.agreement is None else f"{item.agreement:.2f}",
                ", ".join(a.reviewer or "" for a in item.submissions) or None,
            )
            for item in items
        ],
    )  # fmt: skip


def remove(use: Use, item: ItemArgument, *, yes: YesOption = False) -> None:
    """Take an item out of its session; its reviews stay, and no search or rule adds it again."""
    confirm(f"Remove item {item} from its session?", yes=yes)
    said(use.out, use.client.labeling_items.remove(item), f"Removed item {item}.")


def reopen(use: Use, item: ItemArgument) -> None:
    """Begin another round of reviews of an item that is done."""
    found = use.client.labeling_items.reopen(item)
    said(use.out, found, f"Item {item} is in round {found.round}.")


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
    said(use.out, decided, f"Item {item} is {decided.state}.")


def _answer(text: str) -> tuple[str, JsonValue]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Invalid.value("ANSWER", text, "the name of a label schema and what holds, such as right=false")
    return name, value_of(value)


def _told(report: ItemsReport) -> str:
    more = f"; {report.left_removed} had been removed and stay so" if report.left_removed else ""
    back = f", put {report.restored} back" if report.restored else ""
    return f"Added {counted(report.added, 'item')}{back}; {report.known} were there already{more}."


def _about(target: ReviewTarget, requests: Mapping[str, str]) -> str:
    request = requests.get(target.trace_id or "")
    if request is not None:
        return clean(request, _SHOWN)
    if target.kind == "PAIR":
        return f"{target.trace_id} and {target.other_trace_id}"
    return target.trace_id or target.session or target.record_id or f"{target.run_id}/{target.row_key}"


_RULES: tuple[RuleKind, ...] = ("sample", "low_score", "disagreement")


def _ruled(rule: ItemRule) -> str:
    if rule.kind == "sample":
        return f"sample of {(rule.share or 0) * 100:.4g} %"
    below = f" below {rule.below:g}" if rule.below is not None else ""
    return f"{rule.kind} of {rule.name}{below}"
