"""Settings: where values come from, which wins, and what is refused."""

import dataclasses
import re
from pathlib import Path

import pytest

import lodeline
from lodeline.domain.errors import Invalid
from lodeline.sdk.settings import VARIABLES
from lodeline.server.settings import Settings, load_settings, unknown_variables


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_without_sources_the_defaults_hold() -> None:
    assert load_settings() == Settings()
    assert (Settings().host, Settings().auth) == ("127.0.0.1", False)


def test_flags_win_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    config = write(tmp_path / "s.toml", 'port = 1\nhost = "localhost"\nstore = "file"\n')
    environ = {"LODELINE_PORT": "2", "LODELINE_STORE": "env"}
    found = load_settings(flags={"port": 3, "auth": None}, environ=environ, config=config)
    assert (found.port, found.store, found.host, found.auth) == (3, "env", "localhost", False)


def test_the_environment_can_name_the_file(tmp_path: Path) -> None:
    config = write(tmp_path / "s.toml", "auth = true\n")
    assert load_settings(environ={"LODELINE_CONFIG": str(config)}).auth


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("grpc_port", "off", None),
        ("grpc_port", "0", 0),
        ("auth", "YES", True),
        ("auth", "off", False),
        ("allowed_hosts", "a.example, b.example,", ("a.example", "b.example")),
        ("max_body_bytes", "1_000", 1000),
        ("search_deadline_s", "0.5", 0.5),
        ("log_level", "debug", "debug"),
    ],
)
def test_texts_become_values(name: str, text: str, value: object) -> None:
    assert getattr(load_settings(environ={f"LODELINE_{name.upper()}": text}), name) == value
    assert getattr(load_settings(flags={name: text}), name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "http"),
        ("port", "70000"),
        ("grpc_port", "-1"),
        ("auth", "maybe"),
        ("max_body_bytes", "0"),
        ("max_body_bytes", "-5"),
        ("search_deadline_s", "inf"),
        ("search_deadline_s", "nan"),
        ("log_level", "loud"),
        ("cors_origins", "app.example.org"),
        ("cors_origins", "https://app.example.org/path"),
        ("cors_origins", "*"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(Invalid, match=name):
        load_settings(environ={f"LODELINE_{name.upper()}": text})


@pytest.mark.parametrize(("name", "value"), [("max_body_bytes", "0"), ("port", "70000"), ("cors_origins", "*")])
def test_a_value_that_makes_no_sense_is_refused_with_its_source(tmp_path: Path, name: str, value: str) -> None:
    variable = f"LODELINE_{name.upper()}"
    with pytest.raises(Invalid, match=variable):
        load_settings(environ={variable: value})
    with pytest.raises(Invalid, match="--" + name.replace("_", "-")):
        load_settings(flags={name: value}, environ={variable: value})
    text = f'["{value}"]' if name == "cors_origins" else value
    with pytest.raises(Invalid, match=r"s\.toml"):
        load_settings(config=write(tmp_path / "s.toml", f"{name} = {text}\n"))


def test_a_variable_that_nothing_reads_is_warned_of_with_the_right_one() -> None:
    environ = {"LODELINE_PROT": "1", "LODELINE_X": "1", "LODELINE_PORT": "1", "LODELINE_KEY": "k", "PROT": "1"}
    misspelt, bogus = unknown_variables(environ)
    assert misspelt == "'LODELINE_PROT' is no setting and is ignored; did you mean LODELINE_PORT?"
    assert bogus == "'LODELINE_X' is no setting and is ignored; see docs/reference/settings.md."


def test_no_variable_that_the_commands_or_the_sdk_read_is_warned_of() -> None:
    source = Path(lodeline.__file__).parent
    texts = [path.read_text(encoding="utf-8") for part in ("sdk", "cli") for path in (source / part).rglob("*.py")]
    read = set(re.findall(r"(?<![A-Z_])LODELINE_[A-Z_]*[A-Z]", "\n".join(texts))) | set(VARIABLES.values())
    assert {"LODELINE_URL", "LODELINE_SPOOL_FSYNC", "LODELINE_SAMPLE_RATIO"} <= read
    assert unknown_variables(dict.fromkeys(read, "x")) == []


def test_errors_name_their_source(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="LODELINE_PORT"):
        load_settings(environ={"LODELINE_PORT": "x"})
    with pytest.raises(Invalid, match="--port"):
        load_settings(flags={"port": "x"})
    config = write(tmp_path / "s.toml", 'port = "x"\n')
    with pytest.raises(Invalid, match=r"s\.toml"):
        load_settings(config=config)


def test_a_misspelt_setting_is_refused_with_the_right_one(tmp_path: Path) -> None:
    config = write(tmp_path / "s.toml", "prot = 1\n")
    with pytest.raises(Invalid, match="'port'"):
        load_settings(config=config)


@pytest.mark.parametrize("text", ["port = ", "[unclosed"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid, match="TOML"):
        load_settings(config=write(tmp_path / "s.toml", text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        load_settings(config=tmp_path / "none.toml")


def test_every_setting_says_what_it_is_for() -> None:
    for spec in dataclasses.fields(Settings):
        assert str(spec.metadata["doc"]).endswith("."), spec.name


OIDC: dict[str, object] = {"auth": True, "oidc_issuer": "https://login.example.org", "oidc_client_id": "lodeline"}


def test_single_sign_on_is_set_by_file_and_variables(tmp_path: Path) -> None:
    config = write(
        tmp_path / "s.toml",
        'auth = true\noidc_issuer = "https://login.example.org/realm"\noidc_client_id = "a"\n'
        'oidc_roles = ["cn=ops,ou=groups=admin", "staff=viewer"]\n',
    )
    found = load_settings(environ={"LODELINE_OIDC_SCOPES": "openid, email, groups"}, config=config)
    assert found.oidc_roles == ("cn=ops,ou=groups=admin", "staff=viewer")
    assert found.oidc_scopes == ("openid", "email", "groups")


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:8080", "http://localhost/realms/a", "https://[::1]/", "https://a"]
)
def test_an_issuer_is_https_or_on_this_machine(issuer: str) -> None:
    assert load_settings(flags={**OIDC, "oidc_issuer": issuer}).oidc_issuer == issuer


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"oidc_issuer": "http://login.example.org"},
            "oidc_issuer: 'http://login.example.org' is not valid; expected an https",
        ),
        ({"oidc_issuer": "https://"}, "oidc_issuer: "),
        ({"oidc_issuer": "https://["}, "oidc_issuer: "),
        ({"oidc_issuer": "https://me:secret@a"}, "oidc_issuer: "),
        ({"oidc_issuer": "https://a?b=c"}, "oidc_issuer: "),
        ({"oidc_issuer": "login.example.org"}, "oidc_issuer: "),
        ({"auth": False}, "set auth = true"),
        ({"oidc_client_id": ""}, "oidc_client_id: '' is not valid; expected the id"),
        ({"oidc_scopes": ("email",)}, "oidc_scopes: "),
        ({"oidc_scopes": ("openid email",)}, "oidc_scopes: "),
        ({"oidc_name": ""}, "oidc_name: "),
        ({"oidc_account_claim": ""}, "oidc_account_claim: "),
        ({"oidc_groups_claim": ""}, "oidc_groups_claim: "),
        ({"oidc_roles": ("ops",)}, "oidc_roles: 'ops' is not valid; expected GROUP=ROLE"),
        ({"oidc_roles": ("ops=owner",)}, "oidc_roles: 'ops=owner'"),
        ({"oidc_roles": ("=admin",)}, "oidc_roles: '=admin'"),
        ({"oidc_default_role": "owner"}, "oidc_default_role: "),
        ({"oidc_issuer": ""}, "oidc_client_id: 'lodeline' is not valid; expected nothing while oidc_issuer is empty"),
        ({"oidc_issuer": "", "oidc_client_id": "", "oidc_resync_roles": False}, "oidc_resync_roles: "),
    ],
)
def test_settings_of_single_sign_on_that_do_not_go_together_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(said)):
        load_settings(flags={**OIDC, **change})
