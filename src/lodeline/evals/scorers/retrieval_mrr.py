"""Retrieval MRR: how far up the first relevant document stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.scorer import Direction, ScoredTrace, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.ranking import reciprocal_rank
from lodeline.evals.retrieved import check_k, ranked_ids, relevant_grades


@dataclass(frozen=True, slots=True)
class RetrievalMRR:
    """1 ÷ the rank of the first relevant document, 0 when none is among the first `k` (trec_eval's ``recip_rank``).

    Value: a number from 0 to 1; its mean over rows is the mean reciprocal rank (Voorhees 1999). Where nothing is
    relevant it is an error (``nothing_relevant``), never a zero.

    >>> RetrievalMRR(k=3)(outputs=["d7", "d2", "d9"], expectations={"expected_documents": ["d2", "d4"]})
    0.5
    """

    k: int = 10
    name: str = "retrieval_mrr"
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
        return reciprocal_rank(ranked_ids(outputs, trace), relevant, self.k)
