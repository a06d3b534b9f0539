"""Listening sockets: busy ports are noticed and the next free one is named."""

import socket

import pytest

from lodeline.domain.errors import Conflict, Invalid
from lodeline.server.sockets import listen, next_free_port


def test_port_zero_takes_any_free_one() -> None:
    with listen("127.0.0.1", 0) as made:
        assert made.getsockname()[1] > 0


def test_a_taken_port_is_a_conflict_that_names_the_next_free_one() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Conflict) as busy:
            listen("127.0.0.1", port)
        free = busy.value.details["next_free"]
        assert busy.value.error_code == "port_busy"
        assert isinstance(free, int)
        assert free > port
        assert str(free) in busy.value.message
        with listen("127.0.0.1", free) as other:
            assert other.getsockname()[1] == free


def test_a_port_that_another_program_has_on_all_addresses_is_taken() -> None:
    with socket.socket() as everywhere:
        everywhere.bind(("0.0.0.0", 0))
        everywhere.listen()
        with pytest.raises(Conflict):
            listen("127.0.0.1", everywhere.getsockname()[1])


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_a_host_that_is_not_this_machine_is_invalid(host: str) -> None:
    with pytest.raises(Invalid, match=host.replace(".", r"\.")):
        listen(host, 0)


def test_beyond_the_last_port_nothing_is_free() -> None:
    assert next_free_port("127.0.0.1", 65_535) is None


def test_a_port_of_otlp_is_not_proposed_for_something_else() -> None:
    free = next_free_port("127.0.0.1", 4316)
    assert free is not None
    assert free > 4318
