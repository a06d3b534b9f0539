"""Rules of labeling sessions as requests give them, and the route that says how far standing ones are."""

from typing import Annotated

from pydantic import Field

from lodeline.domain.ids import RunId
from lodeline.domain.labeling_checks import MAX_PRIORITY
from lodeline.domain.labeling_rules import MAX_MOST, MAX_RULE_LIMIT, ItemRule, RuleKind, RuleState
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.bodies import Body, Id
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import MAX_FILTER
from lodeline.server.api.runs import RunPath

router = native_router("/labeling", "labeling")


class ItemRuleBody(Body):
    """A rule by which traces are added; see `ItemRule`."""

    kind: RuleKind
    filter: Annotated[str, Field(max_length=MAX_FILTER)] = ""
    share: Annotated[float | None, Field(gt=0, le=1)] = None
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    name: Id | None = None
    below: Annotated[float | None, Field(ge=-1e300, le=1e300)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_RULE_LIMIT)] = 100
    priority: Annotated[int, Field(ge=-MAX_PRIORITY, le=MAX_PRIORITY)] = 0
    most: Annotated[int | None, Field(ge=1, le=MAX_MOST)] = None

    def to_rule(self) -> ItemRule:
        """Return the rule as the services take it."""
        return ItemRule(**self.model_dump())


@router.get("/{run_id}/rules", **answer(tuple[RuleState, ...], 404))
def list_labeling_rules(actor: ActorDep, services: ServicesDep, run_id: RunPath) -> Json:
    """Return how far the standing rules of a session are: when each last ran, what it added, what stopped it."""
    return Json(services.labeling_rules.list(actor, RunId(run_id)))
