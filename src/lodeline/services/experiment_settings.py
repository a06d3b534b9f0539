"""Checks of an experiment's settings before they are stored: afterwards every incoming trace relies on them."""

import math
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import get_args

from lodeline.domain.budget import MAX_USD, BudgetPeriod
from lodeline.domain.errors import Invalid, LodelineError, TooLarge, shown
from lodeline.domain.experiment import MAX_TAG_KEY, ExperimentSettings, PriceOverride, check_name
from lodeline.domain.model import check_alias
from lodeline.ingest.expressions import idles
from lodeline.query.patterns import check_pattern

MAX_PATTERNS = 100
MAX_PRICES = 1_000
MAX_NAMES = 100
_LIMITS = {"max_age_days": 1_000_000, "max_traces": 2**53, "max_bytes": 2**53}
_PERIODS: tuple[str, ...] = get_args(BudgetPeriod)
_AMOUNTS = tuple(f"{kind}_usd_per_mtok" for kind in ("input", "output", "cache_read", "cache_write"))


def check_settings(settings: ExperimentSettings) -> ExperimentSettings:
    """Return `settings`; Invalid names the field (``settings.…``) and the value, TooLarge a list that is too long."""
    with _within("settings"):
        _check(settings)
    return settings


@contextmanager
def _within(parent: str, field: str | None = None) -> Generator[None]:
    """Let errors name their field within `parent`, or as `field` there."""
    try:
        yield
    except (Invalid, TooLarge) as error:
        inner, colon, rest = error.message.partition(": ")
        name = f"{parent}.{field or inner}".strip(".")
        details = {**error.details, "field": name}
        renamed: LodelineError = type(error)(f"{name}{colon}{rest}", code=error.error_code, details=details)
        raise renamed from error


def _check(settings: ExperimentSettings) -> None:
    _check_count("mask_patterns", len(settings.mask_patterns), MAX_PATTERNS)
    for pattern in settings.mask_patterns:
        _check_mask(pattern)
    _check_count("prices", len(settings.prices), MAX_PRICES)
    for price in settings.prices:
        _check_price(price)
    _check_distinct(settings.prices)
    for name, most in _LIMITS.items():
        bound = getattr(settings.retention, name)
        if bound is not None and not (math.isfinite(bound) and 0 < bound <= most):
            raise Invalid.value(
                f"retention.{name}", bound, f"a number above 0, at most {most:,}, or null for no limit"
            )
    budget = settings.budget.max_usd
    if budget is not None and not (math.isfinite(budget) and 0 < budget <= MAX_USD):
        raise Invalid.value(
            "budget.max_usd", budget, f"US dollars above 0, at most {MAX_USD:g}, or null for no budget"
        )
    if settings.budget.period not in _PERIODS:
        raise Invalid.value("budget.period", settings.budget.period, f"one of {', '.join(_PERIODS)}")
    _check_count("recommended_tags", len(settings.recommended_tags), MAX_NAMES)
    for key in settings.recommended_tags:
        check_name(key, noun="recommended_tags", most=MAX_TAG_KEY)
    _check_count("environments", len(settings.environments), MAX_NAMES)
    for name in settings.environments:
        check_name(name, noun="environments", most=MAX_TAG_KEY)
    if settings.default_environment:
        check_name(settings.default_environment, noun="default_environment", most=MAX_TAG_KEY)
    _check_count("gated_aliases", len(settings.gated_aliases), MAX_NAMES)
    for alias in settings.gated_aliases:
        with _within("", "gated_aliases"):
            check_alias(alias)


def _check_count(field: str, count: int, most: int) -> None:
    if count > most:
        raise TooLarge(f"{field}: {count} entries are over the limit of {most}.", details={"field": field})


def _check_distinct(prices: Sequence[PriceOverride]) -> None:
    for (model, provider), count in Counter((price.model, price.provider) for price in prices).items():
        if count > 1:
            of = "" if provider is None else f" of provider {shown(provider)}"
            raise Invalid(
                f"prices: model {shown(model)}{of} has {count} prices; give one.", details={"field": "prices"}
            )


def _check_mask(pattern: str) -> None:
    if not pattern:
        raise Invalid.value("mask_patterns", pattern, "an RE2 expression that is not empty")
    check_pattern(pattern, field="mask_patterns")
    if idles(pattern):
        raise Invalid(
            f"mask_patterns: {shown(pattern)} matches no text too, and so masks nothing at most places; "
            "let it match at least one character, such as by + in place of *.",
            details={"field": "mask_patterns"},
        )


def _check_price(price: PriceOverride) -> None:
    check_name(price.model, noun="prices.model")
    amounts = {name: getattr(price, name) for name in _AMOUNTS}
    if not any(amount is not None for amount in amounts.values()):
        raise Invalid(f"prices: model {shown(price.model)} has no amount; give one of {', '.join(_AMOUNTS)}.")
    for name, value in amounts.items():
        if value is not None and not (math.isfinite(value) and 0 <= value <= 1e9):
            raise Invalid.value(f"prices.{name}", value, "a number of US dollars from 0 to 10^9")
