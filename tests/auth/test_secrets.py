import os
import re
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.auth.credentials import Credentials
from lodeline.auth.secrets import (
    ALPHABET,
    KEY_PATTERN,
    PEPPER_FILE,
    SecretHasher,
    is_key,
    load_pepper,
    new_csrf_token,
    new_key,
    new_login_secret,
    random_pepper,
    same_secret,
)
from lodeline.domain.account import SCOPES, Scope
from lodeline.domain.errors import Invalid


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_shows_its_scope_and_is_found_by_secret_scanners(scope: Scope):
    key, prefix = new_key((scope,))
    assert key.startswith(prefix)
    assert re.fullmatch(rf"ldl_{scope}_[0-9A-Za-z]{{8}}", prefix)
    assert re.findall(KEY_PATTERN, f'api_key="{key}"  # and more') == [key]
    assert is_key(key)


def test_a_key_names_the_widest_of_its_scopes():
    assert new_key(("ingest", "write", "read"))[1].startswith("ldl_write_")


def test_what_is_hidden_of_a_key_has_256_bits_and_differs_each_time():
    hidden = {new_key(("read",))[0].removeprefix("ldl_read_")[8:-6] for _ in range(200)}
    assert len(hidden) == 200
    assert all(len(ALPHABET) ** len(text) > 2**256 for text in hidden)
    assert set("".join(hidden)) == set(ALPHABET)


@given(st.data())
def test_a_mistyped_key_is_known_without_asking_the_store(data: st.DataObject):
    key, _ = new_key(("ingest",))
    place = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(st.sampled_from(ALPHABET + "_-é"))
    changed = key[:place] + letter + key[place + 1 :]
    assert is_key(changed) is (changed == key)
    assert not is_key(key[:place])
    assert not is_key(key + letter)


@given(st.text())
def test_any_text_is_a_key_or_not(text: str):
    assert is_key(text) is False


def test_hashes_depend_on_the_pepper_and_on_what_the_secret_is_for():
    pepper = random_pepper()
    hasher, other = SecretHasher(pepper), SecretHasher(random_pepper())
    assert hasher.key_hash("secret") == SecretHasher(pepper).key_hash("secret")
    assert len(hasher.key_hash("secret")) == 32
    assert (
        len({h(s) for h in (hasher.key_hash, hasher.login_hash, other.key_hash) for s in ("secret", "Secret")}) == 6
    )
    assert hasher.login_hash("\ud800") != hasher.login_hash("?")


def test_the_pepper_shows_nowhere():
    pepper = b"0123456789abcdef0123456789abcdef"
    assert "0123456789abcdef" not in repr(SecretHasher(pepper))
    with pytest.raises(Invalid, match="31 bytes"):
        SecretHasher(pepper[1:])


def test_the_setup_token_is_the_same_in_every_process_of_the_store():
    pepper = random_pepper()
    token = SecretHasher(pepper).setup_token()
    assert token == SecretHasher(pepper).setup_token()
    assert re.fullmatch(r"[2-9a-km-z]{5}(-[2-9a-km-z]{5}){3}", token)
    assert token != SecretHasher(random_pepper()).setup_token()


def test_login_secrets_and_csrf_tokens_differ_each_time():
    made = {make() for make in (new_login_secret, new_csrf_token) for _ in range(100)}
    assert len(made) == 200


@pytest.mark.parametrize(
    ("left", "right", "same"), [("a", "a", True), ("a", "b", False), ("", "a", False), ("\ud800é", "\ud800é", True)]
)
def test_secrets_compare_as_text(left: str, right: str, same: bool):
    assert same_secret(left, right) is same


def test_the_pepper_is_made_once_for_its_owner_alone(tmp_path: Path):
    pepper = load_pepper(tmp_path)
    assert len(pepper) == 32
    assert load_pepper(tmp_path) == pepper
    assert [path.name for path in tmp_path.iterdir()] == [PEPPER_FILE]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / PEPPER_FILE).stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_the_pepper(tmp_path: Path):
    barrier = threading.Barrier(8)
    found: list[bytes] = []

    def start() -> None:
        barrier.wait()
        found.append(load_pepper(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [PEPPER_FILE]


def test_a_damaged_pepper_is_refused_with_the_remedy(tmp_path: Path):
    (tmp_path / PEPPER_FILE).write_bytes(b"short")
    with pytest.raises(Invalid, match="5 bytes instead of 32; put back the file from a backup"):
        load_pepper(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="file modes mean something on POSIX only")
def test_a_pepper_that_others_may_read_is_refused(tmp_path: Path):
    load_pepper(tmp_path)
    (tmp_path / PEPPER_FILE).chmod(0o644)
    with pytest.raises(Invalid, match="chmod 600"):
        load_pepper(tmp_path)


def test_credentials_of_a_directory_keep_their_pepper_and_those_in_memory_do_not(tmp_path: Path):
    def hash_of(directory: Path | None) -> bytes:
        return Credentials.load(directory).secrets.key_hash("x")

    assert hash_of(tmp_path) == hash_of(tmp_path)
    assert hash_of(None) != hash_of(None)
