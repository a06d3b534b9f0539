"""The field table: every name a filter may use, its type, its operators, and what it means.

It is the single source of truth for both grammars, for completion, for the reference and for every backend. Adding a
list to the filter language is one entry in `ENTITIES`; adding a field is one line in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lodeline.domain.model import MODEL_STATUSES
from lodeline.domain.record import SOURCE_KINDS
from lodeline.domain.run import RUN_KINDS, RUN_STATUSES
from lodeline.domain.span import SPAN_KINDS, SPAN_STATUSES
from lodeline.domain.trace import TRACE_STATES
from lodeline.query.ast import EntityScope, Field, FieldType

Group = Literal["span", "assessment"]
GROUPS: Mapping[str, Group] = {"span": "span", "assessment": "assessment"}
"""The groups by the word that opens them."""
FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. `values` closes the set of its values; `keyed` fields are written ``name.KEY``.

    `sortable` fields may order a list. `patterns_only` fields take LIKE, ILIKE and RLIKE alone.
    """

    name: str
    type: FieldType
    doc: str
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    keyed: bool = False
    sortable: bool = True
    patterns_only: bool = False

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that the field takes, in the order in which they are offered."""
        if self.patterns_only:
            return _PATTERNS
        if self.values:
            return (*_EQUALITY, *_SETS, *_NULLS)
        return _OPERATORS[self.type]


_EQUALITY = ("=", "!=")
_ORDERING = ("<", "<=", ">", ">=")
_SETS = ("IN", "NOT IN")
_PATTERNS = ("LIKE", "ILIKE", "RLIKE", "NOT LIKE", "NOT ILIKE", "NOT RLIKE")
_NULLS = ("IS NULL", "IS NOT NULL")
_OPERATORS: Mapping[FieldType, tuple[str, ...]] = {
    "string": (*_EQUALITY, *_SETS, *_PATTERNS, *_NULLS),
    "number": (*_EQUALITY, *_ORDERING, *_SETS, *_NULLS),
    "boolean": (*_EQUALITY, *_NULLS),
    "time": (*_EQUALITY, *_ORDERING, *_SETS, *_NULLS),
    "duration": (*_EQUALITY, *_ORDERING, *_SETS, *_NULLS),
    "json": (*_EQUALITY, *_ORDERING, *_SETS, *_PATTERNS, *_NULLS),
}


@dataclass(frozen=True, slots=True)
class EntitySpec:
    """What one kind of thing can be filtered by.

    `groups` are the parts of it that ``span(...)`` and ``assessment(...)`` speak of; `text` says whether full text
    can be asked of it, and `by_feedback` whether ``feedback.NAME`` can order it. `plural` names it in messages and
    documents.
    """

    plural: str
    fields: tuple[FieldSpec, ...]
    groups: tuple[Group, ...] = ()
    text: bool = False
    by_feedback: bool = False


def _tokens(of: str, parts: Sequence[str]) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(f"tokens.{part}", "number", _TOKEN_DOCS[part].format(of)) for part in parts)


_TOKEN_DOCS: Mapping[str, str] = {
    "total": "All tokens of {}; 0 when none were reported, like every token count.",
    "input": "Tokens that went into the models of {}, cached or not.",
    "output": "Tokens that came out of the models of {}, reasoning included.",
    "cache_read": "Input tokens of {} read from a provider's cache.",
    "cache_write": "Input tokens of {} written to a provider's cache.",
    "reasoning": "Output tokens of {} spent on reasoning.",
}
_TOKEN_PARTS = tuple(_TOKEN_DOCS)

_TRACE = EntitySpec(
    plural="traces",
    fields=(
        FieldSpec("id", "string", "The trace's id.", ("trace_id",)),
        FieldSpec("experiment", "string", "The id of the experiment that it belongs to.", ("experiment_id",)),
        FieldSpec("name", "string", "Its name: that of the root span unless the client gave another."),
        FieldSpec("state", "string", "How it went.", ("status",), TRACE_STATES),
        FieldSpec("start", "time", "When its first span began.", ("timestamp",)),
        FieldSpec("end", "time", "When its last span ended; missing while nothing has ended."),
        FieldSpec("duration", "duration", "From start to end; missing while nothing has ended."),
        FieldSpec("received", "time", "When the first of it arrived here (whole milliseconds); orders by arrival."),
        FieldSpec("session", "string", "The conversation it is a turn of.", ("session_id",)),
        FieldSpec("user", "string", "The end user it was made for.", ("user_id",)),
        FieldSpec("environment", "string", "Where the application ran, such as production."),
        FieldSpec("service", "string", "The program's name, from the resource."),
        FieldSpec("client", "string", "The instrumentation library that sent it."),
        FieldSpec(
            "model", "string", "The version of the application (not the language model), by id or name.",
            ("model_id",),
        ),
        FieldSpec(
            "run", "string", "The runs it belongs to, by id or name: the one that made it and those linked later.",
            ("run_id",),
            sortable=False,
        ),
        FieldSpec("request", "string", "The preview of what went in, at most 1,000 characters.", sortable=False),
        FieldSpec("response", "string", "The preview of what came out, at most 1,000 characters.", sortable=False),
        FieldSpec("client_request_id", "string", "The application's own id of the request."),
        FieldSpec("status_message", "string", "Why it failed; missing when empty.", sortable=False),
        *_tokens("the trace", _TOKEN_PARTS),
        FieldSpec("cost", "number", "US dollars; missing when nothing was priced."),
        FieldSpec("span_count", "number", "How many spans it has."),
        FieldSpec("error_count", "number", "How many of its spans have status ERROR."),
        FieldSpec("size", "number", "Bytes of its spans as they were sent.", ("size_bytes",)),
        FieldSpec("tags", "string", "The tag KEY; tags can be edited.", ("tag",), keyed=True),
        FieldSpec("metadata", "string", "The metadata entry KEY; fixed once the trace is finalised.", keyed=True),
    ),
    groups=("span", "assessment"),
    text=True,
)  # fmt: skip
_SPAN = EntitySpec(
    plural="spans",
    fields=(
        FieldSpec("id", "string", "The span's id, 16 hex digits.", ("span_id",)),
        FieldSpec("name", "string", "Its name."),
        FieldSpec("kind", "string", "What kind of step it is.", ("type",), tuple(sorted(SPAN_KINDS))),
        FieldSpec("status", "string", "Its OpenTelemetry status.", values=SPAN_STATUSES),
        FieldSpec("status_message", "string", "Why it failed; missing when empty."),
        FieldSpec("model", "string", "The language model that answered."),
        FieldSpec("provider", "string", "The provider of the language model."),
        FieldSpec("duration", "duration", "From its start to its end; missing until it has ended."),
        FieldSpec("start", "time", "When it began."),
        *_tokens("the span", _TOKEN_PARTS),
        FieldSpec("cost", "number", "US dollars; missing when it was not priced."),
        FieldSpec(
            "attributes", "json", "The attribute KEY, as it was sent.", ("attribute",), keyed=True, sortable=False,
        ),
        FieldSpec(
            "content", "string", "Any text of the span: its name, status message, the strings in its attributes, its "
            "events' names and the strings in theirs.", sortable=False, patterns_only=True,
        ),
    ),
    text=True,
)  # fmt: skip
_ASSESSMENT = EntitySpec(
    plural="assessments",
    fields=(
        FieldSpec("id", "string", "The assessment's id.", ("assessment_id",)),
        FieldSpec("name", "string", "What was judged, such as correctness."),
        FieldSpec("kind", "string", "Which kind it is.", ("type",), ("FEEDBACK", "EXPECTATION", "ISSUE_REF")),
        FieldSpec("value", "json", "The judgment as given; missing when it ended in an error.", sortable=False),
        FieldSpec(
            "number", "number", "The judgment as a number: true, yes and pass are 1, false, no and fail 0; missing "
            "when it has none.", ("numeric_value",),
        ),
        FieldSpec("source", "string", "Who judged.", values=("HUMAN", "LLM_JUDGE", "CODE")),
        FieldSpec("source_id", "string", "Which person, model or program judged."),
        FieldSpec("rationale", "string", "The reason given.", sortable=False),
        FieldSpec("error", "string", "The code of the error that took the value's place."),
        FieldSpec("valid", "boolean", "Whether it stands: nothing overrides it."),
        FieldSpec("run", "string", "The run that made it.", ("run_id",)),
        FieldSpec("created", "time", "When it was logged (whole milliseconds)."),
        FieldSpec("confidence", "number", "The judge's own probability, 0 to 1."),
        FieldSpec("trace", "string", "The id of the judged trace.", ("trace_id",)),
        FieldSpec("span", "string", "The id of the judged span.", ("span_id",)),
        FieldSpec("session", "string", "The judged session."),
    ),
)  # fmt: skip
_EXPERIMENT = EntitySpec(
    plural="experiments",
    fields=(
        FieldSpec("id", "string", "The experiment's id.", ("experiment_id",)),
        FieldSpec("name", "string", "Its name."),
        FieldSpec("lifecycle", "string", "Whether it is deleted.", values=("ACTIVE", "DELETED")),
        FieldSpec("created", "time", "When it was made (whole milliseconds)."),
        FieldSpec("updated", "time", "When it was last changed (whole milliseconds)."),
        FieldSpec("created_by", "string", "The account that made it."),
        FieldSpec("description", "string", "Its description; missing when empty.", sortable=False),
        FieldSpec("tags", "string", "The tag KEY.", ("tag",), keyed=True),
    ),
)
_SESSION = EntitySpec(
    plural="sessions",
    fields=(
        FieldSpec("id", "string", "The session's id.", ("session",)),
        FieldSpec("state", "string", "Whether it is still going on.", values=("OPEN", "CLOSED")),
        FieldSpec("first", "time", "When its first trace began."),
        FieldSpec("last", "time", "Its last activity."),
        FieldSpec("duration", "duration", "From its first start to its last activity."),
        FieldSpec("trace_count", "number", "How many traces it has."),
        FieldSpec("error_count", "number", "How many of its traces are in state ERROR."),
        FieldSpec("faulty_count", "number", "How many of its traces have spans with status ERROR."),
        *_tokens("its traces", ("total",)),
        FieldSpec("cost", "number", "US dollars; missing when nothing was priced."),
        FieldSpec("user", "string", "The end user."),
    ),
    groups=("assessment",),
    by_feedback=True,
)
_USER = EntitySpec(
    plural="users",
    fields=(
        FieldSpec("id", "string", "The end user's id.", ("user",)),
        FieldSpec("first", "time", "When the first of their traces began."),
        FieldSpec("last", "time", "Their last activity."),
        FieldSpec("trace_count", "number", "How many traces they have."),
        FieldSpec("error_count", "number", "How many of their traces are in state ERROR."),
        FieldSpec("session_count", "number", "How many sessions they have."),
        *_tokens("their traces", ("total",)),
        FieldSpec("cost", "number", "US dollars; missing when nothing was priced."),
    ),
)
_AUDIT = EntitySpec(
    plural="audit entries",
    fields=(
        FieldSpec("actor", "string", "Who did it."),
        FieldSpec("action", "string", "What was done, such as experiment.update."),
        FieldSpec("target", "string", "What it was done to."),
        FieldSpec("at", "time", "When (whole milliseconds)."),
    ),
)
_RUN = EntitySpec(
    plural="runs",
    fields=(
        FieldSpec("id", "string", "The run's id.", ("run_id",)),
        FieldSpec("experiment", "string", "The id of the experiment that it belongs to.", ("experiment_id",)),
        FieldSpec("name", "string", "Its name.", ("run_name",)),
        FieldSpec("artifact_uri", "string", "Where MLflow's clients find its artifacts.", sortable=False),
        FieldSpec("kind", "string", "Which kind it is.", ("type",), RUN_KINDS),
        FieldSpec("status", "string", "How it is going.", values=RUN_STATUSES),
        FieldSpec("lifecycle", "string", "Whether it is deleted.", values=("ACTIVE", "DELETED")),
        FieldSpec("start", "time", "When it began (whole milliseconds).", ("start_time",)),
        FieldSpec("end", "time", "When it ended; missing while it goes on.", ("end_time",)),
        FieldSpec("duration", "duration", "From start to end; missing while it goes on."),
        FieldSpec("created_by", "string", "The account that made it."),
        FieldSpec("parent", "string", "The run that it is a part of.", ("parent_run_id",)),
        FieldSpec("params", "string", "The param KEY.", ("param",), keyed=True),
        FieldSpec("tags", "string", "The tag KEY.", ("tag",), keyed=True),
        FieldSpec("metrics", "number", "The latest value of the metric KEY.", ("metric",), keyed=True),
        FieldSpec("dataset", "string", "Ids, names and digests of the datasets that went in.", sortable=False),
        FieldSpec("dataset_context", "string", "What datasets went in for, such as eval.", sortable=False),
        FieldSpec("model", "string", "The models that went in or came out.", ("model_id",), sortable=False),
    ),
)
_MODEL = EntitySpec(
    plural="models",
    fields=(
        FieldSpec("id", "string", "The model's id.", ("model_id",)),
        FieldSpec("experiment", "string", "The id of the experiment that it belongs to.", ("experiment_id",)),
        FieldSpec("name", "string", "Its name."),
        FieldSpec("status", "string", "Whether it can be used.", values=MODEL_STATUSES),
        FieldSpec("lifecycle", "string", "Whether it is deleted.", values=("ACTIVE", "DELETED")),
        FieldSpec("type", "string", "What kind of application it is.", ("model_type",)),
        FieldSpec("created", "time", "When it was made (whole milliseconds)."),
        FieldSpec("updated", "time", "When it was last changed (whole milliseconds)."),
        FieldSpec("commit", "string", "The commit that it was made from."),
        FieldSpec("branch", "string", "The branch that it was made from."),
        FieldSpec("parent", "string", "The model that it was made from.", ("parent_model_id",)),
        FieldSpec("run", "string", "The run that made it.", ("source_run_id",)),
        FieldSpec("params", "string", "The param KEY.", ("param",), keyed=True),
        FieldSpec("tags", "string", "The tag KEY.", ("tag",), keyed=True),
        FieldSpec("metrics", "number", "The values of the metric KEY.", ("metric",), keyed=True, sortable=False),
        FieldSpec("alias", "string", "The aliases that point at it.", sortable=False),
        FieldSpec("prompt", "string", "The names of the prompts that it uses.", sortable=False),
    ),
)
_DATASET = EntitySpec(
    plural="datasets",
    fields=(
        FieldSpec("id", "string", "The dataset's id.", ("dataset_id",)),
        FieldSpec("experiment", "string", "The id of the experiment that it belongs to.", ("experiment_id",)),
        FieldSpec("name", "string", "Its name."),
        FieldSpec("description", "string", "Its description; missing when empty.", sortable=False),
        FieldSpec(
            "identity", "string", "When two records are the same.", values=("by_input", "by_external_id", "none")
        ),
        FieldSpec("lifecycle", "string", "Whether it is deleted.", values=("ACTIVE", "DELETED")),
        FieldSpec("created", "time", "When it was made (whole milliseconds)."),
        FieldSpec("updated", "time", "When it or its records were last changed (whole milliseconds)."),
        FieldSpec("created_by", "string", "The account that made it."),
        FieldSpec("version", "number", "Its latest version, 0 without any.", ("latest_version",)),
        FieldSpec("record_count", "number", "How many records the latest version has."),
        FieldSpec("draft_changes", "number", "How many records a draft changes."),
        FieldSpec("digest", "string", "The digest of the latest version."),
        FieldSpec("tags", "string", "The tag KEY.", ("tag",), keyed=True),
    ),
)
_RECORD = EntitySpec(
    plural="records",
    fields=(
        FieldSpec("id", "string", "The record's id.", ("record_id",), sortable=False),
        FieldSpec("external_id", "string", "The id that its maker gave it.", sortable=False),
        FieldSpec("split", "string", "The split it belongs to.", sortable=False),
        FieldSpec("source", "string", "What it was made from.", values=SOURCE_KINDS, sortable=False),
        FieldSpec("source_id", "string", "The trace, span, session, person or document.", sortable=False),
        FieldSpec("created", "time", "When it was first added (whole milliseconds).", sortable=False),
        FieldSpec("updated", "time", "When its content was last changed (whole milliseconds).", sortable=False),
        FieldSpec("author", "string", "The account that last changed it.", sortable=False),
        FieldSpec(
            "inputs", "json", "The input KEY; dots lead into objects.", ("input",), keyed=True, sortable=False
        ),
        FieldSpec(
            "expectations", "json", "The expectation KEY; dots lead into objects.", keyed=True, sortable=False,
        ),
        FieldSpec("outputs", "json", "The recorded outputs.", sortable=False),
        FieldSpec("tags", "string", "The tag KEY.", ("tag",), keyed=True, sortable=False),
    ),
)  # fmt: skip
_PROMPT = EntitySpec(
    plural="prompts",
    fields=(
        FieldSpec("name", "string", "Its name.", ("id",)),
        FieldSpec("experiment", "string", "The id of the experiment that it belongs to.", ("experiment_id",)),
        FieldSpec("description", "string", "Its description; missing when empty.", sortable=False),
        FieldSpec("created", "time", "When it was made (whole milliseconds)."),
        FieldSpec("updated", "time", "When it was last changed (whole milliseconds)."),
        FieldSpec("created_by", "string", "The account that made it."),
        FieldSpec("version", "number", "Its latest version.", ("latest_version",)),
        FieldSpec("alias", "string", "The aliases that it has.", sortable=False),
        FieldSpec("tags", "string", "The tag KEY.", ("tag",), keyed=True),
    ),
)
ENTITIES: Mapping[EntityScope, EntitySpec] = {
    "trace": _TRACE,
    "span": _SPAN,
    "assessment": _ASSESSMENT,
    "experiment": _EXPERIMENT,
    "session": _SESSION,
    "user": _USER,
    "audit": _AUDIT,
    "run": _RUN,
    "model": _MODEL,
    "dataset": _DATASET,
    "record": _RECORD,
    "prompt": _PROMPT,
}

_BY_NAME: Mapping[EntityScope, Mapping[str, FieldSpec]] = {
    scope: {name: spec for spec in entity.fields for name in (spec.name, *spec.aliases)}
    for scope, entity in ENTITIES.items()
}
_PLAIN: Mapping[tuple[EntityScope, str], Field] = {
    (scope, spec.name): Field(scope, spec.name, spec.type)
    for scope, entity in ENTITIES.items()
    for spec in entity.fields
}


def find(scope: EntityScope, parts: Sequence[str]) -> tuple[FieldSpec, Field] | None:
    """Return the field that a dotted name means; None when there is none (a keyed field without a key is none).

    Names and aliases match in any letter case, keys exactly.
    """
    names = _BY_NAME[scope]
    spec = names.get(parts[0].lower())
    if spec is not None and spec.keyed:
        return (spec, Field(scope, spec.name, spec.type, ".".join(parts[1:]))) if len(parts) > 1 else None
    spec = names.get(".".join(parts).lower())
    return None if spec is None or spec.keyed else (spec, _PLAIN[scope, spec.name])


def field(scope: EntityScope, name: str, key: str | None = None) -> Field:
    """Return the field of a canonical name; KeyError when the table has none."""
    plain = _PLAIN[scope, name]
    return plain if key is None else Field(scope, name, plain.type, key)


def feedback(scope: EntityScope, name: str) -> Field:
    """Return what orders a list by the mean of the standing feedback of a name: no filter has such a field."""
    return Field(scope, FEEDBACK, "number", name)


def spec_of(of: Field) -> FieldSpec:
    """Return the table's entry of a field; KeyError when the table has none."""
    return _BY_NAME[of.scope][of.name]


def names(scope: EntityScope) -> Iterable[str]:
    """Return every name that may begin a condition: fields and aliases, keyed ones with their dot."""
    return [name + "." if spec.keyed else name for name, spec in _BY_NAME[scope].items()]
