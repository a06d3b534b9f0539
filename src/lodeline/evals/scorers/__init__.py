"""The built-in scorers: one file each, which know nothing of each other."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lodeline.evals.scorers.contains import Contains
    from lodeline.evals.scorers.cost import Cost
    from lodeline.evals.scorers.exact_match import ExactMatch
    from lodeline.evals.scorers.forbidden import Forbidden
    from lodeline.evals.scorers.json_match import JsonMatch
    from lodeline.evals.scorers.json_schema import JsonSchema
    from lodeline.evals.scorers.latency import Latency
    from lodeline.evals.scorers.length import Length
    from lodeline.evals.scorers.numeric_match import NumericMatch
    from lodeline.evals.scorers.provider_refusal import ProviderRefusal
    from lodeline.evals.scorers.regex_match import RegexMatch
    from lodeline.evals.scorers.retrieval_mrr import RetrievalMRR
    from lodeline.evals.scorers.retrieval_ndcg import RetrievalNDCG
    from lodeline.evals.scorers.retrieval_precision import RetrievalPrecision
    from lodeline.evals.scorers.retrieval_recall import RetrievalRecall
    from lodeline.evals.scorers.text_similarity import TextSimilarity
    from lodeline.evals.scorers.token_count import TokenCount
    from lodeline.evals.scorers.token_f1 import TokenF1
    from lodeline.evals.scorers.tool_calls import ToolCalls

_FILES = {
    "Contains": "contains",
    "Cost": "cost",
    "ExactMatch": "exact_match",
    "Forbidden": "forbidden",
    "JsonMatch": "json_match",
    "JsonSchema": "json_schema",
    "Latency": "latency",
    "Length": "length",
    "NumericMatch": "numeric_match",
    "ProviderRefusal": "provider_refusal",
    "RegexMatch": "regex_match",
    "RetrievalMRR": "retrieval_mrr",
    "RetrievalNDCG": "retrieval_ndcg",
    "RetrievalPrecision": "retrieval_precision",
    "RetrievalRecall": "retrieval_recall",
    "TextSimilarity": "text_similarity",
    "TokenCount": "token_count",
    "TokenF1": "token_f1",
    "ToolCalls": "tool_calls",
}

__all__ = [
    "Contains",
    "Cost",
    "ExactMatch",
    "Forbidden",
    "JsonMatch",
    "JsonSchema",
    "Latency",
    "Length",
    "NumericMatch",
    "ProviderRefusal",
    "RegexMatch",
    "RetrievalMRR",
    "RetrievalNDCG",
    "RetrievalPrecision",
    "RetrievalRecall",
    "TextSimilarity",
    "TokenCount",
    "TokenF1",
    "ToolCalls",
]


def __getattr__(name: str) -> Any:
    file = _FILES.get(name)
    if file is None:
        raise AttributeError(f"module 'lodeline.evals.scorers' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{file}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_FILES})
