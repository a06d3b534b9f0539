"""Native routes of registered scorers."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from lodeline.domain.ids import DEFAULT_EXPERIMENT
from lodeline.domain.registered_scorer import (
    MAX_MESSAGE,
    MAX_NAME,
    RegisteredScorer,
    ScorerDraft,
    ScorerRegistration,
)
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api import bodies
from lodeline.server.api.bodies import Body
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import ExperimentsParam

router = native_router("/scorers", "scorers")

ScorerPath = Annotated[str, Path(min_length=1, max_length=MAX_NAME, description="The scorer's name.")]
HomeParam = Annotated[
    str, Query(min_length=1, max_length=500, description="The experiment that has it, by id or name.")
]


class ScorerBody(Body):
    """A scorer's definition; the `digest` in it, where there is one, tells its versions apart."""

    experiment: Annotated[str, Field(min_length=1, max_length=500)] = DEFAULT_EXPERIMENT
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    definition: dict[str, bodies.Json]
    message: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""


@router.post("", **answer(ScorerRegistration, 404, 409, 413))
def register_scorer(actor: ActorDep, services: ServicesDep, body: ScorerBody) -> Json:
    """Register a version of a scorer; `made` is false when the latest one has its digest already."""
    draft = ScorerDraft(body.name, body.definition, body.message)
    return Json(services.scorers.register(actor, body.experiment, draft))


@router.get("", **answer(list[RegisteredScorer], 404))
def list_scorers(actor: ActorDep, services: ServicesDep, experiment: ExperimentsParam = None) -> Json:
    """Return the latest version of every registered scorer, by experiment, then name."""
    return Json(services.scorers.list(actor, experiment or ()))


@router.get("/{name}", **answer(list[RegisteredScorer], 404))
def get_scorer_versions(
    actor: ActorDep, services: ServicesDep, name: ScorerPath, experiment: HomeParam = DEFAULT_EXPERIMENT
) -> Json:
    """Return every version of a registered scorer, the latest first."""
    return Json(services.scorers.versions(actor, experiment, name))


@router.delete("/{name}", **answer(None, 404, 409, status=204))
def delete_scorer(
    actor: ActorDep, services: ServicesDep, name: ScorerPath, experiment: HomeParam = DEFAULT_EXPERIMENT
) -> None:
    """Remove a registered scorer with all of its versions for good; what it judged stays."""
    services.scorers.delete(actor, experiment, name)
