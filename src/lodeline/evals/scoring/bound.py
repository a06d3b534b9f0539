"""A function or an object bound as a scorer, and the `scorer` decorator."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, cast, get_args, overload

from lodeline.domain.assessment import AssessmentError, AssessmentSource
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.scorer import (
    SCORER_ARGUMENTS,
    Direction,
    Feedback,
    Sample,
    ScorerArgument,
    ScorerDefinition,
    ScorerKind,
    ValueKind,
)
from lodeline.evals.scoring.digest import digest_of, fingerprint
from lodeline.evals.scoring.failures import failure_of, stack_of
from lodeline.evals.scoring.protocol import Scorer
from lodeline.evals.scoring.values import failed, feedbacks_of

P = ParamSpec("P")
R = TypeVar("R")
_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,200}")


class BoundScorer(Generic[P, R]):
    """A function or a callable object as a scorer. Calling it calls the original, unchanged.

    The parameters' names choose what is passed: any of `inputs`, `outputs`, `expectations`, `trace` and `session`;
    others need a default. A sample that lacks the trace or the session of a parameter without a default gives an
    error judgment. An object may give its `name`, `version`, `direction`, `value_kind`, `description` and
    `judge_model` (the model that judges) as attributes, `scorer_arguments` (argument → whether it is needed) where
    its parameters do not tell, and `call_async` for the same call as a coroutine.
    """

    def __init__(
        self,
        target: Callable[P, R],
        *,
        name: str | None = None,
        direction: Direction | None = None,
        value_kind: ValueKind | None = None,
        version: str | None = None,
        description: str | None = None,
    ):
        self._target = target
        self._call = cast("Callable[..., object]", getattr(target, "call_async", target))
        self._blocking = not inspect.iscoroutinefunction(self._call)
        parameters = _parameters(target)
        self._required = frozenset(key for key, needed in parameters.items() if needed)
        wants: tuple[ScorerArgument, ...] = tuple(each for each in SCORER_ARGUMENTS if each in parameters)
        self._definition = _definition(
            target, wants, name=name, direction=direction, value_kind=value_kind, version=version,
            description=description,
        )  # fmt: skip
        self._source = _source(target, self._definition)
        update_wrapper(self, target, updated=())

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function or object itself: what it returns or raises is passed on."""
        return self._target(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<scorer {self._definition.name!r} of {self._definition.target}>"

    @property
    def name(self) -> str:
        """The name of its judgments, where they have none of their own."""
        return self._definition.name

    @property
    def definition(self) -> ScorerDefinition:
        """What it is."""
        return self._definition

    @property
    def blocking(self) -> bool:
        """Whether it is a synchronous function."""
        return self._blocking

    async def score(self, sample: Sample) -> tuple[Feedback, ...]:
        """Return its judgments; see `Scorer.score`."""
        try:
            missing = self._missing(sample)
            if missing is not None:
                return (failed(missing, name=self.name, source=self._source),)
            returned = self._call(**self._arguments(sample))
            if inspect.isawaitable(returned):
                returned = await cast("Awaitable[object]", returned)
            return feedbacks_of(returned, name=self.name, source=self._source)
        except Exception as error:  # a failing scorer is a value, never a lost run
            return (failed(failure_of(error), name=self.name, source=self._source, stack=stack_of(error)),)

    def _arguments(self, sample: Sample) -> dict[str, object]:
        found: dict[str, object] = {}
        for argument in self._definition.wants:
            value: object = getattr(sample, argument)
            if value is not None or argument in self._required:
                found[argument] = value
        return found

    def _missing(self, sample: Sample) -> AssessmentError | None:
        for argument in ("trace", "session"):
            if argument in self._required and getattr(sample, argument) is None:
                return AssessmentError(f"no_{argument}", f"scorer {self.name!r} needs the {argument}; there is none.")
        return None


@overload
def scorer(target: Callable[P, R], /) -> BoundScorer[P, R]: ...
@overload
def scorer(
    target: None = None,
    /,
    *,
    name: str | None = None,
    direction: Direction | None = None,
    value_kind: ValueKind | None = None,
    version: str | None = None,
    description: str | None = None,
) -> Callable[[Callable[P, R]], BoundScorer[P, R]]: ...
def scorer(
    target: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    direction: Direction | None = None,
    value_kind: ValueKind | None = None,
    version: str | None = None,
    description: str | None = None,
) -> BoundScorer[P, R] | Callable[[Callable[P, R]], BoundScorer[P, R]]:
    """Make a scorer of a function, synchronous or asynchronous; also used as ``@scorer(name=…, direction="lower")``.

    It takes by name any of `inputs`, `outputs`, `expectations`, `trace` (a `ScoredTrace`) and `session` (a tuple of
    them), and returns a bool, a number, a string, a `Feedback`, or a list or mapping of these; None where it does
    not apply. Invalid at once when its parameters cannot be filled.
    """

    def bind(function: Callable[P, R]) -> BoundScorer[P, R]:
        return BoundScorer(
            function, name=name, direction=direction, value_kind=value_kind, version=version, description=description
        )

    return bind if target is None else bind(target)


def as_scorer(target: object) -> Scorer:
    """Return `target` as a scorer: itself when it is one, else bound; Invalid when it cannot be called."""
    if isinstance(target, BoundScorer):
        return cast("Scorer", target)
    if all(hasattr(target, part) for part in ("score", "definition", "blocking")) and not isinstance(target, type):
        return cast("Scorer", target)
    if isinstance(target, type):
        raise Invalid(f"scorer {target.__name__} is a class; give an object of it: {target.__name__}().")
    if not callable(target):
        raise Invalid.value("scorer", target, "a function, or an object with __call__")
    return BoundScorer(target)


def _parameters(target: Callable[..., object]) -> Mapping[str, bool]:
    """Return which arguments a callable takes, and whether it needs each."""
    stated = getattr(target, "scorer_arguments", None)
    if isinstance(stated, Mapping):
        return cast("Mapping[str, bool]", stated)
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError) as error:
        raise Invalid(f"scorer {shown(target)}: its parameters cannot be read ({error}).") from error
    found: dict[str, bool] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            found.update({argument: False for argument in SCORER_ARGUMENTS if argument not in found})
        elif parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
            needed = parameter.default is inspect.Parameter.empty
            if name in SCORER_ARGUMENTS:
                found[name] = needed
            elif needed:
                raise Invalid(
                    f"scorer {_label(target)!r}: parameter {name!r} is not one of {', '.join(SCORER_ARGUMENTS)}; "
                    "rename it or give it a default."
                )
        elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY and parameter.default is inspect.Parameter.empty:
            raise Invalid(f"scorer {_label(target)!r}: parameter {name!r} must be possible to pass by name.")
    return found


def _definition(
    target: Callable[..., object],
    wants: tuple[ScorerArgument, ...],
    *,
    name: str | None,
    direction: Direction | None,
    value_kind: ValueKind | None,
    version: str | None,
    description: str | None,
) -> ScorerDefinition:
    found = fingerprint(target)
    named = name or _label(target)
    if not _NAME.fullmatch(named) or not named.strip():
        raise Invalid.value("name", named, "1 to 200 characters without control characters")
    kind = _kind(target, built_in=found.built_in)
    stated_version = version or str(getattr(target, "version", "1"))
    return ScorerDefinition(
        name=named,
        kind=kind,
        target=found.target,
        digest=digest_of(found, kind=kind, version=stated_version),
        version=stated_version,
        direction=_one_of(Direction, "direction", direction or getattr(target, "direction", "higher")),
        value_kind=_one_of(ValueKind, "value_kind", value_kind or getattr(target, "value_kind", "any")),
        wants=wants,
        params=found.params,
        source=found.source,
        exact=found.exact,
        validated=getattr(target, "validated", None),
        validation=getattr(target, "validation", None),
        description=description or str(getattr(target, "description", "")) or (inspect.getdoc(target) or ""),
    )


def _one_of(literal: Any, field: str, value: object) -> Any:
    options: tuple[str, ...] = get_args(literal)
    if value not in options:
        raise Invalid.value(field, value, "one of " + ", ".join(options))
    return value


def _label(target: object) -> str:
    name = getattr(target, "name", None)
    if isinstance(name, str) and name:
        return name
    return str(getattr(target, "__name__", None) or type(target).__name__)


def _kind(target: object, *, built_in: bool) -> ScorerKind:
    stated = getattr(target, "scorer_kind", None)
    if stated in get_args(ScorerKind):
        return cast("ScorerKind", stated)
    if built_in:
        return "BUILTIN"
    return "FUNCTION" if inspect.isroutine(target) else "CLASS"


def _source(target: object, definition: ScorerDefinition) -> AssessmentSource:
    model = getattr(target, "judge_model", None)
    if isinstance(model, str):
        return AssessmentSource("LLM_JUDGE", model, definition.digest)
    return AssessmentSource("CODE", definition.name, definition.digest)
