"""The question that `make run` asks first."""

import pytest

from lodeline.server.sockets import listen
from tools.check_port import main


def test_a_taken_port_is_refused_with_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = int(taken.getsockname()[1])
        assert main([str(port)]) == 1
    said = capsys.readouterr().err
    assert f"port {port} is taken" in said
    assert "make run PORT=" in said
    assert f"PORT={port}" not in said


def test_a_free_port_is_let_pass_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = int(taken.getsockname()[1])
    assert main([str(port)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("text", ["", "0", "65536", "http"])
def test_what_is_no_port_is_named(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([text]) == 1
    assert f"PORT={text} is no port" in capsys.readouterr().err
