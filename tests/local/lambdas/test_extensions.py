"""Internal extensions of functions in real processes, behind the real runtime client."""

from __future__ import annotations

import asyncio
import json
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest

from local.lambdas.runtime import PoolSize, ThrottledError

if TYPE_CHECKING:
    from local.lambdas.function import Answer, Report
    from local.lambdas.runtime import FunctionPool

    from .conftest import Start

pytestmark = pytest.mark.sockets

REGISTER = """
import json, os, threading, time, urllib.error, urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2020-01-01/extension"

def ask(path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{API}/{path}", data, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}, json.load(error)["errorType"]

def register(name="afterwards", events=("INVOKE",)):
    return ask("register", {"events": events}, Lambda_Extension_Name=name)

def follow(identifier):
    return ask("event/next", Lambda_Extension_Identifier=identifier)[2]

def run(identifier, work):
    def loop():
        while True:
            work(follow(identifier))
    threading.Thread(target=loop, daemon=True).start()
"""
AFTERWARDS = """
from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient as Client

IDENTIFIER = register()[1]["Lambda-Extension-Identifier"]
answered, work, wait, polls = threading.Event(), [], Client.wait_next_invocation, 0

def notice_and_wait(client):  # the runtime has posted an answer, and asks for the next event
    global polls
    polls += 1
    if polls > 1:
        answered.set()
    return wait(client)

Client.wait_next_invocation = notice_and_wait

def finish(event):
    answered.wait()
    answered.clear()
    while work:
        work.pop()()

run(IDENTIFIER, finish)
"""


def script(*parts: str) -> str:
    """Join pieces of a handler's module."""
    return "\n".join(textwrap.dedent(part) for part in parts)


async def invoke(pool: FunctionPool, event: object = None) -> tuple[Any, Report]:
    """Return the handler's result, or the error's type, and the report of the whole invocation."""
    answer = await pool.invoke(json.dumps(event).encode())
    return _value(answer), await _report(answer)


def _value(answer: Answer) -> Any:
    return answer.error or json.loads(answer.payload)


async def _report(answer: Answer) -> Report:
    assert answer.report is not None
    return await answer.report


async def test_an_answer_is_out_before_the_work_of_an_extension_and_the_next_event_comes_after_it(start: Start) -> None:
    pool = await start(
        script(
            REGISTER,
            AFTERWARDS,
            """
            ended = 0.0
            def handler(event, context):
                started = time.time()
                def later():
                    global ended
                    time.sleep(3)
                    ended = time.time()
                work.append(later)
                return [started, ended]
            """,
        )
    )
    first = await pool.invoke(b"{}")
    answered = time.time()
    assert first.report is not None
    assert not first.report.done()
    assert first.milliseconds < 2000, "the answer waited for the work"
    second = _value(await pool.invoke(b"{}"))
    report = await _report(first)
    assert second[1] > answered + 1, "the answer came after the work"
    assert second[0] >= second[1], "the second event came before the work's end"
    assert report.after_answer >= 2500
    assert report.milliseconds >= first.milliseconds + report.after_answer - 1


async def test_an_extension_gets_the_invocations_event(start: Start) -> None:
    pool = await start(
        script(
            REGISTER,
            """
            events = []
            identifier = register()[1]["Lambda-Extension-Identifier"]
            run(identifier, events.append)
            def handler(event, context):
                while not events:
                    time.sleep(0.01)
                return [events.pop(), context.aws_request_id, context._epoch_deadline_time_in_ms,
                        os.environ["_X_AMZN_TRACE_ID"]]
            """,
        )
    )
    (event, request, deadline, trace), _ = await invoke(pool)
    assert event == {
        "eventType": "INVOKE",
        "deadlineMs": deadline,
        "requestId": request,
        "invokedFunctionArn": "arn:echo",
        "tracing": {"type": "X-Amzn-Trace-Id", "value": trace},
    }


async def test_a_registration_is_described_and_bad_ones_are_refused(start: Start) -> None:
    pool = await start(
        script(
            REGISTER,
            """
            first = register()
            answers = [
                first[2], register()[2], register("x", ["SHUTDOWN"])[2], register("x", ["INVOKE", "BANG"])[2],
                register("")[2], ask("register", [], Lambda_Extension_Name="x")[2], ask("register", 5)[2],
                ask("event/next")[2], ask("event/next", Lambda_Extension_Identifier="x")[2],
                ask("event/next", Lambda_Extension_Identifier="00000000-0000-0000-0000-000000000000")[2],
                ask("exit/error", {}, Lambda_Extension_Identifier=first[1]["Lambda-Extension-Identifier"])[2],
            ]
            more = [register(f"more-{number}", []) for number in range(10)]
            for status, headers, _ in [first, *more[:-1]]:
                assert status == 200
                run(headers["Lambda-Extension-Identifier"], lambda event: None)
            answers.append(more[-1][2])
            def handler(event, context):
                return answers + [register("late")[2]]
            """,
        )
    )
    answers, _ = await invoke(pool)
    assert answers == [
        {"functionName": "echo", "functionVersion": "$LATEST", "handler": "app.handler"},
        "Extension.InvalidExtensionState",
        "Extension.InvalidEventType",
        "Extension.InvalidEventType",
        "Extension.InvalidExtensionName",
        "InvalidRequestFormat",
        "Extension.InvalidExtensionName",
        "Extension.MissingExtensionIdentifier",
        "Extension.InvalidExtensionIdentifier",
        "Extension.UnknownExtensionIdentifier",
        "Extension.MissingHeader",
        "Extension.TooManyExtensions",
        "Extension.RegistrationClosed",
    ]


async def test_the_timeout_covers_the_work_after_the_answer(start: Start, lines: list[str]) -> None:
    pool = await start(
        script(
            REGISTER,
            AFTERWARDS,
            """
            def handler(event, context):
                work.append(lambda: time.sleep(event))
                return os.getpid()
            """,
        ),
        timeout=1,
    )
    first, report = await invoke(pool, 60)
    assert report.error == "Sandbox.Timedout"
    assert 1000 <= report.milliseconds < 5000
    assert any("Task timed out after 1.00 seconds" in line for line in lines)
    second, report = await invoke(pool, 0)
    assert (second == first, report.error) == (False, "")


async def test_a_crash_after_the_answer_keeps_the_answer_and_is_logged(start: Start, lines: list[str]) -> None:
    pool = await start(
        script(
            REGISTER,
            AFTERWARDS,
            """
            def handler(event, context):
                work.append(lambda: os._exit(3))
                return "answered"
            """,
        )
    )
    for _ in range(2):
        value, report = await invoke(pool)
        assert (value, report.error) == ("answered", "Runtime.ExitError")
    assert sum("failed after its answer" in line and "status 3" in line for line in lines) == 2


async def test_an_extension_that_reports_an_error_ends_its_process(start: Start) -> None:
    pool = await start(
        script(
            REGISTER,
            AFTERWARDS,
            """
            def fail():
                ask("exit/error", {"errorMessage": "no luck"}, Lambda_Extension_Identifier=IDENTIFIER,
                    Lambda_Extension_Function_Error_Type="Bad.Luck")
                time.sleep(60)
            def handler(event, context):
                if event == "before":
                    fail()
                work.append(fail)
                return "answered"
            """,
        )
    )
    value, report = await invoke(pool)
    assert (value, report.error) == ("answered", "Bad.Luck")
    value, report = await invoke(pool, "before")
    assert (value, report.error) == ("Bad.Luck", "Bad.Luck")


async def test_the_process_is_frozen_between_two_invocations(start: Start) -> None:
    pool = await start(
        """
        import threading, time
        ticks = 0
        def tick():
            global ticks
            while True:
                time.sleep(0.01)
                ticks += 1
        threading.Thread(target=tick, daemon=True).start()
        def handler(event, context):
            time.sleep(event)
            return ticks
        """
    )
    first, _ = await invoke(pool, 0.2)
    await asyncio.sleep(1)
    second, _ = await invoke(pool, 0)
    assert first > 5
    assert second - first < 20, "a thread ran for more than a fraction of the pause"


async def test_work_after_the_answer_counts_as_a_running_invocation(start: Start) -> None:
    pool = await start(
        script(
            REGISTER,
            AFTERWARDS,
            """
            def handler(event, context):
                work.append(lambda: time.sleep(event))
            """,
        ),
        PoolSize(initial=2, cap=2),
        reserved=1,
    )
    answer = await pool.invoke(b"1")
    with pytest.raises(ThrottledError):
        await pool.invoke(b"0")
    await _report(answer)
    await pool.invoke(b"0")


async def test_an_extension_without_events_asks_once_and_delays_nothing(start: Start) -> None:
    pool = await start(
        script(
            REGISTER,
            """
            run(register(events=[])[1]["Lambda-Extension-Identifier"], lambda event: os._exit(1))
            def handler(event, context):
                return event
            """,
        )
    )
    for number in range(3):
        value, report = await invoke(pool, number)
        assert (value, report.error) == (number, "")


async def test_without_extensions_an_invocation_ends_with_its_answer(start: Start) -> None:
    pool = await start("def handler(event, context): return 1 / event")
    assert (await invoke(pool, 1))[1].after_answer < 5
    assert (await invoke(pool, 0))[1].error == "Unhandled"
    waiting = asyncio.create_task(pool.invoke(b"1"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await invoke(pool, 1))[0] == 1
