"""Retrieval nDCG: how well the retrieved documents are ordered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.scorer import Direction, ScoredTrace, ValueKind
from lodeline.domain.span import JsonValue
from lodeline.evals.ranking import ndcg_at
from lodeline.evals.retrieved import check_k, ranked_ids, relevant_grades


@dataclass(frozen=True, slots=True)
class RetrievalNDCG:
    """The normalised discounted cumulative gain of the first `k` (Järvelin and Kekäläinen 2002).

    It is trec_eval's ``ndcg_cut``. Value: a number from 0 to 1. A document's gain is its grade, or ``2^grade − 1``
    when `exponential` (Burges et al. 2005); the discount of rank i is log2(i + 1). Where nothing is relevant it is an
    error (``nothing_relevant``).

    >>> RetrievalNDCG(k=3)(outputs=["d7", "d2", "d9"], expectations={"expected_documents": ["d2", "d4"]})
    0.38685280723454163
    """

    k: int = 10
    exponential: bool = False
    name: str = "retrieval_ndcg"
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
        return ndcg_at(ranked_ids(outputs, trace), relevant, self.k, exponential=self.exponential)
