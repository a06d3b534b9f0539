"""Reported token counts → disjoint buckets. Every rule about what a count includes is in this file.

The providers differ: OpenAI's and Google's prompt count includes cached tokens, Anthropic's (and Bedrock's)
excludes them; OpenAI's completion count includes reasoning, Google's candidates exclude thoughts. Emitters
mostly translate to "input includes the cache, output includes the reasoning" (so the GenAI and OpenInference
conventions say), but not all do. The counts themselves decide where they can; a dialect's habit decides the
rest.
"""

from collections.abc import Mapping
from typing import NamedTuple

from lodeline.domain.span import JsonValue
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.semconv.reading import as_count


class Counts(NamedTuple):
    """Token counts as reported; None means not reported.

    `input_has_cache` and `output_has_reasoning` are the reporter's habit, used when the counts leave it open.
    """

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0
    image: int = 0
    input_has_cache: bool = True
    output_has_reasoning: bool = True


def buckets(counts: Counts) -> TokenUsage | None:
    """Return disjoint buckets; None when neither input, output nor total was reported.

    `cache_write_1h` is the part of `cache_write` with the long lifetime. A total without input and output
    counts as input. Contradicting counts never give a negative bucket.
    """
    given_in, given_out, total = counts.input, counts.output, counts.total
    if given_in is None and given_out is None:
        return None if total is None else TokenUsage(input_uncached=total)
    output = given_out or 0
    if given_in is None:
        given_in = max((total or 0) - output, 0)
    cache = counts.cache_read + counts.cache_write
    uncached = given_in
    if cache and not _excludes_cache(counts, given_in, output, cache):
        uncached = max(given_in - cache, 0)
    if special := counts.audio_in + counts.image:
        uncached = max(uncached - special, 0)
    reasoning = counts.reasoning
    text = output
    if reasoning and not _excludes_reasoning(counts, given_in, output):
        text = max(output - reasoning, 0)
    if counts.audio_out:
        text = max(text - counts.audio_out, 0)
    long_lived = min(counts.cache_write_1h, counts.cache_write)
    return TokenUsage(
        uncached, counts.cache_read, counts.cache_write - long_lived, long_lived, text, reasoning, counts.audio_in,
        counts.audio_out, counts.image,
    )  # fmt: skip


def _excludes_cache(counts: Counts, given_in: int, output: int, cache: int) -> bool:
    if cache > given_in:
        return True
    if counts.total is not None and counts.total == given_in + output + cache:
        return True
    return not counts.input_has_cache


def _excludes_reasoning(counts: Counts, given_in: int, output: int) -> bool:
    if counts.reasoning > output:
        return True
    if counts.total is not None and counts.total == given_in + output + counts.reasoning:
        return True
    return not counts.output_has_reasoning


def provider_usage(raw: JsonValue) -> TokenUsage | None:
    """Return the buckets of a provider's own usage object, recognised by its field names; None when it is
    none.

    Anthropic: ``input_tokens`` beside ``cache_*_input_tokens``, input excludes the cache. OpenAI:
    ``prompt_tokens`` or ``input_tokens`` with ``*_details``, all inclusive. Google: ``promptTokenCount``
    includes the cache, tool-use prompts come on top, ``candidatesTokenCount`` excludes thoughts.
    """
    if not isinstance(raw, dict):
        return None
    if "promptTokenCount" in raw or "prompt_token_count" in raw:
        return _google(raw)
    if "prompt_tokens" in raw:
        return _openai(raw, "prompt_tokens", "completion_tokens")
    if "input_tokens_details" in raw:
        return _openai(raw, "input_tokens", "output_tokens")
    if "cache_read_input_tokens" in raw or "cache_creation_input_tokens" in raw:
        return _anthropic(raw)
    if "input_tokens" in raw or "output_tokens" in raw:
        return _openai(raw, "input_tokens", "output_tokens")
    return None


def _anthropic(raw: Mapping[str, JsonValue]) -> TokenUsage | None:
    return buckets(
        Counts(
            input=as_count(raw.get("input_tokens")),
            output=as_count(raw.get("output_tokens")),
            cache_read=as_count(raw.get("cache_read_input_tokens")) or 0,
            cache_write=as_count(raw.get("cache_creation_input_tokens")) or 0,
            cache_write_1h=_detail(raw, "cache_creation", "ephemeral_1h_input_tokens"),
            reasoning=_detail(raw, "output_tokens_details", "thinking_tokens"),
            input_has_cache=False,
        )
    )


def _openai(raw: Mapping[str, JsonValue], input_key: str, output_key: str) -> TokenUsage | None:
    input_details, output_details = f"{input_key}_details", f"{output_key}_details"
    return buckets(
        Counts(
            input=as_count(raw.get(input_key)),
            output=as_count(raw.get(output_key)),
            total=as_count(raw.get("total_tokens")),
            cache_read=_detail(raw, input_details, "cached_tokens"),
            reasoning=_detail(raw, output_details, "reasoning_tokens"),
            audio_in=_detail(raw, input_details, "audio_tokens"),
            audio_out=_detail(raw, output_details, "audio_tokens"),
        )
    )


def _google(raw: Mapping[str, JsonValue]) -> TokenUsage | None:
    def count(camel: str, snake: str) -> int:
        return as_count(raw.get(camel, raw.get(snake))) or 0

    return buckets(
        Counts(
            input=count("promptTokenCount", "prompt_token_count")
            + count("toolUsePromptTokenCount", "tool_use_prompt_token_count"),
            output=count("candidatesTokenCount", "candidates_token_count"),
            cache_read=count("cachedContentTokenCount", "cached_content_token_count"),
            reasoning=count("thoughtsTokenCount", "thoughts_token_count"),
            output_has_reasoning=False,
        )
    )


def _detail(raw: Mapping[str, JsonValue], group: str, key: str) -> int:
    details = raw.get(group)
    return (as_count(details.get(key)) or 0) if isinstance(details, dict) else 0
