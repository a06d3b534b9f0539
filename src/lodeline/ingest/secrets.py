"""Secrets of well-known form, found in linear time."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

SECRETS: tuple[str, ...] = (
    r"\bsk-(?:[A-Za-z0-9_-]*[_-])?[A-Za-z0-9]{16,}[A-Za-z0-9_-]*",  # OpenAI, Anthropic, OpenRouter and many more
    r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",  # Stripe
    r"\bgh[pousr]_[A-Za-z0-9]{36,}",  # GitHub
    r"\bgithub_pat_[A-Za-z0-9_]{22,}",
    r"\bglpat-[A-Za-z0-9_-]{20,}",  # GitLab
    r"\bA[KS]IA[A-Z0-9]{16}\b",  # AWS
    r"\bAIza[A-Za-z0-9_-]{35}",  # Google
    r"\bhf_[A-Za-z0-9]{30,}",  # Hugging Face
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # JSON web tokens
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?s:.*?)-----END [A-Z ]{0,30}PRIVATE KEY-----|[^-]*)",
)
"""RE2 expressions over one string."""

_MAX_MEMORY_BYTES = 64 * 1024 * 1024
"""What one compiled expression may use; a hundred mask patterns joined pass RE2's default of 8 MiB."""


class _Match(Protocol):
    def group(self) -> bytes: ...


class _Expression(Protocol):
    def search(self, text: bytes) -> _Match | None: ...

    def sub(self, repl: Callable[[_Match], bytes], text: bytes) -> bytes: ...


class _Options(Protocol):
    log_errors: bool
    max_mem: int


class _Re2(Protocol):
    """What is used of google-re2, which has no types."""

    error: type[Exception]
    Options: type[_Options]

    def compile(self, pattern: str, options: _Options) -> _Expression: ...


_re2 = cast("_Re2", import_module("re2"))


class Pattern:
    """One or more RE2 expressions over UTF-8; ValueError, with the reason, for what RE2 does not take."""

    __slots__ = ("_expression",)

    def __init__(self, *expressions: str) -> None:
        options = _re2.Options()
        options.log_errors = False
        options.max_mem = _MAX_MEMORY_BYTES
        try:
            compiled = [_re2.compile(expression, options) for expression in expressions]
            together = "|".join(f"(?:{expression})" for expression in expressions)
            self._expression = compiled[0] if len(compiled) == 1 else _re2.compile(together, options)
        except (_re2.error, UnicodeError) as error:
            raise ValueError(f"not an RE2 expression: {error}") from error

    def found(self, data: bytes) -> bool:
        """Tell whether any of the expressions matches anywhere in `data`."""
        return self._expression.search(data) is not None

    def replaced(self, data: bytes, by: bytes) -> bytes:
        """Return `data` with every match that is not empty replaced, found from left to right in one pass."""
        return self._expression.sub(lambda match: by if match.group() else b"", data)


_ANYWHERE = Pattern(*(expression.replace(r"\b", "") for expression in SECRETS))


def may_hold_secret(message: bytes) -> bool:
    """Tell whether a serialised message may hold a secret in one of its strings; false means that it does not.

    It knows no word boundaries: around a string stand protobuf's length bytes, which may look like letters.
    """
    return _ANYWHERE.found(message)
