"""What is named by its id must be readable for who names it, where it is of another experiment."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.dataset import DatasetChange, DatasetDraft
from lodeline.domain.errors import NotFound
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.ids import AccountId, DatasetId, ExperimentId, ModelId, RunId, TraceId
from lodeline.domain.labeling import LabelingDraft
from lodeline.domain.model import ModelDraft, ModelMetric
from lodeline.domain.run import MetricPoint, RunChange, RunDraft, RunInput, RunOutput
from lodeline.services.bundle import Services
from tests.contract.build import span, write
from tests.services.bundled import make, services_over

ONE, TWO = ExperimentId("1"), ExperimentId("2")
ONLY_ONE = Actor("account", "one", AccountId("acc-1"), roles={ONE: "editor"})
BOTH = Actor("account", "both", AccountId("acc-2"), roles={ONE: "editor", TWO: "viewer"})
RUN, MODEL = RunId("run-2"), ModelId("m-2")


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """Experiments 1 and 2; in 2 a run, a model and a trace."""
    with services_over(str(request.param).format(tmp_path)) as made:
        make(made, "one")
        make(made, "two")
        made.runs.create(LOCAL, TWO, RunDraft("of two", run_id=RUN))
        made.models.create(LOCAL, TWO, ModelDraft("of two", model_id=MODEL))
        made.stores.traces.write([write("tr-2", span(), experiment=TWO)])
        yield made


def new_dataset(services: Services) -> DatasetId:
    return services.datasets.create(LOCAL, DatasetDraft(TWO, "of two"), experiment=TWO).dataset_id


def new_run(services: Services) -> RunId:
    return services.runs.create(LOCAL, ONE, RunDraft("of one")).run_id


def evaluate(services: Services, actor: Actor, bindings: Bindings, run: RunDraft | None = None) -> RunId:
    draft = EvaluationDraft(run or RunDraft("e"), bindings)
    return services.evaluations.create(actor, ONE, draft).run.run_id


def resume(services: Services, actor: Actor, bindings: Bindings) -> None:
    run_id = evaluate(services, LOCAL, Bindings())
    services.evaluations.cancel(LOCAL, run_id)
    services.evaluations.resume(actor, run_id, bindings=bindings, force=True)


def add(services: Services, actor: Actor, change: RunChange) -> None:
    services.runs.update(actor, new_run(services), change)


def measure(services: Services, actor: Actor, point: MetricPoint) -> None:
    services.runs.log_metrics(actor, new_run(services), [point])


def measure_model(services: Services, actor: Actor, metric: ModelMetric) -> None:
    model = services.models.create(LOCAL, ONE, ModelDraft("of one"))
    services.models.log_metrics(actor, model.model_id, [metric])


Ways = dict[str, Callable[[Services, Actor, str], object]]
OF_DATASETS: Ways = {
    "evaluation": lambda s, a, i: evaluate(s, a, Bindings(dataset_id=i)),
    "input of evaluation": lambda s, a, i: evaluate(s, a, Bindings(), RunDraft(inputs=(RunInput(dataset_id=i),))),
    "resumed": lambda s, a, i: resume(s, a, Bindings(dataset_id=i)),
    "input": lambda s, a, i: s.runs.create(a, ONE, RunDraft(inputs=(RunInput(dataset_id=i),))),
    "added": lambda s, a, i: add(s, a, RunChange(add_inputs=(RunInput(dataset_id=i),))),
    "metric": lambda s, a, i: measure(s, a, MetricPoint("m", 1, 1, dataset_id=i)),
    "metric of model": lambda s, a, i: measure_model(s, a, ModelMetric("m", 1, 1, dataset_id=i)),
}
OF_MODELS: Ways = {
    "evaluation": lambda s, a, i: evaluate(s, a, Bindings(model_id=ModelId(i))),
    "resumed": lambda s, a, i: resume(s, a, Bindings(model_id=ModelId(i))),
    "input": lambda s, a, i: s.runs.create(a, ONE, RunDraft(inputs=(RunInput(model_id=ModelId(i)),))),
    "output": lambda s, a, i: s.runs.create(a, ONE, RunDraft(outputs=(RunOutput(ModelId(i)),))),
    "added": lambda s, a, i: add(s, a, RunChange(add_outputs=(RunOutput(ModelId(i)),))),
    "metric": lambda s, a, i: measure(s, a, MetricPoint("m", 1, 1, model_id=ModelId(i))),
    "parent": lambda s, a, i: s.models.create(a, ONE, ModelDraft("child", parent_model_id=ModelId(i))),
}
OF_RUNS: Ways = {
    "parent": lambda s, a, i: s.runs.create(a, ONE, RunDraft(parent_run_id=RunId(i))),
    "parent of evaluation": lambda s, a, i: evaluate(s, a, Bindings(), RunDraft(parent_run_id=RunId(i))),
    "parent of labeling session": lambda s, a, i: s.labeling.create(
        a, ONE, LabelingDraft(RunDraft(parent_run_id=RunId(i)), ()), ["expected_response"]
    ),
    "source of model": lambda s, a, i: s.models.create(a, ONE, ModelDraft("made", source_run_id=RunId(i))),
    "metric of model": lambda s, a, i: measure_model(s, a, ModelMetric("m", 1, 1, run_id=RunId(i))),
}


@pytest.mark.parametrize("name", OF_DATASETS.values(), ids=OF_DATASETS)
def test_a_dataset_of_another_experiment_is_named_by_who_may_read_it_there_or_where_it_is_linked(
    services: Services, name: Callable[[Services, Actor, str], object]
) -> None:
    dataset_id = new_dataset(services)
    with pytest.raises(NotFound, match=f"dataset '{dataset_id}'"):
        name(services, ONLY_ONE, dataset_id)
    name(services, BOTH, dataset_id)
    name(services, ONLY_ONE, "kept-elsewhere")
    services.datasets.update(LOCAL, dataset_id, DatasetChange(link=(ONE,)))
    name(services, ONLY_ONE, dataset_id)


@pytest.mark.parametrize("name", OF_MODELS.values(), ids=OF_MODELS)
def test_a_model_of_another_experiment_is_named_by_who_may_read_it(
    services: Services, name: Callable[[Services, Actor, str], object]
) -> None:
    with pytest.raises(NotFound, match=f"model '{MODEL}'"):
        name(services, ONLY_ONE, MODEL)
    name(services, BOTH, MODEL)
    name(services, ONLY_ONE, "kept-elsewhere")


@pytest.mark.parametrize("name", OF_RUNS.values(), ids=OF_RUNS)
def test_a_run_of_another_experiment_is_named_by_who_may_read_it(
    services: Services, name: Callable[[Services, Actor, str], object]
) -> None:
    with pytest.raises(NotFound, match=f"run '{RUN}'"):
        name(services, ONLY_ONE, RUN)
    name(services, BOTH, RUN)
    name(services, ONLY_ONE, "not-here-yet")


@pytest.mark.parametrize("actor", [ONLY_ONE, BOTH, LOCAL], ids=["one", "both", "local"])
def test_a_row_on_a_trace_of_another_experiment_is_like_one_on_a_trace_that_is_missing(
    services: Services, actor: Actor
) -> None:
    run_id = evaluate(services, LOCAL, Bindings())
    services.evaluations.start(LOCAL, run_id)
    rows = [
        RowDraft(each, trace_id=TraceId(each), scores=(ScoreDraft("pass", True),)) for each in ("tr-2", "tr-none")
    ]
    report = services.evaluations.log_rows(actor, run_id, rows)
    assert report.missing_traces == ("tr-2", "tr-none")
    assert [row.assessment_ids for row in report.rows] == [(None,), (None,)]
    assert report.cost_usd == 0
    assert services.stores.assessments.of_traces([TraceId("tr-2")]).get(TraceId("tr-2"), ()) == ()
