"""A coroutine run on a loop of its own."""

import asyncio
import os
import signal
import subprocess
import sys
from contextvars import ContextVar

import pytest

from lodeline.sdk.evaluation.apart import run_apart

told = ContextVar("told", default="nothing")


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return number * 2


def test_the_result_and_the_error_come_back() -> None:
    async def failing() -> None:
        raise TimeoutError("its own")

    assert run_apart(lambda: double(2)) == 4
    with pytest.raises(TimeoutError, match="its own"):
        run_apart(failing)


def test_it_works_where_a_loop_is_running() -> None:
    async def notebook() -> int:
        return run_apart(lambda: double(3))

    assert asyncio.run(notebook()) == 6


def test_it_sees_the_callers_context() -> None:
    async def look() -> str:
        return told.get()

    token = told.set("something")
    try:
        assert run_apart(look) == "something"
    finally:
        told.reset(token)


PROGRAM = """
import asyncio, signal, sys
from lodeline.sdk.evaluation.apart import run_apart

signal.signal(signal.SIGINT, signal.default_int_handler)  # a background process begins without it

async def work():
    try:
        print("begun", flush=True)
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(0.1)
        print("tidied", flush=True)
        return "cancelled"

try:
    run_apart(work)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_cancels_waits_and_is_raised() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "begun\n"
        program.send_signal(signal.SIGINT)
        assert program.stdout.read() == "tidied\ninterrupted\n"
