"""Sessions (traced conversations) and users (traced end users): derived from the traces that name them."""

from dataclasses import dataclass
from typing import Literal

from lodeline.domain.ids import ExperimentId
from lodeline.domain.usage import NO_USAGE, TokenUsage

SessionState = Literal["OPEN", "CLOSED"]
DEFAULT_SESSION_IDLE_S = 30 * 60


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation: the traces of an experiment that share a session id.

    OPEN until `DEFAULT_SESSION_IDLE_S` have passed since its last activity; a late turn opens it again.
    `duration_ns` is from the first start to the last activity, which is the latest end (or start) of a trace. Sums
    are over its traces; `user` is that of the earliest trace that names one. `error_count` counts the traces in state
    ERROR, `faulty_count` those with spans of status ERROR, whatever their state.
    """

    experiment_id: ExperimentId
    session: str
    state: SessionState
    first_ns: int
    last_ns: int
    trace_count: int
    error_count: int
    tokens: TokenUsage = NO_USAGE
    cost_usd: float | None = None
    user: str | None = None
    faulty_count: int = 0


@dataclass(frozen=True, slots=True)
class User:
    """One traced end user (never an account): the traces of an experiment that name this user."""

    experiment_id: ExperimentId
    user: str
    first_ns: int
    last_ns: int
    trace_count: int
    error_count: int
    session_count: int
    tokens: TokenUsage = NO_USAGE
    cost_usd: float | None = None
