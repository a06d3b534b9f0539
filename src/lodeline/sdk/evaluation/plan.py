"""What an evaluation is to do: checked before anything is called or stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lodeline.domain.errors import Invalid
from lodeline.domain.evaluation import Bindings, Budget
from lodeline.domain.evaluation_row import RowDraft, check_row
from lodeline.domain.ids import ModelId
from lodeline.evals.engine.rows import Case
from lodeline.evals.engine.run import EngineSettings
from lodeline.evals.scoring.bound import as_scorer
from lodeline.evals.scoring.protocol import Scorer
from lodeline.sdk.evaluation.arguments import Arguments

MAX_CONCURRENCY = 1_000
MAX_REPETITIONS = 1_000


@dataclass(frozen=True, slots=True)
class DataIdentity:
    """Which data it is: a version of a dataset, or (a table) the digest of its rows alone."""

    dataset_id: str | None = None
    version: int | None = None
    digest: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked evaluation."""

    cases: Sequence[Case]
    identity: DataIdentity
    scorers: tuple[Scorer, ...]
    predict_fn: Callable[..., Any] | None
    settings: EngineSettings
    model_id: str | None = None
    seed: int | None = None
    git: Mapping[str, str] = field(default_factory=dict[str, str])
    prompt_versions: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def rows_total(self) -> int:
        """How many rows there are to be."""
        return len(self.cases) * self.settings.repetitions

    def bindings(self) -> Bindings:
        """Return all that the result depends on."""
        definitions = [scorer.definition for scorer in self.scorers]
        return Bindings(
            dataset_id=self.identity.dataset_id,
            dataset_version=self.identity.version,
            dataset_digest=self.identity.digest,
            split=self.identity.split,
            model_id=None if self.model_id is None else ModelId(self.model_id),
            scorers={definition.name: definition.digest for definition in definitions},
            directions={definition.name: definition.direction for definition in definitions},
            judges={d.name: dict(d.params) for d in definitions if d.kind == "JUDGE"},
            git=dict(self.git),
            prompt_versions=dict(self.prompt_versions),
            seed=self.seed,
            concurrency=self.settings.concurrency,
            repetitions=self.settings.repetitions,
            budget=Budget(max_cost_usd=self.settings.budget_usd),
        )


def check_scorers(scorers: Sequence[object]) -> tuple[Scorer, ...]:
    """Return functions and objects as scorers; Invalid when one cannot be one, or two have one name."""
    found = tuple(as_scorer(each) for each in scorers)
    names = [scorer.name for scorer in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Invalid(f"scorers: two are named {', '.join(map(repr, twice))}; give each a name of its own.")
    for scorer in found:
        if "session" in scorer.definition.wants:
            raise Invalid(f"scorers: {scorer.name!r} judges sessions, and rows have none; give it to score_sessions.")
    return found


def check_settings(settings: EngineSettings) -> EngineSettings:
    """Return the settings; Invalid names the one that cannot be."""
    if not 1 <= settings.concurrency <= MAX_CONCURRENCY:
        raise Invalid.value("concurrency", settings.concurrency, f"a number from 1 to {MAX_CONCURRENCY}")
    if not 1 <= settings.repetitions <= MAX_REPETITIONS:
        raise Invalid.value("repetitions", settings.repetitions, f"a number from 1 to {MAX_REPETITIONS}")
    if settings.timeout_s is not None and not settings.timeout_s > 0:
        raise Invalid.value("timeout_s", settings.timeout_s, "seconds above 0, or None for no limit")
    if settings.retries < 0:
        raise Invalid.value("retries", settings.retries, "a number from 0")
    if settings.budget_usd is not None and not settings.budget_usd > 0:
        raise Invalid.value("budget_usd", settings.budget_usd, "US dollars above 0, or None for no limit")
    return settings


def check_function(predict_fn: Callable[..., Any] | None, cases: Sequence[Case]) -> None:
    """Return when the function can take the first case; Invalid says why not, before the first call."""
    if predict_fn is None:
        return
    if not callable(predict_fn):
        raise Invalid.value("predict_fn", predict_fn, "a function that takes the inputs of a row")
    if cases:
        Arguments(predict_fn).bound(cases[0].inputs)


def check_keys(cases: Sequence[Case]) -> None:
    """Return when each case has a key of its own and can be kept as a row; else Invalid or TooLarge."""
    seen: set[str] = set()
    for case in cases:
        check_row(RowDraft(case.key, case.repetition, case.record_id, cluster=case.cluster, slices=case.slices))
        if case.key in seen:
            raise Invalid(f"data: two rows have the id {case.key!r}; give each an 'id' of its own, or none.")
        seen.add(case.key)
