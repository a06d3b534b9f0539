"""Experiments."""

import re

from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.experiment import Experiment, ExperimentChange, ExperimentDraft
from lodeline.domain.ids import ExperimentId, check_experiment_id
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.paging import collected, lifecycle, list_query, max_results
from lodeline.server.mlflow.wire import Reply, message, page_token, pairs

MOST_RESULTS = 50_000
DEFAULT_RESULTS = 1_000
ONLINE_TAG = "lodeline.mlflow.online."
"""How the tags of an experiment begin that hold what is configured for scoring online."""
_KEY = re.compile(r"[\w\-. :/]+", re.UNICODE)


def experiment_message(experiment: Experiment) -> dict[str, object]:
    """Return an experiment as MLflow writes it."""
    return message(
        experiment_id=experiment.experiment_id,
        name=experiment.name,
        artifact_location=artifact_location(experiment),
        lifecycle_stage=experiment.lifecycle.lower(),
        creation_time=experiment.created_ms,
        last_update_time=experiment.updated_ms,
        tags=pairs({key: value for key, value in experiment.tags.items() if not key.startswith(ONLINE_TAG)}),
        workspace="default",
    )


def artifact_location(experiment: Experiment) -> str:
    """Return where an experiment's artifacts are: below the artifact proxy, unless it was made with another place."""
    return experiment.artifact_root or f"mlflow-artifacts:/{experiment.experiment_id}"


def check_tag_key(key: str) -> str:
    """Return a key of a tag, param or metric; Invalid when MLflow would not take it."""
    if not _KEY.fullmatch(key) or key.startswith("/") or ".." in key.split("/") or "" in key.split("/"):
        raise Invalid.value("key", key, "letters, digits, and _ - . space : / within")
    return key


def experiment_of(call: Call) -> ExperimentId:
    """Return the id that a call gives; Invalid when it is missing or malformed."""
    return check_experiment_id(call.fields.needed("experiment_id"))


def create(call: Call) -> Reply:
    """Make an experiment; RESOURCE_ALREADY_EXISTS when the name is taken, also by a deleted one."""
    tags = call.fields.pairs("tags")
    for key in tags:
        check_tag_key(key)
    draft = ExperimentDraft(
        call.fields.needed("name"), tags=tags, artifact_root=call.fields.text("artifact_location") or None
    )
    return {"experiment_id": call.services.experiments.create(call.actor, draft).experiment_id}


def get(call: Call) -> Reply:
    """Return an experiment by id, deleted or not."""
    return {"experiment": experiment_message(call.services.experiments.get(call.actor, experiment_of(call)))}


def get_by_name(call: Call) -> Reply:
    """Return an experiment by exact name, deleted or not."""
    name = call.fields.needed("experiment_name")
    found = call.services.experiments.find(call.actor, name)
    if found.name != name:  # an id was given for a name
        raise NotFound.of("experiment", name)
    return {"experiment": experiment_message(found)}


def search(call: Call) -> Reply:
    """List experiments, newest created first."""
    limit = max_results(call.fields, default=DEFAULT_RESULTS, most=MOST_RESULTS)
    stage = lifecycle(call.fields, "view_type")
    experiments = call.services.experiments
    page = collected(
        lambda query: experiments.search(call.actor, query, lifecycle=stage), list_query(call.fields, limit), limit
    )
    found = [experiment_message(item) for item in page.items]
    return message(experiments=found, next_page_token=page_token(page.cursor))


def delete(call: Call) -> Reply:
    """Delete an experiment, hiding what is in it; one that is deleted already is not found."""
    ident = experiment_of(call)
    if call.services.experiments.get(call.actor, ident).lifecycle == "DELETED":
        raise NotFound.of("active experiment", ident)
    call.services.experiments.delete(call.actor, ident)
    return {}


def restore(call: Call) -> Reply:
    """Restore a deleted experiment; one that is not deleted is not found."""
    ident = experiment_of(call)
    if call.services.experiments.get(call.actor, ident).lifecycle == "ACTIVE":
        raise NotFound.of("deleted experiment", ident)
    call.services.experiments.restore(call.actor, ident)
    return {}


def update(call: Call) -> Reply:
    """Rename an experiment."""
    change = ExperimentChange(name=call.fields.needed("new_name"))
    call.services.experiments.update(call.actor, experiment_of(call), change)
    return {}


def set_tag(call: Call) -> Reply:
    """Set a tag."""
    key = check_tag_key(call.fields.needed("key"))
    change = ExperimentChange(set_tags={key: call.fields.text("value") or ""})
    call.services.experiments.update(call.actor, experiment_of(call), change)
    return {}


def delete_tag(call: Call) -> Reply:
    """Delete a tag; not found when it is absent."""
    ident, key = experiment_of(call), call.fields.needed("key")
    if key not in call.services.experiments.get(call.actor, ident).tags:
        raise NotFound.of("tag", key)
    call.services.experiments.update(call.actor, ident, ExperimentChange(delete_tags=(key,)))
    return {}


ENDPOINTS = (
    Endpoint("POST", "2.0/mlflow/experiments/create", create),
    Endpoint("GET", "2.0/mlflow/experiments/get", get),
    Endpoint("GET", "2.0/mlflow/experiments/get-by-name", get_by_name),
    Endpoint("POST", "2.0/mlflow/experiments/search", search),
    Endpoint("GET", "2.0/mlflow/experiments/search", search),
    Endpoint("POST", "2.0/mlflow/experiments/delete", delete),
    Endpoint("POST", "2.0/mlflow/experiments/restore", restore),
    Endpoint("POST", "2.0/mlflow/experiments/update", update),
    Endpoint("POST", "2.0/mlflow/experiments/set-experiment-tag", set_tag),
    Endpoint("POST", "2.0/mlflow/experiments/delete-experiment-tag", delete_tag),
)
