"""Labeling sessions, for those who run them: the sessions, and their items."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from lodeline.domain.labeling import (
    LabelingDraft,
    LabelingProgress,
    LabelingSession,
    LabelingState,
    ReviewPolicy,
)
from lodeline.domain.labeling_report import LabelingReport
from lodeline.domain.labeling_rules import ItemRule, RuleState
from lodeline.domain.labeling_sources import ReviewLink, SyncReport
from lodeline.sdk.client.call import (
    LONG_S,
    Call,
    Listing,
    ModeT,
    Noun,
    call,
    given,
    listing,
    many,
    names,
    one,
    path_of,
)
from lodeline.sdk.client.runs import run_body


class Labeling(Noun[ModeT]):
    """Calls about labeling sessions. As runs they are listed, tagged and deleted by `runs`."""

    @call
    def create(
        self, draft: LabelingDraft, schemas: str | Sequence[str], *, experiment: str = "0"
    ) -> Call[LabelingSession]:
        """Create a session of an experiment (id or name) that asks with label schemas (names or ids), in the versions
        that they have now; they take the place of the draft's."""
        body = given(
            **run_body(draft.run, experiment, draft.run.name),
            schemas=list(names(schemas) or ()),
            instructions=draft.instructions,
            reviewers=list(draft.reviewers),
            policy=_policy(draft.policy),
            dataset_id=draft.dataset_id,
            state=draft.state,
            rules=[given(**asdict(rule)) for rule in draft.rules],
        )
        return Call("POST", path_of("labeling"), one(LabelingSession), body=body)

    @listing
    def list(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[LabelingSession]:
        """List sessions of experiments (ids or names; all in reach without), newest first."""
        params = {"experiment": names(experiment)}
        return Listing(path_of("labeling"), LabelingSession, params, limit, cursor)

    @call
    def get(self, run_id: str) -> Call[LabelingSession]:
        """Return one session; NotFound for a run of another kind."""
        return Call("GET", path_of("labeling", run_id), one(LabelingSession))

    @call
    def update(
        self,
        run_id: str,
        *,
        state: LabelingState | None = None,
        name: str | None = None,
        instructions: str | None = None,
        schemas: Sequence[str] | None = None,
        reviewers: Sequence[str] | None = None,
        policy: ReviewPolicy | None = None,
        dataset_id: str | None = None,
        rules: Sequence[ItemRule] | None = None,
        extend_completed: bool = False,
    ) -> Call[LabelingSession]:
        """Change a session; what is None stays. `state` opens, pauses, closes or archives it."""
        body = given(
            state=state,
            name=name,
            instructions=instructions,
            schemas=None if schemas is None else list(schemas),
            reviewers=None if reviewers is None else list(reviewers),
            policy=None if policy is None else _policy(policy),
            dataset_id=dataset_id,
            rules=None if rules is None else [given(**asdict(rule)) for rule in rules],
            extend_completed=extend_completed,
        )
        path = path_of("labeling", run_id)
        return Call("PATCH", path, one(LabelingSession), body=body, repeat="always", timeout_s=LONG_S)

    @call
    def progress(self, run_id: str) -> Call[LabelingProgress]:
        """Return how far a session is, by item and by reviewer."""
        return Call("GET", path_of("labeling", run_id, "progress"), one(LabelingProgress))

    @call
    def rules(self, run_id: str) -> Call[tuple[RuleState, ...]]:
        """Return how far the standing rules of a session are, in their order."""
        return Call("GET", path_of("labeling", run_id, "rules"), many(RuleState))

    @call
    def report(self, run_id: str, *, level: float = 0.95) -> Call[LabelingReport]:
        """Return what the reviews come to: throughput, reviewers, disputed items, agreement by schema, judges."""
        path = path_of("labeling", run_id, "report")
        return Call("GET", path, one(LabelingReport), params={"level": level}, timeout_s=LONG_S)

    @call
    def link(self, run_id: str, *, reviewer: str | None = None) -> Call[ReviewLink]:
        """Return the address, from the server's root, to send to a reviewer."""
        params = {"reviewer": reviewer}
        return Call("GET", path_of("labeling", run_id, "link"), one(ReviewLink), params=params)

    @call
    def sync(self, run_id: str, dataset_id: str | None = None) -> Call[SyncReport]:
        """Carry what people expect into a dataset, the session's own without one, as a new version of it."""
        path = path_of("labeling", run_id, "sync")
        body = given(dataset_id=dataset_id)
        return Call("POST", path, one(SyncReport), body=body, repeat="always", timeout_s=LONG_S)


def _policy(policy: ReviewPolicy) -> Mapping[str, object]:
    body = {**asdict(policy), "fields": list(policy.fields)}
    if not policy.weights:
        del body["weights"]  # which a server of the minor version before does not know
    return body
