"""Rules by which a labeling session takes traces: called once, or standing, while the session is open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lodeline.domain.canonical import canonical_json, digest_text
from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.experiment import check_name

RuleKind = Literal["sample", "low_score", "disagreement"]
MAX_EXAMINED = 10_000
"""Traces that a rule looks at in one call."""
MAX_RULE_LIMIT = 1_000
MAX_RULES = 10
"""Standing rules of one session."""
MAX_MOST = 20_000


@dataclass(frozen=True, slots=True)
class ItemRule:
    """Which traces a session takes by itself, of those that `filter` finds (empty: all of the experiment).

    - sample: a `share` of them, drawn by `seed`: the same traces whenever it is asked.
    - low_score: those with a judgment of `name`, of a judge or code, whose number is below `below`.
    - disagreement: those of which two judges, or two verdicts of one, say different things under `name`.

    At most `limit` are added in one call, of a standing rule in one round, and at most `most` by a standing rule in
    all (None: as many as the session holds). What a person removed is not added again.
    """

    kind: RuleKind
    filter: str = ""
    share: float | None = None
    seed: int = 0
    name: str | None = None
    below: float | None = None
    limit: int = 100
    priority: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class RuleState:
    """How far a standing rule is. Times are epoch milliseconds.

    When it last ran (None: not yet), up to when what arrived was looked at (None: it was imported, and begins with
    its first round), how many items it added then and in all, and what kept it from running, if anything did.
    """

    rule: ItemRule
    last_run_ms: int | None = None
    seen_ms: int | None = None
    last_added: int = 0
    added: int = 0
    error: str | None = None

    @property
    def spent(self) -> bool:
        """Whether it has added all it may."""
        return self.rule.most is not None and self.added >= self.rule.most


def counted(state: RuleState, new: int) -> RuleState:
    """Return the state of a rule that added so many items in a round."""
    return replace(state, last_added=new, added=state.added + new)


def rule_digest(rule: ItemRule) -> str:
    """Return what tells a rule from others of a session: equal rules are one."""
    parts = (
        rule.kind, rule.filter, rule.share, rule.seed, rule.name, rule.below, rule.limit, rule.priority, rule.most,
    )  # fmt: skip
    return digest_text(canonical_json(list(parts)))


def check_rule(rule: ItemRule) -> None:
    """Return when a rule says what it needs; else Invalid, naming the field."""
    if not 1 <= rule.limit <= MAX_RULE_LIMIT:
        raise Invalid.value("limit", rule.limit, f"1 to {MAX_RULE_LIMIT}")
    if rule.most is not None and not 1 <= rule.most <= MAX_MOST:
        raise Invalid.value("most", rule.most, f"1 to {MAX_MOST}")
    if rule.kind == "sample":
        if rule.share is None or not 0 < rule.share <= 1:
            raise Invalid.value("share", rule.share, "a share above 0, at most 1")
        return
    if rule.name is None:
        raise Invalid(f"name: a rule of kind {rule.kind} needs the name of a judgment.", details={"field": "name"})
    check_name(rule.name, noun="name", most=250)
    if rule.kind == "low_score" and rule.below is None:
        raise Invalid("below: a rule of kind low_score needs the number to be below.", details={"field": "below"})


def check_rules(rules: Sequence[ItemRule]) -> None:
    """Return when a session can have these standing rules; else Invalid or TooLarge."""
    if len(rules) > MAX_RULES:
        raise TooLarge(f"rules: {len(rules)} are over the limit of {MAX_RULES} in one session.")
    for rule in rules:
        check_rule(rule)
    if len({rule_digest(rule) for rule in rules}) < len(rules):
        raise Invalid("rules: one is given twice.", details={"field": "rules"})
