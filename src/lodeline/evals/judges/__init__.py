"""Judges: models that judge by instructions, with structured answers, budgets, retries and a cache."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lodeline.evals.judges.budget import JudgeBudget
    from lodeline.evals.judges.cache import AnswerCache
    from lodeline.evals.judges.conversation_completeness_judge import conversation_completeness
    from lodeline.evals.judges.correctness_judge import correctness
    from lodeline.evals.judges.ensemble_judge import Ensemble, ensemble
    from lodeline.evals.judges.groundedness_judge import groundedness
    from lodeline.evals.judges.guidelines_judge import guidelines
    from lodeline.evals.judges.judge import Judge, make_judge
    from lodeline.evals.judges.model import DataBlock, JudgeFailed, JudgeModel, JudgeReply, JudgeRequest
    from lodeline.evals.judges.opening import JudgeCall, open_model
    from lodeline.evals.judges.pairwise_judge import PairwiseJudge, pairwise
    from lodeline.evals.judges.relevance_judge import relevance
    from lodeline.evals.judges.safety_judge import safety

_FILES = {
    "AnswerCache": "cache",
    "DataBlock": "model",
    "Ensemble": "ensemble_judge",
    "Judge": "judge",
    "JudgeBudget": "budget",
    "JudgeCall": "opening",
    "JudgeFailed": "model",
    "JudgeModel": "model",
    "JudgeReply": "model",
    "JudgeRequest": "model",
    "PairwiseJudge": "pairwise_judge",
    "conversation_completeness": "conversation_completeness_judge",
    "correctness": "correctness_judge",
    "ensemble": "ensemble_judge",
    "groundedness": "groundedness_judge",
    "guidelines": "guidelines_judge",
    "make_judge": "judge",
    "open_model": "opening",
    "pairwise": "pairwise_judge",
    "relevance": "relevance_judge",
    "safety": "safety_judge",
}

__all__ = [
    "AnswerCache",
    "DataBlock",
    "Ensemble",
    "Judge",
    "JudgeBudget",
    "JudgeCall",
    "JudgeFailed",
    "JudgeModel",
    "JudgeReply",
    "JudgeRequest",
    "PairwiseJudge",
    "conversation_completeness",
    "correctness",
    "ensemble",
    "groundedness",
    "guidelines",
    "make_judge",
    "open_model",
    "pairwise",
    "relevance",
    "safety",
]


def __getattr__(name: str) -> Any:
    file = _FILES.get(name)
    if file is None:
        raise AttributeError(f"module 'lodeline.evals.judges' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{file}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_FILES})
