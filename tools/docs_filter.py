"""The field tables of docs/reference/filter.md."""

from collections.abc import Iterator

from lodeline.query.ast import EntityScope
from lodeline.query.fields import ENTITIES, FieldSpec

_TITLES: dict[EntityScope, str] = {
    "trace": "Traces",
    "span": "Spans: inside `span(…)`, or after `span.`",
    "assessment": "Assessments: a list of their own, inside `assessment(…)`, or after `assessment.`",
    "experiment": "Experiments",
    "session": "Sessions",
    "user": "Users",
    "audit": "Audit trail",
    "run": "Runs",
    "model": "Models",
    "dataset": "Datasets",
    "record": "Records of a dataset",
    "prompt": "Prompts",
}


_BY_FEEDBACK = (
    "`feedback.NAME`, `expectation.NAME` and `assessment(…)` speak of assessments of the session itself, not of its "
    "traces'. `feedback.NAME` can order the list: by the mean of the session's valid feedback of that name, where "
    "`true`, `'yes'` and `'pass'` count as 1 and `false`, `'no'` and `'fail'` as 0."
)


def field_tables() -> str:
    """Return a Markdown table of the fields of every list."""
    return "\n".join(line for entity in ENTITIES for line in _table(entity))


def _table(entity: EntityScope) -> Iterator[str]:
    yield from (f"### {_TITLES[entity]}", "", "| field | type | meaning |", "|---|---|---|")
    for spec in ENTITIES[entity].fields:
        yield f"| {_names(spec)} | {_type(spec)} | {_meaning(spec)} |"
    yield ""
    if ENTITIES[entity].text:
        yield from ("Full text can be asked of them: `text ~ '…'`.", "")
    unsorted = ", ".join(f"`{spec.name}`" for spec in ENTITIES[entity].fields if not spec.sortable)
    if unsorted and entity != "span":
        yield from (f"Every field but {unsorted} can order the list.", "")
    if ENTITIES[entity].by_feedback:
        yield from (_BY_FEEDBACK, "")


def _names(spec: FieldSpec) -> str:
    first, *others = (f"`{name}.KEY`" if spec.keyed else f"`{name}`" for name in (spec.name, *spec.aliases))
    return f"{first} ({', '.join(others)})" if others else first


def _type(spec: FieldSpec) -> str:
    if spec.patterns_only:
        return "patterns only"
    return "one of a set" if spec.values else spec.type


def _meaning(spec: FieldSpec) -> str:
    if not spec.values:
        return spec.doc
    return f"{spec.doc} One of {', '.join(f'`{value}`' for value in spec.values)}."
