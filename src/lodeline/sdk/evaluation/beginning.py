"""Begin an evaluation in an experiment, which is made when there is none of that name, as for traces."""

from lodeline.domain.errors import Forbidden, NotFound
from lodeline.domain.evaluation import Evaluation, EvaluationDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, is_experiment_id
from lodeline.sdk import provider
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.fluent_experiments import make_experiment
from lodeline.sdk.git import read_git


def source_of_code() -> dict[str, str]:
    """Return what git says of the source that runs, as an evaluation's bindings keep it; empty outside a
    repository."""
    found = read_git(with_diff=False)
    if found is None:
        return {}
    said = {"commit": found.commit, "branch": found.branch, "remote": found.remote, "diff_digest": found.diff_digest}
    return {"dirty": str(found.dirty).lower(), **{key: value for key, value in said.items() if value}}


def prompts_of(client: LodelineClient, model_id: str | None) -> dict[str, int]:
    """Return the versions of prompts that a model says it uses; none for a model that is only a name."""
    if model_id is None:
        return {}
    try:
        return {prompt.name: prompt.version for prompt in client.models.get(model_id).prompt_versions}
    except (NotFound, Forbidden):
        return {}


def begin(client: LodelineClient, draft: EvaluationDraft, experiment: str | None) -> Evaluation:
    """Create and start an evaluation in `experiment` (id or name), or else in that of the settings."""
    where = experiment or provider.get_settings().experiment or DEFAULT_EXPERIMENT
    try:
        made = client.evaluations.create(draft, experiment=where)
    except NotFound:
        if is_experiment_id(where):
            raise
        make_experiment(client, where)
        made = client.evaluations.create(draft, experiment=where)
    return client.evaluations.start(made.run.run_id)
