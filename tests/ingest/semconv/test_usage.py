import pytest

from lodeline.domain.span import JsonValue
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.semconv.usage import Counts, buckets, provider_usage


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        (Counts(), None),
        (Counts(10, 5), TokenUsage(10, 0, 0, 0, 5)),
        (Counts(10), TokenUsage(10)),
        (Counts(output=5), TokenUsage(0, 0, 0, 0, 5)),
        (Counts(output=5, total=12), TokenUsage(7, 0, 0, 0, 5)),
        (Counts(total=12), TokenUsage(12)),
        # the habit decides whether the input includes the cache …
        (Counts(100, 5, cache_read=30, cache_write=20), TokenUsage(50, 30, 20, 0, 5)),
        (Counts(100, 5, cache_read=30, cache_write=20, input_has_cache=False), TokenUsage(100, 30, 20, 0, 5)),
        # … unless the counts themselves show that it does not
        (Counts(4, 5, cache_read=30), TokenUsage(4, 30, 0, 0, 5)),
        (Counts(100, 5, 155, cache_read=30, cache_write=20), TokenUsage(100, 30, 20, 0, 5)),
        (Counts(100, 5, cache_write=20, cache_write_1h=15), TokenUsage(80, 0, 5, 15, 5)),
        (Counts(100, 5, cache_write=20, cache_write_1h=99), TokenUsage(80, 0, 0, 20, 5)),
        # the same for reasoning and output
        (Counts(10, 50, reasoning=30), TokenUsage(10, 0, 0, 0, 20, 30)),
        (Counts(10, 50, reasoning=30, output_has_reasoning=False), TokenUsage(10, 0, 0, 0, 50, 30)),
        (Counts(10, 50, reasoning=70), TokenUsage(10, 0, 0, 0, 50, 70)),
        (Counts(10, 50, 90, reasoning=30), TokenUsage(10, 0, 0, 0, 50, 30)),
        (Counts(100, 50, audio_in=40, audio_out=20, image=10), TokenUsage(50, 0, 0, 0, 30, 0, 40, 20, 10)),
        (Counts(10, 5, audio_in=40, audio_out=20), TokenUsage(0, 0, 0, 0, 0, 0, 40, 20)),
    ],
)
def test_counts_become_disjoint_buckets(counts: Counts, usage: TokenUsage | None) -> None:
    assert buckets(counts) == usage


@pytest.mark.parametrize(
    ("raw", "usage"),
    [
        (
            {
                "input_tokens": 6,
                "cache_read_input_tokens": 20_443,
                "cache_creation_input_tokens": 574,
                "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 74},
                "output_tokens": 489,
                "output_tokens_details": {"thinking_tokens": 77},
            },
            TokenUsage(6, 20_443, 500, 74, 412, 77),
        ),
        (
            {
                "prompt_tokens": 1_117,
                "completion_tokens": 46,
                "total_tokens": 1_163,
                "prompt_tokens_details": {"cached_tokens": 1_024, "audio_tokens": 3},
                "completion_tokens_details": {"reasoning_tokens": 16, "audio_tokens": 10},
            },
            TokenUsage(90, 1_024, 0, 0, 20, 16, 3, 10),
        ),
        (
            {
                "input_tokens": 36,
                "input_tokens_details": {"cached_tokens": 30},
                "output_tokens": 87,
                "total_tokens": 123,
            },
            TokenUsage(6, 30, 0, 0, 87),
        ),
        (
            {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 60,
                "toolUsePromptTokenCount": 7,
                "candidatesTokenCount": 12,
                "thoughtsTokenCount": 395,
            },
            TokenUsage(47, 60, 0, 0, 12, 395),
        ),
        (
            {"prompt_token_count": 5, "candidates_token_count": 6, "thoughts_token_count": 7},
            TokenUsage(5, 0, 0, 0, 6, 7),
        ),
        ({"input_tokens": 3, "output_tokens": 4}, TokenUsage(3, 0, 0, 0, 4)),
        ({"input_tokens": "3", "output_tokens": 4.0}, TokenUsage(3, 0, 0, 0, 4)),
        ({"input_tokens": -3, "output_tokens": True}, None),
        ({"search_units": 1}, None),
        (None, None),
        ("12", None),
    ],
)
def test_a_providers_own_usage_is_recognised(raw: JsonValue, usage: TokenUsage | None) -> None:
    assert provider_usage(raw) == usage
