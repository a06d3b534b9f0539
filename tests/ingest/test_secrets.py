import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.experiment import ExperimentSettings
from lodeline.domain.trace import TraceInfo
from lodeline.ingest.capture import Capture
from lodeline.ingest.expressions import Expressions
from lodeline.ingest.secrets import ANCHORS, SECRETS, may_hold_secret, secrets

ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# Written in halves, so that scanners of source code find no secret here.
SAMPLES = {
    "openai": "sk" + "-proj-" + ALNUM[:40],
    "openai, old": "sk" + "-" + ALNUM[:48],
    "anthropic": "sk" + "-ant-api03-" + ALNUM + "-_x",
    "stripe": "sk" + "_live_" + ALNUM[:24],
    "github": "ghp" + "_" + ALNUM[:36],
    "github, fine-grained": "github" + "_pat_" + ALNUM[:22] + "_" + ALNUM,
    "gitlab": "glpat" + "-" + ALNUM[:20],
    "aws": "AKIA" + "ABCDEFGHIJKLMNOP",
    "google": "AIza" + ALNUM[:35],
    "hugging face": "hf" + "_" + ALNUM[:34],
    "slack": "xoxb" + "-123456789012-" + ALNUM[:24],
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0" + "." + ALNUM[:43],
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nabc/+=\n-----END RSA PRIVATE KEY-----",
    "private key, escaped": "-----BEGIN " + "PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----",
}
HARMLESS = [
    "a task-1234567890abcdefghij and a risk-assessment",
    "sk-learn is a nickname; sk-short",
    "ghp_short",
    "AKIAshort and XAKIAABCDEFGHIJKLMNOP",
    "eyJhbGciOiJIUzI1NiJ9 alone",
    "-----BEGIN PUBLIC KEY-----",
    "conversation_0123456789abcdef0123456789abcdef",
    "chatcmpl-ChZNcadOV8XXL9i2Jh0PXsrur4L8k",
]


def masked(text: str) -> str:
    return Capture(ExperimentSettings()).info(TraceInfo(name=text)).name or ""


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_secret_is_found_and_replaced_alone(kind: str) -> None:
    secret = SAMPLES[kind]
    assert masked(f'{{"key": "{secret}"}}') == '{"key": "[masked]"}'
    assert masked(f"é {secret} ü {secret}") == "é [masked] ü [masked]"
    assert may_hold_secret(secret.encode())


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_a_private_key_that_is_cut_off_is_masked_to_its_end() -> None:
    assert masked("x -----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBgkq") == "x [masked]"


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_length_byte_that_looks_like_a_letter_hides_nothing(kind: str) -> None:
    assert may_hold_secret(b"\x0aA" + SAMPLES[kind].encode())


def test_hostile_text_does_not_hang() -> None:
    for text in ("sk-" * 300_000, "-----BEGIN PRIVATE " + "KEY-----" * 100_000, "eyJaaaaaaaa." * 80_000):
        list(secrets(text.encode()))
        may_hold_secret(text.encode())


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("before", ["\n", "\t", "é", '"', "\\", "\x00"])
def test_a_secret_is_found_in_json_text_whatever_is_before_it(kind: str, before: str) -> None:
    """What a value that is JSON text escapes ends in letters and digits."""
    inner = json.dumps({"text": f"a{before}{SAMPLES[kind]}"})
    for text in (inner, json.dumps([inner])):
        found = masked(text)
        assert SAMPLES[kind].splitlines()[0] not in found
        assert "[masked]" in found
        json.loads(found)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_secret_is_found_in_an_address(kind: str) -> None:
    assert "[masked]" in masked(f"https://a.test/?next=%2Fb%3Fkey%3D{SAMPLES[kind]}")


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_secret_is_found_among_many_that_only_begin_like_one(kind: str) -> None:
    alike = b" ".join(ANCHORS)
    for times in (1, 50):
        assert not may_hold_secret(alike * times)
        assert may_hold_secret(alike * times + SAMPLES[kind].encode() + alike)
        assert may_hold_secret(alike + b" -" + SAMPLES[kind].encode())


def test_no_anchor_ends_as_another_begins() -> None:
    for one in ANCHORS:
        for other in ANCHORS:
            assert not any(one.endswith(other[:size]) for size in range(1, len(other))), (one, other)
            assert one == other or one not in other


PARTS = [
    "sk-", "a1B2c3D4e5F6g7H8", "-", "_", " ", "AKIA", "ASIA", "ABCDEFGHIJKLMNOP", "xoxb-", "BEGIN ", "-----", "eyJ",
    ".", "hf_", "é", *SAMPLES.values(),
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=12))
def test_nothing_is_missed_that_the_expressions_find(parts: list[str]) -> None:
    data = "".join(parts).encode()
    if Expressions(SECRETS).found(data):
        assert may_hold_secret(data)
    assert may_hold_secret(data) == Expressions([each.replace(r"\b", "") for each in SECRETS]).found(data)


@pytest.mark.parametrize("before", range(256 * 1024 - 14, 256 * 1024 + 2))
def test_a_secret_is_found_wherever_a_large_body_is_cut(before: int) -> None:
    assert may_hold_secret(b" " * before + SAMPLES["github, fine-grained"].encode())
