import pickle
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.experiment import PriceOverride
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.prices import Priced, listed, package, price
from tests.examples import examples

NOON_NS = int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()) * 10**9
PROVIDERS = {provider.id: provider for provider in get_snapshot().providers}
COUNTS = st.one_of(st.just(0), st.integers(0, 2_000), st.integers(0, 2_000_000))


@cache
def priced_models() -> list[tuple[str, str]]:
    """Return the providers and models that the package has prices of."""
    return [
        (provider.id, model.id)
        for provider in PROVIDERS.values()
        for model in provider.models
        if provider.find_model(model.id) is not None  # some ids are only labels and match no name that is sent
    ]


def package_cost(provider: Provider, model: ModelInfo, usage: TokenUsage, at_ns: int) -> Decimal:
    """The package's own answer: its counts include what their subsets count."""
    calculated = model.calc_price(
        Usage(
            input_tokens=usage.input,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write_5m + usage.cache_write_1h,
            cache_write_5m_tokens=usage.cache_write_5m,
            cache_write_1h_tokens=usage.cache_write_1h,
            output_tokens=usage.output,
            output_reasoning_tokens=usage.output_reasoning,
            input_audio_tokens=usage.audio_in,
            output_audio_tokens=usage.audio_out,
            input_image_tokens=usage.image,
            cache_audio_read_tokens=0,
            cache_image_read_tokens=0,
        ),
        provider,
        genai_request_timestamp=datetime.fromtimestamp(at_ns / 1e9, UTC),
    )
    return calculated.total_price


@settings(max_examples=examples(300))
@given(
    listed=st.deferred(lambda: st.sampled_from(priced_models())),
    usage=st.tuples(*[COUNTS] * 9).map(lambda counts: TokenUsage(*counts)),
    at_s=st.integers(
        int(datetime(2023, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    ),
)
def test_every_listed_model_costs_what_the_package_says(
    listed: tuple[str, str], usage: TokenUsage, at_s: int
) -> None:
    provider, name = listed
    answer = price(usage, model=name, provider=provider, at_ns=at_s * 10**9)
    model = PROVIDERS[provider].find_model(name)
    assert model is not None
    if answer is None:
        prices = vars(model.get_prices(datetime.fromtimestamp(at_s, UTC)))
        assert not {"input_mtok", "output_mtok"} <= {key for key, value in prices.items() if value is not None}
    else:
        expected = package_cost(PROVIDERS[provider], model, usage, at_s * 10**9) * 10**12
        assert abs(answer.cost_picousd - expected) <= Decimal("0.5")


def test_prices_change_with_the_hour_and_the_day_like_the_package() -> None:
    """The models with time-of-day prices, at every half hour of two days around each change."""
    usage = TokenUsage(1_000, 500, 0, 0, 300)
    deepseek = PROVIDERS["deepseek"]
    seen: set[tuple[str, int]] = set()
    for model in deepseek.models:
        for half_hour in range(96):
            at_ns = NOON_NS - half_hour * 1_800 * 10**9
            answer = price(usage, model=model.id, provider="deepseek", at_ns=at_ns)
            assert answer is not None
            assert answer.cost_picousd == package_cost(deepseek, model, usage, at_ns) * 10**12
            seen.add((model.id, answer.cost_picousd))
    assert len(seen) > len(deepseek.models)


@pytest.mark.parametrize(
    ("model", "provider", "usage", "cost_picousd"),
    [
        # USD per million tokens: 0.15 input, 0.075 cached, 0.60 output
        ("gpt-4o-mini-2024-07-18", "openai", TokenUsage(52, 0, 0, 0, 18), 52 * 150_000 + 18 * 600_000),
        ("gpt-4o-mini", None, TokenUsage(10, 90), 10 * 150_000 + 90 * 75_000),
        # 3.00 input, 0.30 cache read, 3.75 and 6.00 cache writes, 15.00 output
        (
            "claude-sonnet-4-5-20250929",
            "anthropic",
            TokenUsage(6, 20_443, 574, 100, 412, 77),
            6 * 3_000_000 + 20_443 * 300_000 + 574 * 3_750_000 + 100 * 6_000_000 + 489 * 15_000_000,
        ),
        # 1.25 and 10.00 up to 200,000 tokens of input, 2.50 and 15.00 beyond, for the whole call
        ("gemini-2.5-pro", "gcp.gemini", TokenUsage(200_000, 0, 0, 0, 10), 200_000 * 1_250_000 + 10 * 10_000_000),
        ("gemini-2.5-pro", "gcp.vertex_ai", TokenUsage(200_001, 0, 0, 0, 10), 200_001 * 2_500_000 + 10 * 15_000_000),
    ],
)
def test_known_prices(model: str, provider: str | None, usage: TokenUsage, cost_picousd: int) -> None:
    answer = price(usage, model=model, provider=provider, at_ns=NOON_NS)
    assert answer == Priced(cost_picousd, package())


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        (None, "openai"),
        ("no-such-model", "openai"),
        ("no-such-model", None),
        ("llama3.1:8b", "ollama"),
        ("gpt-4o" * 100, None),
        ("", None),
    ],
)
def test_an_unknown_model_has_no_price(model: str | None, provider: str | None) -> None:
    assert price(TokenUsage(1, 0, 0, 0, 1), model=model, provider=provider, at_ns=NOON_NS) is None


def test_an_unknown_provider_is_found_by_the_models_name() -> None:
    usage = TokenUsage(1_000)
    named = price(usage, model="claude-sonnet-4-5", provider="anthropic", at_ns=NOON_NS)
    assert named is not None
    assert price(usage, model="claude-sonnet-4-5", provider="our-gateway", at_ns=NOON_NS) == named


def test_an_override_wins_price_by_price() -> None:
    usage = TokenUsage(1_000, 1_000, 0, 0, 1_000)
    own = PriceOverride(model="gpt-4o-mini", input_usd_per_mtok=1.0)
    answer = price(usage, model="gpt-4o-mini", provider="openai", at_ns=NOON_NS, overrides=(own,))
    assert answer == Priced(1_000 * (1_000_000 + 75_000 + 600_000), f"override, {package()}")


def test_the_override_that_names_the_provider_goes_first() -> None:
    everywhere = PriceOverride("gpt-4o-mini", None, 1.0, 1.0)
    at_azure = PriceOverride("gpt-4o-mini", "azure.ai.openai", 2.0, 2.0)
    elsewhere = PriceOverride("gpt-4o-mini", "groq", 9.0, 9.0)
    answer = price(
        TokenUsage(1), model="gpt-4o-mini", provider="azure.ai.openai", at_ns=NOON_NS,
        overrides=(everywhere, at_azure, elsewhere),
    )  # fmt: skip
    assert answer is not None
    assert answer.cost_picousd == 2_000_000


def test_an_override_prices_a_model_that_nobody_lists_as_far_as_it_goes() -> None:
    own = (PriceOverride("our-model", None, input_usd_per_mtok=0.5),)
    assert price(TokenUsage(10, 5), model="our-model", provider=None, at_ns=0, overrides=own) == Priced(
        15 * 500_000, "override"
    )
    assert price(TokenUsage(10, 0, 0, 0, 1), model="our-model", provider=None, at_ns=0, overrides=own) is None
    assert price(TokenUsage(10), model="our-model-2", provider=None, at_ns=0, overrides=own) is None


@pytest.mark.parametrize("at_ns", [0, 2**63 - 1, 2**64 - 1])
def test_any_time_on_the_wire_has_a_price(at_ns: int) -> None:
    assert price(TokenUsage(1), model="deepseek-chat", provider="deepseek", at_ns=at_ns) is not None


def test_prices_can_be_sent_to_another_process():
    """Also those that hold from a day on or for a part of the day, and those in bands."""
    all_listed = [listed(model, provider) for provider, model in priced_models()]
    assert pickle.loads(pickle.dumps(all_listed)) == all_listed  # noqa: S301 - just made
    conditions = [when for found in all_listed if found is not None for when, _ in found.later]
    assert any(when.first_day is not None for when in conditions)
    assert any(when.hours_ns is not None for when in conditions)
