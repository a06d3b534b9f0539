"""The tables of roles and scopes in docs/how-to/accounts-and-keys.md, from the policy itself."""

from collections.abc import Iterator, Mapping

from lodeline.auth.policy import OWN_ACTIONS, ROLE_ACTIONS, SCOPE_ACTIONS, Action
from lodeline.domain.account import Role, Scope

_MEANINGS: Mapping[Action, str] = {
    "experiment.read": "see experiments",
    "trace.read": "search and read traces, sessions and users",
    "assessment.read": "read assessments",
    "dataset.read": "read datasets and their records",
    "prompt.read": "read prompts",
    "scorer.read": "read registered scorers",
    "trace.ingest": "send traces",
    "trace.edit": "tag traces, link them to runs, attach files",
    "trace.delete": "delete traces",
    "assessment.write": "log and revise assessments",
    "assessment.delete": "delete assessments",
    "run.read": "read runs and evaluations",
    "run.write": "create and change runs and evaluations, log metrics and rows",
    "run.delete": "delete and restore runs and evaluations",
    "model.read": "read models",
    "model.write": "create and change models, move their aliases",
    "model.delete": "delete and restore models",
    "dataset.write": "make and change datasets, write and publish records",
    "dataset.delete": "delete and restore datasets",
    "prompt.write": "register prompts, move their aliases",
    "prompt.delete": "delete prompts",
    "scorer.write": "register scorers",
    "scorer.delete": "delete registered scorers",
    "experiment.create": "create and import experiments",
    "experiment.edit": "rename, describe and tag experiments, change their settings",
    "experiment.delete": "delete and restore experiments",
    "experiment.purge": "purge experiments",
    "experiment.share": "give roles in an experiment",
    "audit.read": "read the audit trail",
    "account.manage": "manage accounts",
    "key.manage_all": "see and revoke everybody's keys, make keys for others",
    "server.admin": "see the figures of the store",
    "server.measure": "scrape the figures for Prometheus",
    "server.read": "see the server's version and capabilities",
    "account.edit_own": "change one's own password",
    "key.manage_own": "make and revoke one's own keys",
}
"""What every action is, in the order of the tables."""


def role_tables() -> str:
    """Return a table of what each role may do, and one of what each key scope lets through."""
    roles: dict[Role, frozenset[Action]] = {role: actions | OWN_ACTIONS for role, actions in ROLE_ACTIONS.items()}
    return "\n".join(
        [*_table(roles), "", "A key does what its owner may do, within its scopes:", "", *_table(SCOPE_ACTIONS)]
    )


def _table(columns: Mapping[Role, frozenset[Action]] | Mapping[Scope, frozenset[Action]]) -> Iterator[str]:
    yield "| | " + " | ".join(columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for action, meaning in _MEANINGS.items():
        if any(action in actions for actions in columns.values()):
            yield f"| {meaning} | " + " | ".join("yes" if action in held else "" for held in columns.values()) + " |"
