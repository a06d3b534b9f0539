"""Retrieval recall: how much of what is relevant was retrieved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.scorer import Direction, ScoredTrace, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.ranking import recall_at
from lodeline.evals.retrieved import check_k, ranked_ids, relevant_grades


@dataclass(frozen=True, slots=True)
class RetrievalRecall:
    """The relevant documents among the first `k` retrieved, divided by all relevant ones (trec_eval's ``recall``).

    Value: a number from 0 to 1. Where nothing is relevant it is an error (``nothing_relevant``), never a zero.

    >>> RetrievalRecall(k=3)(outputs=["d7", "d2", "d9"], expectations={"expected_documents": ["d2", "d4"]})
    0.5
    """

    k: int = 10
    name: str = "retrieval_recall"
    expected: str = "expected_documents"
    direction: ClassVar[Direction] = "higher"
    value_kind: ClassVar[ValueKind] = "number"

    def __post_init__(self) -> None:
        """Check k."""
        check_k(self.k)

    def __call__(
        self, *, outputs: JsonValue, expectations: Mapping[str, JsonValue], trace: ScoredTrace | None = None
    ) -> float:
        """Measure."""
        relevant = relevant_grades(expectations, self.expected)
        return recall_at(ranked_ids(outputs, trace), relevant, self.k)
