"""Begin an evaluation in an experiment, which is made when there is none of that name, as for traces."""

from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.evaluation import Evaluation, EvaluationDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, is_experiment_id
from lodeline.sdk import provider
from lodeline.sdk.client.clients import LodelineClient


def begin(client: LodelineClient, draft: EvaluationDraft, experiment: str | None) -> Evaluation:
    """Create and start an evaluation in `experiment` (id or name), or else in that of the settings."""
    where = experiment or provider.get_settings().experiment or DEFAULT_EXPERIMENT
    try:
        made = client.evaluations.create(draft, experiment=where)
    except NotFound:
        if is_experiment_id(where):
            raise
        _make(client, where)
        made = client.evaluations.create(draft, experiment=where)
    return client.evaluations.start(made.run.run_id)


def _make(client: LodelineClient, name: str) -> None:
    try:
        client.experiments.create(name)
    except Conflict:  # somebody else was quicker
        client.experiments.find(name)
