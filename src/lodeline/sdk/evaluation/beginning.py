"""Begin an evaluation in an experiment, which is made when there is none of that name, as for traces."""

from lodeline.domain.errors import Forbidden, NotFound, shown
from lodeline.domain.evaluation import Evaluation, EvaluationDraft
from lodeline.domain.ids import ExperimentId, is_experiment_id
from lodeline.domain.model import Model
from lodeline.sdk import provider
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.fluent_experiments import make_experiment
from lodeline.sdk.git import read_git
from lodeline.sdk.quiet import complain


def source_of_code() -> dict[str, str]:
    """Return what git says of the source that runs, as an evaluation's bindings keep it; empty outside a
    repository."""
    found = read_git(with_diff=False)
    if found is None:
        return {}
    said = {"commit": found.commit, "branch": found.branch, "remote": found.remote, "diff_digest": found.diff_digest}
    return {"dirty": str(found.dirty).lower(), **{key: value for key, value in said.items() if value}}


def version_of(client: LodelineClient, model_id: str | None) -> Model | None:
    """Return the version that an evaluation is of; None for one that is only a name, or out of reach."""
    if model_id is None:
        return None
    try:
        return client.models.get(model_id)
    except (NotFound, Forbidden):
        return None


def prompts_of(version: Model | None) -> dict[str, int]:
    """Return the versions of prompts that a version of the application says it uses."""
    return {} if version is None else {prompt.name: prompt.version for prompt in version.prompt_versions}


def check_place(version: Model | None, experiment_id: ExperimentId) -> None:
    """Say once when a version is kept elsewhere than the evaluation of it, which an export would part."""
    if version is not None and version.experiment_id != experiment_id:
        complain(
            f"version {shown(version.name)} is kept in experiment {version.experiment_id}, its evaluation in "
            f"{experiment_id}: call lodeline.set_experiment before the version is named, so that both are in one"
        )


def begin(client: LodelineClient, draft: EvaluationDraft, experiment: str | None) -> Evaluation:
    """Create and start an evaluation in `experiment` (id or name), or else in the one that traces go to."""
    where = experiment or provider.current_experiment()
    try:
        made = client.evaluations.create(draft, experiment=where)
    except NotFound:
        if is_experiment_id(where):
            raise
        make_experiment(client, where)
        made = client.evaluations.create(draft, experiment=where)
    return client.evaluations.start(made.run.run_id)
