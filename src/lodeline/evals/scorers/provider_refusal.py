"""Provider refusal: a model's answer was refused or filtered, as the provider itself says."""

from dataclasses import dataclass
from typing import ClassVar

from lodeline.domain.scorer import Direction, Feedback, ScoredTrace, ValueKind

_REASONS = frozenset({
    "refusal", "content_filter", "content_filtered", "safety", "prohibited_content", "blocklist", "spii",
    "recitation", "guardrail_intervened", "model_armor", "image_safety",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProviderRefusal:
    """Whether a model call of the trace ended with a finish reason that says refusal or filtering.

    Value: bool, True for a refusal; neither is better in itself. This reads what providers state (OpenAI's
    ``content_filter``, Anthropic's ``refusal``, Gemini's ``SAFETY`` …) in any language; an answer that declines in
    polite words with an ordinary finish reason is not seen: ask a judge for that.
    """

    name: str = "provider_refusal"
    direction: ClassVar[Direction] = "none"
    value_kind: ClassVar[ValueKind] = "bool"

    def __call__(self, *, trace: ScoredTrace) -> Feedback:
        """Read the finish reasons."""
        found = [
            f"{span.name}: {reason}"
            for span in trace.spans
            for reason in span.view.finish_reasons
            if reason.rpartition(".")[2].casefold() in _REASONS
        ]
        return Feedback(value=bool(found), rationale="; ".join(found[:20]) or None)
