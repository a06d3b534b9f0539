"""What new traces belong to: for the whole process, or within a block."""

from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType

from lodeline.domain.errors import Invalid
from lodeline.sdk.attributes import label_text
from lodeline.sdk.contexts import Entered
from lodeline.sdk.named_models import adopt_named
from lodeline.sdk.provider import get_defaults, set_defaults
from lodeline.sdk.quiet import FOREIGN_FAULTS, complain
from lodeline.sdk.scope import TraceScope, context_with
from lodeline.sdk.spans import update_current_trace


def set_experiment(experiment_name: str | None = None, *, experiment_id: str | None = None) -> None:
    """Send traces that begin from now on to this experiment, in the whole process.

    A name that the server does not know becomes a new experiment when the first trace arrives. A trace stays in the
    experiment in which it began. Nothing is asked of the server here. Invalid when not exactly one of both is given.

    >>> import lodeline
    >>> lodeline.set_experiment("weather bot")
    """
    chosen = [value for value in (experiment_name, experiment_id) if value is not None]
    if len(chosen) != 1 or not str(chosen[0]).strip():
        raise Invalid("set_experiment: give either experiment_name or experiment_id.")
    set_defaults(replace(get_defaults(), experiment=str(chosen[0]).strip()))


class ActiveModel:
    """The version of the application that traces are given. As a context manager it is left with the block."""

    __slots__ = ("_before", "model_id")

    def __init__(self, model_id: str, before: str | None) -> None:
        self.model_id = model_id
        self._before = before

    def __repr__(self) -> str:
        return f"ActiveModel({self.model_id!r})"

    def __enter__(self) -> "ActiveModel":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        set_defaults(replace(get_defaults(), model_id=self._before))


def set_active_model(
    name: str | None = None,
    *,
    model_id: str | None = None,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
) -> ActiveModel:
    """Give traces that begin from now on this version of the application, for good or until the block ends.

    `name` is any text that names a version, such as a commit; `model_id` is the id of one. The server keeps the
    version: the latest of this name in the experiment that is traced to, made when there is none, and traces get its
    id. With `params` or `tags` (also empty ones) it is made as `create_model` does it, with what git says: another
    commit or other params are another version. A program is never ended or kept for that: when the server refuses,
    or has not answered after `ANSWER_S`, a warning says so once and traces get the name, until a late answer comes.
    Invalid when not exactly one of name and model_id is given, and for params or tags of a model_id.

    >>> import lodeline
    >>> with lodeline.set_active_model("commit-ab12"):
    ...     pass
    """
    chosen = [str(value).strip() for value in (name, model_id) if value is not None]
    if len(chosen) != 1 or not chosen[0]:
        raise Invalid("set_active_model: give either name or model_id.")
    kept = params is not None or tags is not None
    if kept and model_id is not None:
        raise Invalid("set_active_model: params and tags are of a name; a model_id has them already.")
    active = _kept_model(chosen[0], params or {}, tags or {}) if kept else chosen[0]
    before = get_defaults().model_id
    set_defaults(replace(get_defaults(), model_id=active))
    if name is not None and not kept:
        active = adopt_named(chosen[0])
    return ActiveModel(active, before)


def _kept_model(name: str, params: Mapping[str, object], tags: Mapping[str, object]) -> str:
    """Return the id of the version that the server keeps; the name when it cannot be reached."""
    try:
        # Who only names versions needs no client, which brings an HTTP library.
        from lodeline.sdk.fluent_models import create_model  # noqa: PLC0415

        return create_model(name, params=params, tags=tags).model_id
    except FOREIGN_FAULTS as error:
        complain("The version of the application could not be kept; traces get its name", error)
        return name


class TraceContext(Entered):
    """What `trace_context` gives."""

    __slots__ = ("_scope",)

    def __init__(self, scope: TraceScope) -> None:
        super().__init__(context_with(scope))
        self._scope = scope

    def __enter__(self) -> None:
        scope = self._scope
        if scope.session or scope.user or scope.tags or scope.metadata:
            update_current_trace(scope.tags, scope.metadata, session=scope.session, user=scope.user, missing_ok=True)
        super().__enter__()


def trace_context(
    *,
    experiment: str | None = None,
    model_id: str | None = None,
    run_id: str | None = None,
    session: str | None = None,
    user: str | None = None,
    tags: Mapping[str, object] | None = None,
    metadata: Mapping[str, object] | None = None,
) -> TraceContext:
    """Return a context manager: traces that begin within it are given all this, whatever library begins them.

    It follows tasks, and threads as spans do. A trace that is in progress is given the session, the user, the tags
    and the metadata; it stays in its experiment.

    >>> import lodeline
    >>> with lodeline.trace_context(session="thread-7", user="ada", tags={"channel": "web"}):
    ...     pass
    """
    scope = TraceScope(
        experiment=experiment,
        model_id=model_id,
        run_id=run_id,
        session=None if session is None else label_text(session),
        user=None if user is None else label_text(user),
        tags={str(key): label_text(value) for key, value in (tags or {}).items()},
        metadata={str(key): label_text(value) for key, value in (metadata or {}).items()},
    )
    return TraceContext(scope)
