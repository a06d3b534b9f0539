"""Generators: one step each, whoever consumes them, and nothing changes for those."""

import asyncio
import contextvars
import gc
import inspect
import pickle
import threading
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest

import lodeline
from lodeline.sdk import streams
from lodeline.testing import CapturedSpan, CapturedTraces


@lodeline.trace
def numbers(n: int) -> Generator[int, Any, str]:
    yield from range(n)
    return "done"


@lodeline.trace
async def async_numbers(n: int) -> AsyncGenerator[int, Any]:
    for i in range(n):
        await asyncio.sleep(0)
        yield i


@lodeline.trace
def leaf(x: int) -> int:
    return x


def _end(span: CapturedSpan) -> tuple[object, object]:
    return span.attributes["lodeline.stream_end"], span.attributes["lodeline.stream_items"]


def test_a_generator_is_one_step(captured: CapturedTraces):
    assert list(numbers(3)) == [0, 1, 2]
    span = captured.span("numbers")
    assert (span.inputs, span.outputs, _end(span)) == ({"n": 3}, [0, 1, 2], ("exhausted", 3))
    assert [event.name for event in span.events] == ["lodeline.first_item"]


def test_an_async_generator_is_one_step(captured: CapturedTraces):
    async def consume() -> list[int]:
        return [x async for x in async_numbers(3)]

    assert asyncio.run(consume()) == [0, 1, 2]
    span = captured.span("async_numbers")
    assert (span.outputs, _end(span)) == ([0, 1, 2], ("exhausted", 3))


def test_they_still_pass_for_what_they_are():
    assert inspect.isgeneratorfunction(numbers)
    assert inspect.isasyncgenfunction(async_numbers)
    assert inspect.isgenerator(numbers(1))
    assert inspect.isasyncgen(async_numbers(1))
    assert numbers.__name__ == "numbers"
    assert str(inspect.signature(numbers)) == "(n: int) -> collections.abc.Generator[int, typing.Any, str]"
    assert pickle.loads(pickle.dumps(numbers)) is numbers  # noqa: S301 - our own bytes


def test_a_result_is_given_on(captured: CapturedTraces):
    def outer() -> Generator[int, Any, str]:
        return (yield from numbers(2))

    generator = outer()
    assert [next(generator), next(generator)] == [0, 1]
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "done"


def test_what_is_sent_and_thrown_arrives(captured: CapturedTraces):
    @lodeline.trace
    def echo() -> Generator[object, Any, None]:
        got: object = "start"
        while True:
            try:
                got = yield got
            except ValueError as error:
                got = f"caught {error}"

    generator = echo()
    assert next(generator) == "start"
    assert generator.send(7) == 7
    assert generator.throw(ValueError("x")) == "caught x"
    generator.close()
    assert captured.span("echo").outputs == ["start", 7, "caught x"]


def test_what_is_sent_and_thrown_arrives_asynchronously(captured: CapturedTraces):
    @lodeline.trace
    async def echo() -> AsyncGenerator[object, Any]:
        got: object = "start"
        while True:
            try:
                got = yield got
            except ValueError as error:
                got = f"caught {error}"

    async def consume() -> list[object]:
        generator = echo()
        got = [await anext(generator), await generator.asend(7), await generator.athrow(ValueError("x"))]
        await generator.aclose()
        return got

    assert asyncio.run(consume()) == ["start", 7, "caught x"]
    assert _end(captured.span("echo")) == ("closed", 3)


def test_the_code_of_a_generator_has_the_step_around_it_and_its_consumer_has_not(captured: CapturedTraces):
    @lodeline.trace
    def work() -> Generator[int]:
        for i in range(2):
            if i == 0:
                leaf(i)
            with lodeline.start_span(f"open {i}"):
                yield i
                leaf(10 + i)

    with lodeline.start_span("consumer"):
        for i in work():
            leaf(100 + i)
    work_span, consumer = captured.span("work"), captured.span("consumer")
    parents = {str(span.inputs): span.parent_id for span in captured.spans if span.name == "leaf"}
    opened = [captured.span(f"open {i}") for i in range(2)]
    assert work_span.parent_id == consumer.span_id
    assert [span.parent_id for span in opened] == [work_span.span_id] * 2
    assert parents == {
        "{'x': 0}": work_span.span_id,
        "{'x': 10}": opened[0].span_id, "{'x': 11}": opened[1].span_id,
        "{'x': 100}": consumer.span_id, "{'x': 101}": consumer.span_id,
    }  # fmt: skip


def test_a_generator_consumed_elsewhere_is_a_child_of_where_it_was_made(captured: CapturedTraces):
    with lodeline.start_span("request"):
        generator = numbers(3)
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.extend(generator))
    thread.start()
    thread.join(30)
    assert got == [0, 1, 2]
    assert captured.span("numbers").parent_id == captured.span("request").span_id


def test_a_generator_consumed_by_several_contexts_keeps_its_children(captured: CapturedTraces):
    @lodeline.trace
    def work() -> Generator[int]:
        with lodeline.start_span("first"):
            yield 1
        leaf(5)
        yield 2

    generator = work()
    assert contextvars.copy_context().run(next, generator) == 1
    assert contextvars.copy_context().run(next, generator) == 2
    generator.close()
    assert captured.span("first").parent_id == captured.span("work").span_id
    assert captured.span("leaf").parent_id == captured.span("work").span_id


def test_an_async_generator_consumed_by_several_tasks_is_one_step(captured: CapturedTraces):
    async def consume() -> list[int]:
        with lodeline.start_span("request"):
            generator = async_numbers(3)
        return [await asyncio.create_task(anext(generator)) for _ in range(3)]

    assert asyncio.run(consume()) == [0, 1, 2]
    assert len({span.trace_id for span in captured.spans}) == 1


def test_a_generator_that_is_thrown_away_ends_its_step(captured: CapturedTraces):
    for x in numbers(1_000):
        if x == 2:
            break
    gc.collect()
    span = captured.span("numbers")
    assert (span.status, span.outputs, _end(span)) == ("UNSET", [0, 1, 2], ("closed", 3))


def test_a_generator_that_is_never_begun_leaves_no_step(captured: CapturedTraces):
    numbers(3).close()
    gc.collect()
    assert captured.spans == []


def test_an_abandoned_async_generator_ends_its_step(captured: CapturedTraces):
    async def consume() -> None:
        async for x in async_numbers(1_000):
            if x == 2:
                break

    asyncio.run(consume())
    assert _end(captured.span("async_numbers")) == ("closed", 3)


def test_a_cancelled_async_generator_ends_its_step_as_an_error(captured: CapturedTraces):
    waits = asyncio.Event

    @lodeline.trace
    async def slow() -> AsyncGenerator[int]:
        yield 1
        await waits().wait()

    async def consume() -> None:
        got_one = asyncio.Event()

        async def read() -> None:
            async for _ in slow():
                got_one.set()

        task = asyncio.create_task(read())
        await got_one.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(consume())
    span = captured.span("slow")
    assert (span.status, span.status_message, span.outputs) == ("ERROR", "CancelledError", [1])


def test_a_cancelled_coroutine_is_an_error(captured: CapturedTraces):
    started = asyncio.Event

    @lodeline.trace
    async def slow(begun: asyncio.Event) -> None:
        begun.set()
        await started().wait()

    async def cancel() -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(slow(begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert captured.span("slow").status_message == "CancelledError"


def test_errors_of_a_generator_pass_with_what_it_yielded_before(captured: CapturedTraces):
    @lodeline.trace
    def breaks() -> Generator[int]:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(breaks())
    span = captured.span("breaks")
    assert (span.status, span.outputs, _end(span)) == ("ERROR", [1], ("raised", 1))


def test_a_reducer_makes_the_outputs(captured: CapturedTraces):
    @lodeline.trace(output_reducer="".join)
    def tokens() -> Generator[str]:
        yield from ("Hel", "lo")

    assert list(tokens()) == ["Hel", "lo"]
    assert captured.span("tokens").outputs == "Hello"


def test_a_failing_reducer_leaves_the_items(captured: CapturedTraces, caplog: pytest.LogCaptureFixture):
    @lodeline.trace(output_reducer=lambda items: items[99])
    def tokens() -> Generator[str]:
        yield "x"

    assert list(tokens()) == ["x"]
    assert captured.span("tokens").outputs == ["x"]
    assert "An output_reducer failed" in caplog.text


def test_with_a_reducer_a_returned_generator_is_followed(captured: CapturedTraces):
    @lodeline.trace(output_reducer=sum)
    def make(n: int) -> Generator[int]:
        return (x for x in range(n))

    @lodeline.trace(output_reducer=sum)
    async def make_async(n: int) -> AsyncGenerator[int]:
        async def body() -> AsyncGenerator[int]:
            for x in range(n):
                yield x

        return body()

    async def consume() -> list[int]:
        return [x async for x in await make_async(4)]

    assert list(make(3)) == [0, 1, 2]
    assert asyncio.run(consume()) == [0, 1, 2, 3]
    assert (captured.span("make").outputs, captured.span("make_async").outputs) == (3, 6)


def test_without_a_reducer_a_returned_generator_is_not_touched(captured: CapturedTraces):
    inner = (x for x in range(3))

    @lodeline.trace
    def make() -> Generator[int]:
        return inner

    assert make() is inner
    assert list(inner) == [0, 1, 2]


def test_a_long_stream_keeps_its_beginning(captured: CapturedTraces, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "MAX_ITEMS", 4)
    assert len(list(numbers(10))) == 10
    span = captured.span("numbers")
    assert (span.outputs, span.attributes["lodeline.stream_items"]) == ([0, 1, 2, 3], 10)


def test_untraced_generators_work_the_same():
    lodeline.configure(enabled=False)

    async def consume() -> list[int]:
        return [x async for x in async_numbers(3)]

    try:
        assert list(numbers(3)) == [0, 1, 2]
        assert asyncio.run(consume()) == [0, 1, 2]
    finally:
        lodeline.shutdown()
