"""Registered scorers."""

from collections.abc import Mapping, Sequence

from lodeline.domain.registered_scorer import RegisteredScorer, ScorerRegistration
from lodeline.domain.span import JsonValue
from lodeline.sdk.client.call import Call, ModeT, Noun, call, many, names, nothing, one, path_of


class Scorers(Noun[ModeT]):
    """Calls about registered scorers, which are named within an experiment (id or name)."""

    @call
    def register(
        self,
        name: str,
        definition: Mapping[str, JsonValue],
        *,
        experiment: str = "0",
        message: str = "",
    ) -> Call[ScorerRegistration]:
        """Register a definition as the next version; the latest one when it has its digest already."""
        body = {"experiment": experiment, "name": name, "definition": dict(definition), "message": message}
        return Call("POST", path_of("scorers"), one(ScorerRegistration), body=body, repeat="always")

    @call
    def list(self, experiment: str | Sequence[str] | None = None) -> Call[tuple[RegisteredScorer, ...]]:
        """Return the latest version of every scorer of experiments (ids or names), of all in reach without."""
        params = {"experiment": names(experiment)}
        return Call("GET", path_of("scorers"), many(RegisteredScorer), params=params)

    @call
    def versions(self, name: str, *, experiment: str = "0") -> Call[tuple[RegisteredScorer, ...]]:
        """Return every version of one, the latest first."""
        return Call("GET", path_of("scorers", name), many(RegisteredScorer), params={"experiment": experiment})

    @call
    def delete(self, name: str, *, experiment: str = "0") -> Call[None]:
        """Remove one with all of its versions for good; what it judged stays."""
        return Call("DELETE", path_of("scorers", name), nothing, params={"experiment": experiment})
