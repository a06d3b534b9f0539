"""What a call costs: disjoint token buckets times the price at the time of the call, in exact integers.

The prices are those of the genai-prices package as installed; nothing is ever fetched. A bucket without a
price of its own is charged as the next wider one (cache writes of one hour as cache writes, these as input;
reasoning as output; audio and images as text), which is how the package itself decomposes a usage. Where a
price depends on the length of the prompt, the whole call is charged at the rate of its band.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

from lodeline.domain.experiment import PriceOverride
from lodeline.domain.usage import TokenUsage

if TYPE_CHECKING:
    from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice

OVERRIDE = "override"
"""Begins the source of a cost in which prices of an experiment's own took part."""
_MAX_NAME = 200
_DAY_NS = 86_400 * 10**9
_PICO_PER_USD_MTOK = 10**6
"""One dollar per million tokens, in 10⁻¹² dollars per token."""
_FINE = 10**12
"""A price with more than six decimals is scaled up by this, so that none (they have up to 18) is rounded."""

_PACKAGE_IDS = {
    "aws.bedrock": "aws",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
}
_RUN_AT_HOME = frozenset(("ollama", "vllm", "lmstudio", "lm_studio", "llama.cpp", "llamafile", "transformers"))
"""Providers that bill nobody: the price of a hosted namesake would be an invention."""

_CHARGED_AS = (
    ("input_mtok",),
    ("cache_read_mtok", "input_mtok"),
    ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    ("output_mtok",),
    ("output_reasoning_mtok", "output_mtok"),
    ("input_audio_mtok", "input_mtok"),
    ("output_audio_mtok", "output_mtok"),
    ("input_image_mtok", "input_mtok"),
)
"""For each bucket of `TokenUsage`, in its order, the prices that may apply, the narrowest first."""


class Priced(NamedTuple):
    """A cost, and the prices that made it.

    `source` is ``genai-prices VERSION``, or ``override`` where prices of the experiment's own took part; packaged
    ones beside them are named after it: ``override, genai-prices VERSION``.
    """

    cost_picousd: int
    source: str


class _Band(NamedTuple):
    """Rates of the nine buckets in 10⁻¹² dollars / `scale`, compiled from `listed`.

    `unpriced` are the positions of the buckets without any price.
    """

    rates: tuple[int, ...]
    unpriced: tuple[int, ...]
    per_request: int
    scale: int
    listed: tuple[tuple[str, Decimal], ...]


class _Rates(NamedTuple):
    """Bands by prompt length: band `i` holds for more than `starts[i - 1]` and at most `starts[i]` input
    tokens."""

    starts: tuple[int, ...]
    bands: tuple[_Band, ...]


class _When(NamedTuple):
    """In force from a day on (counted from the epoch), or for a part of every day; always, when it says neither."""

    first_day: int | None = None
    hours_ns: tuple[int, int] | None = None

    def holds(self, at_ns: int) -> bool:
        """Tell whether it is so at a moment."""
        if self.first_day is not None:
            return at_ns // _DAY_NS >= self.first_day
        if self.hours_ns is None:
            return True
        start, end = self.hours_ns
        if end < start:
            return not end <= at_ns % _DAY_NS < start
        return start <= at_ns % _DAY_NS < end


class Listed(NamedTuple):
    """The prices of one model: in force are the first of `later` whose condition holds, else `base`. `source` is
    the package with its version. It can be sent to another process."""

    base: _Rates
    later: tuple[tuple[_When, _Rates], ...] = ()
    source: str = ""


Find = Callable[[str, str | None], Listed | None]
"""Finds a model's prices by its name and, where that is known, its provider."""


def price(
    usage: TokenUsage,
    *,
    model: str | None,
    provider: str | None,
    at_ns: int,
    overrides: Sequence[PriceOverride] = (),
) -> Priced | None:
    """Return what `usage` costs at `at_ns` (epoch nanoseconds); None when the model or a bucket in use has no
    price.

    An override for exactly this model (and provider, where it names one) wins, price by price, over the
    package. `provider` is a canonical name; without one, the package finds the provider by the model's name.
    """
    if model is None:
        return None
    found = _listed(model, provider)
    override = _matching(overrides, model, provider) if overrides else None
    if found is None and override is None:
        return None
    rates = _in_force(found or _no_prices(), at_ns)
    if override is not None:
        rates = _overridden(rates, override)
    band = rates.bands[bisect_left(rates.starts, usage.input)] if rates.starts else rates.bands[0]
    for position in band.unpriced:
        if usage[position]:
            return None
    total = band.per_request + sum(map(mul, usage, band.rates))
    cost_picousd = total if band.scale == 1 else (total + band.scale // 2) // band.scale
    source = "" if found is None else found.source
    return Priced(cost_picousd, source if override is None else _with_override(source))


def load() -> None:
    """Load the packaged prices now, which takes some tenths of a second, so that the first call does not wait."""
    _listed("gpt-4o", None)


def find_by(find: Find) -> None:
    """Have every model's prices found by this from now on: a process that asks another need not load them."""
    global _find_listed  # noqa: PLW0603 - for a whole process, as its first act
    _find_listed = find
    _listed.cache_clear()


@cache
def package() -> str:
    """Return the package of the prices, with its version."""
    from genai_prices import __version__  # noqa: PLC0415 - optional, and 0.6 s to import

    return f"genai-prices {__version__}"


def _in_force(found: Listed, at_ns: int) -> _Rates:
    for condition, rates in found.later:
        if condition.holds(at_ns):
            return rates
    return found.base


@lru_cache(maxsize=4_096)
def _listed(model: str, provider: str | None) -> Listed | None:
    return _find_listed(model, provider) if len(model) <= _MAX_NAME else None


def listed(model: str, provider: str | None) -> Listed | None:
    """Return what the package lists for a model; None when that is nothing."""
    found = _find(model, provider) if len(model) <= _MAX_NAME else None
    if found is None:
        return None
    if not isinstance(found.prices, list):
        return Listed(_compiled(found.prices), source=package())
    later = ((_condition(each), _compiled(each.prices)) for each in reversed(found.prices))
    return Listed(_compiled(found.prices[0].prices), tuple(later), package())


_find_listed: Find = listed


def _find(model: str, provider: str | None) -> "ModelInfo | None":
    """Find a model without the package's own lookup caches, which grow with every name that was ever asked
    for."""
    from genai_prices.data_snapshot import find_provider_by_id, get_snapshot  # noqa: PLC0415 - see package

    if provider in _RUN_AT_HOME:
        return None
    providers, name = get_snapshot().providers, model.lower()
    found = None
    if provider is not None:
        found = find_provider_by_id(providers, _PACKAGE_IDS.get(provider, provider))
    if found is None:
        matching = (each for each in providers if each.model_match is not None and each.model_match.is_match(name))
        found = next(matching, None)
    return None if found is None else found.find_model(name, all_providers=providers)


def _condition(conditional: "ConditionalPrice") -> _When:
    """Return the package's condition over epoch nanoseconds; a price without one always holds."""
    from genai_prices.types import StartDateConstraint, TimeOfDateConstraint  # noqa: PLC0415 - see package

    constraint = conditional.constraint
    if isinstance(constraint, StartDateConstraint):
        return _When(first_day=(constraint.start_date - date(1970, 1, 1)).days)
    if isinstance(constraint, TimeOfDateConstraint):
        return _When(hours_ns=(_time_of_day_ns(constraint.start_time), _time_of_day_ns(constraint.end_time)))
    return _When()


def _time_of_day_ns(value: time) -> int:
    moment = datetime.combine(date(1970, 1, 2), value if value.tzinfo is not None else value.replace(tzinfo=UTC))
    return int(moment.timestamp()) * 10**9 % _DAY_NS


def _compiled(prices: "ModelPrice") -> _Rates:
    """Turn a price list into integer rates, one band for each stretch between the starts of its tiers."""
    from genai_prices.types import TieredPrices  # noqa: PLC0415 - see package

    listed = {key: value for key, value in vars(prices).items() if value is not None}
    tiered = [value for value in listed.values() if isinstance(value, TieredPrices)]
    starts = tuple(sorted({tier.start for value in tiered for tier in value.tiers}))
    bands: list[_Band] = []
    for floor in (None, *starts):
        flat: dict[str, Decimal] = {}
        for key, value in listed.items():
            if isinstance(value, TieredPrices):
                reached = [tier.price for tier in value.tiers if floor is not None and floor >= tier.start]
                flat[key] = reached[-1] if reached else value.base
            else:
                flat[key] = value
        bands.append(_band(flat))
    return _Rates(starts, tuple(bands))


def _band(flat: dict[str, Decimal]) -> _Band:
    found = [next((flat[key] for key in candidates if key in flat), None) for candidates in _CHARGED_AS]
    unpriced = tuple(position for position, each in enumerate(found) if each is None)
    costs = [(each or Decimal(0)) * _PICO_PER_USD_MTOK for each in found]
    costs.append(flat.get("requests_kcount", Decimal(0)) * 1_000 * _PICO_PER_USD_MTOK)
    scale = 1 if all(cost == int(cost) for cost in costs) else _FINE
    *rates, per_request = (round(cost * scale) for cost in costs)
    return _Band(tuple(rates), unpriced, per_request, scale, tuple(flat.items()))


@cache
def _no_prices() -> Listed:
    return Listed(_Rates((), (_band({}),)))


@lru_cache(maxsize=16)
def _with_override(source: str) -> str:
    return f"{OVERRIDE}, {source}" if source else OVERRIDE


def _matching(overrides: Sequence[PriceOverride], model: str, provider: str | None) -> PriceOverride | None:
    """Return the override for this model; one that names the provider goes before one that does not."""
    found = [each for each in overrides if each.model == model and each.provider in {None, provider}]
    return max(found, key=lambda each: each.provider is not None, default=None)


@lru_cache(maxsize=1_024)
def _overridden(rates: _Rates, override: PriceOverride) -> _Rates:
    """Return `rates` with the override's prices in every band; what it leaves open stays as packaged."""
    given = {
        "input_mtok": override.input_usd_per_mtok,
        "cache_read_mtok": override.cache_read_usd_per_mtok,
        "cache_write_mtok": override.cache_write_usd_per_mtok,
        "output_mtok": override.output_usd_per_mtok,
    }
    own = {key: Decimal(str(value)) for key, value in given.items() if value is not None}
    return _Rates(rates.starts, tuple(_band({**dict(band.listed), **own}) for band in rates.bands))
